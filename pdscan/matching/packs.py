"""Blocks laid side by side, so that many small texts are matched in one go.

A message has twenty headers and a folder a thousand notes; matched one by one, most of the time
would go into starting. A pack is one text with borders between the blocks, and it knows for every
position the item, the part and the place that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdscan.model import Block, CellLayout, Ints, Places

_BORDER = b"\n\0\n"  # no pattern reaches across


@dataclass(frozen=True, slots=True)
class Base:
    """Where a text begins in the text of its part."""

    characters: int = 0
    lines: int = 0
    column: int = 0  # characters since the last line break


class Pack:
    """Texts of blocks in a row; the `Layout` over all of them."""

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._blocks: list[Block] = []
        self._items: list[int] = []
        self._bases: list[Base] = []
        self.size = 0

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, item: int, block: Block, text: bytes, base: Base) -> None:
        """Adds `text` of `block` (with what was left of the blocks before, if they join)."""
        self._texts.append(text)
        self._blocks.append(block)
        self._items.append(item)
        self._bases.append(base)
        self.size += len(text) + len(_BORDER)

    def apart(self) -> Iterator[tuple[int, Pack]]:
        """Each block in a pack of its own, with its item."""
        for item, block, text, base in zip(
            self._items, self._blocks, self._texts, self._bases, strict=True
        ):
            single = Pack()
            single.add(item, block, text, base)
            yield item, single

    def close(self) -> bytes:
        """The whole text; nothing is added after it."""
        lengths = np.fromiter(map(len, self._texts), np.int64, len(self._texts))
        self.first = np.cumsum(lengths + len(_BORDER)) - lengths - len(_BORDER)
        self.last = self.first + lengths
        self.items = np.array(self._items, np.int32)
        self.characters = np.array([base.characters for base in self._bases], np.int64)
        self.lines = np.array([base.lines for base in self._bases], np.int64)
        self.columns = np.array([base.column for base in self._bases], np.int64)
        self.parts = [block.part for block in self._blocks]
        self.own_text = np.zeros(len(self._blocks), np.bool_)
        return _BORDER.join(self._texts) if len(self._texts) > 1 else self._texts[0]

    def block_at(self, offsets: Ints) -> Ints:
        """Which block each byte offset lies in."""
        return np.searchsorted(self.first, offsets, side="right") - 1

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` (ascending) lie; see `pdscan.model.Layout`."""
        number = self.block_at(starts)
        fields: dict[str, int] = {}
        field = np.zeros(len(starts), np.int32)
        record = np.full(len(starts), -1, np.int64)
        cell_start, cell_end = self.first[number], self.last[number]
        keys: list[str] | None = None
        for block_number in np.unique(number).tolist():
            block = self._blocks[block_number]
            low, high = np.searchsorted(number, [block_number, block_number + 1]).tolist()
            if block.layout is None:
                field[low:high] = fields.setdefault(block.label, len(fields))
                continue
            offset = int(self.first[block_number])
            placed = block.layout.place(starts[low:high] - offset)
            codes = [fields.setdefault(name, len(fields)) for name in placed.fields]
            field[low:high] = _recode(placed.field, codes)
            record[low:high] = placed.record
            cell_start[low:high] = placed.cell_start + offset
            cell_end[low:high] = placed.cell_end + offset
            self.own_text[block_number] = placed.own_text
            if placed.keys is not None:
                keys = keys or [""] * len(starts)
                keys[low:high] = placed.keys
        return Places(field, list(fields), record, cell_start, cell_end, keys)

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        starts, ends = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for number, block in enumerate(self._blocks):
            first = self.first[number : number + 1]
            if isinstance(block.layout, CellLayout):
                low, high = block.layout.cells(wants)
                starts.append(low + first)
                ends.append(high + first)
            elif block.layout is None and block.label and wants(block.label):
                starts.append(first)
                ends.append(self.last[number : number + 1])
        return np.concatenate(starts), np.concatenate(ends)


def _recode(field: npt.NDArray[np.int32], codes: list[int]) -> npt.NDArray[np.int32]:
    return np.array(codes, np.int32)[field] if codes else field
