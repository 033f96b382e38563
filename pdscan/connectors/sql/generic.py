"""Any other database that SQLAlchemy has a dialect for: read by reflection, a table in one go.

Nothing is assumed of the database but ``SELECT columns FROM table``; values become texts here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.sql.dialect import CannotResumeError, Options, Range, Resume, Trouble
from pdscan.connectors.sql.structure import common_family
from pdscan.connectors.structure import Column, Facts, Family, Name, Table
from pdscan.model import Reason

_ROWS_PER_FETCH = 5_000
_OWN = frozenset({"information_schema", "pg_catalog", "sys", "system", "guest"})

_LENGTH = {"mssql": "DATALENGTH({})", "oracle": "LENGTH({})", "sqlite": "LENGTH({})"}
_LENGTH_OF_BYTES = {**_LENGTH, "oracle": "LENGTHB({})"}
_HEX = {"mssql": "CONVERT(varchar(max), {}, 2)", "oracle": "RAWTOHEX({})", "sqlite": "HEX({})"}


@dataclass(frozen=True, slots=True)
class Generic:
    """One database by its SQLAlchemy URL, its password in place."""

    url: sa.URL
    options: Options

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""
        return self.url.get_backend_name()

    def engine(self) -> sa.Engine:
        """For reflection and for reading."""
        return sa.create_engine(self.url, poolclass=sa.pool.NullPool)

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """All but those that databases keep for themselves."""
        names = sa.inspect(connection).get_schema_names()
        return [name for name in names if name.lower() not in _OWN] or [None]

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """Nothing is known."""
        return {}

    def family(self, kind: Any) -> Family:
        """How values of a SQLAlchemy type become texts."""
        return common_family(kind)

    def share_snapshot(self) -> None:
        """Not known how."""
        return

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """The table in one go."""
        return [Range(table, table.full_name)]

    def session(self, snapshot: str) -> GenericSession:
        """A new connection."""
        return GenericSession(self.engine().connect())

    def quote(self, name: str) -> str:
        """A name as the dialect quotes it."""
        dialect = self.url.get_dialect()()
        if dialect.requires_name_normalize:  # Oracle's names are reflected in small letters
            name = dialect.denormalize_name(name) or name
        # The preparer doubles % for some drivers; the statement as a whole is escaped for them.
        return dialect.identifier_preparer.quote_identifier(name).replace("%%", "%")

    def value(self, column: Column) -> str:
        """As the driver gives it."""
        return self.quote(column.name)

    def key_value(self, column: Column) -> str:
        """As the driver gives it; bytes in hexadecimal, where it is known how."""
        name = self.quote(column.name)
        return _HEX.get(self.name, "{}").format(name) if column.family is Family.BINARY else name

    def size(self, column: Column) -> str:
        """Bytes, or characters, where it is known how they are counted; else nothing is large."""
        how = _LENGTH_OF_BYTES if column.family is Family.BINARY else _LENGTH
        return how.get(self.name, "0").format(self.quote(column.name))

    def document(self, column: Column) -> str:
        """The value of a column that is declared to hold bytes."""
        return self.quote(column.name) if column.family is Family.BINARY else ""

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """Rows without a key cannot be told apart."""
        return ()

    def where(self, range_: Range, resume: Resume | None) -> str:
        """The whole table."""
        if resume and resume.rows:
            raise CannotResumeError
        return "FROM " + ".".join(self.quote(name) for name in range_.part if name)

    def trouble(self, error: BaseException) -> Trouble | None:
        """What the driver says stays unsaid: it may hold values."""
        if isinstance(error, sa.exc.DBAPIError):
            kind = type(error.orig).__name__
            return Trouble(
                Reason.IO, f"the driver raised {kind}", lost=error.connection_invalidated
            )
        if isinstance(error, sa.exc.SQLAlchemyError):
            return Trouble(Reason.IO, f"SQLAlchemy raised {type(error).__name__}")
        return None


class GenericSession:
    """A connection of SQLAlchemy that streams."""

    snapshot = ""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection.execution_options(stream_results=True)

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement`, a few thousand at a time."""
        # A colon would be a parameter's.
        result = self._connection.execute(sa.text(statement.replace(":", r"\:")))
        names = [f"c{i}" for i in range(len(result.keys()))]
        for rows in result.partitions(_ROWS_PER_FETCH):
            columns = zip(*rows, strict=True)
            yield pa.RecordBatch.from_arrays([_texts(column) for column in columns], names)

    def close(self) -> None:
        """Gives the connection back; never raises."""
        with suppress(Exception):
            self._connection.close()


def _texts(values: Sequence[Any]) -> pa.Array:
    if any(isinstance(v, bytes | bytearray | memoryview) for v in values):
        return pa.array([_bytes(v) for v in values], pa.binary())
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _bytes(value: object) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    return _text(value).encode()


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict | list):
        return msgspec.json.encode(value, enc_hook=str).decode()
    return str(value)
