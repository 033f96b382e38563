"""Tables in text (RFC 4180 and its dialects): the text as it is, and which cell a place lies in.

Blocks are the decoded text itself, cut at record borders, so that offsets stay those of the file.
The structure is computed over whole blocks, and only where something was found or where a quick
count shows that rows differ. A quote that is never closed, or a row with too many or too few cells,
costs that row its labels; its text is looked at all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    for data, quoted, joins in _records(text, dialect):
        if joins or is_cut:
            yield Block(data, joins=joins)
        else:
            grid = Grid(data, dialect, quoted, records)
            yield Block(data, grid)
            rows, bad = grid.count_rows()
            records += rows
            broken += bad
        is_cut = joins
    if broken:
        yield Gap(Reason.ROWS, f"{broken:,} of {records:,} rows")
    yield Note(encoding=text.encoding)


@dataclass(frozen=True, slots=True)
class Quoted:
    """Quoted stretches of a text, from the opening quote to beyond the closing one, ascending.

    ``pending`` is where one opens whose end is not in sight (-1: none).
    """

    starts: Ints
    ends: Ints
    pending: int = -1

    def holds(self, offsets: Ints) -> npt.NDArray[np.bool_]:
        """Which of the offsets lie in a quoted stretch."""
        if not len(self.starts):
            return np.zeros(len(offsets), np.bool_)
        stretch = np.searchsorted(self.starts, offsets, side="right") - 1
        return (stretch >= 0) & (offsets < self.ends[stretch])


_NO_INTS = np.zeros(0, np.int64)


def find_quoted(text: bytes, delimiter: int, quote: int, *, is_whole: bool) -> Quoted:
    """The quoted stretches of `text`, which begins at a record border.

    A quote opens a cell only at its beginning and closes it only at its end; any other is a
    character like all. Where `is_whole`, nothing follows and what is not closed is not a quote.
    """
    if quote not in text:
        return Quoted(_NO_INTS, _NO_INTS)
    codes = np.frombuffer(text, np.uint8)
    quotes = np.flatnonzero(codes == quote)
    opens, closes = quotes[0::2], quotes[1::2]
    before = np.where(opens > 0, codes[opens - 1], np.uint8(_NEWLINE))
    after = codes[np.minimum(closes + 1, len(codes) - 1)]
    is_last = closes == len(codes) - 1
    doubled = before == quote  # the second half of an escaped quote: the cell goes on
    good_open = doubled | (before == delimiter) | (before == _NEWLINE)
    good_close = is_last | (after == delimiter) | (after == _NEWLINE) | (after == _RETURN)
    good_close |= after == quote
    is_odd = len(opens) > len(closes)
    if good_open.all() and good_close.all() and not (is_odd and is_whole):
        starts = opens[~doubled]
        goes_on = np.append(doubled[1:], False)[: len(closes)]
        ends = closes[~goes_on] + 1
        if is_odd:
            return Quoted(starts[:-1], ends[: len(starts) - 1], int(starts[-1]))
        return Quoted(starts, ends)
    return _search_quoted(text, delimiter, quote, is_whole=is_whole)


def _search_quoted(text: bytes, delimiter: int, quote: int, *, is_whole: bool) -> Quoted:
    """The same for text with stray quotes: a loop, but one that finds its way back."""
    mark, sep = re.escape(bytes([quote])), re.escape(bytes([delimiter]))
    body = rb"(?:(?<=[%b\n])|\A)%b(?:[^%b]|%b%b)*+" % (sep, mark, mark, mark, mark)
    closed = re.compile(body + rb"%b(?=[%b\r\n]|\Z)" % (mark, sep))
    spans = [hit.span() for hit in closed.finditer(text)]
    pending = -1
    if not is_whole:
        last = spans[-1][1] if spans else 0
        for hit in re.compile(body + rb"(?:%b)?\Z" % mark).finditer(text, last):
            pending = hit.start()
    pairs = np.array(spans, np.int64).reshape(-1, 2)
    return Quoted(pairs[:, 0], pairs[:, 1], pending)


def _records(text: Text, dialect: Dialect) -> Iterator[tuple[bytes, Quoted, bool]]:
    """The text cut at record borders: (text, quoted stretches in it, joins)."""
    delimiter, quote = ord(dialect.delimiter), ord(dialect.quote)
    rest, inside = b"", False
    for chunk in text:
        data, rest = (rest + chunk if rest else chunk), b""
        if inside:
            end = data.find(b"\n") + 1
            if not end:
                yield data, Quoted(_NO_INTS, _NO_INTS), True
                continue
            yield data[:end], Quoted(_NO_INTS, _NO_INTS), False
            data, inside = data[end:], False
        is_long = len(data) > LONGEST
        quoted = find_quoted(data, delimiter, quote, is_whole=is_long)
        cut = _last_border(data, quoted)
        if cut:
            kept = int(np.searchsorted(quoted.starts, cut))
            whole = data if cut == len(data) else data[:cut]
            yield whole, Quoted(quoted.starts[:kept], quoted.ends[:kept]), False
            rest = data[cut:]
        elif is_long:
            yield data, quoted, True
            inside = True
        else:
            rest = data
    if rest:
        yield rest, find_quoted(rest, delimiter, quote, is_whole=True), False


def _last_border(data: bytes, quoted: Quoted) -> int:
    """Where the last whole record of `data` ends (0: it holds none)."""
    limit = len(data) if quoted.pending < 0 else quoted.pending
    while (at := data.rfind(b"\n", 0, limit)) >= 0:
        stretch = int(np.searchsorted(quoted.starts, at, side="right")) - 1
        if stretch < 0 or at >= quoted.ends[stretch]:
            return at + 1
        limit = int(quoted.starts[stretch])
    return 0


class Grid:
    """The layout of whole records: columns as fields, records numbered from `first_record`."""

    def __init__(self, text: bytes, dialect: Dialect, quoted: Quoted, first_record: int) -> None:
        self._codes: Codes = np.frombuffer(text, np.uint8)
        self._fields = ("", *dialect.columns)
        self._width = len(dialect.columns)
        # A table of one column has no delimiter, whatever stands in it.
        self._delimiter = ord(dialect.delimiter) if self._width > 1 else _NEWLINE
        self._quote = ord(dialect.quote)
        self._quoted = quoted
        self._first_record = first_record
        self._known: tuple[Ints, Ints, Ints] | None = None

    def place(self, starts: Ints) -> Places:
        """The cells that `starts` lie in, without their quotes."""
        borders, firsts, lasts = self._structure()
        cell = np.searchsorted(borders, starts, side="left")
        row = np.searchsorted(lasts, cell, side="left")
        column = cell - firsts[row]
        field = np.where(self._is_good(row), column + 1, 0)
        field = np.where(field <= self._width, field, 0).astype(np.int32)
        start = np.where(cell > 0, borders[cell - 1] + 1, 0)
        end = borders[cell]
        codes = self._codes
        end = end - ((end > start) & (codes[np.maximum(end - 1, 0)] == _RETURN))
        is_quoted = (
            (end - start >= 2)
            & (codes[np.minimum(start, len(codes) - 1)] == self._quote)
            & (codes[np.maximum(end - 1, 0)] == self._quote)
        )
        return Places(
            field, self._fields, row + self._first_record, start + is_quoted, end - is_quoted
        )

    def count_rows(self) -> tuple[int, int]:
        """How many records there are, and how many of them have not the table's columns."""
        if not len(self._quoted.starts):
            rows = int(np.count_nonzero(self._codes == _NEWLINE))
            rows += int(self._codes[-1] != _NEWLINE)
            if self._width == 1:
                return rows, 0
            cells = int(np.count_nonzero(self._codes == self._delimiter)) + rows
            if cells == rows * self._width:
                return rows, 0
        borders, firsts, lasts = self._structure()
        every = np.arange(len(lasts))
        start = np.where(firsts > 0, borders[firsts - 1] + 1, 0)
        end = borders[lasts]
        is_blank = (end == start) | ((end - start == 1) & (self._codes[start] == _RETURN))
        return len(lasts), int(np.count_nonzero(~self._is_good(every) & ~is_blank))

    def _is_good(self, rows: Ints) -> npt.NDArray[np.bool_]:
        """Which rows have the table's number of cells; empty ones beyond do not count."""
        borders, firsts, lasts = self._structure()
        count = lasts[rows] - firsts[rows] + 1
        last_named = np.minimum(firsts[rows] + self._width - 1, lasts[rows])
        surplus = borders[lasts[rows]] - borders[last_named]
        good: npt.NDArray[np.bool_] = (count == self._width) | (
            (count > self._width) & (surplus <= count - self._width + 1)
        )
        return good

    def _structure(self) -> tuple[Ints, Ints, Ints]:
        """Offsets of the cell borders; per row the first and last of its borders, as indices."""
        if self._known is None:
            codes = self._codes
            found = codes == _NEWLINE
            if self._delimiter != _NEWLINE:
                found |= codes == self._delimiter
            borders = np.flatnonzero(found)
            if len(self._quoted.starts):
                borders = borders[~self._quoted.holds(borders)]
            is_row_end = codes[borders] == _NEWLINE
            if not len(borders) or borders[-1] != len(codes) - 1 or not is_row_end[-1]:
                borders = np.append(borders, len(codes))
                is_row_end = np.append(is_row_end, True)
            lasts = np.flatnonzero(is_row_end)
            firsts = np.concatenate([[0], lasts[:-1] + 1])
            self._known = borders, firsts, lasts
        return self._known
