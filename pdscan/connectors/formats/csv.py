"""Tables in text (RFC 4180 and its dialects): the text as it is, and which cell a place lies in.

Blocks are the decoded text itself, cut at record borders, so that offsets stay those of the file.
The structure is computed over whole blocks, and only where something was found or where a quick
count shows that rows differ. A quote that is never closed, or a row with too many or too few cells,
costs that row its labels; its text is looked at all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdscan.connectors.decode import Text, decode_head
from pdscan.connectors.formats.dialects import Dialect, sniff
from pdscan.connectors.formats.interface import Content, Gap, Note, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Ints, Places, Reason

#: A record longer than this is handed on in pieces, without structure.
LONGEST = 4 << 20
_NEWLINE, _RETURN = 0x0A, 0x0D

Codes = npt.NDArray[np.uint8]


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The table in blocks of whole records."""
    dialect = sniff(decode_head(content.head), is_expected=True)
    dialect = dialect or Dialect(",", '"', ("column 1",), has_header=False)
    text = Text(content, options.block_size)
    records = broken = 0
    is_cut = False  # the block before ran on into this one, whose offsets are not the layout's
    for grid, joins in _grids(text, dialect):
        if joins or is_cut:
            yield Block(grid.text, joins=joins)
        else:
            grid.first_record = records
            yield Block(grid.text, grid)
            rows, bad = grid.count_rows()
            records += rows
            broken += bad
        is_cut = joins
    if broken:
        yield Gap(Reason.ROWS, f"{broken:,} of {records:,} rows")
    yield Note(encoding=text.encoding)


def _grids(text: Text, dialect: Dialect) -> Iterator[tuple[Grid, bool]]:
    """The text cut at record borders, and whether it runs on into the next (within a long one)."""
    rest, inside = b"", False
    for chunk in text:
        data, rest = (rest + chunk if rest else chunk), b""
        if inside:
            end = data.find(b"\n") + 1
            if not end:
                yield Grid(data, dialect), True
                continue
            yield Grid(data[:end], dialect), False
            data, inside = data[end:], False
        grid, rest = _whole_records(data, dialect)
        if grid is not None:
            yield grid, False
        elif len(rest) > LONGEST:
            yield Grid(rest, dialect), True
            rest, inside = b"", True
    if rest:
        yield Grid(rest, dialect), False


def _whole_records(data: bytes, dialect: Dialect) -> tuple[Grid | None, bytes]:
    """The whole records at the beginning of `data`, and the rest."""
    cut = data.rfind(b"\n") + 1
    if cut:
        grid = Grid(data if cut == len(data) else data[:cut], dialect)
        if grid.seems_even():
            return grid, data[cut:]
    borders = find_borders(data, dialect, is_whole=len(data) > LONGEST)
    codes = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(codes[borders] == _NEWLINE)
    if not len(ends):
        return None, data
    cut = int(borders[ends[-1]]) + 1
    whole = data if cut == len(data) else data[:cut]
    return Grid(whole, dialect, borders[: ends[-1] + 1]), data[cut:]


def find_borders(text: bytes, dialect: Dialect, *, is_whole: bool) -> Ints:
    """Offsets of the delimiters and line breaks of `text` that are not quoted.

    `text` begins at a record border. A quote opens a cell only at its beginning and closes it only
    at its end; any other is a character like all. What is quoted and not closed is held to go on
    beyond the text or, where `is_whole`, not to be quoted.
    """
    codes: Codes = np.frombuffer(text, np.uint8)
    delimiter, quote = _signs(dialect)
    found = codes == _NEWLINE
    if delimiter != _NEWLINE:
        found |= codes == delimiter
    if quote not in text:
        return np.flatnonzero(found)
    signs = np.flatnonzero(found | (codes == quote))
    is_quote = codes[signs] == quote
    is_open = np.bitwise_xor.accumulate(is_quote)  # within quotes, from an opening quote on
    # Signs stand right beside a quote where it opens or closes a cell, or is doubled.
    beside = np.diff(signs) == 1
    before = np.concatenate([[signs[0] == 0], beside])
    after = np.append(beside, signs[-1] == len(codes) - 1)
    odd = np.flatnonzero(is_quote & ~np.where(is_open, before, after))
    is_return = codes[np.minimum(signs[odd] + 1, len(codes) - 1)] == _RETURN
    if (is_return & ~is_open[odd]).all() and not (is_whole and is_open[-1]):
        regular: Ints = signs[~(is_quote | is_open)]
        return regular
    starts, ends, pending = _search_quoted(text, delimiter, quote)
    borders = np.flatnonzero(found)
    if len(starts):
        stretch = np.searchsorted(starts, borders, side="right") - 1
        borders = borders[(stretch < 0) | (borders >= ends[stretch])]
    return borders if is_whole or pending < 0 else borders[borders < pending]


def _search_quoted(text: bytes, delimiter: int, quote: int) -> tuple[Ints, Ints, int]:
    """Starts and ends of the quoted stretches of text with stray quotes, by a loop that finds its
    way back; and where one opens whose end is not in sight (-1: none).
    """
    mark, sep = re.escape(bytes([quote])), re.escape(bytes([delimiter]))
    body = rb"(?:(?<=[%b\n])|\A)%b(?:[^%b]|%b%b)*+" % (sep, mark, mark, mark, mark)
    closed = re.compile(body + rb"%b(?=[%b\r\n]|\Z)" % (mark, sep))
    spans = [hit.span() for hit in closed.finditer(text)]
    last = spans[-1][1] if spans else 0
    pending = re.compile(body + rb"\Z").search(text, last)
    pairs = np.array(spans, np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1], pending.start() if pending else -1


def _signs(dialect: Dialect) -> tuple[int, int]:
    """Delimiter and quote as bytes; a table of one column has no delimiter, whatever it holds."""
    one_column = len(dialect.columns) == 1
    return _NEWLINE if one_column else ord(dialect.delimiter), ord(dialect.quote)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Cells are numbered; ``borders`` are the offsets at which they end. Per row its first and last
    cell, and whether it has the table's columns; ``row`` is the row of each cell.
    """

    borders: Ints
    firsts: Ints
    lasts: Ints
    is_good: npt.NDArray[np.bool_]
    row: Ints


class Grid:
    """The layout of whole records: columns as fields, records numbered from ``first_record``."""

    def __init__(self, text: bytes, dialect: Dialect, borders: Ints | None = None) -> None:
        self.text = text
        self.first_record = 0
        self._dialect = dialect
        self._width = len(dialect.columns)
        self._codes: Codes = np.frombuffer(text, np.uint8)
        self._borders = borders
        self._known: _Rows | None = None

    def place(self, starts: Ints) -> Places:
        """The cells that `starts` lie in, without their quotes."""
        known = self._rows()
        cell = np.searchsorted(known.borders, starts, side="left")
        row = known.row[cell]
        column = cell - known.firsts[row]
        field = np.where(known.is_good[row] & (column < self._width), column + 1, 0)
        start, end = self._inside(cell)
        return Places(
            field.astype(np.int32),
            ("", *self._dialect.columns),
            row + self.first_record,
            start,
            end,
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all columns that `wants` accepts; see `pdscan.model.CellLayout`."""
        columns = np.flatnonzero([wants(name) for name in self._dialect.columns])
        if not len(columns):
            return columns, columns
        known = self._rows()
        good = np.flatnonzero(known.is_good)
        if self._dialect.has_header and not self.first_record:
            good = good[good > 0]
        start, end = self._inside((known.firsts[good][:, None] + columns).ravel())
        filled = end > start
        return start[filled], end[filled]

    def _inside(self, cell: Ints) -> tuple[Ints, Ints]:
        """Where cells begin and end, without their quotes."""
        known, codes = self._rows(), self._codes
        start = np.where(cell > 0, known.borders[cell - 1] + 1, 0)
        end = known.borders[cell]
        end = end - ((end > start) & (codes[np.maximum(end - 1, 0)] == _RETURN))
        quote = ord(self._dialect.quote)
        is_quoted = (
            (end - start >= 2)
            & (codes[np.minimum(start, len(codes) - 1)] == quote)
            & (codes[np.maximum(end - 1, 0)] == quote)
        )
        return start + is_quoted, end - is_quoted

    def seems_even(self) -> bool:
        """Whether a mere count of the signs, which is quick, is that of whole regular rows.

        Every line then has an even number of quotes, so that no line break is quoted.
        """
        delimiter, quote = _signs(self._dialect)
        if quote in self.text:
            ends = np.flatnonzero(self._codes == _NEWLINE)
            lines = np.concatenate([[0], ends[ends < len(self._codes) - 1] + 1])
            is_quote = (self._codes == quote).view(np.uint8)
            if np.bitwise_xor.reduceat(is_quote, lines).any():
                return False
        rows = self._count_lines()
        if self._width == 1:
            return quote not in self.text
        return rows * (self._width - 1) == np.count_nonzero(self._codes == delimiter)

    def count_rows(self) -> tuple[int, int]:
        """How many records there are, and how many of them have not the table's columns."""
        if self._borders is None and self.seems_even():
            return self._count_lines(), 0
        known = self._rows()
        start = np.where(known.firsts > 0, known.borders[known.firsts - 1] + 1, 0)
        length = known.borders[known.lasts] - start
        is_return = self._codes[np.minimum(start, len(self._codes) - 1)] == _RETURN
        is_blank = (length == 0) | ((length == 1) & is_return)
        return len(known.lasts), int(np.count_nonzero(~known.is_good & ~is_blank))

    def _count_lines(self) -> int:
        return int(np.count_nonzero(self._codes == _NEWLINE)) + (self.text[-1] != _NEWLINE)

    def _rows(self) -> _Rows:
        if self._known is None:
            borders = self._borders
            if borders is None:
                borders = find_borders(self.text, self._dialect, is_whole=True)
            codes = self._codes
            is_end = codes[borders] == _NEWLINE
            if not len(borders) or not is_end[-1] or borders[-1] != len(codes) - 1:
                borders, is_end = np.append(borders, len(codes)), np.append(is_end, True)
            lasts = np.flatnonzero(is_end)
            firsts = np.concatenate([[0], lasts[:-1] + 1])
            count = lasts - firsts + 1
            # Empty cells beyond the last column are no harm.
            surplus = borders[lasts] - borders[np.minimum(firsts + self._width - 1, lasts)]
            surplus -= codes[np.maximum(borders[lasts] - 1, 0)] == _RETURN
            is_good = (count == self._width) | (
                (count > self._width) & (surplus == count - self._width)
            )
            row = np.cumsum(is_end) - is_end
            self._known = _Rows(borders, firsts, lasts, is_good, row)
        return self._known
