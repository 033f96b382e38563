"""Cells of workbooks by calamine, whatever the format: the column's header is the field, the
address the key, the sheet the part.

Rows become columns of text some thousand at a time. What surrounds the cells (comments, shapes,
properties) is the business of the reader of the format.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

import numpy as np
import pyarrow as pa
import python_calamine as calamine

from pdscan.connectors.cells import cell_blocks
from pdscan.connectors.formats.dialects import is_header
from pdscan.connectors.formats.interface import Gap
from pdscan.connectors.formats.prose import plain
from pdscan.errors import UnreadableError
from pdscan.model import Block, Ints, Reason, written_key

_ROWS = 5000  # at a time
_TOP = 10  # rows among which the header is looked for
_EXACT = 1e18  # below it whole numbers are written without a fraction

Row = Sequence[object]
_CELLS = (
    calamine.SheetTypeEnum.WorkSheet,
    calamine.SheetTypeEnum.MacroSheet,
    calamine.SheetTypeEnum.DialogSheet,
)  # charts keep their texts beside the cells


def read_sheets(open_book: Callable[[], calamine.CalamineWorkbook]) -> Iterator[Block | Gap]:
    """The cells of every sheet, hidden ones too, a part each; formulas as their last results.

    What calamine cannot read is a gap; an encrypted workbook raises UnreadableError.
    """
    try:
        workbook = _guarded(open_book)
    except calamine.PasswordError as error:
        raise UnreadableError(Reason.ENCRYPTED, "a password is needed") from error
    except _REFUSED:
        yield Gap(Reason.CORRUPT, "the cells")
        return
    for number, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ not in _CELLS:
            continue
        try:
            opened = _guarded(partial(workbook.get_sheet_by_index, number))
        except _REFUSED:
            yield Gap(Reason.CORRUPT, f"sheet {number + 1}")
            continue
        # `iter_rows` begins with the first row of the sheet, but with the first filled column.
        _, left = opened.start or (0, 0)
        yield from read_rows(opened.iter_rows(), sheet.name, left)


_REFUSED = (calamine.CalamineError, ValueError, OSError)
_Result = TypeVar("_Result")


def _guarded(call: Callable[[], _Result]) -> _Result:
    """The result of `call`; a panic of calamine, which is no `Exception`, becomes an OSError."""
    try:
        return call()
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise OSError("calamine gave up") from error
        raise


def read_rows(rows: Iterator[Row], part: str, left: int = 0) -> Iterator[Block | Gap]:
    """The cells of all rows of a sheet as blocks of `part`; `left` is the column (from 0) of the
    first cell of each row.
    """
    names: list[str] = []
    header = -1
    number = 1
    while True:
        try:
            chunk = _guarded(lambda: list(islice(rows, _ROWS)))
        except _REFUSED:
            yield Gap(Reason.CORRUPT, f"rows of {part} from {number} on")
            return
        if not chunk:
            return
        if number == 1:
            header, names = _header([[text_of(value) for value in row] for row in chunk[:_TOP]])
        yield from _blocks(chunk, part, names, header, number, left)
        number += len(chunk)
        header = -1


def _header(rows: list[list[str]]) -> tuple[int, list[str]]:
    """The position and names of the header: the first row of several cells, if it reads like
    names; -1 where there is none.
    """
    for position, row in enumerate(rows):
        if sum(map(bool, row)) > 1:
            return (position, row) if is_header(row, rows[position + 1 :]) else (-1, [])
    return -1, []


def _blocks(
    rows: list[Row], part: str, names: list[str], header: int, number: int, left: int
) -> Iterator[Block]:
    width = max(map(len, rows))
    texts: list[str] = []
    for row in rows:
        texts += [value if type(value) is str else text_of(value) for value in row]
        texts += [""] * (width - len(row))
    column = plain("\0".join(texts)).encode("utf-8", "replace").decode().split("\0")
    if len(column) != len(texts):  # a cell holds the separator
        column = [plain(text).encode("utf-8", "replace").decode() for text in texts]
    fields = [*names[:width], *[""] * (width - len(names)), ""]
    field = np.tile(np.arange(width, dtype=np.int32), len(rows))
    if header >= 0:  # a name is not in the column that it names
        field[header * width : (header + 1) * width] = width

    def keys(cells: Ints) -> pa.Array:
        written = [key(left + cell % width, number + cell // width) for cell in cells.tolist()]
        return pa.array(written, pa.string())

    return cell_blocks(
        pa.array(column, pa.large_string()),
        fields,
        np.repeat(np.arange(number, number + len(rows)), width),
        field=field,
        keys=keys,
        part=part,
    )


def key(column: int, row: int) -> str:
    """``cell:C9`` for column 2 (from 0) of row 9."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return written_key(("cell", f"{letters}{row}"))


def text_of(value: object) -> str:
    """A cell's value as text: whole numbers without a fraction, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime.datetime):
        is_date = value.time() == datetime.time()
        return value.date().isoformat() if is_date else value.isoformat(sep=" ")
    return str(value)
