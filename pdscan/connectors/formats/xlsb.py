"""Binary Excel workbooks of today (XLSB): cells by calamine, the rest from the package.

calamine keeps every cell of the rectangle around all cells of a sheet in memory, and ends the
process where that is too much: the records are counted first ([MS-XLSB] 2.1.4).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import python_calamine as calamine

from pdscan.connectors.formats import ooxml
from pdscan.connectors.formats.contents import seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.package import Package, guarded
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.formats.sheets import read_sheets
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

_ROW, _LAST_CELL = 0, 11  # records of rows and of cells with a value or a formula
_DIMENSIONS, _LAST_ROW, _LAST_COLUMN = 0x94, 1_048_575, 16_383
_MOST_EMPTY = 20_000_000  # cells of a rectangle that may be empty
_SHEET = re.compile(r"worksheets/[^/]*\.bin$", re.IGNORECASE)
_READ_HERE = re.compile(
    r"xl/(worksheets/(?!_rels)[^/]*\.bin|workbook\.bin|sharedStrings\.bin|styles\.bin|calcChain\.bin"
    r"|tables/[^/]*\.bin|worksheets/binaryIndex[^/]*\.bin)$",
    re.IGNORECASE,
)
_TEXTS = re.compile(r"xl/(comments\d*|persons/[^/]*|externalLinks/[^/]*|connections)\.bin$",
                    re.IGNORECASE)  # fmt: skip
_DRAWN = re.compile(r"(drawing|vmldrawing|chart|chartex)(\d+)\.(xml|vml)$")
_HEADERS = 0x1DF  # BrtBeginHeaderFooter
_LONGEST = 32768


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The cells of a workbook and what stands beside them, embedded files as nested items."""
    with Package(content, options) as package:
        far = [name for name in package.names if _SHEET.search(name) and _is_far(package, name)]
        if far:
            yield Gap(Reason.LIMIT, f"cells far apart in {', '.join(far)}; no cell was read")
        else:
            yield from _cells(content, options)
        for name in package.names:
            if _TEXTS.search(name):
                yield from guarded(_strings(package, name), name)
            elif _SHEET.search(name):
                yield from guarded(_headers(package, name), name)
        yield from ooxml.read_parts(package, _title, {}, options, done=_is_done)


def _cells(content: Content, options: ReadOptions) -> Iterator[Block | Gap]:
    with seekable_stream(content, options.limits.member_memory) as stream:
        yield from read_sheets(lambda: calamine.CalamineWorkbook.from_filelike(stream))


def _title(name: str) -> str | None:
    found = _DRAWN.search(name)
    return f"{found[1]} {found[2]}" if found else None


def _is_done(name: str) -> bool:
    return bool(_READ_HERE.search(name) or _TEXTS.search(name))


def _records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The records as (type, start, end): both type and size are written seven bits to a byte."""
    at, size = 0, len(data)
    while at + 2 <= size:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while at < size and shift < 28:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                break
        yield kind, at, min(at + length, size)
        at += length


def _is_far(package: Package, name: str) -> bool:
    try:
        data = package.read(name)
    except (UnreadableError, OSError, ValueError, KeyError):
        return False  # calamine says what is wrong with it
    cells = row = 0
    top, bottom, left, right = 1 << 30, 0, 1 << 30, 0
    for kind, start, end in _records(data):
        if kind == _DIMENSIONS and end - start >= 16:
            first, last, west, east = struct.unpack_from("<IIII", data, start)
            if last < first or east < west or last > _LAST_ROW or east > _LAST_COLUMN:
                return True
        elif kind == _ROW and end - start >= 4:
            (row,) = struct.unpack_from("<I", data, start)
        elif 0 < kind <= _LAST_CELL and end - start >= 4:
            (column,) = struct.unpack_from("<I", data, start)
            cells += 1
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, column)
    return cells > 0 and (bottom - top + 1) * (right - left + 1) - cells > _MOST_EMPTY


def _strings(package: Package, name: str) -> Iterator[Block]:
    """The counted UTF-16 strings in the records of a part: comments and their authors."""
    data = package.read(name)
    text = Text(name)
    for _, start, end in _records(data):
        for value in _wide_strings(data[start:end]):
            text.lines(value.split("\n"))
    yield from text.blocks()


def _headers(package: Package, name: str) -> Iterator[Block]:
    data = package.read(name)
    values = [
        value for kind, start, end in _records(data) if kind == _HEADERS
        for value in _wide_strings(data[start + 2 : end])
    ]  # fmt: skip
    yield from named(f"{name} header and footer", (("header", value) for value in values))


def _wide_strings(body: bytes) -> Iterator[str]:
    at = 0
    while at + 6 <= len(body):
        (count,) = struct.unpack_from("<I", body, at)
        text = body[at + 4 : at + 4 + 2 * count] if 0 < count < _LONGEST else b""
        if len(text) == 2 * count and text:
            value = text.decode("utf-16-le", "replace")
            if value.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
                yield value
                at += 4 + 2 * count
                continue
        at += 1
