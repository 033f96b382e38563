"""Byte offsets in a text as characters and lines."""

from __future__ import annotations

import numpy as np

from pdscan.columns import count_characters, count_lines, filled, gather
from pdscan.model import Ints

_NEWLINE = 0x0A
_BYTES_A_STEP = 1500  # counting up to one offset costs as much as indexing so many bytes
_SHORT = 256  # bytes: stretches up to this length are counted side by side


class Ruler:
    """Counts characters and line breaks from the beginning of a text, each byte once.

    Up to few offsets it counts one after the other; for many it indexes the whole text.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._is_ascii = text.isascii()
        self._offset = self._characters = self._lines = 0

    def measure(self, offsets: Ints) -> tuple[Ints, Ints]:
        """How many characters and line breaks stand before each of `offsets` (ascending)."""
        if len(offsets) > len(self._text) // _BYTES_A_STEP:
            return self._index(offsets)
        measured = np.array([self._measure(offset) for offset in offsets.tolist()], np.int64)
        return measured[:, 0], measured[:, 1]

    def between(self, first: Ints, last: Ints) -> Ints:
        """How many characters begin in each stretch [first, last)."""
        size = last - first
        widest = int(size.max(initial=0))
        if self._is_ascii:
            return size
        if widest <= _SHORT:
            begins = gather(self._text, first, max(widest, 1)).view(np.int8) >= -64
            counted: Ints = np.count_nonzero(begins & filled(begins.view(np.uint8), size), axis=1)
            return counted
        pairs = zip(first.tolist(), last.tolist(), strict=True)
        return np.array([count_characters(self._text, low, high) for low, high in pairs], np.int64)

    def _measure(self, offset: int) -> tuple[int, int]:
        low, high = sorted((self._offset, offset))
        sign = 1 if offset >= self._offset else -1
        count = high - low if self._is_ascii else count_characters(self._text, low, high)
        self._characters += sign * count
        self._lines += sign * count_lines(self._text, low, high)
        self._offset = offset
        return self._characters, self._lines

    def _index(self, offsets: Ints) -> tuple[Ints, Ints]:
        codes = np.frombuffer(self._text, np.uint8)
        breaks = np.flatnonzero(codes == _NEWLINE)
        lines = np.searchsorted(breaks, offsets)
        if self._is_ascii:
            return offsets, lines
        counted = np.zeros(len(codes) + 1, np.int32)
        np.cumsum(codes.view(np.int8) >= -64, out=counted[1:])
        return counted[offsets].astype(np.int64), lines


def line_starts(text: bytes, offsets: Ints) -> Ints:
    """Where the lines of `offsets` (ascending) begin."""
    if len(offsets) > len(text) // _BYTES_A_STEP:
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE)
        return np.concatenate([[0], breaks + 1])[np.searchsorted(breaks, offsets)]
    starts = (text.rfind(b"\n", 0, offset) + 1 for offset in offsets.tolist())
    return np.fromiter(starts, np.int64, len(offsets))
