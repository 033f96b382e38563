"""Hyperscan: compiling expressions, and the ends of their matches."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import hyperscan
import numpy as np

from pdscan.model import Ints


def compiled(expressions: Sequence[bytes]) -> hyperscan.Database:
    """A database of expressions over bytes, numbered in their order.

    Raises `hyperscan.HyperscanError` where one uses what Hyperscan does not know.
    """
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    if expressions:
        database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
        )
    return database


def matches(
    database: hyperscan.Database, text: bytes, most: int = sys.maxsize
) -> tuple[Ints, Ints]:
    """The number of the expression and the end of each match in `text`.

    Raises `hyperscan.ScanTerminated` for more matches than `most`.
    """
    numbers: list[int] = []
    ends: list[int] = []
    add_number, add_end = numbers.append, ends.append

    def on_match(number: int, _from: int, end: int, _flags: int, _context: object) -> bool | None:
        add_number(number)
        add_end(end)
        return len(ends) > most or None

    database.scan(text, match_event_handler=on_match)
    return np.array(numbers, np.int64), np.array(ends, np.int64)


def spellings(word: str) -> list[str]:
    """`word` in small letters, in capitals, and with initial capitals, without doubles."""
    return sorted({word.lower(), word.upper(), word.capitalize(), word.title(),
                   word[:1] + word[1:].capitalize(), word[:1] + word[1:].upper()})  # fmt: skip


def literal(word: str) -> bytes:
    """An expression over bytes that matches `word` alone."""
    return b"".join(b"\\x%02x" % code for code in word.encode())
