"""What a manifest says about places: which may still hold the person, and which may not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from pdscan.connectors.records import CONTENT_KEY
from pdscan.exports.manifest import KEEPS, REMOVES, Action, Entry, Manifest
from pdscan.model import Locator
from pdscan.subjects.kinds import LOOSE

#: Kinds that many people share, or that say nothing of a person: seen elsewhere they are a reason
#: to look, not a copy.
WEAK = LOOSE | {
    "user_agent", "bic", "fi.ytunnus", "se.orgnr", "no.orgnr", "dk.cvr", "eu.vat",
    "special.health", "special.trade_union", "special.religion", "special.ethnicity",
    "special.criminal_record",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Holding:
    """A row, message or file of a manifest with all that is to become of it."""

    locator: Locator
    whole: Entry
    parts: tuple[Entry, ...] = ()

    @property
    def removed(self) -> tuple[Entry, ...]:
        """The entries of fields and spans after which nothing must be found there."""
        return tuple(part for part in self.parts if part.action in REMOVES)

    def forbids(self, field_name: str, fingerprint: str) -> bool:
        """Whether an identifier must not be in that field of the holding after the deletion."""
        if self.whole.action in REMOVES:
            return True
        for part in self.removed:
            place = part.place
            if place.span is not None or not place.field:
                if any(d.fingerprint == fingerprint for d in part.data) and (
                    place.field in ("", field_name)
                ):
                    return True
            elif place.field == field_name:
                return True
        return False


@dataclass(frozen=True)
class Scope:
    """A manifest by place."""

    manifest: Manifest
    holdings: dict[Locator, Holding] = field(default_factory=dict)

    @classmethod
    def of(cls, manifest: Manifest) -> Scope:
        """Gathers the entries of each holding; one that has only parts stays, as a whole."""
        grouped: dict[str, list[Entry]] = defaultdict(list)
        for entry in manifest.entries:
            grouped[entry.holding].append(entry)
        holdings = {}
        for written, entries in grouped.items():
            locator = Locator.parse(written)
            whole = next((e for e in entries if e.is_whole), None)
            parts = tuple(entry for entry in entries if entry is not whole)
            if whole is None:
                whole = replace(entries[0], locator=written, action=Action.RETAIN, data=())
            holdings[locator] = Holding(locator, whole, parts)
        return cls(manifest, holdings)

    @cached_property
    def watched(self) -> frozenset[str]:
        """The fingerprints of the person's identifiers."""
        return frozenset(person.fingerprint for person in self.manifest.header.person)

    @cached_property
    def weak(self) -> frozenset[str]:
        """Those among them that are a reason to look and no proof."""
        return frozenset(p.fingerprint for p in self.manifest.header.person if p.kind in WEAK)

    @property
    def staying(self) -> tuple[Holding, ...]:
        """Holdings that are still there after the deletion, changed or not."""
        return tuple(h for h in self.holdings.values() if h.whole.action is not Action.ERASE)

    @cached_property
    def _keyed(
        self,
    ) -> dict[tuple[str, tuple[str, ...], tuple[tuple[str, str], ...]], list[Holding]]:
        known = defaultdict(list)
        for locator, holding in self.holdings.items():
            if not locator.key or locator.key[0][0] != CONTENT_KEY:
                known[locator.source, locator.path, locator.key].append(holding)
        return dict(known)

    @cached_property
    def _by_content(self) -> dict[tuple[str, tuple[str, ...]], list[Holding]]:
        known = defaultdict(list)
        for locator, holding in self.holdings.items():
            if locator.key and locator.key[0][0] == CONTENT_KEY:
                known[locator.source, locator.path].append(holding)
        return dict(known)

    def holding_of(self, place: Locator) -> Holding | None:
        """The holding that a place with a key of its own, or none at all, lies in.

        A member lies in its container where that is a holding as a whole.
        """
        for holding in self._keyed.get((place.source, place.path, place.key), ()):
            # Of a SQLite file the field of a row is its table, that of a place table and column.
            table = holding.locator.field
            if not table or place.field == table or place.field.startswith(f"{table}/"):
                return holding
        for depth in range(len(place.path), 0, -1):
            for holding in self._keyed.get((place.source, place.path[:depth], ()), ()):
                return holding
        return None

    def records_of(self, item: Locator) -> list[Holding]:
        """The holdings in an item whose records are known by their content alone."""
        return self._by_content.get((item.source, item.path), [])


def keeps(holding: Holding) -> bool:
    """Whether the holding stays by a rule."""
    return holding.whole.action in KEEPS


def undecided(entries: Iterable[Entry]) -> list[Entry]:
    """Entries that a person must still look at."""
    return [entry for entry in entries if entry.action is Action.MANUAL or entry.blocked]
