"""What one kind of database has to know for its tables to be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.structure import Column, Facts, Family, Name, Table
from pdscan.model import Reason


@dataclass(frozen=True, slots=True)
class Options:
    """How databases are read; times in seconds.

    ``sample`` rows of each table are read (0: all). ``rate`` is the most rows per second of one
    worker (0: as fast as they come). ``range_bytes`` is the size of a unit of work in the database.
    Values above ``value_bytes`` are not fetched. ``ignored`` columns, as (path of the table, name,
    reason), are not read.
    """

    views: bool = False
    sample: int = 0
    rate: int = 0
    statement_timeout: float = 1800.0
    lock_timeout: float = 5.0
    connect_timeout: float = 10.0
    range_bytes: int = 64 << 20
    value_bytes: int = 16 << 20
    ignored: tuple[tuple[tuple[str, ...], str, str], ...] = ()
    retries: int = 3
    retry_wait: float = 1.0

    @property
    def patience(self) -> float:
        """Seconds for one statement: at a rate that was asked for it takes its time."""
        return _SLOWEST if self.rate else self.statement_timeout


_SLOWEST = 20 * 86400.0  # seconds; PostgreSQL counts no more than 24 days


@dataclass(frozen=True, slots=True)
class Range:
    """A piece of a table that is read in one go: ``[low, high)`` of what the dialect counts in.

    ``number`` tells the ranges of one table apart; ``limit`` is the most rows to read (0: all).
    """

    table: Table
    part: Name
    number: int = 0
    low: int | None = None
    high: int | None = None
    limit: int = 0
    size: int = 1  # bytes, about
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Resume:
    """Where reading a range goes on after the connection was lost: the rows had, and the last key.

    ``same_snapshot`` says whether the database still shows what it showed before.
    """

    rows: int = 0
    key: tuple[object, ...] = ()
    same_snapshot: bool = True


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a driver's error means. ``lost``: the connection is gone, a new one may do better.
    ``snapshot_gone``: there is no way back to what the database showed before.
    """

    reason: Reason
    detail: str = ""
    lost: bool = False
    snapshot_gone: bool = False


class Session(Protocol):
    """One connection of one worker, in a read-only transaction."""

    @property
    def snapshot(self) -> str:
        """The name of the snapshot that it sees, where others can see it too; "" elsewhere."""

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement` in batches of about `size` bytes."""

    def close(self) -> None:
        """Gives the connection back; never raises."""


class Dialect(Protocol):
    """One kind of database, with the address and the options of one source. Pickles."""

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""

    def engine(self) -> sa.Engine:
        """For reflection and small questions, read-only."""

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """The schemas to look at."""

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """What only the database itself can tell of its relations."""

    def family(self, kind: Any) -> Family:
        """How values of a SQLAlchemy type become texts."""

    def share_snapshot(self) -> Session | None:
        """A session that holds a snapshot for all workers while it is open; None where the database
        has no such thing.
        """

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """The table in ranges, in order, about `pieces` of them (0: by its size)."""

    def session(self, snapshot: str) -> Session:
        """A new session that sees `snapshot` ("": one of its own)."""

    def quote(self, name: str) -> str:
        """A name as it stands in a statement."""

    def value(self, column: Column) -> str:
        """The expression that gives a column's value as text (or as an integer)."""

    def key_value(self, column: Column) -> str:
        """The same for a column of a key, whatever its family."""

    def document(self, column: Column) -> str:
        """The expression that gives a column's value as bytes where it is bytes; "" where it never
        is.
        """

    def size(self, column: Column) -> str:
        """The expression that gives the bytes of a column's value without reading it, if it can."""

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """(Name, expression) of what tells the rows of a table without a key apart."""

    def where(self, range_: Range, resume: Resume | None) -> str:
        """All that follows ``FROM table``; raises `CannotResumeError`."""

    def trouble(self, error: BaseException) -> Trouble | None:
        """What `error` means; None where it is not the database's."""


class CannotResumeError(Exception):
    """The rows that were not read yet cannot be told from those that were."""
