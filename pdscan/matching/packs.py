"""Blocks laid side by side, so that many small texts are matched in one go.

A message has twenty headers and a folder a thousand notes; matched one by one, most of the time
would go into starting. A pack is one text with borders between the blocks, and it knows for every
position the item, the part and the place that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.columns import count_before
from pdscan.matching.text import SIGHT
from pdscan.model import Block, CellLayout, Ints, Places

_BORDER = b"\n\0\n"  # no pattern reaches across
_CUT = b"\0\0\0"  # the same where a text goes on, so that nothing begins a line there


Flags = npt.NDArray[np.bool_]
_WHOLE = np.zeros((1, 2), np.bool_)


@dataclass(frozen=True, slots=True)
class Base:
    """Where a text begins in the text of its part."""

    characters: int = 0
    lines: int = 0
    column: int = 0  # characters since the last line break


class Pack:
    """Pieces of text in a row, each a block or what of one is worth a look; the `Layout` over all.

    Of a piece only those findings are wanted that begin in its bytes [low, high), and none right
    beside an end where its text goes on, ``cut_left``/``cut_right``.
    """

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._blocks: list[Block] = []
        self._items: list[int] = []
        self._bases: list[Ints] = []  # n × 3: characters, lines, column
        self._wanted: list[Ints] = []  # n × 2: low, high
        self._cut: list[Flags] = []  # n × 2: left, right
        self._named: dict[str, list[int]] | None = None  # the blocks by the fields of their layouts
        self.size = 0

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, item: int, block: Block, text: bytes, base: Base) -> None:
        """Adds `text` of `block` (with what was left of the blocks before, if they join)."""
        bases = np.array([[base.characters, base.lines, base.column]], np.int64)
        self.add_pieces(item, block, [text], bases, np.array([[0, len(text)]], np.int64), _WHOLE)

    def add_pieces(
        self, item: int, block: Block, texts: list[bytes], bases: Ints, wanted: Ints, cut: Flags
    ) -> None:
        """Adds n pieces of a block, which has no layout if they are not the whole of it.

        ``bases`` has characters, lines and column of each, ``wanted`` low and high, ``cut`` left
        and right.
        """
        self._texts += texts
        self._blocks += [block] * len(texts)
        self._items += [item] * len(texts)
        self._bases.append(bases)
        self._wanted.append(wanted)
        self._cut.append(cut)
        self.size += sum(map(len, texts)) + len(texts) * len(_BORDER)

    def apart(self) -> Iterator[tuple[int, Pack]]:
        """The pieces of each item in a pack of their own."""
        alone: dict[int, Pack] = {}
        bases, wanted = np.concatenate(self._bases), np.concatenate(self._wanted)
        cut = np.concatenate(self._cut)
        for row, item in enumerate(self._items):
            alone.setdefault(item, Pack()).add_pieces(
                item, self._blocks[row], [self._texts[row]],
                bases[row : row + 1], wanted[row : row + 1], cut[row : row + 1],
            )  # fmt: skip
        yield from alone.items()

    def close(self) -> bytes:
        """The whole text; nothing is added after it."""
        count = len(self._texts)
        lengths = np.fromiter(map(len, self._texts), np.int64, count)
        cut = np.concatenate(self._cut)
        is_plain = count == 1 and not cut.any()
        self.first = np.cumsum(lengths + len(_BORDER)) - lengths
        if is_plain:
            self.first = np.zeros(1, np.int64)
        self.last = self.first + lengths
        self.items = np.array(self._items, np.int32)
        self.characters, self.lines, self.columns = np.concatenate(self._bases).T
        self.parts = [block.part for block in self._blocks]
        self.own_text = np.zeros(count, np.bool_)
        self._has_layout = np.array([b.layout is not None for b in self._blocks], np.bool_)
        self._labels: dict[str, int] = {}
        labels = [self._labels.setdefault(b.label, len(self._labels)) for b in self._blocks]
        self._label = np.array(labels, np.int32)
        low, high = np.concatenate(self._wanted).T
        self._low = self.first + np.maximum(low, SIGHT * cut[:, 0])
        self._high = self.first + np.minimum(high, lengths)
        self._end = self.last - SIGHT * cut[:, 1]
        if is_plain:
            return self._texts[0]
        borders = (_CUT if is_cut else _BORDER for is_cut in cut[:, 0].tolist())
        return b"".join(chain.from_iterable(zip(borders, self._texts, strict=True)))

    def wanted(self, starts: Ints, ends: Ints) -> Ints:
        """Which of the findings in [start, end) are wanted."""
        piece = self.block_at(starts)
        inside = (starts >= self._low[piece]) & (starts < self._high[piece])
        return np.flatnonzero(inside & (ends <= self._end[piece]))

    def block_at(self, offsets: Ints) -> Ints:
        """Which block each byte offset (ascending) lies in."""
        return count_before(self.first, offsets, at=True) - 1

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` (ascending) lie; see `pdscan.model.Layout`."""
        number = self.block_at(starts)
        fields = dict(self._labels)
        field = self._label[number]
        record = np.full(len(starts), -1, np.int64)
        cell_start, cell_end = self.first[number], self.last[number]
        keys = _Keys()
        counts = np.bincount(number, minlength=len(self._texts))
        for piece_number in np.flatnonzero(counts.astype(np.bool_) & self._has_layout).tolist():
            layout = self._blocks[piece_number].layout
            assert layout is not None  # noqa: S101 - asked for those that have one
            low, high = np.searchsorted(number, [piece_number, piece_number + 1]).tolist()
            offset = int(self.first[piece_number])
            placed = layout.place(starts[low:high] - offset)
            codes = [fields.setdefault(name, len(fields)) for name in placed.fields]
            field[low:high] = _recode(placed.field, codes)
            record[low:high] = placed.record
            cell_start[low:high] = placed.cell_start + offset
            cell_end[low:high] = placed.cell_end + offset
            self.own_text[piece_number] = placed.own_text
            if placed.keys is not None:
                keys.add(low, placed.keys)
        return Places(field, list(fields), record, cell_start, cell_end, keys.column(len(starts)))

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        is_wanted = np.array([bool(name) and wants(name) for name in self._labels], np.bool_)
        plain = np.flatnonzero(is_wanted[self._label] & ~self._has_layout)
        starts, ends = [self.first[plain]], [self.last[plain]]
        for number in self._with_field(wants):
            layout = self._blocks[number].layout
            if isinstance(layout, CellLayout):
                low, high = layout.cells(wants)
                starts.append(low + self.first[number])
                ends.append(high + self.first[number])
        if len(starts) == 1:
            return starts[0], ends[0]
        start, end = np.concatenate(starts), np.concatenate(ends)
        order = np.argsort(start, kind="stable")
        return start[order], end[order]

    def _with_field(self, wants: Callable[[str], bool]) -> list[int]:
        """The blocks whose layout has a field that `wants` accepts: few of the many in a mailbox,
        so that each is asked for its names once, not for every detector.
        """
        if self._named is None:
            self._named = {}
            for number in np.flatnonzero(self._has_layout).tolist():
                layout = self._blocks[number].layout
                if isinstance(layout, CellLayout):
                    for name in _names(layout):
                        self._named.setdefault(name, []).append(number)
        wanted = (numbers for name, numbers in self._named.items() if wants(name))
        return sorted({number for numbers in wanted for number in numbers})


def _names(layout: CellLayout) -> list[str]:
    """The names of the fields of `layout`."""
    names: list[str] = []

    def note(name: str) -> bool:
        names.append(name)
        return False

    layout.cells(note)
    return names


class _Keys:
    """The keys of some runs of rows; the others have none."""

    def __init__(self) -> None:
        self._pieces: list[pa.Array] = []
        self._count = 0

    def add(self, first: int, keys: pa.Array) -> None:
        """Adds those of the rows from `first` on."""
        if first > self._count:
            self._pieces.append(pa.nulls(first - self._count, pa.string()))
        self._pieces.append(keys)
        self._count = first + len(keys)

    def column(self, count: int) -> pa.Array | None:
        """Those of all `count` rows; None where there are none at all."""
        if not self._pieces:
            return None
        return pa.concat_arrays([*self._pieces, pa.nulls(count - self._count, pa.string())])


def _recode(field: npt.NDArray[np.int32], codes: list[int]) -> npt.NDArray[np.int32]:
    return np.array(codes, np.int32)[field] if codes else field
