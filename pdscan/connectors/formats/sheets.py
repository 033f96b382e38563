"""Cells of workbooks by calamine, whatever the format, as blocks with the columns' headers.

Rows are turned into text some thousand at a time; what surrounds the cells (comments, shapes,
properties) is the business of the reader of the format.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import python_calamine as calamine

from pdscan.connectors.formats.cells import Cells, plain
from pdscan.connectors.formats.flow import header
from pdscan.connectors.formats.interface import Gap
from pdscan.model import Block, Reason

_ROWS = 2000  # at a time
_EXACT = 1e15  # below it a float holds every integer

Row = Sequence[object]


def read_sheets(workbook: calamine.CalamineWorkbook, block_size: int) -> Iterator[Block | Gap]:
    """The cells of every sheet, hidden ones too, a part each; formulas as their last results."""
    for number, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ not in (calamine.SheetTypeEnum.WorkSheet, calamine.SheetTypeEnum.MacroSheet,
                             calamine.SheetTypeEnum.DialogSheet):  # fmt: skip
            continue  # charts keep their texts beside the cells
        try:
            opened = workbook.get_sheet_by_index(number)
        except (calamine.CalamineError, ValueError, OSError):
            yield Gap(Reason.CORRUPT, f"sheet {sheet.name}")
            continue
        first = (opened.start or (0, 0))[0]
        yield from read_rows(opened.iter_rows(), f"sheet {sheet.name}", block_size, first)


def read_rows(
    rows: Iterator[Row], part: str, block_size: int, first: int = 0
) -> Iterator[Block]:
    """The cells of `rows`, of which the first is number `first` of the sheet, as blocks of `part`.

    Columns bear the names in the first row that is not blank, if that looks like a header.
    """
    top: list[Row] = []
    for row in rows:
        top.append(row)
        if len(top) > 1 and any(value != "" for value in row):
            break
        if not any(value != "" for value in top[-1]):
            top.pop()
            first += 1
    texts = [[text_of(value) for value in row] for row in top[:1] + top[-1:]]
    while texts and texts[0] and not texts[0][-1]:
        texts[0].pop()
    is_table = len(texts) > 1 and (len(texts[0]) > 1 or len(texts[1]) == 1)  # else it is a title
    names = header(list(enumerate(texts[0])), texts[1]) if is_table else ()
    pending: list[Row] = top
    ahead = next(rows, None)
    while pending or ahead is not None:
        if ahead is not None:
            pending = [*pending, ahead, *islice(rows, _ROWS)]
            ahead = next(rows, None)
        yield from _block(pending, part, names, first, last=ahead is None)
        first += len(pending)
        pending = []


def _block(
    rows: list[Row], part: str, names: tuple[str, ...], first: int, *, last: bool
) -> Iterator[Block]:
    texts: list[str] = []
    columns: list[int] = []
    counts = []
    for row in rows:
        before = len(texts)
        for column, value in enumerate(row):
            if value != "":
                text = value if type(value) is str else text_of(value)
                if text and not text.isspace():
                    texts.append(text)
                    columns.append(column)
        counts.append(len(texts) - before)
    if not texts:
        return
    joined = plain("\n".join(texts)).encode("utf-8", "replace") + b"\n"
    if joined.isascii():
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    else:
        encoded = [plain(text).encode("utf-8", "replace") for text in texts]
        lengths = np.fromiter(map(len, encoded), np.int64, len(texts))
    end = np.cumsum(lengths + 1) - 1
    start = end - lengths
    row_of = np.repeat(np.arange(len(rows)), counts)
    # Rows are ascending: a row begins where the first cell of its number does.
    low = start[np.searchsorted(row_of, row_of, side="left")]
    high = end[np.searchsorted(row_of, row_of, side="right") - 1]
    field = np.array(columns, np.int32) + 1
    field[field > len(names)] = 0
    layout = Cells(start, end, low, high, field, row_of + first, ("", *names), len(joined))
    yield Block(joined, layout, joins=not last, part=part)


def text_of(value: object) -> str:
    """A cell's value as text: whole numbers without a fraction, dates in ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
    if isinstance(value, datetime.datetime):
        is_date = value.time() == datetime.time()
        return value.date().isoformat() if is_date else value.isoformat(sep=" ")
    return str(value)
