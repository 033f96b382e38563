"""Walks and reads one database: every table an item, every range of it a unit of work."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Content
from pdscan.connectors.interface import Event, ReadOptions, Step, Unit
from pdscan.connectors.peel import NAME, peel
from pdscan.connectors.sql.dialect import (
    CannotResumeError,
    Dialect,
    Options,
    Range,
    Resume,
    Session,
    Trouble,
)
from pdscan.connectors.sql.documents import row_of
from pdscan.connectors.sql.lookup import Tables
from pdscan.connectors.sql.outcome import LATER, outcome
from pdscan.connectors.sql.relations import with_likely
from pdscan.connectors.sql.rows import Selection, Tally
from pdscan.connectors.sql.seen import Seen
from pdscan.connectors.sql.structure import reflect
from pdscan.connectors.structure import Kind, Structure, Table
from pdscan.errors import AccessError, SourceError, UnreadableError
from pdscan.model import Block, Entry, Item, Outcome, Reason, State

MEDIA_TYPE = "application/x-sql-table"
_MOST_BATCH = 32 << 20
_SAMPLE_PIECES = 8


class SqlConnector:
    """One database.

    Pickles with its settings. The snapshot that all workers share is held by the connector that
    walked, until `close`.
    """

    def __init__(
        self, source: str, dialect: Dialect, options: Options, reading: ReadOptions | None = None
    ) -> None:
        self._source = source
        self.dialect = dialect
        self._options = options
        self.options = reading or ReadOptions()
        self._structure: Structure | None = None
        self._holder: Session | None = None
        self._session: Session | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_holder": None, "_session": None, "_structure": None}

    @property
    def source(self) -> str:
        """The name of the source, the first part of its locators."""
        return self._source

    def close(self) -> None:
        """Lets go of the connections, and of the snapshot."""
        for session in (self._session, self._holder):
            if session is not None:
                session.close()
        self._session = self._holder = None

    # -- walking ---------------------------------------------------------------------------

    def structure(self) -> Structure:
        """Tables, keys and what is known of them; asked once. Raises as `walk` does."""
        if self._structure is None:
            with self.connected() as connection:
                try:
                    schemas = self.dialect.schemas(connection)
                    facts = self.dialect.facts(connection)
                    self._structure = reflect(
                        connection, self._source, schemas, facts, self.dialect.family
                    )
                except Exception as error:
                    raise self._said(error) from None
        return self._structure

    def walk(self) -> Iterator[Step]:
        """Units for the tables that can be read, ledger entries for the others, and how they all
        hang together.

        Raises AccessError where the database turns the account away, SourceError where it does not
        answer.
        """
        try:
            if self._holder is None:
                self._holder = self.dialect.share_snapshot()
        except Exception as error:
            raise self._said(error) from None
        snapshot = self._holder.snapshot if self._holder else ""
        tables = self.structure().tables
        with self.connected() as connection:
            for table in tables:
                if table.facts.kind is Kind.PARTITION:
                    continue  # read as a part of its table
                refused = self._refused(table)
                if refused is not None:
                    yield Entry(self._item(table), refused)
                    continue
                for name, reason in self._ignored(table).items():
                    yield Entry(
                        Item(self._source, (*table.path, name)),
                        Outcome(State.SKIPPED, Reason.EXCLUDED, f"column: {reason}"),
                    )
                yield from self._units(connection, table, snapshot)
            yield with_likely(connection, self.structure()).structure

    def connected(self) -> AbstractContextManager[sa.Connection]:
        """A connection for small questions; to be closed by the caller. Raises as `walk` does."""
        try:
            return self.dialect.engine().connect()
        except Exception as error:
            raise self._said(error) from None

    def _said(self, error: Exception) -> Exception:
        """The driver's error in our words: theirs may hold values and passwords."""
        trouble = self.dialect.trouble(error)
        if trouble is None:
            return error
        if trouble.reason is Reason.DENIED:
            return AccessError(
                f"{self._source}: the database turned the account away; check user, password, "
                "database name, and what the server allows"
            )
        return SourceError(
            f"{self._source}: the database did not answer ({trouble.detail or trouble.reason}); "
            "check host and port, or try again later"
        )

    def _item(self, table: Table) -> Item:
        return Item(self._source, table.path, MEDIA_TYPE)

    def _ignored(self, table: Table) -> dict[str, str]:
        """The columns of `table` that are not to be read, and why."""
        names = {column.name for column in table.columns}
        return {
            name: reason
            for path, name, reason in self._options.ignored
            if path == table.path and name in names
        }

    def _refused(self, table: Table) -> Outcome | None:
        facts = table.facts
        if facts.kind is Kind.FOREIGN:
            return Outcome(
                State.SKIPPED, Reason.EXCLUDED,
                "foreign table: scan the database that it comes from",
            )  # fmt: skip
        if facts.kind in (Kind.VIEW, Kind.MATERIALIZED) and not self._options.views:
            return Outcome(State.SKIPPED, Reason.EXCLUDED, f"{facts.kind}: its tables are scanned")
        if facts.missing:
            return Outcome(State.UNREADABLE, Reason.DENIED, f"needed: {facts.missing}")
        return None

    def _units(
        self, connection: sa.Connection, table: Table, snapshot: str
    ) -> Iterator[Unit | Entry]:
        sample = self._options.sample
        try:
            ranges = self.dialect.ranges(connection, table, _SAMPLE_PIECES if sample else 0)
        except Exception as error:
            trouble = self.dialect.trouble(error)
            if trouble is None:
                raise
            if trouble.lost:
                raise self._said(error) from None
            yield Entry(
                self._item(table), Outcome(State.UNREADABLE, trouble.reason, trouble.detail)
            )
            return
        for i, range_ in enumerate(ranges):
            limit = sample * (i + 1) // len(ranges) - sample * i // len(ranges)
            if sample and not limit:
                continue
            cost = min(range_.size, limit * 1000) if sample else range_.size
            yield Unit(
                self._source, table.path, max(cost, 1),
                range=replace(range_, limit=limit, snapshot=snapshot),
            )  # fmt: skip

    # -- what lies in tables ------------------------------------------------------------------

    def is_document(self, path: Sequence[str]) -> bool:
        """Whether `path` leads to a document in a table, or into one. Raises as `walk` does."""
        return len(path) > 1 and len(path) > len(self._table(path).path)

    def outermost(self, path: Sequence[str]) -> tuple[str, ...]:
        """The path of the document that `path` is, or lies in; else that of the table."""
        return tuple(path[: len(self._table(path).path) + 1])

    def content(self, path: Sequence[str]) -> Content:
        """The bytes of a document; raises `UnreadableError`."""
        table = self._table(path)
        if len(path) == len(table.path):
            raise UnreadableError(Reason.UNSUPPORTED, "a whole table: name a row")
        try:
            key, name = row_of(path[len(table.path)])
            column = table.column(name)
        except (KeyError, ValueError):
            raise UnreadableError(Reason.VANISHED, "no such document in the table") from None
        with self.connected() as connection:
            tables = Tables(connection, self.structure(), self.dialect)
            data = tables.document(table, key, column)
        if data is None:
            raise UnreadableError(Reason.VANISHED, "the document is not there any more")
        return HeldContent(name, data)

    def _table(self, path: Sequence[str]) -> Table:
        for table in self.structure().tables:
            if table.path == tuple(path[: len(table.path)]):
                return table
        raise UnreadableError(Reason.VANISHED, "the table is not there any more")

    # -- reading ---------------------------------------------------------------------------

    def read(self, unit: Unit) -> Iterator[Event]:
        """The texts of a range of a table, a block for each column of each batch of rows, and the
        documents in it. Without a range all of a table, or one document.
        """
        if unit.range is not None:
            yield from self._range(unit.range)
        elif self.is_document(unit.path):
            yield from self._document(unit.path, self.content(unit.path))
        else:
            with self.connected() as connection:
                for step in self._units(connection, self._table(unit.path), ""):
                    yield from self.read(step) if isinstance(step, Unit) else ()

    def _document(self, path: tuple[str, ...], content: Content) -> Iterator[Event]:
        events = peel(Item(self._source, path, "", content.size), content, self.options)
        yield next(events)
        for number, event in enumerate(events):
            # Its name is the key of a row, which is a cell of the table.
            if number or not isinstance(event, Block) or event.part != NAME:
                yield event

    def _range(self, range_: Range) -> Iterator[Event]:
        ignored = frozenset(self._ignored(range_.table))
        selection = Selection(self.dialect, range_, self._options.value_bytes, ignored)
        tally = Tally()
        yield self._item(range_.table)
        trouble = yield from self._rows(selection, tally)
        yield outcome(selection, tally, trouble)

    def _rows(self, selection: Selection, tally: Tally) -> Generator[Event, None, Trouble | None]:
        key: tuple[object, ...] = ()
        seen = Seen(selection)
        snapshot, later = selection.range.snapshot, False
        losses, limit = 0, selection.range.limit
        started = time.monotonic()
        size = min(self.options.block_size * max(len(selection.columns), 1), _MOST_BATCH)
        while True:
            resume = Resume(tally.rows, key, same_snapshot=bool(snapshot)) if losses else None
            try:
                session = self._open(snapshot)
                statement = self._statement(selection, resume, seen)
                for piece in self._slices(session.batches(statement, size)):
                    batch = seen.new(piece)
                    if not batch.num_rows:
                        continue
                    is_enough = limit and tally.rows + batch.num_rows > limit
                    if is_enough:  # not every database was told
                        batch = batch.slice(0, limit - tally.rows)
                    key = selection.last_key(batch)
                    seen.add(batch)
                    for event in selection.blocks(batch, tally, self.options.block_size):
                        if isinstance(event, Block):
                            yield event
                        else:
                            path = (*selection.range.table.path, event.name)
                            yield from self._document(path, event.content)
                    self._pace(tally.rows, started)
                    if is_enough:
                        self._drop()
                        break
            except GeneratorExit:
                self._drop()  # the database is still sending
                raise
            except CannotResumeError:
                return Trouble(Reason.IO, "the connection was lost, and with it the snapshot")
            except Exception as error:
                trouble = self.dialect.trouble(error)
                if trouble is None:
                    raise
                if trouble.lost or trouble.snapshot_gone or snapshot:
                    self._drop()
                losses += 1
                # Without a snapshot to come back to, what is still to be read is of another time.
                later |= trouble.lost and not snapshot and tally.rows > 0
                if trouble.snapshot_gone:
                    snapshot, later = "", True
                elif not trouble.lost or losses > self._options.retries:
                    return trouble
                else:
                    time.sleep(self._options.retry_wait * 2 ** (losses - 1))
                continue
            return LATER if later else None

    @staticmethod
    def _statement(selection: Selection, resume: Resume | None, seen: Seen) -> str:
        """What gives the rows that were not read yet, and maybe others; may raise
        `CannotResumeError`.
        """
        try:
            return selection.statement(resume)
        except CannotResumeError:
            if not seen.is_whole:
                raise
            seen.begin_anew()
            return selection.statement(None)

    def _open(self, snapshot: str) -> Session:
        if self._session is not None and self._session.snapshot != snapshot:
            self._drop()
        if self._session is None:
            self._session = self.dialect.session(snapshot)
        return self._session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _slices(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """`batches` in pieces of at most a second at the rate that was asked for: who waits for
        what is read sees that it goes on.
        """
        for batch in batches:
            most = self._options.rate or max(batch.num_rows, 1)
            for first in range(0, batch.num_rows, most):
                yield batch.slice(first, most)

    def _pace(self, rows: int, started: float) -> None:
        if self._options.rate:
            time.sleep(max(started + rows / self._options.rate - time.monotonic(), 0))
