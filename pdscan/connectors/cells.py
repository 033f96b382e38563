"""Many short texts as blocks: cells of a table, values of a document, with a line break between.

What a position means (row, field, stable key) is worked out only for the positions asked for.
Everything is an Arrow or NumPy column, so that a million cells cost no more than their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.model import Block, Ints, Places

#: The stable keys of rows, given by number, as `pdscan.model.written_key` writes them (strings).
Keys = Callable[[Ints], pa.Array]


@dataclass(frozen=True, slots=True)
class CellLayout:
    """The layout of n cells.

    ``starts`` and ``ends`` are byte offsets in the block's text, ``rows`` what ``keys`` is asked
    with, ``records`` the number of each cell's record within the item. ``field`` indexes
    ``fields``; None: all cells are of the first field.
    """

    starts: Ints
    ends: Ints
    rows: Ints
    records: Ints
    fields: Sequence[str]
    field: npt.NDArray[np.int32] | None = None
    keys: Keys | None = None
    own_text: bool = True

    def place(self, starts: Ints) -> Places:
        """The cells that the byte offsets `starts` lie in."""
        cell = np.searchsorted(self.starts, starts, side="right") - 1
        return Places(
            field=np.zeros(len(cell), np.int32) if self.field is None else self.field[cell],
            fields=self.fields,
            record=self.records[cell],
            cell_start=self.starts[cell],
            cell_end=self.ends[cell],
            keys=None if self.keys is None else self.keys(self.rows[cell]),
            own_text=self.own_text,
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        wanted = np.array([wants(name) for name in self.fields], np.bool_)
        if self.field is None:
            some = slice(None) if wanted[0] else slice(0)
            return self.starts[some], self.ends[some]
        chosen = wanted[self.field]
        return self.starts[chosen], self.ends[chosen]


def cell_blocks(
    texts: pa.Array,
    fields: Sequence[str],
    records: Ints | int = 0,
    *,
    field: npt.NDArray[np.int32] | None = None,
    rows: Ints | None = None,
    keys: Keys | None = None,
    part: str = "",
    block_size: int | None = None,
) -> Iterator[Block]:
    """The strings in `texts` (of any Arrow string type, valid UTF-8) as blocks of about
    `block_size` bytes, or as one.

    Null and empty texts hold nothing and are left out. `records` numbers the record of each text,
    or is the number of row 0; `field` is the index into `fields` of each text, None where there is
    one field only; `rows` is what `keys` is asked with, None: the position in `texts`.
    """
    if not pa.types.is_string(texts.type) and not pa.types.is_large_string(texts.type):
        texts = texts.cast(pa.large_string())
    lengths = np.asarray(pc.fill_null(pc.binary_length(texts), 0)).astype(np.int64)
    filled = np.flatnonzero(lengths)
    if len(filled) < len(lengths):
        texts, lengths = texts.take(pa.array(filled)), lengths[filled]
    if not len(filled):
        return
    rows = filled if rows is None else rows[filled]
    records = rows + records if isinstance(records, int) else records[filled]
    field = None if field is None else field[filled]
    ends = np.cumsum(lengths + 1) - 1
    starts = ends - lengths
    for first, last in _pieces(ends, block_size or int(ends[-1]) + 1):
        origin = starts[first]
        cut = slice(first, last)
        layout = CellLayout(
            starts[cut] - origin, ends[cut] - origin, rows[cut], records[cut], fields,
            None if field is None else field[cut], keys,
        )  # fmt: skip
        yield Block(_joined(texts[first:last]), layout, part=part)


def _pieces(ends: Ints, block_size: int) -> Iterator[tuple[int, int]]:
    """Runs of cells [first, last) of at most `block_size` bytes, or one cell that is larger."""
    first, done = 0, 0
    while first < len(ends):
        last = max(int(np.searchsorted(ends, done + block_size, side="right")), first + 1)
        yield first, last
        first, done = last, int(ends[last - 1]) + 1


def _joined(column: pa.Array) -> bytes:
    whole = pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column)
    separator = pa.scalar("\n", column.type)
    joined: bytes = pc.binary_join(whole, separator)[0].as_buffer().to_pybytes()
    return joined


class Cells:
    """Collects texts one by one and hands them out as blocks of about `size` bytes.

    With `own_text`, offsets count from the text's own beginning and a key must tell it from others
    of its field; without, they run on through all the texts of the part.
    """

    def __init__(self, size: int, *, part: str = "", own_text: bool = True) -> None:
        self._size = size
        self._part = part
        self._own_text = own_text
        self._numbers: dict[str, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._texts: list[str] = []
        self._field: list[int] = []
        self._record: list[int] = []
        self._keys: list[Callable[[], str] | str] = []
        self._held = 0

    def add(
        self, text: str, field: str, record: int = -1, key: Callable[[], str] | str = ""
    ) -> None:
        """Adds one text; `key` is called only for texts in which something is found."""
        if not text:
            return
        self._texts.append(text)
        self._field.append(self._numbers.setdefault(field, len(self._numbers)))
        self._record.append(record)
        self._keys.append(key)
        self._held += len(text)

    @property
    def is_full(self) -> bool:
        """Whether a block's worth has been collected."""
        return self._held >= self._size

    def take(self) -> Block:
        """What was collected as a block (without text where there is none)."""
        if not self._texts:
            return Block(b"")
        keys = self._keys

        def written(cells: Ints) -> pa.Array:
            found = (keys[cell] for cell in cells.tolist())
            return pa.array([key if isinstance(key, str) else key() for key in found], pa.string())

        # No Arrow here: its fixed costs are many times those of a page's few cells.
        texts = [text.encode("utf-8", "replace") for text in self._texts]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        starts = np.cumsum(sizes) - sizes + np.arange(len(sizes))
        layout = CellLayout(
            starts, starts + sizes, np.arange(len(texts)), np.array(self._record, np.int64),
            list(self._numbers), np.array(self._field, np.int32),
            written if any(keys) else None, self._own_text,
        )  # fmt: skip
        self._clear()
        return Block(b"\n".join(texts), layout, part=self._part)
