"""SQLite files: read with the standard library, by ranges of the row id.

Any column of SQLite may hold any type, so each value is asked for its own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.sql.dialect import CannotResumeError, Options, Range, Resume, Trouble
from pdscan.connectors.sql.structure import common_family
from pdscan.connectors.structure import Column, Facts, Family, Kind, Name, Part, Table
from pdscan.model import Reason

_ROWS_PER_RANGE = 1_000_000
_ROWS_PER_FETCH = 5_000

# https://www.sqlite.org/rescode.html
_ERRORS = {
    sqlite3.SQLITE_BUSY: Trouble(Reason.TIMEOUT, "another process holds a lock on the file"),
    sqlite3.SQLITE_LOCKED: Trouble(Reason.TIMEOUT, "another session holds a lock on the table"),
    sqlite3.SQLITE_INTERRUPT: Trouble(Reason.TIMEOUT, "the statement time-out was reached"),
    sqlite3.SQLITE_CORRUPT: Trouble(Reason.CORRUPT, "the file is damaged"),
    sqlite3.SQLITE_NOTADB: Trouble(Reason.CORRUPT, "no SQLite database, or an encrypted one"),
    sqlite3.SQLITE_CANTOPEN: Trouble(Reason.IO, "the file cannot be opened"),
    sqlite3.SQLITE_PERM: Trouble(Reason.DENIED),
    sqlite3.SQLITE_AUTH: Trouble(Reason.DENIED),
    sqlite3.SQLITE_TOOBIG: Trouble(Reason.LIMIT, "a value is larger than SQLite can hand over"),
    sqlite3.SQLITE_ERROR: Trouble(Reason.CHANGED, "the table was dropped or altered"),
    sqlite3.SQLITE_SCHEMA: Trouble(Reason.CHANGED, "the table was altered"),
}


@dataclass(frozen=True, slots=True)
class SQLite:
    """One file."""

    path: Path
    options: Options

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""
        return "sqlite"

    def engine(self) -> sa.Engine:
        """For reflection, read-only."""
        return sa.create_engine("sqlite://", creator=self._connect, poolclass=sa.pool.NullPool)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=ro",
            uri=True, timeout=self.options.lock_timeout, isolation_level=None,
        )  # fmt: skip

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """The main one; a file has no names for others."""
        return [None]

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """Kinds; a table without row ids has no parts."""
        facts = {}
        for _, name, kind, _, without_rowid, _ in connection.exec_driver_sql("PRAGMA table_list"):
            parts = (Part(("", name)),) if kind != "view" and not without_rowid else ()
            facts["", name] = Facts(Kind.VIEW if kind == "view" else Kind.TABLE, parts=parts)
        return facts

    def family(self, kind: Any) -> Family:
        """What a column is declared as says little of what it holds."""
        family = common_family(kind)
        return family if family in (Family.INTEGER, Family.JSON) else Family.TEXT

    def share_snapshot(self) -> None:
        """A file has no such thing: each worker reads in a transaction of its own."""
        return

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """Ranges of the row id."""
        size = max(self.path.stat().st_size, 1)
        if not table.facts.parts:
            return [Range(table, table.full_name)]
        low, high = connection.execute(
            sa.select(sa.func.min(sa.text("_rowid_")), sa.func.max(sa.text("_rowid_"))).select_from(
                sa.table(sa.quoted_name(table.name, True))
            )
        ).one()
        span = 0 if low is None else high - low + 1
        count = min(pieces or -(-span // _ROWS_PER_RANGE), span) or 1
        bounds = [low + span * i // count for i in range(1, count)]
        ends = zip([None, *bounds], [*bounds, None], strict=True)
        return [
            Range(table, table.full_name, i, first, last, size=size // count)
            for i, (first, last) in enumerate(ends)
        ]

    def session(self, snapshot: str) -> SQLiteSession:
        """A new connection in a read transaction."""
        return SQLiteSession(self._connect(), self.options.patience)

    def quote(self, name: str) -> str:
        """A name between double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def value(self, column: Column) -> str:
        """Text and whole numbers; other values have no text."""
        name = self.quote(column.name)
        return f"CASE typeof({name}) WHEN 'text' THEN {name} " \
               f"WHEN 'integer' THEN CAST({name} AS TEXT) END"  # fmt: skip

    def key_value(self, column: Column) -> str:
        """Any value as text, bytes in hexadecimal."""
        name = self.quote(column.name)
        return f"CASE typeof({name}) WHEN 'blob' THEN hex({name}) ELSE CAST({name} AS TEXT) END"

    def size(self, column: Column) -> str:
        """Characters of the value."""
        return f"length({self.quote(column.name)})"

    def document(self, column: Column) -> str:
        """A blob, whatever the column is declared as."""
        name = self.quote(column.name)
        return f"CASE typeof({name}) WHEN 'blob' THEN {name} END"

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """The row id, where the table has one."""
        return (("rowid", "CAST(_rowid_ AS TEXT)"),) if table.facts.parts else ()

    def where(self, range_: Range, resume: Resume | None) -> str:
        """The range of row ids."""
        if resume and resume.rows:
            raise CannotResumeError
        conditions = []
        if range_.low is not None:
            conditions.append(f"_rowid_ >= {range_.low}")
        if range_.high is not None:
            conditions.append(f"_rowid_ < {range_.high}")
        clauses = [f"FROM {self.quote(range_.part[1])}"]
        if conditions:
            clauses.append("WHERE " + " AND ".join(conditions))
        if range_.limit:
            clauses.append(f"LIMIT {range_.limit}")
        return " ".join(clauses)

    def trouble(self, error: BaseException) -> Trouble | None:
        """By SQLite's result code."""
        if isinstance(error, sa.exc.DBAPIError):
            error = error.orig or error
        if isinstance(error, PermissionError):
            return Trouble(Reason.DENIED)
        if isinstance(error, OSError):
            return Trouble(Reason.IO, "the file cannot be opened")
        if not isinstance(error, sqlite3.Error):
            return None
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return _ERRORS.get(code, Trouble(Reason.IO, f"SQLite answered code {code}"))


class SQLiteSession:
    """A connection in one read transaction."""

    snapshot = ""

    def __init__(self, connection: sqlite3.Connection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        connection.text_factory = bytes
        connection.execute("BEGIN")

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement`, a few thousand at a time."""
        end = time.monotonic() + self._timeout
        self._connection.set_progress_handler(lambda: time.monotonic() > end, 1_000_000)
        cursor = self._connection.execute(statement)
        names = [f"c{i}" for i in range(len(cursor.description))]
        while rows := cursor.fetchmany(_ROWS_PER_FETCH):
            columns = [pa.array(column) for column in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, names)

    def close(self) -> None:
        """Gives the connection back; never raises."""
        with suppress(sqlite3.Error):
            self._connection.close()
