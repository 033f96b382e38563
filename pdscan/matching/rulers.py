"""Byte offsets in a text as characters and lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pdscan.columns import count_before, count_characters, filled, gather
from pdscan.model import Ints

_NEWLINE = 0x0A
_STEP = 1024  # bytes between two entries of an index; at most 255 times the bytes of a word
_SLICE = 1 << 18  # bytes: what is computed on the way stays in the cache
_BYTES_AN_OFFSET = 1500  # looking up one offset costs as much as counting so many bytes
_SHORT = 256  # bytes: stretches up to this length are counted side by side

_Flags = Callable[[npt.NDArray[np.uint8]], npt.NDArray[np.bool_]]


class Ruler:
    """Counts characters and line breaks from the beginning of a text.

    The whole text is counted in steps, once; what stands between a step and an offset is counted
    for each offset. Where there are many offsets, every line break is indexed, and every character
    of a text that is not ASCII.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._is_ascii = text.isascii()

    def at(self, offset: int) -> tuple[int, int]:
        """How many characters and line breaks stand before `offset`."""
        if len(self._text) <= _SLICE:
            characters = count_characters(self._text, 0, offset)
            return characters, self._text.count(b"\n", 0, offset)
        offsets = np.array([offset])
        return int(self.characters(offsets)[0]), int(self.lines(offsets)[0])

    def characters(self, offsets: Ints) -> Ints:
        """How many characters begin before each of `offsets` (ascending)."""
        if self._is_ascii:
            return offsets
        if self._are_many(offsets):
            return self._every_character[offsets].astype(np.int64)
        return self._counted(self._character_steps, _begins, offsets)

    def lines(self, offsets: Ints) -> Ints:
        """How many line breaks stand before each of `offsets` (ascending)."""
        if self._are_many(offsets):
            return count_before(self._breaks, offsets)
        return self._counted(self._line_steps, _breaks, offsets)

    def line_starts(self, offsets: Ints, lines: Ints) -> Ints:
        """Where the lines of `offsets` begin; `lines` is what `lines` says of them."""
        if self._are_many(offsets):
            return np.concatenate([[0], self._breaks + 1])[lines]
        starts = (self._text.rfind(b"\n", 0, offset) + 1 for offset in offsets.tolist())
        return np.fromiter(starts, np.int64, len(offsets))

    def between(self, first: Ints, last: Ints) -> Ints:
        """How many characters begin in each stretch [first, last)."""
        size = last - first
        widest = int(size.max(initial=0))
        if self._is_ascii:
            return size
        if widest <= _SHORT:
            begins = _begins(gather(self._text, first, max(widest, 1)))
            counted: Ints = np.count_nonzero(begins & filled(begins.view(np.uint8), size), axis=1)
            return counted
        both = np.concatenate([first, last])
        order = np.argsort(both, kind="stable")
        counts = np.empty(len(both), np.int64)
        counts[order] = self.characters(both[order])
        return counts[len(first) :] - counts[: len(first)]

    def _are_many(self, offsets: Ints) -> bool:
        return len(offsets) > len(self._text) // _BYTES_AN_OFFSET

    def _counted(self, steps: Ints, flags: _Flags, offsets: Ints) -> Ints:
        if not len(offsets):
            return offsets
        step = offsets // _STEP
        begin = step * _STEP
        rest = offsets - begin
        rows = gather(self._text, begin, max(int(rest.max()), 1))
        counted: Ints = steps[step] + np.count_nonzero(flags(rows) & filled(rows, rest), axis=1)
        return counted

    @cached_property
    def _character_steps(self) -> Ints:
        return _steps(self._text, _begins)

    @cached_property
    def _line_steps(self) -> Ints:
        return _steps(self._text, _breaks)

    @cached_property
    def _every_character(self) -> npt.NDArray[np.int32]:
        counted = np.zeros(len(self._text) + 1, np.int32)
        np.cumsum(_begins(np.frombuffer(self._text, np.uint8)), out=counted[1:])
        return counted

    @cached_property
    def _breaks(self) -> Ints:
        return np.flatnonzero(_breaks(np.frombuffer(self._text, np.uint8)))


def _begins(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Which bytes of UTF-8 begin a character."""
    begins: npt.NDArray[np.bool_] = codes.view(np.int8) >= -64
    return begins


def _breaks(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    breaks: npt.NDArray[np.bool_] = codes == _NEWLINE
    return breaks


def _steps(text: bytes, flags: _Flags) -> Ints:
    """How many bytes before every step are flagged, eight of them counted at a time."""
    codes = np.frombuffer(text, np.uint8)
    whole = len(codes) // _STEP
    counts = np.zeros(whole + 1, np.int64)
    for low in range(0, whole * _STEP, _SLICE):
        flagged = flags(codes[low : min(low + _SLICE, whole * _STEP)])
        words = flagged.view(np.uint64).reshape(-1, _STEP // 8).sum(axis=1)
        first = low // _STEP + 1
        counts[first : first + len(words)] = words.view(np.uint8).reshape(-1, 8).sum(axis=1)
    return np.cumsum(counts)
