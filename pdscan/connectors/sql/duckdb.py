"""DuckDB files: read by ranges of the row id, as Arrow columns, by the library itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.sql.dialect import CannotResumeError, Options, Range, Resume, Trouble
from pdscan.connectors.sql.duckdb_reflection import SETTINGS, DuckDBReflection, Named
from pdscan.connectors.sql.structure import common_family
from pdscan.connectors.structure import Column, Facts, Family, Kind, Name, Part, Table
from pdscan.model import Reason

_ROWS_PER_RANGE, _BYTES_PER_RANGE = 1_000_000, 32 << 20
_FIRST_ROWS = 16  # tell how wide the others are
_ROWS_PER_BATCH = 8_192
_BYTES_PER_ROW = 100  # about: the catalogue counts rows

_ERRORS = {
    "CatalogException": Trouble(Reason.VANISHED, "the table was dropped"),
    "BinderException": Trouble(Reason.CHANGED, "the table was altered"),
    "InterruptException": Trouble(Reason.TIMEOUT, "the statement time-out was reached"),
    "PermissionException": Trouble(Reason.DENIED),
    "OutOfMemoryException": Trouble(Reason.LIMIT, "a value is larger than may be held in memory"),
    "SerializationException": Trouble(Reason.CORRUPT, "the file is damaged"),
    "InternalException": Trouble(Reason.CORRUPT, "the file is damaged"),
    "IOException": Trouble(
        Reason.IO,
        "the file cannot be opened: it is not there, no DuckDB database, or another process has it "
        "open for writing",
    ),
}


@dataclass(frozen=True, slots=True)
class DuckDB:
    """One file."""

    path: str
    options: Options

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""
        return DuckDBReflection.name

    def engine(self) -> sa.Engine:
        """For reflection, read-only."""
        url = sa.URL.create("duckdb+pdscan", database=self.path)
        return sa.create_engine(url, poolclass=sa.pool.NullPool)

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """Those that hold something."""
        return sa.inspect(connection).get_schema_names()

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """Kinds and numbers of rows."""
        facts: dict[Name, Facts] = {}
        for schema, name, rows in connection.exec_driver_sql(
            "SELECT schema_name, table_name, estimated_size FROM duckdb_tables()"
            " WHERE database_name = current_database()"
        ):
            part = Part((schema, name), max(rows, 1) * _BYTES_PER_ROW)
            facts[schema, name] = Facts(rows=rows, parts=(part,))
        for schema, name in connection.exec_driver_sql(
            "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
        ):
            facts[schema, name] = Facts(Kind.VIEW)
        return facts

    def family(self, kind: Any) -> Family:
        """How values of a SQLAlchemy type become texts; what is nested becomes JSON."""
        if isinstance(kind, Named):
            return Family.JSON if kind.is_nested else Family.CAST
        return common_family(kind)

    def share_snapshot(self) -> None:
        """A file that is open here is written to by nobody."""
        return

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """Ranges of the row id, which counts from 0; the last one of a table has no end.

        Those of wide rows are short: DuckDB has some thousand rows in memory at a time.
        """
        if not table.facts.parts:
            return [Range(table, table.full_name)]
        rows = max(table.facts.rows, 1)
        most = min(_ROWS_PER_RANGE, max(_BYTES_PER_RANGE // self._width(connection, table), 1))
        count = min(max(pieces, -(-rows // most)), rows)
        bounds = [rows * i // count for i in range(1, count)]
        size = table.facts.parts[0].size // count
        ends = zip([None, *bounds], [*bounds, None], strict=True)
        return [
            Range(table, table.full_name, i, low, high, size=size)
            for i, (low, high) in enumerate(ends)
        ]

    def _width(self, connection: sa.Connection, table: Table) -> int:
        """Bytes of a row, about: of the widest among the first."""
        sizes = [f"coalesce({self.size(c)}, 0)" for c in table.columns
                 if c.family not in (Family.NONE, Family.INTEGER)]  # fmt: skip
        if not sizes:
            return 1
        source = ".".join(map(self.quote, table.path))
        question = f"SELECT max({' + '.join(sizes)}) FROM {source} WHERE rowid < {_FIRST_ROWS}"  # noqa: S608 - quoted names
        return int(connection.exec_driver_sql(question).scalar() or 1)

    def session(self, snapshot: str) -> DuckDBSession:
        """A new connection."""
        return DuckDBSession(self.path, self.options.patience)

    def quote(self, name: str) -> str:
        """A name between double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def value(self, column: Column) -> str:
        """As DuckDB writes it, what is nested as JSON."""
        name = self.quote(column.name)
        if column.family is Family.TEXT:
            return name
        if column.family is Family.JSON and column.type != "JSON":
            return f"CAST(to_json({name}) AS VARCHAR)"
        return f"CAST({name} AS VARCHAR)"

    def key_value(self, column: Column) -> str:
        """As text, bytes in hexadecimal."""
        if column.family is Family.BINARY:
            return f"hex({self.quote(column.name)})"
        return f"CAST({self.quote(column.name)} AS VARCHAR)"

    def document(self, column: Column) -> str:
        """The value of a column of bytes."""
        return self.quote(column.name) if column.family is Family.BINARY else ""

    def size(self, column: Column) -> str:
        """Bytes of the value."""
        if column.family is Family.BINARY:
            return f"octet_length({self.quote(column.name)})"
        return f"strlen({self.value(column)})"

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """A digest of the row: found again, and telling nothing. Row ids change."""
        return (("md5(row)", "md5(CAST(t AS VARCHAR))"),)

    def where(self, range_: Range, resume: Resume | None) -> str:
        """The range of row ids."""
        if resume and resume.rows:
            raise CannotResumeError
        clauses = [f"FROM {'.'.join(map(self.quote, range_.part))} AS t"]
        bounds = []
        if range_.low is not None:
            bounds.append(f"rowid >= {range_.low}")
        if range_.high is not None:
            bounds.append(f"rowid < {range_.high}")
        if bounds:
            clauses.append("WHERE " + " AND ".join(bounds))
        if range_.limit:
            clauses.append(f"LIMIT {range_.limit}")
        return " ".join(clauses)

    def trouble(self, error: BaseException) -> Trouble | None:
        """By the type of the error: what it says may hold values."""
        import duckdb

        if isinstance(error, sa.exc.DBAPIError):
            error = error.orig or error
        if not isinstance(error, duckdb.Error):
            return None
        name = type(error).__name__
        return _ERRORS.get(name, Trouble(Reason.IO, f"DuckDB raised {name}"))


class DuckDBSession:
    """A connection to a file that is not written to."""

    snapshot = ""

    def __init__(self, path: str, timeout: float) -> None:
        import duckdb

        self._connection = duckdb.connect(path, config=dict(SETTINGS))
        self._timeout = timeout

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement`, some thousand at a time."""
        watch = threading.Timer(self._timeout, self._connection.interrupt)
        watch.daemon = True
        watch.start()
        try:
            yield from self._connection.sql(statement).to_arrow_reader(_ROWS_PER_BATCH)
        finally:
            watch.cancel()

    def close(self) -> None:
        """Gives the connection back; never raises."""
        with suppress(Exception):
            self._connection.close()
