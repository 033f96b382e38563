"""The tables of a package, spooled row by row, and written as JSON, CSV and Table Schema."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from pdscan.exports.package.model import Form
from pdscan.exports.package.names import Names, ascii_name

#: The column that leads from each row to the item it came from (`items`).
ITEM = "pdscan_item"
_DPV = "https://w3id.org/dpv/pd#"
_SPOOLED = 1 << 20  # bytes of a table kept in memory
_PIECE = 1 << 16
_FORMULA = re.compile(r"['\s]*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
UNDO = "If a cell begins with an apostrophe ('), drop that one apostrophe."


class Table:
    """Rows of one table, on disk in a file without a name, in the order they came.

    A cell is text or null; columns appear as they are first met.
    """

    def __init__(self, name: str, title: str, *, key: str = "") -> None:
        self.name = name
        self.title = title
        self.key = key
        self.count = 0
        self._columns: dict[str, str] = {}  # as in the source -> as in the package
        self._names = Names()
        self._kinds: dict[str, Counter[str]] = {}
        self._spool = tempfile.SpooledTemporaryFile(_SPOOLED)  # noqa: SIM115 - lives as long as the table
        self._encode = msgspec.json.Encoder().encode

    def add(self, cells: Iterable[tuple[str, str | None]]) -> None:
        """Adds a row."""
        row = {self._column(column): value for column, value in cells}
        self._spool.write(self._encode(row) + b"\n")
        self.count += 1

    def note(self, kinds: Iterable[tuple[str, str]]) -> None:
        """Counts what was found in which column."""
        for column, kind in kinds:
            self._kinds.setdefault(column, Counter())[kind] += 1

    @property
    def named(self) -> dict[str, str]:
        """The columns as they are called in the source, and in the package."""
        return dict(self._columns)

    @property
    def kinds(self) -> set[str]:
        """The kinds of identifiers found in it."""
        return {kind for counted in self._kinds.values() for kind in counted}

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns in the package."""
        return tuple(self._columns.values())

    def is_number(self, column: str) -> bool:
        """Whether `column` of the package numbers items; a system's own columns are all text."""
        return column in (ITEM, self.key)

    def rows(self) -> Iterator[dict[str, str | None]]:
        """All rows, from the beginning."""
        self._spool.seek(0)
        decode = msgspec.json.Decoder(dict[str, str | None]).decode
        for line in self._spool:
            yield decode(line)

    def cells(self) -> Iterator[list[str | None]]:
        """All rows as lists in the order of `columns`."""
        columns = self.columns
        for row in self.rows():
            yield [row.get(column) for column in columns]

    def _column(self, column: str) -> str:
        name = self._columns.get(column)
        if name is None:
            name = self._names(column, column).replace("-", "_")
            self._columns[column] = name
        return name

    def schema(self, categories: dict[str, str], form: Form) -> dict[str, Any]:
        """Its Table Schema (Data Package v2); `categories` maps kinds to the local names of DPV's
        personal data concepts.
        """
        fields = []
        for source, name in self._columns.items():
            described: dict[str, Any] = {"name": name, "type": "string"}
            if self.is_number(name):
                described["type"] = "integer"
            if source != name:
                described["title"] = source
            kinds = self._kinds.get(source)
            if kinds:
                kind = min(kinds, key=lambda one: (-kinds[one], one))
                described["rdfType"] = _DPV + categories[kind]
            fields.append(described)
        schema: dict[str, Any] = {"fields": fields}
        if self.key:
            schema["primaryKey"] = [self.key]
        else:
            reference = {"resource": "items", "fields": ["item"]}
            schema["foreignKeys"] = [{"fields": [ITEM], "reference": reference}]
        if form is Form.CSV:
            schema["missingValues"] = [""]
        return schema


def written(table: Table, form: Form) -> Iterator[bytes]:
    """The table's file, in pieces."""
    yield from (_csv(table) if form is Form.CSV else _json(table))


def neutral(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula (CWE-1236): such texts, and those that
    begin with an apostrophe already, get one in front. `UNDO` says how to get it back.
    """
    return f"'{text}" if _FORMULA.match(text) or text.startswith("'") else text


def restored(text: str) -> str:
    """The text that `neutral` was given."""
    return text.removeprefix("'")


def _json(table: Table) -> Iterator[bytes]:
    """A JSON array with an object per row and a row per line."""
    encode = msgspec.json.Encoder().encode
    columns = table.columns
    numbers = [table.is_number(column) for column in columns]
    piece = bytearray(b"[")
    for number, row in enumerate(table.cells()):
        values = [int(v) if n and v else v for v, n in zip(row, numbers, strict=True)]
        piece += b",\n" if number else b"\n"
        piece += encode(dict(zip(columns, values, strict=True)))
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece + b"\n]\n")


def _csv(table: Table) -> Iterator[bytes]:
    """RFC 4180, UTF-8, with a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(table.columns)
    for row in table.cells():
        writer.writerow([neutral(value) if value else value for value in row])
        if text.tell() >= _PIECE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def resource(
    table: Table, path: str, form: Form, categories: dict[str, str]
) -> dict[str, Any]:  # fmt: skip
    """The table's resource in the Data Package."""
    described: dict[str, Any] = {
        "name": table.name, "title": table.title, "type": "table", "path": path,
        "format": str(form), "encoding": "utf-8",
        "mediatype": "text/csv" if form is Form.CSV else "application/json",
        "schema": table.schema(categories, form), "pdscan:rows": table.count,
    }  # fmt: skip
    if form is Form.CSV:
        described["pdscan:undo"] = UNDO
        described["dialect"] = {"delimiter": ",", "lineTerminator": "\r\n"}
    return described


def table_name(source: str, path: Sequence[str]) -> str:
    """What a table is called: its system, and its path there."""
    return ascii_name("-".join((source, *path)))
