"""Follows a person through inventories and sources: which rows, messages and files are theirs.

In rounds: identifiers lead to units, units to other identifiers and, by foreign keys, to other
rows, until nothing new appears. What joins and what only hints is decided by `evidence`; why it is
done so stands in ``docs/decisions/subjects.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pdscan.errors import PdscanError, UsageError
from pdscan.model import Likelihood, Locator, written_key
from pdscan.subjects import names
from pdscan.subjects.columns import Columns, token
from pdscan.subjects.evidence import MANY, Judge, Verdict
from pdscan.subjects.given import Given, Start
from pdscan.subjects.kinds import COUNTED, DOCUMENTS, LOOSE, NAME, OWN, PERSONAL
from pdscan.subjects.model import Step
from pdscan.subjects.ownership import Related
from pdscan.subjects.places import Place, Places

KEY = "key"
#: What people behind one door share.
_AT_HOME = COUNTED - {"email", "username"}
_MOST_HINTS = 2000  # places that a hint may lead to


@dataclass(slots=True)
class Joined:
    """An identifier seen with the person: what is known of it, and how it came to be known."""

    kind: str
    fingerprint: bytes
    preview: str
    given: bool
    likelihood: Likelihood
    path: tuple[Step, ...]
    verdict: Verdict


@dataclass(slots=True)
class Held:
    """A place where the person is held."""

    place: Place
    likelihood: Likelihood
    path: tuple[Step, ...]
    findings: list[dict[str, Any]] = field(default_factory=list)
    expanded: bool = False


class Resolver:
    """One person's case. After `run`: what was ``joined`` (by token) and what is ``held``."""

    def __init__(self, columns: Columns, places: Places, given: Given) -> None:
        self.joined: dict[int, Joined] = {}
        self.held: dict[Place, Held] = {}
        self._columns = columns
        self._places = places
        self._given = given
        self._judge = Judge(columns, places)
        self._names = list(given.names)
        self._learned = False
        self._units: set[int] = set()
        self._hinted: set[int] = set()

    def run(self) -> None:
        """Finds all there is. Raises UsageError where a key that was given leads nowhere."""
        for start in self._given.starts:
            self._begin_at(start)
        for known in self._given.known:
            self._join(known.kind, known.fingerprint, known.preview, None)
        self._spread(self._open_tokens())
        while frontier := self._frontier():
            self._learn_names(frontier)
            self._follow_keys(frontier)
            # Those whose owner turned out to be another are left out.
            self._take_over([held for held in frontier if held.likelihood >= Likelihood.LIKELY])
            self._spread(self._open_tokens())
        self._hint()
        self._search()
        while frontier := self._frontier(Likelihood.VERY_UNLIKELY):
            self._follow_keys(frontier, up=False)
        self._fill()

    # -- from identifiers to places --------------------------------------------------------------

    def _open_tokens(self) -> list[int]:
        return [
            number for number, one in self.joined.items()
            if number not in self._hinted and (one.verdict.joins or one.given)
            and one.kind not in LOOSE
        ]  # fmt: skip

    def _spread(self, tokens: Iterable[int]) -> None:
        """Holds the places where these identifiers stand."""
        tokens = [number for number in tokens if number not in self._hinted]
        self._hinted.update(tokens)
        rows = self._columns.with_tokens(tokens)
        found = list(self._columns.details(rows))
        places = [self._places.place(finding) for finding in found]
        texts = self._places.rows(places)
        strengths = []
        for finding, place in zip(found, places, strict=True):
            one = self.joined[token(finding["fingerprint"])]
            name = names.written_in(texts[place].values) if place in texts else ""
            strengths.append(self._strength(one, name))
        contested = self._contested([
            (token(finding["fingerprint"]), place)
            for finding, place, strength in zip(found, places, strengths, strict=True)
            if finding["kind"] in _AT_HOME and (strength or 0) >= Likelihood.LIKELY
        ])  # fmt: skip
        for finding, place, strength in zip(found, places, strengths, strict=True):
            if strength is None:
                continue
            one = self.joined[token(finding["fingerprint"])]
            if (token(finding["fingerprint"]), place) in contested:
                strength = Likelihood.POSSIBLE
            self._hold(place, strength, one, finding["field"])

    def _contested(self, reached: list[tuple[int, Place]]) -> set[tuple[int, Place]]:
        """Of the places that a telephone or an account leads to, those that may be another's: where
        one of them holds another mailbox or national number, it is no proof in any that does not
        hold one of the person's own. Of two people who share a name and a telephone, data show no
        more.
        """
        beside = {
            place: {
                token(f["fingerprint"]): f["kind"] for f in findings
                if f["kind"] == "email" or f["kind"] in OWN
            }
            for place, findings in self._found_in([place for _, place in reached]).items()
        } if reached else {}  # fmt: skip
        kinds = {number: kind for some in beside.values() for number, kind in some.items()}
        verdicts = self._judge.verdicts(kinds)
        single = {number for number in kinds if verdicts[number].joins}
        own = {number for number, one in self.joined.items() if one.verdict.joins}
        taken = {self.joined[number].kind for number in own}
        rivals: dict[str, set[int]] = {}
        for number in single - own:
            rivals.setdefault(kinds[number], set()).add(number)
        surely = {place for place, some in beside.items() if own & set(some)}
        # Who has a row of their own in a table seldom has another under a mailbox that is not.
        proven = {(place.item, place.part) for place in surely} | {
            (place.item, place.part) for place, held in self.held.items()
            if place.key and held.path[-1].kind in OWN | {"email"}
            and held.likelihood >= Likelihood.LIKELY
        }  # fmt: skip
        doubtful = {
            number for number, place in reached
            if place not in surely and (
                (bool(place.key) and (place.item, place.part) in proven)
                or any(
                    n in single and (kind in taken or len(rivals[kind]) > 1)
                    for n, kind in beside.get(place, {}).items()
                )
            )
        }  # fmt: skip
        return {(n, place) for n, place in reached if n in doubtful and place not in surely}

    def _strength(self, one: Joined, name: str) -> Likelihood | None:
        """How likely a place is the person's in which `one` stands beside `name`; None where the
        name says that it is another's, and all that speaks for the person is what many have.
        """
        known = bool(name) and any(names.alike(own, name) for own in self._names)
        if one.verdict.joins:
            if name and self._names and not known and one.kind in COUNTED:
                # A mailbox that was given is the person's whatever name stands beside it.
                return one.likelihood if one.given and one.kind == "email" else Likelihood.POSSIBLE
            return one.likelihood
        if one.kind in COUNTED and known:
            return min(one.likelihood, Likelihood.LIKELY)
        return None if name and self._names and not known else Likelihood.POSSIBLE

    def _hold(self, place: Place, likelihood: Likelihood, one: Joined, where: str) -> None:
        old = self.held.get(place)
        if old is not None and old.likelihood >= likelihood:
            return
        locator = str(Locator(*_address(self._places, place, where)))
        path = (*one.path, Step(one.kind, one.preview, locator))
        self.held[place] = Held(place, likelihood, path)

    # -- from places to identifiers --------------------------------------------------------------

    def _frontier(self, least: Likelihood = Likelihood.LIKELY) -> list[Held]:
        """Places that are the person's, or may be, and were not looked into."""
        fresh = [
            held for held in self.held.values() if not held.expanded and held.likelihood >= least
        ]
        for held in fresh:
            held.expanded = True
        return fresh

    def _take_over(self, frontier: list[Held]) -> None:
        """Judges the other identifiers in places that are one person's."""
        found = self._found_in([held.place for held in frontier])
        fresh: dict[int, tuple[Held, dict[str, Any], bool]] = {}
        for held in frontier:
            findings = found.get(held.place, [])
            is_row = bool(held.place.key) or held.place.record >= 0
            others = {
                token(f["fingerprint"]): f for f in findings
                if f["kind"] in PERSONAL and token(f["fingerprint"]) not in self.joined
                # A name in a text may be anybody's.
                and (f["kind"] != NAME or (is_row and f["start"] == 0))
            }  # fmt: skip
            alone = self._judge.is_alone(findings, self.joined)
            for number, finding in others.items():
                known = fresh.get(number)
                if known is None or (alone and not known[2]):
                    fresh[number] = held, finding, alone
        verdicts = self._judge.verdicts(
            {n: f["kind"] for n, (_, f, _) in fresh.items()}, self._names
        )
        for number, (held, finding, alone) in fresh.items():
            verdict = verdicts[number]
            if finding["kind"] in OWN and self._has_other_own(finding["kind"]):
                verdict = Verdict(False, verdict.persons, "the person has another one of this kind")
            if not alone and not verdict.persons > 1:
                # Somebody else's, or the person's own second one: not to be told from here.
                continue
            self._join(finding["kind"], finding["fingerprint"], finding["preview"], held, verdict)

    def _has_other_own(self, kind: str) -> bool:
        return any(
            one.kind == kind and one.verdict.joins and one.likelihood >= Likelihood.LIKELY
            for one in self.joined.values()
        )

    def _learn_names(self, frontier: list[Held]) -> None:
        """The names in rows that are surely the person's, where none was given."""
        if self._given.names:
            return
        sure = [h.place for h in frontier if h.likelihood >= Likelihood.LIKELY]
        for row in self._places.rows(sure).values():
            name = names.written_in(row.values)
            if name and name not in self._names:
                self._names.append(name)

    def _join(
        self, kind: str, fingerprint: bytes, preview: str, held: Held | None,
        verdict: Verdict | None = None,
    ) -> None:  # fmt: skip
        number = token(fingerprint)
        if number in self.joined:
            return
        if verdict is None:
            verdict = self._judge.verdicts({number: kind}, self._names)[number]
        ceiling = (
            Likelihood.VERY_LIKELY
            if held is None or kind in OWN | DOCUMENTS
            else (Likelihood.LIKELY)
        )
        likelihood = min(ceiling, Likelihood.VERY_LIKELY if held is None else held.likelihood)
        path = () if held is None else held.path
        self.joined[number] = Joined(
            kind, fingerprint, preview, held is None, likelihood, path, verdict
        )

    def _found_in(self, places: list[Place]) -> dict[Place, list[dict[str, Any]]]:
        """The findings in each of `places`."""
        units: set[int] = set()
        keyed: dict[tuple[int, str], set[str]] = {}
        wanted = set(places)
        for place in places:
            if place.key:
                keyed.setdefault((place.item, place.part), set()).add(place.key)
            else:
                units.add(self._columns.unit_of(place.item, place.part, place.record))
        for (item, part), keys in keyed.items():
            units |= self._columns.units_by_key(item, part, keys)
        found: dict[Place, list[dict[str, Any]]] = {}
        for finding in self._columns.details(self._columns.in_units(units)):
            place = self._places.place(finding)
            if place in wanted:
                found.setdefault(place, []).append(finding)
        return found

    # -- keys ------------------------------------------------------------------------------------

    def _begin_at(self, start: Start) -> None:
        items = [
            n for n, fact in enumerate(self._columns.items) if fact.source == start.source
        ]  # fmt: skip
        for item in items:
            database = self._places.database(item)
            if database is None:
                continue
            try:
                table = database.tables.table(start.table)
            except PdscanError:
                continue
            rows = database.tables.rows(table, [start.column], [(start.value,)])
            for row in rows:
                fact = self._columns.items[item]
                in_file = Locator.parse(fact.locator).path != table.path
                near = Place(item, table.name if in_file else "")
                place = self._places.row_place(near, table, row)  # type: ignore[arg-type] # has key and values
                if place is not None:
                    step = Step(
                        KEY,
                        f"{table.name}.{start.column}",
                        str(
                            self._places.locator(
                                Place(place.item, place.part, written_key(*row.key))
                            )
                        ),
                    )
                    self.held[place] = Held(place, Likelihood.VERY_LIKELY, (step,))
            if any(self._columns.items[p.item].source == start.source for p in self.held):
                return
        raise UsageError(
            f"customer:{start.source}.{'.'.join(start.table)}.{start.column}=…: no such row; check "
            "source, table, column and value"
        )

    def _follow_keys(self, frontier: list[Held], *, up: bool = True) -> None:
        """Holds the rows that belong to the frontier and, with `up`, those it belongs to."""
        groups: dict[tuple[int, str], list[Held]] = {}
        for held in frontier:
            if held.place.key:
                groups.setdefault((held.place.item, held.place.part), []).append(held)
        for group in groups.values():
            near = group[0].place
            database = self._places.database(near.item)
            if database is None:
                continue
            rows = self._places.rows(held.place for held in group)
            try:
                table = database.tables.table(self._places.table_path(near))
                for held in group:
                    if held.place not in rows:
                        continue
                    own = [rows[held.place]]
                    above = tuple(database.owning(table, own)) if up else ()
                    if any(map(self._is_of_another, above)) and held.path[-1].kind != KEY:
                        held.likelihood = Likelihood.POSSIBLE
                        continue
                    for related in (*database.owned(table, own), *above):
                        place = self._places.row_place(near, related.table, related.row)
                        if place is not None:
                            self._relate(held, place, declared=related.declared)
            except PdscanError as error:
                self._places.unread[self._columns.items[near.item].locator] = str(error)

    def _is_of_another(self, related: Related) -> bool:
        name = names.written_in(related.row.values)
        return bool(name and self._names) and not any(names.alike(own, name) for own in self._names)

    def _relate(self, held: Held, place: Place, *, declared: bool) -> None:
        ceiling = Likelihood.VERY_LIKELY if declared else Likelihood.LIKELY
        likelihood = min(held.likelihood, ceiling)
        old = self.held.get(place)
        if old is None or old.likelihood < likelihood:
            said = "foreign key" if declared else "likely foreign key"
            step = Step(KEY, said, str(self._places.locator(place)))
            self.held[place] = Held(place, likelihood, (*held.path, step))

    # -- hints -----------------------------------------------------------------------------------

    def _hint(self) -> None:
        """Holds, for somebody to judge, what matches by what several people may have."""
        hints = [
            number for number, one in self.joined.items()
            if number not in self._hinted and (one.given or one.verdict.persons <= MANY)
        ]  # fmt: skip
        rows = self._columns.with_tokens(hints)
        counts: dict[int, int] = {}
        for number in self._columns.token[rows].tolist():
            counts[number] = counts.get(number, 0) + 1
        self._spread(n for n in hints if counts.get(n, 0) <= _MOST_HINTS)

    def _search(self) -> None:
        """Holds, for somebody to judge, where a name that was given is written."""
        for name, place, where in self._places.mentions(self._given.names):
            if place in self.held:
                continue
            row = self._places.rows([place]).get(place)
            written = names.written_in(row.values) if row is not None else ""
            # In a note of somebody else's row the person is meant all the same.
            if not written or names.alike(name, written) or not names.is_label(where):
                address = Locator(*_address(self._places, place, where))
                step = Step(NAME, "as it is written", str(address))
                self.held[place] = Held(place, Likelihood.POSSIBLE, (step,))

    def _fill(self) -> None:
        """Gives each held place its findings."""
        for place, findings in self._found_in(list(self.held)).items():
            self.held[place].findings = findings


def _address(places: Places, place: Place, where: str) -> tuple[Any, ...]:
    locator = places.locator(place)
    name = f"{place.part}/{where}" if place.part and where else where or place.part
    return locator.source, locator.path, locator.key, name
