"""Candidates that are known by what stands beside them: a label, or a sign within reach."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import hyperscan
import numpy as np

from pdscan.detectors.interface import Around, Cell, Detector
from pdscan.matching.labels import LabelIndex, label_words
from pdscan.matching.text import on_characters
from pdscan.model import CellLayout, Ints, Layout

_COLON, _EQUALS = b":="
_ENDING = 3  # bytes at the end of a label that are compared before anything else is looked at
_MOST_BETWEEN = 4  # quotes and blanks between a label and its colon
_IS_BETWEEN = np.array([code in b"\\\"'] \t" for code in range(256)])
_LOWER = np.array([code | 0x20 if chr(code).isascii() and chr(code).isalpha() else code & 0xDF
                   if code >= 0x80 else code for code in range(256)], np.int64)  # fmt: skip
_LONGEST_SIGN = 128  # bytes, at the beginning of a text
_LONGEST_LABEL = 48  # bytes
_TO_CELL = 160  # bytes between a colon and its value: blanks, a line break
_WORDS_TOGETHER = 8  # of one expression: more take long to compile
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
            for spelling in (_spellings(word) if finder.caseless else (word,))
        ]
        self._of_word = np.array([number for _, number in words], np.int64)
        # Spelled out, because literals with and without case slow one another down.
        self._words = _compile([_literal(word) for word, _ in words])
        self._extents = _Extents([finder for _, finder in self._around], self._then)
        self._longest_cell = max((cell.longest for cell in self._cells.values()), default=0)
        # One database for each: together they would fall back to a slower automaton.
        self._expressions = [
            (number, _compile([finder.sign.encode()]))
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
            for text, shift in ((window, 0), (b"\n" + window[:_LONGEST_SIGN], 1)):
                for number, ends in self._behind_words(text):
                    hits.setdefault(number, []).append(ends - shift)
        for number, database in self._expressions:
            _, ends = _ends(database, window)
            if len(ends):
                hits[number] = [ends]
        return {number: np.concatenate(ends) for number, ends in hits.items()}

    def _behind_words(self, text: bytes) -> Iterator[tuple[int, Ints]]:
        """Where the signs that begin with words end, by the number of their `Around`."""
        words, ends = _ends(self._words, text)
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


class _Extents:
    """All signs in one database, words with what stands behind them: most are found as words only,
    and a text that has but such words need not be looked at any closer.
    """

    def __init__(self, around: Sequence[Around], then: Sequence[re.Pattern[bytes]]) -> None:
        self._signs = [
            (number, expression, words)
            for number, (finder, sign) in enumerate(zip(around, then, strict=True))
            for expression, words in _whole(finder, sign)
        ]
        self._before = np.array([finder.before + _LONGEST_SIGN for finder in around], np.int64)
        self._after = np.array([finder.after for finder in around], np.int64)

    @cached_property
    def _database(self) -> hyperscan.Database:
        """Made when it is first needed: it takes a third of a second for all kinds."""
        try:
            return _compile([expression for _, expression, _ in self._signs])
        except hyperscan.HyperscanError:  # it does not take all that `re` does
            return _compile([words for _, _, words in self._signs])

    def find(self, window: bytes, most: int) -> tuple[Ints, Ints] | None:
        """The extents of the candidates around all signs; None for more signs than `most`."""
        if not self._signs:
            return _NONE, _NONE
        try:
            # The beginning of the text counts as a line break before it.
            begin = _ends(self._database, b"\n" + window[:_LONGEST_SIGN], most)
            found, ends = _ends(self._database, window, most)
        except hyperscan.ScanTerminated:
            return None
        sign = np.array([number for number, _, _ in self._signs], np.int64)[
            np.concatenate([begin[0], found])
        ]
        end = np.concatenate([begin[1], ends])
        return end - self._before[sign], end + self._after[sign]


def _whole(finder: Around, sign: re.Pattern[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Expressions that end where the signs of `finder` do or behind that, and those of their words
    alone.
    """
    if not finder.words:
        yield finder.sign.encode(), finder.sign.encode()
        return
    spelled = [_literal(spelling) for word in finder.words
               for spelling in (_spellings(word) if finder.caseless else (word,))]  # fmt: skip
    behind = sign.pattern.replace(b"(?=", b"(?:")
    for first in range(0, len(spelled), _WORDS_TOGETHER):
        words = b"(?:" + b"|".join(spelled[first : first + _WORDS_TOGETHER]) + b")"
        yield words + (b"(?i:" if finder.caseless else b"(?:") + behind + b")", words


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


def _compile(expressions: Sequence[bytes]) -> hyperscan.Database:
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    if expressions:
        database.compile(
            expressions=list(expressions),
            ids=list(range(len(expressions))),
            flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
        )
    return database


def _ends(database: hyperscan.Database, text: bytes, most: int = sys.maxsize) -> tuple[Ints, Ints]:
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


def _spellings(word: str) -> list[str]:
    return sorted({word.lower(), word.upper(), word.capitalize(), word.title(),
                   word[:1] + word[1:].capitalize(), word[:1] + word[1:].upper()})  # fmt: skip


def _literal(word: str) -> bytes:
    return b"".join(b"\\x%02x" % code for code in word.encode())


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
