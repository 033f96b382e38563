"""Texts as columns of bytes: the moves that matching, judging and reading share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pdscan.model import Bytes2D, Ints

_SLICE = 1 << 18  # bytes: what is computed on the way stays in the cache


def gather(text: bytes, starts: Ints, width: int) -> Bytes2D:
    """The `width` bytes from each of `starts`, as rows; zeros stand beyond the end of the text."""
    if not len(starts):
        return np.zeros((0, width), np.uint8)
    if int(starts.max()) + width > len(text):
        beyond = starts + width > len(text)
        first = int(starts[beyond].min())
        tail = text[first:] + bytes(width)
        if beyond.all():
            return _rows(tail, starts - first, width)
        rows = np.empty((len(starts), width), np.uint8)
        rows[beyond] = _rows(tail, starts[beyond] - first, width)
        rows[~beyond] = _rows(text, starts[~beyond], width)
        return rows
    return _rows(text, starts, width)


def _rows(text: bytes, starts: Ints, width: int) -> Bytes2D:
    # One item of `width` bytes at every offset: NumPy then copies each row in one move.
    rows: npt.NDArray[np.void] = np.ndarray(
        shape=(len(text) - width + 1,), dtype=f"V{width}", buffer=text, strides=(1,)
    )
    return rows[starts].view(np.uint8).reshape(len(starts), width)


def blank_after(rows: Bytes2D, lengths: Ints) -> Bytes2D:
    """`rows` with zeros from column `lengths[i]` of row i on (a copy)."""
    return rows * filled(rows, lengths)


def filled(rows: Bytes2D, lengths: Ints) -> npt.NDArray[np.bool_]:
    """Which bytes of `rows` stand before column `lengths[i]` of row i."""
    width = rows.shape[1]
    # The smallest type that holds the width: comparisons then take many columns at a time.
    kind = np.min_scalar_type(width)
    inside: npt.NDArray[np.bool_] = np.arange(width, dtype=kind) < lengths.astype(kind)[:, None]
    return inside


def row_bits(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint64]:
    """N × w flags, w <= 64, as one number per row, column 0 in the lowest bit.

    Looking for neighbours, counting and searching are then single operations for a whole row.
    """
    packed = np.packbits(flags, axis=1, bitorder="little")
    wide = np.zeros((len(flags), 8), np.uint8)
    wide[:, : packed.shape[1]] = packed
    return wide.view(np.uint64).ravel()


def left_justify(rows: Bytes2D, keep: npt.NDArray[np.bool_]) -> tuple[Bytes2D, Ints]:
    """The kept bytes of each row moved to the left, zeros after them, and how many they are."""
    order = np.argsort(~keep, axis=1, kind="stable")
    lengths = keep.sum(axis=1, dtype=np.int64)
    return blank_after(np.take_along_axis(rows, order, axis=1), lengths), lengths


def stack(parts: Sequence[Bytes2D]) -> Bytes2D:
    """Rows of several widths under one another, padded with zeros to the widest."""
    if len(parts) == 1:
        return parts[0]
    width = max((part.shape[1] for part in parts), default=1)
    rows = np.zeros((sum(map(len, parts)), width), np.uint8)
    first = 0
    for part in parts:
        rows[first : first + len(part), : part.shape[1]] = part
        first += len(part)
    return rows


def count_before(marks: Ints, offsets: Ints, *, at: bool = False) -> Ints:
    """How many of `marks` stand before each of `offsets`, or also `at` it; both are ascending.

    The fewer are looked up among the more: a table has fewer cells than what is found in them.
    """
    if len(offsets) <= len(marks):
        return np.searchsorted(marks, offsets, side="right" if at else "left")
    after = np.searchsorted(offsets, marks, side="left" if at else "right")
    return np.cumsum(np.bincount(after, minlength=len(offsets) + 1)[: len(offsets)])


def is_one_of(rows: Bytes2D, codes: bytes) -> npt.NDArray[np.bool_]:
    """Which bytes of `rows` are one of a few `codes`."""
    found = np.zeros(rows.shape, np.bool_)
    for code in codes:
        found |= rows == code
    return found


def count_characters(text: bytes, start: int, end: int) -> int:
    """How many characters begin in the bytes [start, end) of UTF-8."""
    codes = np.frombuffer(text, np.int8)
    return sum(
        int(np.count_nonzero(codes[low : min(low + _SLICE, end)] >= -64))
        for low in range(start, end, _SLICE)
    )
