"""Rows of a table as blocks: which columns are asked for, and what becomes of the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.cells import Keys, cell_blocks
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Nested
from pdscan.connectors.sql.dialect import Dialect, Range, Resume
from pdscan.connectors.sql.documents import parted, step
from pdscan.connectors.sql.json_cells import json_cells
from pdscan.connectors.sql.keys import key_writer
from pdscan.connectors.structure import Column, Family
from pdscan.model import Block, Ints

_READ = (Family.TEXT, Family.CAST, Family.INTEGER, Family.JSON)
_FEWEST_DIGITS = 7  # of a number that could be an identifier of somebody
_ROWS_PER_RANGE = 1 << 40


# Texts, their rows, the names of fields, and which one each text is of.
_Cells = tuple[pa.Array, Ints | None, list[str], npt.NDArray[np.int32] | None]


@dataclass(slots=True)
class Tally:
    """What was met in the rows that the ledger has to tell."""

    rows: int = 0
    large: int = 0
    short: int = 0  # bytes that are neither text nor document
    not_utf8: int = 0


@dataclass(slots=True)
class Selection:
    """The columns asked for of one range, and how the answer is laid out."""

    dialect: Dialect
    range: Range
    value_bytes: int
    ignored: frozenset[str] = frozenset()
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()
    _expressions: list[str] = field(default_factory=list)
    _key_at: list[int] = field(default_factory=list)
    _value_at: list[int] = field(default_factory=list)
    _large_at: int = 0
    _documents: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        table, dialect = self.range.table, self.dialect
        closed = {*table.facts.missing_columns, *self.ignored}
        readable = [c for c in table.columns if c.name not in closed]
        self.columns = tuple(c for c in readable if c.family in _READ)
        documents = {c: said for c in readable if (said := dialect.document(c))}
        guarded = [c for c in readable if table.facts.large_values and (
            c in documents or (c.family in _READ and c.family is not Family.INTEGER))]  # fmt: skip
        if table.key and not set(table.key) & set(table.facts.missing_columns):
            self.key = table.key
            for name in table.key:
                self._key_at.append(self._add(dialect.key_value(table.column(name))))
        else:
            for name, expression in dialect.row_key(table):
                self.key += (name,)
                self._key_at.append(self._add(expression))
        for column in self.columns:
            value = self._guarded(column, dialect.value(column), column in guarded)
            self._value_at.append(self._add(value))
        for column, value in documents.items():
            value = self._guarded(column, value, column in guarded)
            self._documents.append((column.name, self._add(value)))
        self._large_at = self._add(_count(self._is_large(column) for column in guarded))

    def _add(self, expression: str) -> int:
        if expression not in self._expressions:
            self._expressions.append(expression)
        return self._expressions.index(expression)

    def _guarded(self, column: Column, value: str, guard: bool) -> str:
        return f"CASE WHEN {self._is_large(column)} THEN NULL ELSE {value} END" if guard else value

    def _is_large(self, column: Column) -> str:
        return f"{self.dialect.size(column)} > {self.value_bytes}"

    def statement(self, resume: Resume | None) -> str:
        """What to ask the database; raises `CannotResumeError`."""
        aliased = [f"{expression} AS c{i}" for i, expression in enumerate(self._expressions)]
        return " ".join(["SELECT", ", ".join(aliased), self.dialect.where(self.range, resume)])

    def last_key(self, batch: pa.RecordBatch) -> tuple[object, ...]:
        """The key of the last row of a batch."""
        return tuple(batch.column(at)[-1].as_py() for at in self._key_at)

    def key_columns(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The columns of the key, as they came."""
        return pa.RecordBatch.from_arrays([batch.column(at) for at in self._key_at], list(self.key))

    def key_writer(self, key: pa.RecordBatch) -> Keys | None:
        """Writes the keys of those rows as they stand in locators; None where there is no key."""
        return key_writer(self.key, [_key_text(c) for c in key.columns]) if self.key else None

    def blocks(
        self, batch: pa.RecordBatch, tally: Tally, block_size: int
    ) -> Iterator[Block | Nested]:
        """The texts of a batch, column by column, then its documents."""
        tally.large += _total(batch.column(self._large_at))
        keys = self.key_writer(self.key_columns(batch))
        first = self.range.number * _ROWS_PER_RANGE + tally.rows
        tally.rows += batch.num_rows
        related = {name for key in self.range.table.foreign_keys for name in key.columns}
        for column, at in zip(self.columns, self._value_at, strict=True):
            text = _text(batch.column(at), tally)
            cells: list[_Cells]
            if column.family is Family.JSON:
                leaves = json_cells(column.name, text)
                cells = [(leaves.texts, leaves.rows, leaves.fields, leaves.field)]
            else:
                fields = [column.name]
                cells = [(text, None, fields, None)]
                if column.family is Family.INTEGER:
                    is_own = column.name not in related and column.name not in self.key
                    cells = [(t, rows, fields, None) for t, rows in _numbers(text, is_own)]
            for texts, rows, fields, number in cells:
                yield from cell_blocks(
                    texts, fields, first, field=number, rows=rows, keys=keys,
                    block_size=block_size,
                )  # fmt: skip
        for name, at in self._documents:
            column = batch.column(at)
            if column.null_count == len(column):
                continue
            parts = parted(column.cast(pa.binary()))
            tally.short += parts.short
            yield from cell_blocks(
                parts.texts, [name], first, rows=parts.rows, keys=keys, block_size=block_size,
            )  # fmt: skip
            for row in parts.documents.tolist():
                data = column[row].as_py()
                written = keys(np.array([row]))[0].as_py() if keys else f"sha256:{_digest(data)}"
                yield Nested(step(written, name), HeldContent(name, data))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _count(conditions: Iterable[str]) -> str:
    counted = [f"CASE WHEN {condition} THEN 1 ELSE 0 END" for condition in conditions]
    return " + ".join(counted) or "0"


def _total(column: pa.Array) -> int:
    if not pa.types.is_integer(column.type):  # as MySQL and others have it
        column = column.cast(pa.string()).cast(pa.int64())
    return int(pc.sum(column).as_py() or 0)


def _numbers(texts: pa.Array, is_own: bool) -> Iterator[tuple[pa.Array, Ints]]:
    """The numbers that are long enough to be somebody's, with their rows.

    A number of the table's `is_own`, not a reference, may have lost the zeros that it began with:
    one of 8 or 9 digits is also given with 10, as a personnummer or a phone number has.
    """
    length = np.asarray(pc.fill_null(pc.binary_length(texts), 0))
    long = np.flatnonzero(length >= _FEWEST_DIGITS)
    yield texts.take(pa.array(long)), long
    if is_own:
        short = np.flatnonzero((length == 8) | (length == 9))
        padded = pc.utf8_lpad(texts.take(pa.array(short)), 10, "0")
        yield padded, short


def _key_text(column: pa.Array) -> pa.Array:
    """As strings; whole numbers stay numbers, of which few will be written."""
    return column if pa.types.is_integer(column.type) else _text(column, Tally())


def _text(column: pa.Array, tally: Tally) -> pa.Array:
    """A column as strings; what is not UTF-8 is taken for Windows-1252."""
    if not (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        return column if pa.types.is_string(column.type) else column.cast(pa.string())
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        texts: list[str | None] = []
        for value in column.to_pylist():
            try:
                texts.append(None if value is None else value.decode())
            except UnicodeDecodeError:
                texts.append(value.decode("cp1252", "replace"))
                tally.not_utf8 += 1
        return pa.array(texts, pa.string())
