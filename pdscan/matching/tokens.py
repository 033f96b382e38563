"""Stretches of text into words and groups of words, and these into candidates by their shapes.

A word is a run of letters, digits and the joiners ``-``, ``.`` and ``+``; a group is a chain of
short words with digits that single blanks part, such as ``FI21 1234 5600 0007 85``. All of it works
on whole stretches; Python sees distinct shapes only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.columns import blank_after, gather
from pdscan.matching.shapes import LONGEST_WORD, Placement, ShapeIndex
from pdscan.model import Ints

LONGEST_GROUP = 48  # bytes
_MOST_WORDS = 10  # in a group
_LONGEST_IN_GROUP = 14  # bytes of one word
_MOST_TURNS = 8  # letter to digit or back within a word; what has more is a hash or encoded data
_FEWEST_DIGITS = 2
_LETTER, _DIGIT, _WORDLIKE = b"A9w"
_GAP = b" ()"  # between the words of a group
_LEADING = b"+0"  # what a group may begin with in the middle of a longer row of numbers

_Offsets = npt.NDArray[np.int32]
_LookUp = Callable[[str], tuple[Placement, ...]]


def _table(others: bytes) -> bytes:
    table = bytearray(256)
    for code in range(256):
        if code >= 0x80:
            table[code] = _WORDLIKE
        elif chr(code).isalnum():
            table[code] = _DIGIT if chr(code).isdigit() else _LETTER
    for code in others:
        table[code] = code
    return bytes(table)


# A word too long to be an identifier is looked at again with fewer joiners.
_WORD_TABLES = tuple(_table(joiners) for joiners in (b"-.+", b"-", b""))
_GROUP_TABLE = _table(b"-.+" + _GAP)
_IS_GAP = np.array([code in _GAP for code in range(256)])
_IS_UPPER = np.array([0x41 <= code <= 0x5A for code in range(256)])


@dataclass(frozen=True, slots=True)
class Spans:
    """Candidates of one detector that share a shape, by byte offsets in a stretch."""

    detector: int
    starts: Ints
    length: int
    shape: str


@dataclass(frozen=True, slots=True)
class _Words:
    """n words by their byte offsets in a text of shapes, and which of them hold a digit."""

    shapes: bytes
    starts: _Offsets
    ends: _Offsets
    numeric: npt.NDArray[np.bool_]


def find(text: bytes, index: ShapeIndex) -> Iterator[Spans]:
    """All candidates of the detectors in `index` in `text`."""
    if not text:
        return
    words = _words(text, _WORD_TABLES[0])
    if index.wants_groups:
        yield from _in_groups(text, words, index)
    if not index.wants_words:
        return
    fits = words.ends - words.starts <= LONGEST_WORD
    yield from _by_shape(words, fits, index.word)
    for table in _WORD_TABLES[1:]:
        long = words.numeric & ~fits
        if not long.any():
            return
        within = words.starts[long], words.ends[long]
        words = _words(text, table)
        around = np.searchsorted(within[0], words.starts, side="right") - 1
        inside = (around >= 0) & (words.starts < within[1][around])
        fits = words.ends - words.starts <= LONGEST_WORD
        yield from _by_shape(words, inside & fits, index.word)
        fits |= ~inside


def _words(text: bytes, table: bytes) -> _Words:
    shapes = text.translate(table)
    codes = np.frombuffer(shapes, np.uint8)
    starts, ends = runs(codes != 0)
    if not len(starts):
        return _Words(shapes, starts, ends, np.zeros(0, np.bool_))
    # From the beginning of a word to that of the next: the gap between them holds no digit.
    numeric = np.logical_or.reduceat(codes == _DIGIT, starts)
    return _Words(shapes, starts, ends, numeric)


def runs(flags: npt.NDArray[np.bool_]) -> tuple[_Offsets, _Offsets]:
    """Where the runs of set flags begin and end."""
    edges = np.flatnonzero(flags[1:] != flags[:-1]).astype(np.int32) + np.int32(1)
    edges = np.concatenate([
        np.zeros(int(flags[0]), np.int32), edges, np.full(int(flags[-1]), len(flags), np.int32)
    ])  # fmt: skip
    return edges[0::2], edges[1::2]


def _by_shape(words: _Words, wanted: npt.NDArray[np.bool_], look_up: _LookUp) -> Iterator[Spans]:
    wanted = wanted & words.numeric
    starts, ends = words.starts[wanted], words.ends[wanted]
    if not len(starts):
        return
    # Words and the gaps between them as one Arrow column over the shapes, without a copy.
    offsets = np.empty(2 * len(starts), np.int32)
    offsets[0::2], offsets[1::2] = starts, ends
    column = pa.Array.from_buffers(
        pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets), pa.py_buffer(words.shapes)]
    ).dictionary_encode()
    codes = column.indices.to_numpy(zero_copy_only=False)[0::2]
    yield from _placed(codes, column.dictionary, starts.astype(np.int64), look_up)


def _in_groups(text: bytes, words: _Words, index: ShapeIndex) -> Iterator[Spans]:
    starts, ends = words.starts, words.ends
    if len(starts) < 2:
        return
    codes = np.frombuffer(text, np.uint8)
    gap = starts[1:] - ends[:-1]
    joined = (gap <= 2) & _IS_GAP[codes[ends[:-1]]] & _IS_GAP[codes[starts[1:] - 1]]
    if not joined.any():
        return
    length = ends - starts
    fits = words.numeric & (length <= _LONGEST_IN_GROUP)
    near = np.flatnonzero(
        (np.append(joined, False) | np.append(False, joined)) & ~words.numeric & (length <= 4)
    )
    rows = gather(text, starts[near].astype(np.int64), 4)
    filled = np.arange(4) < length[near][:, None]
    titled = np.zeros(len(starts), np.bool_)  # capitals alone, such as the "VAT" before a number
    titled[near] = (_IS_UPPER[rows] | ~filled).all(axis=1)
    fits |= titled
    linked = joined & fits[:-1] & fits[1:]
    first = codes[starts[:-1]]
    early = ~np.append(False, linked[:-1]) | _IS_UPPER[first]
    early |= np.append(False, titled[:-2])
    for code in _LEADING:
        early |= first == code
    leads = np.flatnonzero(linked & early)
    if not len(leads):
        return
    linked = np.append(linked, np.zeros(_MOST_WORDS, np.bool_))
    alive = np.ones(len(leads), np.bool_)
    last = leads.copy()
    for step in range(1, _MOST_WORDS):
        alive &= linked[leads + step - 1]
        alive &= ends[np.minimum(leads + step, len(ends) - 1)] - starts[leads] <= LONGEST_GROUP
        last[alive] = leads[alive] + step
    begin = starts[leads].astype(np.int64)
    forms = blank_after(
        gather(text.translate(_GROUP_TABLE), begin, LONGEST_GROUP), ends[last] - begin
    )
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(LONGEST_GROUP), len(leads), [None, pa.py_buffer(np.ascontiguousarray(forms))]
    ).dictionary_encode()
    dictionary = pa.array(
        [form.rstrip(b"\0") for form in column.dictionary.to_pylist()], pa.binary()
    )
    yield from _placed(
        column.indices.to_numpy(zero_copy_only=False), dictionary, begin, index.group
    )


def _placed(codes: _Offsets, shapes: pa.Array, starts: Ints, look_up: _LookUp) -> Iterator[Spans]:
    placements = {
        code: (shape, where)
        for code, shape in _worth_asking(codes, shapes)
        if (where := look_up(shape))
    }
    live = np.zeros(len(shapes), np.bool_)
    live[list(placements)] = True
    rows = np.flatnonzero(live[codes])
    if not len(rows):
        return
    rows = rows[np.argsort(codes[rows], kind="stable")]
    found = codes[rows]
    bounds = np.flatnonzero(np.concatenate([[True], found[1:] != found[:-1], [True]])).tolist()
    for low, high in pairwise(bounds):
        shape, where = placements[int(found[low])]
        begin = starts[rows[low:high]]
        for place in where:
            form = shape[place.start : place.start + place.length]
            yield Spans(place.detector, begin + place.start, place.length, form)


def _worth_asking(codes: _Offsets, shapes: pa.Array) -> Iterator[tuple[int, str]]:
    """The distinct shapes in use that could belong to an identifier at all."""
    _, offset_buffer, data = shapes.buffers()
    if data is None:
        return
    offsets = np.frombuffer(offset_buffer, np.int32)[: len(shapes) + 1].astype(np.int64)
    flat = np.frombuffer(data, np.uint8)[: offsets[-1]]
    digit, letter = flat == _DIGIT, flat == _LETTER
    digits = np.concatenate([[0], np.cumsum(digit)])
    turn = np.zeros(len(flat) + 1, np.int64)
    turn[1:-1] = (digit[1:] & letter[:-1]) | (letter[1:] & digit[:-1])
    turns = np.cumsum(turn)
    low, high = offsets[:-1], offsets[1:]
    used = np.zeros(len(shapes), np.bool_)
    used[codes] = True
    worth = used & (digits[high] - digits[low] >= _FEWEST_DIGITS)
    worth &= turns[np.maximum(high - 1, 0)] - turns[np.minimum(low, len(flat))] <= _MOST_TURNS
    raw = flat.tobytes()
    for code in np.flatnonzero(worth).tolist():
        yield code, raw[offsets[code] : offsets[code + 1]].decode("ascii")
