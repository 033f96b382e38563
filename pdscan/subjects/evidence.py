"""Whether an identifier belongs to one person: counted over all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pdscan.model import Ints, Likelihood
from pdscan.subjects import names
from pdscan.subjects.columns import Columns, token
from pdscan.subjects.kinds import COUNTED, DOCUMENTS, LOOSE, OWN, TELLING
from pdscan.subjects.places import Place, Places

MANY = 10  # people: a mailbox of a company rather than one that some share
_LOOKED_AT = 60  # units of an identifier whose names are read
_LARGEST = 32 << 20  # bytes of a list that is read for the names in it


@dataclass(frozen=True, slots=True)
class Verdict:
    """``joins``: it is one person's. ``persons``: how many it was seen with (0: unknown)."""

    joins: bool
    persons: int = 0
    reason: str = ""


class Judge:
    """Counts; what was judged once is remembered."""

    def __init__(self, columns: Columns, places: Places) -> None:
        self._columns = columns
        self._places = places
        self._known: dict[int, Verdict] = {}

    def verdicts(
        self, kinds: Mapping[int, str], names_known: Collection[str] = ()
    ) -> dict[int, Verdict]:
        """Those on identifiers, given by token with their kinds."""
        fresh = {number: kind for number, kind in kinds.items() if number not in self._known}
        for number, kind in fresh.items():
            if kind in OWN | DOCUMENTS:
                self._known[number] = Verdict(True, 1, "given to one person by a state")
            elif kind not in COUNTED | LOOSE:
                self._known[number] = Verdict(False, 0, "says nothing of a person")
        counted = {n: kind for n, kind in fresh.items() if kind in COUNTED | LOOSE}
        for number, persons in self._persons(counted).items():
            if counted[number] in LOOSE:
                said = (
                    f"seen with {persons} people" if persons > 1 else "several people may have it"
                )
                self._known[number] = Verdict(False, persons, said)
            elif persons > 1:
                self._known[number] = Verdict(False, persons, f"seen with {persons} people")
            else:
                self._known[number] = Verdict(True, persons, "seen with one person only")
        return {number: self._known[number] for number in kinds}

    def can_read(self, place: Place) -> bool:
        """Whether the row at `place` is cheap enough to be read for its names."""
        if place.key:
            return True
        size = self._columns.items[place.item].size
        return place.record >= 0 and (size or 0) <= _LARGEST

    def is_alone(self, findings: Iterable[Mapping[str, Any]], joined: Collection[int]) -> bool:
        """Whether a unit with these findings is one person's: at most one national number, and no
        mailbox or telephone beside the person's own but those that are everybody's.
        """
        own: set[int] = set()
        numbers: dict[str, set[int]] = {kind: set() for kind in TELLING}
        for finding in findings:
            if finding["kind"] in OWN and finding["likelihood"] >= Likelihood.LIKELY:
                own.add(token(finding["fingerprint"]))
            elif finding["kind"] in numbers:
                numbers[finding["kind"]].add(token(finding["fingerprint"]))
        return len(own) <= 1 and all(
            self._are_one_persons(kind, some, joined) for kind, some in numbers.items()
        )

    def _are_one_persons(self, kind: str, numbers: set[int], joined: Collection[int]) -> bool:
        strangers = [n for n in numbers if n not in joined]
        seen = self.verdicts(dict.fromkeys(strangers, kind))
        if kind == "email":
            strangers = [n for n in strangers if seen[n].persons <= 1]
        else:
            strangers = [n for n in strangers if seen[n].persons <= MANY]
        return len(strangers) + (len(numbers & set(joined)) > 0) <= 1

    def _persons(self, kinds: Mapping[int, str]) -> dict[int, int]:
        """With how many people each was seen."""
        rows = self._columns.with_tokens(kinds)
        by_token: dict[int, list[int]] = {number: [] for number in kinds}
        for row, number in zip(rows.tolist(), self._columns.token[rows].tolist(), strict=True):
            by_token[number].append(row)
        units = self._columns.units(rows)
        unit_of = dict(zip(rows.tolist(), units.tolist(), strict=True))
        around = self._columns.in_units(np.unique(units).tolist())
        marks = self._marks(around, OWN)
        partners = self._marks(around, ("email",))
        looked_at: dict[int, list[Place]] = {}
        every = sorted({row for some in by_token.values() for row in some[:_LOOKED_AT]})
        places = {
            finding["row"]: self._places.place(finding)
            for finding in self._columns.details(np.array(every, np.int64))
        }
        for number, some in by_token.items():
            looked_at[number] = [
                places[row] for row in some[:_LOOKED_AT] if self.can_read(places[row])
            ]
        texts = self._places.rows({p for some in looked_at.values() for p in some})
        persons = {}
        for number, some in by_token.items():
            own = {mark for row in some for mark in marks.get(unit_of[row], ())}
            written = [
                name for place in dict.fromkeys(looked_at[number])
                if place in texts and (name := names.written_in(texts[place].values))
            ]  # fmt: skip
            count = max(len(own), names.people(list(dict.fromkeys(written))))
            if not count:
                others = {
                    mark for row in some
                    for mark in partners.get(unit_of[row], ()) if mark != number
                }  # fmt: skip
                count = len(others) if len(others) > MANY or kinds[number] != "email" else 0
            persons[number] = count
        return persons

    def _marks(self, rows: Ints, wanted: Collection[str]) -> dict[int, set[int]]:
        """The identifiers of the kinds `wanted` in each unit, by unit."""
        rows = rows[self._columns.are_of(rows, wanted)]
        marks: dict[int, set[int]] = {}
        units, tokens = self._columns.units(rows).tolist(), self._columns.token[rows].tolist()
        for unit, number in zip(units, tokens, strict=True):
            marks.setdefault(unit, set()).add(number)
        return marks
