"""What stands in a field of a row that stays, once its value is gone.

NULL, where the column allows it. Else a value of the column's own type that says nothing, and that
no other row has where the column must be unique: made at random, so that it is no pseudonym.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pdscan.connectors.structure import Column, Family, Table
from pdscan.exports.executors.sql import REMOVED, Cut

_LENGTH = re.compile(r"CHAR[A-Z ]*\((\d+)\)")
_UNKNOWN = 1 << 30
_TOKEN = 8  # random digits that tell one removed value from another
#: Types by the words they are written with, in this order. The days are no days of
#: anybody's: `pdscan.retention` counts nothing from them.
_TYPED = (
    (("INTERVAL", "YEAR", "POINT", "RANGE", "ENUM", "[]"), None), (("BOOL",), "0"),
    (("TIMESTAMP",), "1970-01-01 00:00:01"),  # the first that MariaDB knows
    (("DATETIME",), "1900-01-01 00:00:00"), (("DATE",), "1900-01-01"), (("TIME",), "00:00:00"),
    (("INET6",), "::"), (("INET",), "0.0.0.0"),  # noqa: S104 - as a value
    (("INT", "SERIAL", "NUMERIC", "DECIMAL", "FLOAT", "DOUBLE", "REAL"), "0"),
    (("JSON",), "{}"),
)  # fmt: skip


def emptied(column: Column, table: Table, token: str) -> Cut | None:
    """How a field loses all it holds; None where no value fits: somebody must choose one.

    `token` are random hexadecimal digits, of this row alone.
    """
    if column.nullable:
        return Cut(column.name)
    text = _text(column, _is_unique(column, table), token)
    return None if text is None else Cut(column.name, text=text)


def cut(column: Column, table: Table, spans: Iterable[tuple[int, int]], token: str) -> Cut | None:
    """How a field loses `spans` of its text; None where that leaves what another row may have."""
    found = tuple(spans)
    shortest = min((end - start for start, end in found), default=0)
    if _is_unique(column, table):
        text = _text(column, True, token)
        return None if text is None else Cut(column.name, found, text)
    fits = _length(column) == _UNKNOWN or shortest >= len(REMOVED)
    return Cut(column.name, found, REMOVED if fits else "*")


def _text(column: Column, is_unique: bool, token: str) -> str | None:
    written = column.type.upper()
    if written.startswith("UUID"):
        return f"{token[:8]}-{token[8:12]}-4{token[13:16]}-8{token[17:20]}-{token[20:32]}"
    for words, text in _TYPED:
        if any(word in written for word in words):
            return None if is_unique else text
    if column.family is Family.BINARY:
        return None if is_unique else ""
    if column.family is not Family.TEXT:
        return None
    alike = REMOVED, "-"
    choice = (f"removed-{token[:_TOKEN]}", token[:_TOKEN]) if is_unique else alike
    room = _length(column)
    return next((text for text in choice if len(text) <= room), None)


def _length(column: Column) -> int:
    found = _LENGTH.search(column.type.upper())
    return int(found[1]) if found else _UNKNOWN


def _is_unique(column: Column, table: Table) -> bool:
    return any(column.name in key for key in (table.key, *table.unique))
