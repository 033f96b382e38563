"""Candidates that are known by what stands beside them: a label, or a sign within reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from pdscan.detectors.interface import Around, Cell, Detector
from pdscan.matching.databases import compiled, literal, matches, spellings
from pdscan.matching.extents import LONGEST_SIGN, Extents
from pdscan.matching.labels import LabelIndex, label_words
from pdscan.matching.text import on_characters
from pdscan.model import CellLayout, Ints, Layout

_COLON, _EQUALS = b":="
_ENDING = 3  # bytes at the end of a label that are compared before anything else is looked at
_MOST_BETWEEN = 4  # quotes and blanks between a label and its colon
_IS_BETWEEN = np.array([code in b"\\\"'] \t" for code in range(256)])
_LOWER = np.array([code | 0x20 if chr(code).isascii() and chr(code).isalpha() else code & 0xDF
                   if code >= 0x80 else code for code in range(256)], np.int64)  # fmt: skip
_LONGEST_LABEL = 48  # bytes
_TO_CELL = 160  # bytes between a colon and its value: blanks, a line break
# Where signs stand closer than this from the first ones on, they are held to be everywhere.
_BYTES_PER_SIGN = 160
_FIRST_SIGNS = 200
_MOST_WORDS = 3  # of a label in running text, with the words before it that may change it
_LABEL = re.compile(
    rb"((?:[\w\x80-\xff]+[ ._-]{1,2}){0,4}[\w\x80-\xff]+)[\\\"'\]]{0,3}[ \t]{0,3}[:=]$"
)
_LAST_WORD = re.compile(rb"(?:^|[ ._-])[A-Z][^ ._-]*$")  # with a capital: of a form, not of code
_NONE = np.zeros(0, np.int64)
_TO_VALUE = re.compile(rb"[ \t]*(?:\r?\n[ \t]*(?=[^:=\n]*(?:\n|\Z)))?(\\?[\"'])?")
_TO_VALUE_ON_LINE = re.compile(rb"[ \t]*(\\?[\"'])?")


@dataclass(frozen=True, slots=True)
class Signed:
    """Candidates of one detector, in window offsets; ``label`` is the word that named them."""

    detector: int
    starts: Ints
    ends: Ints
    anchors: Ints | None = None
    label: str = ""


def labelled_cells(
    detectors: Sequence[Detector],
    labels: LabelIndex,
    window: bytes,
    layout: Layout,
) -> Iterator[tuple[int, Ints, Ints]]:
    """(detector, starts, ends) of the cells that belong to a kind by the name of their field."""
    by_field = layout.cells if isinstance(layout, CellLayout) else None
    for number, detector in enumerate(detectors):
        for finder in detector.finders:
            if not isinstance(finder, Cell):
                continue
            if by_field is not None:
                starts, ends = by_field(partial(_speaks, labels, number))
                fits = ends - starts <= finder.longest
                if fits.any():
                    yield number, starts[fits], ends[fits]


class SignIndex:
    """The signs of `Around` and the labels of `Cell`, compiled."""

    def __init__(self, detectors: Sequence[Detector], labels: LabelIndex) -> None:
        self._labels = labels
        self._cells = {
            number: finder
            for number, detector in enumerate(detectors)
            for finder in detector.finders
            if isinstance(finder, Cell)
        }
        names = {label_words(label) for d in self._cells for label in detectors[d].labels}
        self._endings = np.unique(
            np.array([int.from_bytes(_ending(name.encode()), "big") for name in names], np.int64)
        )
        self._around = [
            (number, finder)
            for number, detector in enumerate(detectors)
            for finder in detector.finders
            if isinstance(finder, Around)
        ]
        self._then = [
            re.compile(finder.sign.encode(), re.IGNORECASE if finder.caseless else 0)
            for _, finder in self._around
        ]
        words = [
            (spelling, number)
            for number, (_, finder) in enumerate(self._around)
            for word in finder.words
            for spelling in (spellings(word) if finder.caseless else (word,))
        ]
        self._of_word = np.array([number for _, number in words], np.int64)
        # Spelled out, because literals with and without case slow one another down.
        self._words = compiled([literal(word) for word, _ in words])
        self._extents = Extents([finder for _, finder in self._around], self._then)
        self._longest_cell = max((cell.longest for cell in self._cells.values()), default=0)
        # One database for each: together they would fall back to a slower automaton.
        self._expressions = [
            (number, compiled([finder.sign.encode()]))
            for number, (_, finder) in enumerate(self._around)
            if not finder.words
        ]

    def extents(self, window: bytes) -> tuple[Ints, Ints] | None:
        """The byte ranges around all signs in which their candidates lie, in any order; None where
        signs are everywhere.
        """
        most = _FIRST_SIGNS + len(window) // _BYTES_PER_SIGN
        found = self._extents.find(window, most)
        labels = self._label_ends(window)
        if found is None or len(labels) > most:
            return None
        low = np.concatenate([found[0], labels - _LONGEST_LABEL])
        return low, np.concatenate([found[1], labels + _TO_CELL + self._longest_cell])

    def find(self, window: bytes, layout: Layout) -> Iterator[Signed]:
        """The candidates beside all signs in `window`, each within its cell."""
        for number, found in sorted(self._signs(window).items()):
            detector, finder = self._around[number]
            anchors = np.unique(found)
            if not len(anchors):
                continue
            low, high = _cells(layout, anchors)
            starts = on_characters(window, np.maximum(anchors - finder.before, low))
            last = on_characters(window, np.minimum(anchors + finder.after, high))
            if finder.until:
                last = np.minimum(last, _first_behind(window, finder.until, anchors))
            inside = anchors <= high
            if inside.any():
                yield Signed(detector, starts[inside], last[inside], anchors[inside])
        labels = self._label_ends(window)
        if len(labels):
            low, high = _cells(layout, labels)
            yield from self._values(window, labels.tolist(), low.tolist(), high.tolist())

    def _signs(self, window: bytes) -> dict[int, Ints]:
        """Where the signs of each `Around` end."""
        hits: dict[int, list[Ints]] = {}
        if len(self._of_word):
            # The beginning of the text counts as a line break before it.
            for text, shift in ((window, 0), (b"\n" + window[:LONGEST_SIGN], 1)):
                for number, ends in self._behind_words(text):
                    hits.setdefault(number, []).append(ends - shift)
        for number, database in self._expressions:
            _, ends = matches(database, window)
            if len(ends):
                hits[number] = [ends]
        return {number: np.concatenate(ends) for number, ends in hits.items()}

    def _behind_words(self, text: bytes) -> Iterator[tuple[int, Ints]]:
        """Where the signs that begin with words end, by the number of their `Around`."""
        words, ends = matches(self._words, text)
        numbers = self._of_word[words]
        for number in np.flatnonzero(np.bincount(numbers)).tolist():
            mine = ends[numbers == number]
            then = self._then[number]
            if then.pattern:
                signs = (then.match(text, end) for end in mine.tolist())
                mine = np.array([sign.end() for sign in signs if sign], np.int64)
            yield number, mine

    def _label_ends(self, window: bytes) -> Ints:
        """Where colons and equals signs end that stand behind what may be a label."""
        if not len(self._endings):
            return np.zeros(0, np.int64)
        codes = np.frombuffer(window, np.uint8)
        at = np.flatnonzero((codes - np.uint8(_COLON)) <= _EQUALS - _COLON)
        at = at[(codes[at] == _COLON) | (codes[at] == _EQUALS)]
        last = at - 1
        for _ in range(_MOST_BETWEEN):
            last = np.where(_IS_BETWEEN[codes[np.maximum(last, 0)]] & (last > 0), last - 1, last)
        ending = np.zeros(len(at), np.int64)
        for back in range(_ENDING - 1, -1, -1):
            ending = (ending << 8) | np.where(
                last >= back, _LOWER[codes[np.maximum(last - back, 0)]], 0
            )
        behind_label: Ints = at[np.isin(ending, self._endings)] + 1
        return behind_label

    def _values(
        self, window: bytes, ends: Sequence[int], lows: Sequence[int], highs: Sequence[int]
    ) -> Iterator[Signed]:
        found: dict[tuple[int, str], tuple[list[int], list[int]]] = {}
        for end, low, high in zip(ends, lows, highs, strict=True):
            name = _LABEL.search(window, max(low, end - _LONGEST_LABEL), end)
            named = self._named_by(name[1]) if name else None
            if not named or window[end : end + 1] in (b"=", b":", b">"):
                continue
            to_value = _TO_VALUE if window[end - 1 : end] == b":" else _TO_VALUE_ON_LINE
            lead = to_value.match(window, end, high)
            assert lead is not None  # noqa: S101 - every part of the expression may be empty
            start = lead.end()
            for detector, word in named.items():
                cell = self._cells[detector]
                starts, stops = found.setdefault((detector, word), ([], []))
                starts.append(start)
                stops.append(
                    _find(window, lead[1] or b"\n", start, min(start + cell.longest, high),
                          1 if lead[1] else cell.lines)
                )  # fmt: skip
        for (detector, word), (starts, stops) in sorted(found.items()):
            begin, last = np.array(starts, np.int64), np.array(stops, np.int64)
            last = on_characters(window, last)
            filled = last > begin
            if filled.any():
                yield Signed(detector, begin[filled], last[filled], label=word)

    def _named_by(self, label: bytes) -> Mapping[int, str]:
        """The detectors of cells whose label stands at the end of `label`, with that label."""
        words = label_words(label.decode("utf-8", "replace")).split()[-_MOST_WORDS:]
        named = self._labels.at_end(" ".join(words))
        in_form = _LAST_WORD.search(label)
        return {
            number: word
            for number, word in named.items()
            if number in self._cells and (in_form or not self._labels.is_weak(number, word))
        }


def _find(window: bytes, sign: bytes, start: int, stop: int, times: int) -> int:
    """Where `sign` stands for the last of so many times in [start, stop), or `stop`."""
    for _ in range(times):
        found = window.find(sign, start, stop)
        if found < 0:
            return stop
        start = found + 1
    return found


def _speaks(labels: LabelIndex, detector: int, name: str) -> bool:
    return detector in labels(name)


def _ending(label: bytes) -> bytes:
    return bytes(int(_LOWER[code]) for code in label[-_ENDING:])


def _cells(layout: Layout, offsets: Ints) -> tuple[Ints, Ints]:
    """The borders of the cells around the characters that end at `offsets`."""
    places = layout.place(offsets - 1)
    return places.cell_start, places.cell_end


def _first_behind(window: bytes, signs: bytes, offsets: Ints) -> Ints:
    """Where the first of `signs` stands at or behind each offset; the end where there is none."""
    wanted = np.isin(np.arange(256), list(signs))
    at = np.append(np.flatnonzero(wanted[np.frombuffer(window, np.uint8)]), len(window))
    found: Ints = at[np.searchsorted(at, offsets)]
    return found
