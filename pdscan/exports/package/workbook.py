"""The tables as a workbook, for people who open Excel: a view of the data, not the data."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from pdscan.exports.package.tables import Table

_LONGEST = 32_767  # characters of a cell that Excel takes
_ROWS = 1_000_000  # of a sheet; Excel takes 1,048,576
_WIDTH = 28  # characters
_SHEET_NAME = 31  # characters
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def workbook(tables: Iterable[Table]) -> bytes:
    """An .xlsx with a sheet per table; every cell is text, so that no formula is run. The same
    tables give the same bytes.
    """
    book = Workbook(write_only=True)
    book.properties.created = _EPOCH
    book.properties.creator = "pdscan"
    names: set[str] = set()
    for table in tables:
        _sheet(book, table, _sheet_name(table.title, names))
    raw = io.BytesIO()
    book.save(raw)
    return _normal(raw)


def _sheet(book: Workbook, table: Table, name: str) -> None:
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    columns = table.columns
    for number in range(1, len(columns) + 1):
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTH
    if columns:
        last = get_column_letter(len(columns))
        sheet.auto_filter.ref = f"A1:{last}{min(table.count, _ROWS) + 1}"
    header = []
    for column in columns:
        cell = WriteOnlyCell(sheet, value=column)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="1F4E5F")
        cell.alignment = Alignment(vertical="top")
        header.append(cell)
    sheet.append(header)
    for number, row in enumerate(table.cells()):
        if number >= _ROWS:
            break
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: object, text: str | None) -> object:
    """A cell of text, whatever it begins with."""
    if not text:
        return None
    text = _FORBIDDEN.sub("\ufffd", text)[:_LONGEST]
    if text[0] not in "=+-@#":
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell


def _sheet_name(title: str, taken: set[str]) -> str:
    plain = re.sub(r"[\[\]:*?/\\']", " ", title).strip()[-_SHEET_NAME:].strip() or "data"
    name, number = plain, 2
    while name.casefold() in taken:
        tail = f" {number}"
        name, number = plain[: _SHEET_NAME - len(tail)] + tail, number + 1
    taken.add(name.casefold())
    return name


def _normal(raw: io.BytesIO) -> bytes:
    """The same workbook without the time it was written at."""
    out = io.BytesIO()
    with zipfile.ZipFile(raw) as written, zipfile.ZipFile(out, "w") as target:
        for member in written.infolist():
            data = written.read(member)
            if member.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>2000-01-01T00:00:00Z", data)
            info = zipfile.ZipInfo(member.filename, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(info, data)
    return out.getvalue()
