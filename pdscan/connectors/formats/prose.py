"""Text under construction: lines and cells of one part of a document, handed over in blocks.

Readers of documents put lines in and take blocks out. Lines and cells are parted by line feeds, so
that no identifier is glued from two of them; a cell that has a name (the header of its column, a
property, a form field) carries it as its field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdscan.model import Block, Ints, Places

# Typographic stand-ins that split numbers apart for everyone but a reader with eyes.
_BLANKS, _HYPHENS = "\u00a0\u2007\u2009\u202f\u3000", "\u2010\u2011"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_UNPLAIN = re.compile(f"[{_BLANKS}{_HYPHENS}{_INVISIBLE}]")
_PLAIN = dict.fromkeys(_BLANKS, " ") | dict.fromkeys(_HYPHENS, "-") | dict.fromkeys(_INVISIBLE, "")


def plain(text: str) -> str:
    """`text` with unbreakable blanks and hyphens as plain ones and without invisible marks."""
    return text if text.isascii() else _UNPLAIN.sub(lambda found: _PLAIN[found[0]], text)


@dataclass(frozen=True, slots=True)
class Cells:
    """The layout of a block that holds named cells: n of them, by byte offsets [start, end).

    ``low`` and ``high`` bound what counts as near to a cell: its row, where the name often stands
    beside the value. ``field`` indexes ``fields``, of which the first is blank; ``record`` numbers
    rows within the item. Positions outside any cell (running text between tables) belong to the
    stretch between two cells and have the blank field.
    """

    start: Ints
    end: Ints
    low: Ints
    high: Ints
    field: npt.NDArray[np.int32]
    record: Ints
    fields: Sequence[str]
    size: int

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` (ascending) lie."""
        cell = np.searchsorted(self.start, starts, side="right") - 1
        known = np.maximum(cell, 0)
        inside = (cell >= 0) & (starts < self.end[known])
        before = np.where(cell >= 0, self.end[known], 0)
        after = np.append(self.start, self.size)[cell + 1]
        return Places(
            field=np.where(inside, self.field[known], 0).astype(np.int32),
            fields=self.fields,
            record=np.where(inside, self.record[known], -1),
            cell_start=np.where(inside, self.low[known], before),
            cell_end=np.where(inside, self.high[known], after),
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        wanted = np.array([bool(name) and wants(name) for name in self.fields], np.bool_)
        chosen = wanted[self.field] & (self.end > self.start)
        return self.start[chosen], self.end[chosen]


class Text:
    """The lines and cells of one part of an item, in the order they are added."""

    def __init__(self, part: str = "", block_size: int = 1 << 20) -> None:
        self.part = part
        self.characters = 0
        self._block_size = block_size
        self._lines: list[bytes] = []
        self._size = 0
        self._fields: dict[str, int] = {}
        self._cells: list[tuple[int, int, int, int, int, int]] = []

    @property
    def full(self) -> bool:
        """Whether there is enough for a block: time to call `blocks`."""
        return self._size >= self._block_size

    def line(self, text: str) -> None:
        """Adds a line: a paragraph, or a cell without a name. Blank ones are left out."""
        if not text or text.isspace():
            return
        line = plain(text).encode("utf-8", "replace")
        self._lines.append(line)
        self._size += len(line) + 1
        self.characters += len(text)

    def lines(self, texts: Iterable[str]) -> None:
        """Adds several lines."""
        for text in texts:
            self.line(text)

    def cell(self, text: str, field: str) -> None:
        """Adds a value of its own that `field` names; without a name it is a line."""
        self.row([(text, field)], 0)

    def row(self, cells: Iterable[tuple[str, str]], record: int) -> None:
        """Adds the cells of a row, each with the name of its column."""
        low = self._size
        first = len(self._cells)
        for text, field in cells:
            start = self._size
            self.line(text)
            if field and self._size > start:
                name = self._fields.setdefault(field, len(self._fields) + 1)
                self._cells.append((start, self._size - 1, low, 0, name, record))
        high = self._size - 1
        self._cells[first:] = [(*c[:3], high, *c[4:]) for c in self._cells[first:]]

    def begin(self, part: str) -> Iterator[Block]:
        """Ends the part and begins another; yields what was left of the first."""
        yield from self.blocks()
        self.part = part

    def blocks(self) -> Iterator[Block]:
        """The block of what was added so far, none if there is nothing; starts over after it."""
        if not self._lines:
            return
        text = b"\n".join(self._lines) + b"\n"
        layout = None
        if self._cells:
            table = np.array(self._cells, np.int64)
            layout = Cells(
                table[:, 0], table[:, 1], table[:, 2], table[:, 3],
                table[:, 4].astype(np.int32), table[:, 5],
                ("", *self._fields), len(text),
            )  # fmt: skip
        self._lines, self._cells, self._size, self._fields = [], [], 0, {}
        yield Block(text, layout, part=self.part)

    def full_blocks(self) -> Iterator[Block]:
        """As `blocks`, where there is enough for one."""
        if self.full:
            yield from self.blocks()


def named(part: str, values: Iterable[tuple[str, str]]) -> Iterator[Block]:
    """A block of values with names (properties, form fields); none where all are blank."""
    text = Text(part)
    for name, value in values:
        text.cell(value, name or part)
    yield from text.blocks()
