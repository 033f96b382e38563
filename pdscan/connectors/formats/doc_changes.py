"""Tracked changes in binary Word documents: which characters were deleted, which inserted.

They are properties of characters, kept in pages of 512 bytes by file offset ([MS-DOC] 2.9.33,
2.6.1); the piece table turns offsets into positions of the text.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_PAGE = 512
_DELETED, _INSERTED = 0x0800, 0x0801
_OPERAND = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}  # bytes, by the top bits of the modifier


@dataclass(frozen=True, slots=True)
class Piece:
    """Positions [first, last) of the text, which stand at `place` in the stream."""

    first: int
    last: int
    place: int
    width: int  # bytes of a character


@dataclass(frozen=True, slots=True)
class Change:
    """Positions [first, last) of the text that were deleted, or else inserted."""

    first: int
    last: int
    deleted: bool


def changes(main: bytes, pages: bytes, pieces: list[Piece]) -> list[Change]:
    """The tracked changes by position; `pages` is the PLC of the pages with properties."""
    found = []
    pieces = sorted(pieces, key=lambda piece: piece.place)
    places = [piece.place for piece in pieces]
    count = max((len(pages) - 4) // 8, 0)
    for (page,) in struct.iter_unpack("<I", pages[4 * (count + 1) : 4 * (count + 1) + 4 * count]):
        start = (page & 0x3FFFFF) * _PAGE
        for low, high, deleted in _runs(main[start : start + _PAGE]):
            for piece in pieces[max(bisect_right(places, low) - 1, 0) : bisect_right(places, high)]:
                first = piece.first + max(low - piece.place, 0) // piece.width
                last = piece.first + (high - piece.place) // piece.width
                if piece.first <= first < min(last, piece.last):
                    found.append(Change(first, min(last, piece.last), deleted))
    return sorted(found, key=lambda change: change.first)


def _runs(page: bytes) -> Iterator[tuple[int, int, bool]]:
    """The changed runs of a page as (offset, end, whether deleted)."""
    count = page[-1] if len(page) == _PAGE else 0
    if 5 * count + 4 > _PAGE:
        return
    offsets = struct.unpack_from(f"<{count + 1}I", page)
    for (low, high), word in zip(pairwise(offsets), page[4 * (count + 1) :], strict=False):
        if word and low < high:
            at = 2 * word
            for modifier in _modifiers(page[at + 1 : at + 1 + page[at]]):
                yield low, high, modifier == _DELETED


def _modifiers(properties: bytes) -> Iterator[int]:
    at = 0
    while at + 3 <= len(properties):
        (modifier,) = struct.unpack_from("<H", properties, at)
        kind = modifier >> 13
        if modifier in (_DELETED, _INSERTED) and properties[at + 2] & 1:
            yield modifier
        at += 2 + (_OPERAND[kind] if kind in _OPERAND else 1 + properties[at + 2])


def versions(text: bytes, base: int, found: list[Change]) -> tuple[bytes, list[bytes]]:
    """`text` (UTF-16LE, from position `base`) as it is now, and as they were the paragraphs that
    something was deleted from.
    """
    here = [c for c in found if base <= c.first and c.last <= base + len(text) // 2]
    if not here:
        return text, []
    former = []
    done = 0
    for change in here:
        at = 2 * (change.first - base)
        if change.deleted and at >= done:
            start, done = _paragraph(text, at)
            former.append(_without(text, base, here, start, done, deleted=False))
    return _without(text, base, here, 0, len(text), deleted=True), former


def _paragraph(text: bytes, at: int) -> tuple[int, int]:
    start = at
    while start >= 2 and text[start - 2 : start] not in (b"\r\0", b"\7\0"):
        start -= 2
    end = at
    while end < len(text) and text[end : end + 2] not in (b"\r\0", b"\7\0"):
        end += 2
    return start, end


def _without(
    text: bytes, base: int, found: list[Change], start: int, end: int, *, deleted: bool
) -> bytes:
    pieces = []
    for change in found:
        first, last = 2 * (change.first - base), 2 * (change.last - base)
        if change.deleted == deleted and start <= first < end:
            pieces.append(text[start:first])
            start = last
    return b"".join([*pieces, text[start:end]])
