"""Columns of texts as blocks: cells one after the other, a line break between them.

A cell is a text of its own: no identifier crosses its border, and spans count from its start. What
a position means (row, field, stable key) is worked out only for the positions asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.model import Block, Ints, Places, escape

#: Writes the stable keys of rows, given by number: ``column:value&column:value``.
KeyWriter = Callable[[Ints], Sequence[str]]

# What `pdscan.model.escape` leaves as it is.
_NEEDS_ESCAPE = r"[^ \-._~,@+()\[\]{}$'A-Za-z0-9]"


@dataclass(frozen=True, slots=True)
class Cells:
    """The layout of n cells.

    ``starts`` and ``ends`` are byte offsets in the block's text, ``rows`` the number of each cell's
    row in what ``keys`` was made from, ``records`` its number within the item. ``field`` indexes
    ``fields``; None: all cells are of the first field.
    """

    starts: Ints
    ends: Ints
    rows: Ints
    first_record: int
    fields: Sequence[str]
    field: npt.NDArray[np.int32] | None = None
    keys: KeyWriter | None = None

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` lie."""
        cell = np.searchsorted(self.starts, starts, side="right") - 1
        rows = self.rows[cell]
        return Places(
            field=np.zeros(len(cell), np.int32) if self.field is None else self.field[cell],
            fields=self.fields,
            record=rows + self.first_record,
            cell_start=self.starts[cell],
            cell_end=self.ends[cell],
            keys=None if self.keys is None else self.keys(rows),
            own_text=True,
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """Byte offsets [start, end) of the cells of all fields whose name `wants` accepts."""
        wanted = np.array([wants(name) for name in self.fields], np.bool_)
        if self.field is None:
            some = slice(None) if wanted[0] else slice(0)
            return self.starts[some], self.ends[some]
        chosen = wanted[self.field]
        return self.starts[chosen], self.ends[chosen]


def cell_blocks(
    column: pa.Array,
    fields: Sequence[str],
    *,
    field: npt.NDArray[np.int32] | None = None,
    rows: Ints | None = None,
    first_record: int = 0,
    keys: KeyWriter | None = None,
    block_size: int = 1 << 20,
) -> Iterator[Block]:
    """The cells of `column` (Arrow strings, valid UTF-8) as blocks of about `block_size` bytes.

    Null and empty cells hold nothing and are left out. `field` is the index into `fields` of each
    cell, None where there is one field only; `rows` the row number of each cell, None where cell
    and row are the same. `first_record` is the record number of row 0.
    """
    lengths = np.asarray(pc.fill_null(pc.binary_length(column), 0)).astype(np.int64)
    filled = np.flatnonzero(lengths)
    if len(filled) < len(lengths):
        column, lengths = column.take(pa.array(filled)), lengths[filled]
    if not len(filled):
        return
    rows = filled if rows is None else rows[filled]
    field = None if field is None else field[filled]
    ends = np.cumsum(lengths + 1) - 1
    starts = ends - lengths
    for first, last in _pieces(ends, block_size):
        origin = starts[first]
        cut = slice(first, last)
        yield Block(
            _joined(column[first:last]),
            Cells(
                starts[cut] - origin, ends[cut] - origin, rows[cut], first_record, fields,
                None if field is None else field[cut], keys,
            ),
        )  # fmt: skip


def _pieces(ends: Ints, block_size: int) -> Iterator[tuple[int, int]]:
    """Runs of cells [first, last) of at most `block_size` bytes, or one cell that is larger."""
    first, done = 0, 0
    while first < len(ends):
        last = max(int(np.searchsorted(ends, done + block_size, side="right")), first + 1)
        yield first, last
        first, done = last, int(ends[last - 1]) + 1


def _joined(column: pa.Array) -> bytes:
    whole = pa.ListArray.from_arrays(
        pa.array([0, len(column)], pa.int32()), column.cast(pa.string())
    )
    joined: bytes = pc.binary_join(whole, "\n")[0].as_buffer().to_pybytes()
    return joined


def key_writer(names: Sequence[str], columns: Sequence[pa.Array]) -> KeyWriter:
    """Writes keys as locators do, from the key's `columns`; null parts are left out."""
    prefixes = [f"{escape(name)}:" for name in names]

    def write(rows: Ints) -> list[str]:
        inverse = None
        if not (rows[1:] > rows[:-1]).all():  # several findings in a row: write its key once
            rows, inverse = np.unique(rows, return_inverse=True)
        taken = pa.array(rows)
        parts = [
            pc.binary_join_element_wise(pa.scalar(prefix), _escaped(column.take(taken)), "")
            for prefix, column in zip(prefixes, columns, strict=True)
        ]
        keys = pc.binary_join_element_wise(*parts, "&", null_handling="skip")
        written: list[str] = (keys if inverse is None else keys.take(pa.array(inverse))).to_pylist()
        return written

    return write


def _escaped(column: pa.Array) -> pa.Array:
    texts = column.cast(pa.string())
    if pa.types.is_integer(column.type):
        return texts
    odd = pc.fill_null(pc.match_substring_regex(texts, _NEEDS_ESCAPE), False)
    if not pc.any(odd).as_py():
        return texts
    return pc.replace_with_mask(
        texts, odd, pa.array([escape(text) for text in texts.filter(odd).to_pylist()], pa.string())
    )
