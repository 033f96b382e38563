"""Many short texts as one block: cells of a table, values of a document.

The texts are joined by line breaks into one buffer; the layout knows where each lies and what it is
called. Everything is an Arrow or NumPy column, so that a block of a million cells costs no more
than its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.model import Block, Ints, Places

#: Keys of the cells (by number) that are asked for, as `pdscan.model.written_key` writes them.
Keys = Callable[[Ints], Sequence[str]]


@dataclass(frozen=True, slots=True)
class CellLayout:
    """n cells: ``starts`` and ``ends`` in the block's text, ``field`` into ``fields``, records."""

    starts: Ints
    ends: Ints
    field: npt.NDArray[np.int32]
    fields: Sequence[str]
    record: Ints
    keys: Keys | None
    own_text: bool

    def place(self, starts: Ints) -> Places:
        """The cells that `starts` lie in."""
        cell = np.searchsorted(self.starts, starts, side="right") - 1
        return Places(
            self.field[cell], self.fields, self.record[cell], self.starts[cell], self.ends[cell],
            None if self.keys is None else self.keys(cell), self.own_text,
        )  # fmt: skip

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        chosen = np.array([wants(name) for name in self.fields], np.bool_)[self.field]
        return self.starts[chosen], self.ends[chosen]


def cell_block(
    texts: pa.Array,
    fields: Sequence[str],
    records: Ints,
    *,
    field: npt.NDArray[np.int32] | None = None,
    keys: Keys | None = None,
    part: str = "",
    own_text: bool = True,
) -> Block | None:
    """A block of the strings in `texts` (any Arrow string type); None where all are empty.

    `records` numbers the record of each text, `field` its name in `fields` (default: all have the
    first). Null and empty texts are left out; `keys` is asked with positions in `texts`.
    """
    texts = texts.cast(pa.large_string())
    kept = np.flatnonzero(pc.fill_null(pc.greater(pc.binary_length(texts), 0), False))
    if not len(kept):
        return None
    if len(kept) < len(texts):
        texts = texts.take(pa.array(kept))
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
    sizes = np.diff(offsets)
    starts = offsets[:-1] - offsets[0] + np.arange(len(sizes))
    rows = pa.ListArray.from_arrays(pa.array([0, len(texts)], pa.int32()), texts)
    joined = pc.binary_join(rows, pa.scalar("\n", pa.large_string()))[0].as_buffer().to_pybytes()
    layout = CellLayout(
        starts,
        starts + sizes,
        np.zeros(len(kept), np.int32) if field is None else field[kept],
        fields,
        records[kept],
        None if keys is None else lambda cells: keys(kept[cells]),
        own_text,
    )
    return Block(joined, layout, part=part)


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

        def written(cells: Ints) -> list[str]:
            return [k if isinstance(k := keys[cell], str) else k() for cell in cells.tolist()]

        # No Arrow here: its fixed costs are many times those of a page's few cells.
        texts = [text.encode("utf-8", "replace") for text in self._texts]
        sizes = np.fromiter(map(len, texts), np.int64, len(texts))
        starts = np.cumsum(sizes) - sizes + np.arange(len(sizes))
        layout = CellLayout(
            starts, starts + sizes, np.array(self._field, np.int32), list(self._numbers),
            np.array(self._record, np.int64), written if any(keys) else None, self._own_text,
        )  # fmt: skip
        self._clear()
        return Block(b"\n".join(texts), layout, part=self._part)
