"""SQL dumps as pg_dump and mysqldump write them: the text as it is, values labelled by column.

The rows of COPY (https://www.postgresql.org/docs/current/sql-copy.html) and the tuples of INSERT
are found again from the statement that they belong to; the names of columns come from the statement
or from the CREATE TABLE before it. All else is text without labels.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from pdscan.connectors.decode import Text
from pdscan.connectors.formats.interface import Content, Note, Yield
from pdscan.connectors.formats.lines import whole_lines
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Ints, Places

_NAME = rb"""(?:[`"\[]?[\w$]+[`"\]]?\.)*[`"\[]?(?P<table>[\w$ ]+?)[`"\]]?"""
_STATEMENT = re.compile(
    rb"(?im)^(?:COPY\s+" + _NAME + rb"\s*\((?P<copied>[^)]*)\)\s+FROM\s+stdin;[^\n]*\n"
    rb"|(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\s+"
    + _NAME.replace(b"table", b"into")
    + rb"\s*(?:\((?P<columns>[^)]*)\)\s*)?VALUES?\b"
    rb"|CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    + _NAME.replace(b"table", b"created")
    + rb"\s*\(\s*$)"
)
_COLUMN = re.compile(rb'^\s*(?:[`"\[](?P<quoted>[^`"\]]+)[`"\]]|(?P<bare>\w+))\s+\w')
_NOT_COLUMNS = frozenset(
    (b"primary", b"unique", b"key", b"constraint", b"foreign", b"index", b"check", b"fulltext",
     b"spatial", b"exclude", b"like")
)  # fmt: skip
_NULLS = (rb"\N", b"NULL", b"null")
_TOKEN = re.compile(rb"'(?:[^'\\]|''|\\.)*+'?|[(),;]|[^'(),;]+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A stretch of rows: where it begins in its block, of which columns, written in which way."""

    start: int
    end: int
    fields: tuple[int, ...]
    is_copy: bool


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text in blocks of whole lines."""
    text = Text(content, options.block_size)
    dump = _Dump()
    is_cut = False
    lines = 0
    for block, joins in whole_lines(text):
        layout = None if joins or is_cut else dump.layout(block, lines)
        yield Block(block, layout, joins=joins)
        is_cut = joins
        lines += block.count(b"\n")
    yield Note(encoding=text.encoding)


class _Dump:
    """What is known of the dump so far."""

    def __init__(self) -> None:
        self._tables: dict[bytes, list[bytes]] = {}
        self._fields: dict[str, int] = {"": 0}
        self._open: tuple[tuple[int, ...], bool] | None = None

    def layout(self, text: bytes, first_record: int) -> DumpLayout:
        """The layout of the next block."""
        stretches: list[_Rows] = []
        at = 0
        if self._open is not None:
            at = self._until(text, 0, *self._open, stretches)
        while (match := _STATEMENT.search(text, at)) is not None:
            at = match.end()
            if match["created"] is not None:
                self._create(match["created"].lower(), text, at)
                continue
            is_copy = match["copied"] is not None
            table = match["table"] if is_copy else match["into"]
            listed = match["copied"] if is_copy else match["columns"]
            names = (
                [name.strip().strip(b'`"[]') for name in listed.split(b",")]
                if listed is not None
                else self._tables.get(table.lower(), [])
            )
            fields = tuple(self._field(table, name) for name in names)
            at = self._until(text, at, fields, is_copy, stretches)
        return DumpLayout(text, stretches, tuple(self._fields), first_record)

    def _until(
        self, text: bytes, at: int, fields: tuple[int, ...], is_copy: bool, stretches: list[_Rows]
    ) -> int:
        """Notes the rows from `at` to where they end, or to the end of the block."""
        if is_copy:
            found = at if text.startswith(b"\\.\n", at) else text.find(b"\n\\.\n", at) + 1
            end = found if found or text.startswith(b"\\.\n") else -1
        else:
            match = re.compile(rb";[ \t\r]*\n").search(text, at)
            end = match.end() if match else -1
        self._open = None if end >= 0 else (fields, is_copy)
        end = len(text) if end < 0 else end
        stretches.append(_Rows(at, end, fields, is_copy))
        return end

    def _create(self, table: bytes, text: bytes, at: int) -> None:
        names = self._tables[table] = []
        for line in text[at : at + (256 << 10)].split(b"\n")[1:]:
            if line.lstrip().startswith(b")"):
                break
            match = _COLUMN.match(line)
            if match and (match["quoted"] or match["bare"].lower() not in _NOT_COLUMNS):
                names.append(match["quoted"] or match["bare"])

    def _field(self, table: bytes, name: bytes) -> int:
        label = f"{table.decode('utf-8', 'replace')}.{name.decode('utf-8', 'replace')}"
        return self._fields.setdefault(label, len(self._fields))


@dataclass(frozen=True, slots=True)
class DumpLayout:
    """Rows within the text of a dump; only lines and tuples that are asked for are taken apart."""

    text: bytes
    stretches: list[_Rows]
    fields: tuple[str, ...]
    first_record: int
    _known: dict[int, _Tuples] = field(default_factory=dict)

    def place(self, starts: Ints) -> Places:
        """The values that `starts` lie in; outside of rows the cell is the line."""
        breaks = np.flatnonzero(np.frombuffer(self.text, np.uint8) == 0x0A)
        line = np.searchsorted(breaks, starts, side="left")
        cell_start = np.concatenate([[0], breaks + 1])[line]
        cell_end = np.concatenate([breaks, [len(self.text)]])[line]
        names = np.zeros(len(starts), np.int32)
        record = self.first_record + line
        begins = [rows.start for rows in self.stretches]
        for number, start in enumerate(starts.tolist()):
            which = bisect_right(begins, start) - 1
            if which < 0 or start >= self.stretches[which].end:
                continue
            rows = self.stretches[which]
            if rows.is_copy:
                first, last = int(cell_start[number]), int(cell_end[number])
                column = self.text.count(b"\t", first, start)
                low = self.text.rfind(b"\t", first, start) + 1 or first
                high = self.text.find(b"\t", start, last)
                low, high = max(low, first), last if high < 0 else high
            else:
                column, low, high, row = self._tuples(which).at(start)
                record[number] = self.first_record + low if column < 0 else row + self.first_record
            if 0 <= column < len(rows.fields):
                names[number] = rows.fields[column]
            cell_start[number], cell_end[number] = low, high
        return Places(names, self.fields, record, cell_start, cell_end)

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        wanted = [bool(name) and wants(name) for name in self.fields]
        spans: list[tuple[int, int]] = []
        for which, rows in enumerate(self.stretches):
            columns = [wanted[number] for number in rows.fields]
            if any(columns):
                cells = _copied(self.text, rows) if rows.is_copy else self._tuples(which).cells
                spans += (
                    (low, high) for column, low, high in cells
                    if column < len(columns) and columns[column] and high > low
                    and self.text[low:high] not in _NULLS
                )  # fmt: skip
        found = np.array(spans, np.int64).reshape(-1, 2)
        return found[:, 0], found[:, 1]

    def _tuples(self, which: int) -> _Tuples:
        if which not in self._known:
            rows = self.stretches[which]
            self._known[which] = _Tuples(self.text, rows.start, rows.end)
        return self._known[which]


def _copied(text: bytes, rows: _Rows) -> Iterator[tuple[int, int, int]]:
    """(column, start, end) of the values of a COPY."""
    low, column = rows.start, 0
    for border in re.compile(rb"[\t\n]").finditer(text, rows.start, rows.end):
        yield column, low, border.start()
        low = border.end()
        column = column + 1 if border[0] == b"\t" else 0


class _Tuples:
    """The values of one INSERT: offsets of each, its column, and the offset of its tuple."""

    def __init__(self, text: bytes, start: int, end: int) -> None:
        self._starts: list[int] = []
        self._cells: list[tuple[int, int, int, int]] = []
        depth = column = row = 0
        low = start
        for token in _TOKEN.finditer(text, start, end):
            sign = token[0]
            if sign == b"(":
                depth += 1
                if depth == 1:
                    column, row, low = 0, token.start(), token.end()
            elif sign == b")":
                if depth == 1:
                    self._add(text, column, low, token.start(), row)
                depth = max(depth - 1, 0)
            elif sign == b"," and depth == 1:
                self._add(text, column, low, token.start(), row)
                column, low = column + 1, token.end()
        self._span = start, end

    def _add(self, text: bytes, column: int, low: int, high: int, row: int) -> None:
        while low < high and text[low] in b" \t\r\n":
            low += 1
        while low < high and text[high - 1] in b" \t\r\n":
            high -= 1
        self._starts.append(low)
        quoted = int(high - low >= 2 and text[low] == 0x27 and text[high - 1] == 0x27)
        self._cells.append((column, low + quoted, high - quoted, row))

    @property
    def cells(self) -> Iterator[tuple[int, int, int]]:
        """(column, start, end) of all values."""
        return ((column, low, high) for column, low, high, _ in self._cells)

    def at(self, start: int) -> tuple[int, int, int, int]:
        """(column or -1, start, end, offset of the tuple) of the value at `start`."""
        which = bisect_right(self._starts, start) - 1
        if which >= 0 and start < self._cells[which][2]:
            return self._cells[which]
        return -1, *self._span, 0
