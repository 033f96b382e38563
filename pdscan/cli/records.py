"""Records as rules look at them, whoever they are about: one by its locator, or all of a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pdscan.cli.looking import Sources, linked, table_path, values_of
from pdscan.connectors.contents import held
from pdscan.connectors.fetch import fetch_many
from pdscan.connectors.identify import identify
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.structure import Kind, Structure
from pdscan.connectors.tables import SQLITE
from pdscan.errors import UnreadableError, UsageError
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Entry, Locator, Reason
from pdscan.retention.model import FILE_TIME, Rule
from pdscan.retention.resolving import Record, applies

_STORED = (Kind.TABLE, Kind.PARTITIONED)


def record_at(locator: str, sources: Sources, fingerprinter: Fingerprinter | None) -> Record:
    """The row, message or file at `locator`; raises UsageError where it is not there."""
    try:
        place = replace(Locator.parse(locator), span=None)
    except ValueError as error:
        raise UsageError(str(error)) from None
    ((_, content),) = fetch_many(sources.connector(place.source), [place], fingerprinter)
    if isinstance(content, UnreadableError):
        raise UsageError(f"{locator}: cannot be read: {content}")
    source = sources.source(place.source)
    modified = None
    if not source.is_url:
        root = Path(source.address)
        file = root if root.is_file() else root.joinpath(*place.path[:1])
        modified = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
    return Record(
        locator, place.source, table_path(place), source.entity, values_of(content, modified),
        linked=linked(place, sources),
    )  # fmt: skip


def all_records(
    name: str, sources: Sources, rules: Sequence[Rule]
) -> Iterator[Record | tuple[str, str]]:
    """Every row and file of a source that a rule applies to; (locator, reason) for what could not
    be looked at.
    """
    connector = sources.connector(name)
    entity = sources.source(name).entity
    if isinstance(connector, SqlConnector):
        yield from _rows(Locator(name), entity, sources, rules)
        return
    for unit in connector.walk():
        if isinstance(unit, Structure):
            continue
        if isinstance(unit, Entry):
            if unit.outcome.reason not in (Reason.NONE, Reason.EXCLUDED):
                yield str(unit.item.locator), str(unit.outcome.reason)
            continue
        place = Locator(name, unit.path)
        try:
            with held(connector, unit.path) as content:
                is_database = identify(content) == SQLITE
        except UnreadableError as error:
            yield str(place), str(error)
            continue
        if is_database:
            yield from _rows(place, entity, sources, rules)
            continue
        if unit.modified is not None:
            changed = datetime.fromtimestamp(unit.modified, UTC).isoformat()
            record = Record(str(place), name, unit.path, entity, {FILE_TIME: changed})
            if any(applies(rule, record) for rule in rules):
                yield record


def _rows(
    database: Locator, entity: str, sources: Sources, rules: Sequence[Rule]
) -> Iterator[Record | tuple[str, str]]:
    """The rows of the tables that a rule applies to."""
    inside = bool(database.path)
    # Which file it is, is told by a field; which table that is, does not matter here.
    tables = sources.tables(replace(database, field="-") if inside else database)
    for table in tables.structure.tables:
        path = (*database.path, table.name) if inside else table.path
        blank = Record("", database.source, path, entity)
        if table.facts.kind not in _STORED or not any(applies(rule, blank) for rule in rules):
            continue
        quote = tables.dialect.quote
        columns = [c.name for c in table.columns if c.name not in table.facts.missing_columns]
        names = ", ".join(map(quote, columns))
        source = ".".join(map(quote, table.path))
        statement = f"SELECT {names} FROM {source}"  # noqa: S608 - quoted names
        options = {"stream_results": True, "yield_per": 5000}
        rows = tables.connection.execution_options(**options).exec_driver_sql(statement)
        for row in rows:
            values = {
                column: None if value is None else str(value)
                for column, value in zip(columns, row, strict=True)
            }
            key = tuple((c, values[c] or "") for c in table.key)
            if inside:
                place = Locator(database.source, database.path, key, table.name)
            else:
                place = Locator(database.source, table.path, key)
            yield Record(
                str(place), database.source, path, entity, values, linked=linked(place, sources)
            )
