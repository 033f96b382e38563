"""Looks at a person's holdings as they are now, for plans, statements and rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType

from pdscan import config
from pdscan.cli import wiring
from pdscan.config import Settings, Source
from pdscan.connectors.fetch import Original, Row, content_fingerprint, fetch_many
from pdscan.connectors.interface import Connector
from pdscan.connectors.structure import Table
from pdscan.connectors.tables import Tables, tables_of
from pdscan.errors import UnreadableError, UsageError
from pdscan.exports import ordering
from pdscan.exports.erasure import Sight
from pdscan.exports.ordering import Reference
from pdscan.inventory import Inventory
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.retention.model import FILE_TIME, Anchor
from pdscan.retention.resolving import Record
from pdscan.subjects.model import Holding, Subject


@dataclass
class Sources:
    """The sources that locators begin with, opened when they are first asked for."""

    settings: Settings
    inventories: Sequence[Inventory] = ()
    _named: dict[str, Source] = field(default_factory=dict)
    _connectors: dict[str, Connector] = field(default_factory=dict)
    _tables: dict[tuple[str, tuple[str, ...]], Tables] = field(default_factory=dict)
    _open: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Sources:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._open.close()

    def add(self, source: Source) -> None:
        """Makes a source known that is not configured."""
        self._named[source.name] = source

    def source(self, name: str) -> Source:
        """Where the source lies: as configured, else as an inventory says. Raises UsageError."""
        known = {source.name: source for source in self.settings.sources} | self._named
        for inventory in self.inventories:
            for given in inventory.run.get("sources", ()):
                known.setdefault(
                    given["name"], Source(given["name"], given["address"], given["entity"])
                )
        if name not in known:
            raise UsageError(
                f"{name}: no such source{config.suggestion(name, known)}; name it in "
                f"{config.FILE_NAME}, or call with --config"
            )
        return known[name]

    def connector(self, name: str) -> Connector:
        """The connector of the source; raises UsageError."""
        if name not in self._connectors:
            options = wiring.reading(self.settings)
            self._connectors[name] = wiring.connector(self.source(name), self.settings, options)
        return self._connectors[name]

    def tables(self, place: Locator) -> Tables:
        """The database that a row lies in, with likely foreign keys; raises UnreadableError."""
        path = place.path if place.field else ()  # the field of a row of a SQLite file is its table
        key = place.source, path
        if key not in self._tables:
            opened = tables_of(self.connector(place.source), path, likely=True)
            self._tables[key] = self._open.enter_context(opened)
        return self._tables[key]

    def table(self, place: Locator) -> tuple[Tables, Table] | None:
        """The table of a row; None for what is no row of a database."""
        if not place.key or place.key[0][0] == "#":
            return None
        try:
            tables = self.tables(place)
            return tables, tables.table((place.field,) if place.field else place.path)
        except UnreadableError:
            return None


def table_path(place: Locator) -> tuple[str, ...]:
    """What rules know as the table of a record: the path of its item, and the table within."""
    return (*place.path, place.field) if place.key and place.field else place.path


def field_of(holding: Locator, place: Locator) -> str:
    """The name of the field of a row that `place` is in."""
    return place.field.removeprefix(f"{holding.field}/") if holding.field else place.field


def sights(
    subject: Subject, sources: Sources, fingerprinter: Fingerprinter
) -> tuple[dict[str, Sight], dict[str, Row | Original]]:
    """Each holding as it is now, by locator, and its content."""
    holdings = {holding.locator: holding for holding in subject.holdings}
    identifiers = frozenset((i.kind, i.fingerprint) for i in subject.identifiers)
    modified = _modified(sources.inventories, holdings)
    found: dict[str, Sight] = {}
    contents: dict[str, Row | Original] = {}
    for place, content in _fetched(holdings.values(), sources, fingerprinter):
        holding = holdings[str(place)]
        if isinstance(content, UnreadableError):
            found[holding.locator] = Sight(None, str(content))
            continue
        contents[holding.locator] = content
        values = values_of(content, modified.get(str(place.item())))
        classes = {f.kind for f in holding.findings} | {f.category for f in holding.findings}
        record = Record(
            holding.locator, holding.source, table_path(place), holding.entity, values,
            frozenset(classes), identifiers, linked(place, sources),
        )  # fmt: skip
        found[holding.locator] = Sight(
            record, fingerprint=content_fingerprint(fingerprinter, content)
        )
    _add_structure(found, sources)
    return found, contents


def _fetched(
    holdings: Iterable[Holding], sources: Sources, fingerprinter: Fingerprinter
) -> Iterator[tuple[Locator, Row | Original | UnreadableError]]:
    by_source: dict[str, list[Locator]] = {}
    for holding in holdings:
        by_source.setdefault(holding.source, []).append(Locator.parse(holding.locator))
    for name, places in by_source.items():
        yield from fetch_many(sources.connector(name), places, fingerprinter)


def _modified(inventories: Iterable[Inventory], holdings: Mapping[str, Holding]) -> dict[str, str]:
    """When the items of `holdings` were last changed, as the inventories know it."""
    wanted = {str(Locator.parse(locator).item()) for locator in holdings}
    known: dict[str, str] = {}
    for inventory in inventories:
        items = inventory.items().select(["locator", "modified"]).to_pydict()
        for locator, moment in zip(items["locator"], items["modified"], strict=True):
            if moment is not None and locator in wanted:
                known[locator] = datetime.fromtimestamp(moment, UTC).isoformat()
    return known


def values_of(content: Row | Original, modified: str | None) -> dict[str, str | None]:
    """The cells of a row, and the time at which a message was sent or a file last changed."""
    if isinstance(content, Row):
        return dict(content.values) | ({FILE_TIME: modified} if modified else {})
    if content.media_type == "message/rfc822":
        header = BytesHeaderParser().parsebytes(content.data).get("Date")
        try:
            return {FILE_TIME: parsedate_to_datetime(str(header)).isoformat()}
        except ValueError:
            return {}
    return {FILE_TIME: modified} if modified else {}


@dataclass(frozen=True, slots=True)
class _Linked:
    place: Locator
    sources: Sources

    def __call__(self, anchor: Anchor, value: str) -> list[str | None] | None:
        """The anchor's cells in the rows of its table that hold `value`."""
        try:
            tables = self.sources.tables(self.place)
            rows = tables.rows(tables.table((anchor.table,)), [anchor.key], [(value,)])
            return [dict(row.values)[anchor.column] for row in rows]
        except (UnreadableError, KeyError):
            return None


def linked(place: Locator, sources: Sources) -> _Linked:
    """What follows links from the row at `place` (see `pdscan.retention.resolving.Linked`)."""
    return _Linked(place, sources)


# -- foreign keys ----------------------------------------------------------------------------------


def _add_structure(found: dict[str, Sight], sources: Sources) -> None:
    """Adds to rows what holds them together, what refers to them, and their step."""
    tables: dict[tuple[str, ...], tuple[Locator, Tables, Table]] = {}
    rows: dict[tuple[str, ...], list[str]] = {}
    for locator, sight in found.items():
        place = Locator.parse(locator)
        known = sources.table(place) if sight.record is not None else None
        if known is not None:
            name = (place.source, *table_path(place))
            tables[name] = place, *known
            rows.setdefault(name, []).append(locator)
    pairs = []
    for name, (place, opened, table) in tables.items():
        children = [
            (child, key) for child in opened.structure.tables for key in child.foreign_keys
            if key.table == table.full_name
        ]  # fmt: skip
        keys = {*table.key, *(c for k in table.foreign_keys for c in k.columns)}
        keys |= {c for _, k in children for c in k.referred}
        required = frozenset(c.name for c in table.columns if not c.nullable)
        for locator in rows[name]:
            found[locator] = replace(found[locator], keys=frozenset(keys), required=required)
        for child, key in children:
            path = (*place.path, child.name) if place.field else child.path
            pairs.append(((place.source, *path), name))
            parents: dict[tuple[str | None, ...], str] = {}
            for locator in rows[name]:
                record = found[locator].record
                if record is not None:
                    parents[tuple(record.values.get(c) for c in key.referred or table.key)] = (
                        locator
                    )
            wanted = [v for v in parents if None not in v]
            for row in opened.rows(child, key.columns, wanted):  # type: ignore[arg-type]  # no None
                values = dict(row.values)
                parent = parents.get(tuple(values.get(c) for c in key.columns))
                if parent is None:
                    continue
                child_place = str(_row_place(place, child, row.key))
                reference = Reference(
                    child_place, ", ".join(key.columns), key.on_delete, key.declared
                )
                if child_place != parent:
                    found[parent] = replace(
                        found[parent], references=(*found[parent].references, reference)
                    )
    steps = ordering.steps(tables, pairs)
    for name, locators in rows.items():
        for locator in locators:
            found[locator] = replace(found[locator], step=steps[name])


def _row_place(beside: Locator, table: Table, key: tuple[tuple[str, str], ...]) -> Locator:
    """The locator of a row of `table`, in the database that the row `beside` lies in."""
    if beside.field:
        return Locator(beside.source, beside.path, key, table.name)
    return Locator(beside.source, table.path, key)


def open_inventories(subject: Subject) -> list[Inventory]:
    """The inventories that a subject was resolved from, as far as they are still there."""
    return [Inventory(Path(name)) for name in subject.inventories if Path(name).is_dir()]
