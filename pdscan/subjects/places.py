"""Places where a person may be held, and the rows that stand there now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from pdscan.connectors.fetch import Row
from pdscan.connectors.interface import Connector
from pdscan.connectors.records import CONTENT_KEY, Fingerprints, records
from pdscan.connectors.structure import Kind, Name, Table
from pdscan.connectors.tables import Tables, has_tables, tables_of
from pdscan.errors import PdscanError, UnreadableError
from pdscan.model import Locator, State, written_key
from pdscan.subjects.columns import TABLE, Columns, ItemFacts
from pdscan.subjects.literals import Sought
from pdscan.subjects.ownership import Ownership

_PEOPLE = 0.3  # of the rows of a table of people, at least, name somebody


@dataclass(frozen=True, slots=True)
class Place:
    """A row (by ``key``), a record (by its number in ``part``), or a whole item (neither).

    ``item`` is a position in `Columns.items`; ``key`` is written as in a locator.
    """

    item: int
    part: str = ""
    key: str = ""
    record: int = -1


class Places:
    """Reads the sources as they are now. A source that cannot be read is named in ``unread``."""

    def __init__(
        self, columns: Columns, connectors: Mapping[str, Connector], fingerprints: Fingerprints
    ) -> None:
        self._columns = columns
        self._connectors = connectors
        self._fingerprints = fingerprints
        self._open = ExitStack()
        self._databases: dict[tuple[str, int], Ownership | None] = {}
        self._rows: dict[Place, Row | None] = {}
        self._items = {fact.locator: n for n, fact in enumerate(columns.items)}
        self.unread: dict[str, str] = {}

    def close(self) -> None:
        """Lets go of the databases."""
        self._open.close()

    def place(self, finding: Mapping[str, Any]) -> Place:
        """Where a finding (see `Columns.details`) lies."""
        fact = self._columns.items[finding["item"]]
        if not fact.has_records or finding["record"] < 0:
            return Place(finding["item"])
        if self._is_table(fact) and finding["key"]:
            return Place(finding["item"], finding["part"], finding["key"])
        return Place(finding["item"], finding["part"], record=finding["record"])

    def mentions(self, given: Sequence[str]) -> list[tuple[str, Place, str]]:
        """Where names may be written (name, place, field), in all that can be read as a file is.

        Costs reading every such file once, whatever the number of names.
        """
        sought = Sought(given)
        found: dict[tuple[str, Place], str] = {}
        for source, step in self._files():
            try:
                for one in sought.within(self._connectors[source], step):
                    item = self._items.get(str(Locator(source, one.path)))
                    if item is None:
                        continue
                    place = self.place(
                        {"item": item, "part": one.part, "record": one.record, "key": one.key}
                    )
                    found.setdefault((one.name, place), one.field)
            except PdscanError as error:
                self.unread[str(Locator(source, (step,)))] = str(error)
        self.rows(place for _, place in found)
        return [(name, place, field) for (name, place), field in found.items()]

    def _files(self) -> list[tuple[str, str]]:
        """Source and name of the files in which something was read."""
        return list(dict.fromkeys(
            (fact.source, Locator.parse(fact.locator).path[0]) for fact in self._columns.items
            if fact.source in self._connectors and fact.media_type != TABLE
            and fact.state != State.SKIPPED
        ))  # fmt: skip

    def locator(self, place: Place) -> Locator:
        """Its address; that of a record needs the record to be read."""
        item = Locator.parse(self._columns.items[place.item].locator)
        if place.key:
            key = Locator.parse(f"a:#{_pairs(place.key)}").key
            return replace(item, key=key, field=place.part)
        if place.record >= 0:
            row = self.rows([place]).get(place)
            key = (("record", str(place.record)),) if row is None else row.key
            return replace(item, key=key, field=place.part)
        return item

    def rows(self, places: Iterable[Place]) -> dict[Place, Row]:
        """The rows and records at `places`, as far as they can be read."""
        places = list(dict.fromkeys(places))
        wanted = [p for p in places if p not in self._rows and (p.key or p.record >= 0)]
        by_item: dict[tuple[int, str], list[Place]] = {}
        for place in wanted:
            self._rows[place] = None
            by_item.setdefault((place.item, place.part if place.key else "#"), []).append(place)
        for group in by_item.values():
            try:
                for place, found in self._read(group):
                    self._rows[place] = found
            except PdscanError as error:
                self.unread[self._columns.items[group[0].item].locator] = str(error)
        known = ((place, self._rows.get(place)) for place in places)
        return {place: row for place, row in known if row is not None}

    def _read(self, group: Sequence[Place]) -> Iterator[tuple[Place, Row]]:
        fact = self._columns.items[group[0].item]
        connector = self._connectors.get(fact.source)
        if connector is None:
            return
        path = Locator.parse(fact.locator).path
        if group[0].key:
            database = self.database(group[0].item)
            if database is None:
                return
            table = database.tables.table(self.table_path(group[0]))
            by_key = {self.locator(place).key: place for place in group}
            for names in {tuple(name for name, _ in key) for key in by_key}:
                keys = [
                    tuple(value for _, value in key)
                    for key in by_key if tuple(name for name, _ in key) == names
                ]  # fmt: skip
                for row in database.tables.rows(table, names, keys):
                    if row.key in by_key:
                        yield by_key[row.key], Row(row.key, row.values)
            return
        by_number = {(place.part, place.record): place for place in group}
        for record in records(connector, path, self._fingerprints):
            place = by_number.get((record.part, record.number))
            if place is not None:
                yield place, Row(((CONTENT_KEY, record.key),), tuple(record.values))

    # -- databases -----------------------------------------------------------------------------

    def _is_table(self, fact: ItemFacts) -> bool:
        connector = self._connectors.get(fact.source)
        if connector is None:
            return fact.media_type == TABLE
        return has_tables(connector, fact.media_type)

    def table_path(self, place: Place) -> tuple[str, ...]:
        """The path or the name of the table that a row lies in."""
        return (place.part,) if place.part else self.locator(Place(place.item)).path

    def database(self, item: int) -> Ownership | None:
        """The database that `item` is a table of, or is; None where it has none to ask."""
        fact = self._columns.items[item]
        connector = self._connectors.get(fact.source)
        if connector is None or not self._is_table(fact):
            return None
        which = (fact.source, -1 if fact.media_type == TABLE else item)
        if which not in self._databases:
            self._databases[which] = None
            try:
                path = Locator.parse(fact.locator).path
                tables = self._open.enter_context(tables_of(connector, path, likely=True))
                self._databases[which] = Ownership(tables, self._people(tables, which))
            except PdscanError as error:
                self.unread[fact.locator] = str(error)
        return self._databases[which]

    def row_place(self, near: Place, table: Table, row: Row) -> Place | None:
        """Where a row of the same database as `near` lies; None where its table was not scanned."""
        key = written_key(*row.key)
        if near.part:
            return Place(near.item, table.name, key)
        source = self._columns.items[near.item].source
        item = self._items.get(str(Locator(source, table.path)))
        return None if item is None else Place(item, "", key)

    def _people(self, tables: Tables, which: tuple[str, int]) -> set[Name]:
        people = set()
        for table in tables.structure.tables:
            if table.facts.kind in (Kind.VIEW, Kind.MATERIALIZED, Kind.FOREIGN):
                continue
            source, item = which
            part = table.name if item >= 0 else ""
            found = item if item >= 0 else self._items.get(str(Locator(source, table.path)), -1)
            named = self._columns.direct(found).get(part, 0) if found >= 0 else 0
            if not named:
                continue
            rows = table.facts.rows if table.facts.rows > 0 else _count(tables, table)
            if named >= _PEOPLE * rows:
                people.add(table.full_name)
        return people


def _count(tables: Tables, table: Table) -> int:
    source = ".".join(map(tables.dialect.quote, table.path))
    try:
        return int(next(iter(tables.answers(f"SELECT COUNT(*) FROM {source}", ())))[0])  # noqa: S608 - quoted
    except UnreadableError:
        return 0


def _pairs(key: str) -> str:
    return "&".join(f"key={pair}" for pair in key.split("&"))
