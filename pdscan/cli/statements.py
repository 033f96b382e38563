"""From a manifest to one script for each database (see `pdscan.exports.executors.sql`)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from pdscan.cli import replacing
from pdscan.cli.looking import Sources, field_of
from pdscan.connectors.fetch import content_fingerprint, fetch_many
from pdscan.connectors.structure import Family, Table
from pdscan.connectors.tables import Tables
from pdscan.errors import UnreadableError
from pdscan.exports.executors import sql
from pdscan.exports.executors.sql import Change
from pdscan.exports.manifest import REMOVES, Action, Entry, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator, escape

LeftOut = list[tuple[Entry, str]]


@dataclass
class _Database:
    """What is to be done in one database."""

    tables: Tables
    name: str
    rows: dict[str, list[Entry]] = field(default_factory=dict)  # by holding


def scripts(
    manifest: Manifest, sources: Sources, fingerprinter: Fingerprinter
) -> tuple[dict[str, str], LeftOut]:
    """The scripts by file name, and the entries on rows that are left out, with the reason."""
    left_out: LeftOut = []
    written = {}
    for database in _databases(manifest, sources).values():
        dialect = database.tables.dialect.name
        salt = sql.new_salt()
        try:
            sql.writer(dialect)
        except KeyError:
            left_out += [
                (entry, f"there are no statements for {dialect} yet")
                for entries in database.rows.values() for entry in entries
            ]  # fmt: skip
            continue
        changes = list(_changes(database, sources, fingerprinter, salt, left_out))
        if changes:
            written[f"{database.name}.{dialect}.sql"] = sql.write(
                dialect, changes, salt, _head(manifest, database, dialect, len(changes))
            )
    return written, left_out


def _head(manifest: Manifest, database: _Database, dialect: str, count: int) -> list[str]:
    how = {
        "postgresql": "psql -f FILE DATABASE",
        "sqlite": "sqlite3 -bail DATABASE < FILE (the shell has the function sha3)",
    }.get(dialect, "mariadb DATABASE < FILE")
    return [
        f"pdscan: manifest {manifest.header.id}, digest {manifest.digest}",
        f"database: {database.name}; rows: {count}",
        "All of it happens or nothing: each row must still be as it was planned for.",
        f"Review, then run with: {how}",
    ]


def _databases(
    manifest: Manifest, sources: Sources
) -> dict[tuple[str, tuple[str, ...]], _Database]:
    """The databases with rows to change; entries that are blocked wait."""
    found: dict[tuple[str, tuple[str, ...]], _Database] = {}
    for entry in manifest.entries:
        if entry.action not in REMOVES or entry.blocked:
            continue
        place = Locator.parse(entry.holding)
        known = sources.table(place)
        if known is None:
            continue
        inside = place.path if place.field else ()
        key = place.source, inside
        name = "-".join(escape(part).replace("/", "-") for part in (place.source, *inside))
        found.setdefault(key, _Database(known[0], name)).rows.setdefault(entry.holding, []).append(
            entry
        )
    return found


def _changes(
    database: _Database, sources: Sources, fingerprinter: Fingerprinter, salt: str,
    left_out: LeftOut,
) -> Iterable[Change]:  # fmt: skip
    places = [Locator.parse(holding) for holding in database.rows]
    fetched = dict(fetch_many(sources.connector(places[0].source), places, fingerprinter))
    connection = database.tables.connection
    raw = connection.connection.driver_connection
    if database.tables.dialect.name == "sqlite" and raw is not None:
        raw.create_function("sha3", 2, _sha3, deterministic=True)
    if database.tables.dialect.name == "postgresql":
        for setting in sql.POSTGRES_SETTINGS:
            connection.exec_driver_sql(f"SET {setting}")
    to = sql.writer(database.tables.dialect.name)
    for place in places:
        entries = database.rows[str(place)]
        content = fetched[place]
        if isinstance(content, UnreadableError):
            left_out += [(entry, str(content)) for entry in entries]
            continue
        if content_fingerprint(fingerprinter, content) != entries[0].fingerprint:
            left_out += [(e, "it has changed since it was planned for") for e in entries]
            continue
        table = database.tables.table((place.field,) if place.field else place.path)
        change = _change(place, entries, table, left_out)
        if change is None:
            continue
        hashes = connection.exec_driver_sql(_escaped(connection, sql.hash_query(to, change, salt)))
        digests = [str(digest) for (digest,) in hashes]
        if len(digests) != 1:
            left_out += [(entry, f"{len(digests)} rows have this key") for entry in entries]
            continue
        yield replace(change, hash=digests[0])


def _escaped(connection: object, statement: str) -> str:
    """`statement` for a driver that takes per cent signs for marks."""
    style = getattr(connection, "dialect").paramstyle  # noqa: B009 - of any database
    return statement.replace("%", "%%") if style in ("format", "pyformat") else statement


def _sha3(text: str, size: int) -> bytes:
    """As the function of the sqlite3 shell."""
    return hashlib.new(f"sha3_{size}", text.encode("utf-8", "surrogateescape")).digest()


def _change(place: Locator, entries: list[Entry], table: Table, left_out: LeftOut) -> Change | None:
    """What becomes of one row: deleted, where an entry says so of all of it, else its fields."""
    columns = {column.name: column for column in table.columns}
    if not place.key or any(name not in columns and name != "rowid" for name, _ in place.key):
        left_out += [(entry, "its table has no key to find the row by") for entry in entries]
        return None
    change = Change(
        tuple(entry.number for entry in entries), table.path, place.key, tuple(columns),
        frozenset(name for name, column in columns.items() if column.family is Family.BINARY),
    )  # fmt: skip
    if any(entry.is_whole and entry.action is Action.ERASE for entry in entries):
        return change
    spans: dict[str, list[tuple[int, int]]] = {}
    whole: dict[str, Entry] = {}
    for entry in entries:
        if entry.is_whole:
            continue
        name, span = field_of(place, entry.place), entry.place.span
        column = columns.get(name)
        if column is None:
            left_out.append((entry, "a part of a column: change it by hand"))
        elif entry.action is Action.REDACT and span is not None and column.family is Family.TEXT:
            spans.setdefault(name, []).append(span)
        else:
            whole[name] = entry
    cuts = []
    for name in dict.fromkeys((*whole, *spans)):
        token = secrets.token_hex(16)
        if name in whole:
            done = replacing.emptied(columns[name], table, token)
        else:
            done = replacing.cut(columns[name], table, spans[name], token)
        if done is not None:
            cuts.append(done)
            continue
        left_out += [
            (e, f"{name} may not be empty, and no value of its type says nothing: do it by hand")
            for e in entries if not e.is_whole and field_of(place, e.place) == name
        ]  # fmt: skip
    return replace(change, cuts=tuple(cuts)) if cuts else None
