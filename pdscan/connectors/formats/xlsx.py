"""Workbooks in Office Open XML (ISO/IEC 29500): all sheets, hidden ones too, comments, properties.

Each cell is a text; the column's name in the header row is its field, its address its key, the
sheet the part. Read by calamine, unless a sheet is nearly empty but vast: calamine lays such a
sheet out in full and dies of it, so cells are counted in the raw XML first, and openpyxl reads
those.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO

from lxml import etree
from python_calamine import CalamineWorkbook

from pdscan.connectors.cells import Cells
from pdscan.connectors.formats.contents import LazyContent, seekable_stream
from pdscan.connectors.formats.dialects import is_header
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.formats.sheets import key, read_sheets, text_of
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_CELL = re.compile(rb'<(?:\w+:)?c (?:[^>]*? )?r="([A-Z]{1,3})(\d{1,7})"')
_COLUMN = re.compile(rb'<c r="([A-Z]{1,3})')
_ROW = re.compile(rb'<c r="[A-Z]{1,3}(\d{1,7})"')
_SPARSE = 50  # places of the sheet for one cell
_FREELY = 2_000_000  # places of a sheet that are laid out whatever stands in them
_HEADER_SEARCH = 10  # rows

#: The cells of a row: column (from 0) and text.
Row = list[tuple[int, str]]


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The cells row by row, then comments and properties, then what is embedded."""
    stream = seekable_stream(content, options.limits.member_memory)
    with stream:
        try:
            with zipfile.ZipFile(stream) as archive:
                is_vast = any(_is_vast(archive, name) for name in _sheets(archive))
                stream.seek(0)
                if is_vast:
                    for name, rows in _by_openpyxl(stream):
                        yield from _sheet(name, rows, options)
                else:
                    yield from read_sheets(lambda: CalamineWorkbook.from_filelike(stream))
                yield from _around(archive, options)
        except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
            raise UnreadableError(Reason.CORRUPT, type(error).__name__) from error


def _sheets(archive: zipfile.ZipFile) -> list[str]:
    return [n for n in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", n)]


def _is_vast(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the sheet's cells span far more places than they fill."""
    cells = right = bottom = 0
    tail = b""
    with archive.open(name) as stream:
        while chunk := stream.read(1 << 20):
            data = tail + chunk
            cut = data.rfind(b"<")
            count, columns, rows = _places(data[:cut])
            cells += count
            right = max(right, *map(_column_number, columns), 0)
            bottom = max(bottom, *map(int, rows), 0)
            tail = data[cut:]
    return bottom * right > max(_FREELY, cells * _SPARSE)


def _places(data: bytes) -> tuple[int, set[bytes], set[bytes]]:
    """How many cells there are in a piece of a sheet, in which columns and rows."""
    count = data.count(b'<c r="')
    if count == data.count(b"<c ") and b":c " not in data:  # as Excel writes them
        return count, set(_COLUMN.findall(data)), set(_ROW.findall(data))
    found = _CELL.findall(data)
    return len(found), {column for column, _ in found}, {row for _, row in found}


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _by_openpyxl(stream: BinaryIO) -> Iterator[tuple[str, Iterable[tuple[int, Row]]]]:
    from openpyxl import load_workbook

    book = load_workbook(stream, read_only=True, data_only=True)
    for name in book.sheetnames:
        sheet = book[name]
        if hasattr(sheet, "iter_rows"):
            yield name, _filled(sheet)


def _filled(sheet: Any) -> Iterator[tuple[int, Row]]:
    # The public iter_rows() fills every gap with empty rows and cells: sixteen billion of them.
    from openpyxl.worksheet._reader import WorkSheetParser

    with sheet._get_source() as source:
        parser = WorkSheetParser(source, sheet._shared_strings, data_only=True)
        for number, cells in parser.parse():
            yield number, [(cell["column"] - 1, text_of(cell["value"])) for cell in cells]


def _sheet(name: str, rows: Iterable[tuple[int, Row]], options: ReadOptions) -> Iterator[Yield]:
    cells = Cells(options.block_size, part=name)
    remaining = iter(rows)
    first = list(islice(remaining, _HEADER_SEARCH))
    header = _header([row for _, row in first])
    for number, row in chain(first, remaining):
        for column, text in row:
            if text:
                name = header.get(column, "")
                field = "" if name == text else name  # a name is not in the column it names
                cells.add(text, field, number, partial(key, column, number))
        if cells.is_full:
            yield cells.take()
    yield cells.take()


def _header(rows: list[Row]) -> dict[int, str]:
    """The names of the columns: the first row of several cells, if it reads like names."""
    for number, row in enumerate(rows):
        names = {column: text for column, text in row if text}
        if len(names) > 1:
            below = [dict(other) for other in rows[number + 1 :]]
            columns = [[other.get(column, "") for column in names] for other in below]
            return names if is_header(list(names.values()), columns) else {}
    return {}


_DOCUMENT_PARTS = re.compile(
    r"xl/(?:comments\d*|threadedComments/[^/]+|persons/[^/]+|drawings/[^/]+|tables/[^/]+)\.xml"
    r"|xl/comments/[^/]+\.xml|xl/externalLinks/[^/]+\.xml|docProps/[^/]+\.xml"
    r"|xl/worksheets/_rels/[^/]+\.rels|xl/charts/[^/]+\.xml"
)
_EMBEDDED = re.compile(r"xl/(?:embeddings|media)/[^/]+")


def _around(archive: zipfile.ZipFile, options: ReadOptions) -> Iterator[Yield]:
    """What stands beside the cells: comments, shapes, properties, link targets, embedded files."""
    for name in sorted(archive.namelist()):
        if _DOCUMENT_PARTS.fullmatch(name):
            cells = Cells(options.block_size, part=name, own_text=False)
            with archive.open(name) as stream:
                for text, label in _part_texts(stream):
                    cells.add(text, label)
            yield cells.take()
        elif _EMBEDDED.fullmatch(name):
            size = archive.getinfo(name).file_size
            yield Nested(name, LazyContent(name, partial(_open, archive, name), size))


def _open(archive: zipfile.ZipFile, name: str) -> BinaryIO:
    return archive.open(name)  # type: ignore[return-value] # ZipExtFile is a binary stream


def _part_texts(stream: Any) -> Iterator[tuple[str, str]]:
    """Texts with the runs of a paragraph or comment joined, and the targets of links."""
    runs: list[str] = []
    for _, node in etree.iterparse(
        stream, events=("end",), resolve_entities=False, no_network=True, huge_tree=False
    ):
        tag = etree.QName(node).localname if isinstance(node.tag, str) else ""
        if tag == "t":
            runs.append(node.text or "")
        elif tag in ("p", "comment", "si"):
            if text := "".join(runs):
                yield text, "comment" if tag == "comment" else ""
            runs.clear()
        elif tag == "Relationship":
            if node.get("TargetMode") == "External":
                yield node.get("Target", ""), "link"
        elif tag == "person":
            yield node.get("displayName", ""), "author"
        elif not len(node) and node.text and node.text.strip():
            yield node.text, tag
    if text := "".join(runs):
        yield text, ""
