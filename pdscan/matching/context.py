"""Words near a candidate that speak for it or against it."""

from __future__ import annotations

from collections.abc import Sequence

import hyperscan
import numpy as np
import numpy.typing as npt

from pdscan.detectors.interface import Detector
from pdscan.matching.labels import label_words, path_steps
from pdscan.model import Ints

_STEM = 5  # characters; a shorter word must stand alone, a longer one may go on (inflection)
_KNOWN = 50_000  # labels remembered before the memory is begun anew
_BEHIND = 12  # bytes that a word behind a candidate counts as farther away: names come first
_NOWHERE = np.iinfo(np.int64).max
_ENDINGS = (
    "n", "a", "ä", "t", "s", "in", "en", "et", "er", "ar", "or", "ia", "iä", "na", "nä", "ne",
    "lla", "llä", "lta", "ltä", "lle", "ssa", "ssä", "sta", "stä", "ksi", "ni", "si", "mme",
    "nne", "nsa", "nsä", "ens", "ets",
)  # fmt: skip
_FOR, _AGAINST = 1, 2
_BYTES_A_LINE = 500  # searching for one line's end costs as much as indexing so many bytes
_NEWLINE, _RETURN = 0x0A, 0x0D
_FOLD = bytes.maketrans(b"_-\t\n\r", b"     ")


class ContextIndex:
    """All context and counter words of the detectors in force, compiled.

    `distance` is how far a word may stand from a candidate, in bytes of UTF-8.
    """

    def __init__(self, detectors: Sequence[Detector], distance: int) -> None:
        self._distance = distance
        words = sorted({w for d in detectors for w in (*d.context, *d.counter)})
        self.words = words
        numbers = {word: number for number, word in enumerate(words)}
        # Detector × word: 1 speaks for it, 2 against it.
        self._says = np.zeros((len(detectors), len(words)), np.uint8)
        for row, detector in enumerate(detectors):
            self._says[row, [numbers[word] for word in detector.context]] |= _FOR
            self._says[row, [numbers[word] for word in detector.counter]] |= _AGAINST
        self._against: dict[str, Ints] = {}
        self._sizes = np.array([len(w.encode()) for w in words], np.int64)
        self._alone = np.array([len(w) < _STEM for w in words], np.bool_)
        self._database = None
        if words:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[_literal(word) for word in words],
                ids=list(range(len(words))),
                flags=[hyperscan.HS_FLAG_CASELESS] * len(words),
            )

    def near(
        self, text: bytes, detector: npt.NDArray[np.int64], starts: Ints, ends: Ints,
        cell_starts: Ints, cell_ends: Ints,
    ) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:  # fmt: skip
        """The nearest word for and against each candidate, as indices into ``words`` (-1: none).

        Only words within the candidate's own cell [cell_start, cell_end) count; one for it not
        behind a blank line that follows, one against it not behind the end of its line, nor farther
        away than one for it. The last column tells where the word for it stands close before it, as
        a name does.
        """
        pro = np.full(len(starts), -1, np.int64)
        con = np.full(len(starts), -1, np.int64)
        low = np.maximum(starts - self._distance, cell_starts)
        high = np.minimum(ends + self._distance, cell_ends)
        roomy = (starts - low) + (high - ends) >= 2
        if self._database is None or not roomy.any():
            return pro, con, pro >= 0
        word, first, last = self._hits(text, low[roomy], high[roomy])
        if not len(word):
            return pro, con, pro >= 0
        farthest = np.full(len(starts), _NOWHERE)
        close = np.zeros(len(starts), np.bool_)
        line_end = _line_ends(text, ends, high)
        paragraph_end = np.where(_is_blank_behind(text, line_end), line_end, high)
        for number in np.unique(detector[roomy]).tolist():
            rows = np.flatnonzero(roomy & (detector == number))
            says = self._says[number][word]
            for wanted, found, limit in (
                (_FOR, pro, paragraph_end), (_AGAINST, con, line_end)
            ):  # fmt: skip
                which = (says & wanted) != 0
                if not which.any():
                    continue
                nearest, gap = _nearest(
                    word[which], first[which], last[which],
                    starts[rows], ends[rows], low[rows], limit[rows],
                )  # fmt: skip
                found[rows] = np.where(gap <= farthest[rows], nearest, -1)
                farthest[rows] = gap
                if wanted == _FOR:
                    close[rows] = gap < _BEHIND
        return pro, con, close

    def against(self, field: str) -> Ints:
        """For each detector a word in the name of a field that speaks against it (-1: none)."""
        known = self._against.get(field)
        if known is None:
            if len(self._against) >= _KNOWN:
                self._against.clear()
            known = self._against[field] = self._look_up(
                label_words("".join(path_steps(field)[-1:]))
            )
        return known

    def _look_up(self, name: str) -> Ints:
        found = np.full(len(self._says), -1, np.int64)
        if self._database is not None and name:
            text = name.encode()
            word, _, _ = self._hits(text, np.array([0]), np.array([len(text)]))
            for number in word.tolist():
                found[self._says[:, number] == _AGAINST] = number
        return found

    def _hits(self, text: bytes, low: Ints, high: Ints) -> tuple[Ints, Ints, Ints]:
        """Words in the union of the ranges, with their spans, ordered by end."""
        order = np.argsort(low, kind="stable")
        low, high = low[order], np.maximum.accumulate(high[order])
        apart = low[1:] > high[:-1]
        firsts = low[np.concatenate([[True], apart])].tolist()
        lasts = high[np.concatenate([apart, [True]])].tolist()
        # The byte on either side of a range shows whether a word at its edge stands alone.
        pieces = [
            text[max(first - 1, 0) : last + 1] for first, last in zip(firsts, lasts, strict=True)
        ]
        joined = b"\0".join(pieces).translate(_FOLD)
        lengths = np.fromiter(map(len, pieces), np.int64, len(pieces)) + 1
        here = np.cumsum(lengths) - lengths
        there = np.maximum(np.array(firsts, np.int64) - 1, 0)
        ids: list[int] = []
        tos: list[int] = []
        add_id, add_to = ids.append, tos.append

        def on_match(number: int, _from: int, to: int, _flags: int, _context: object) -> None:
            add_id(number)
            add_to(to)

        assert self._database is not None  # noqa: S101 - near() looked
        self._database.scan(joined, match_event_handler=on_match)
        word, to = np.array(ids, np.int64), np.array(tos, np.int64)
        begin = to - self._sizes[word]
        codes = np.frombuffer(joined + b"\0", np.uint8)
        good = ~_is_letter(codes[np.maximum(begin - 1, 0)]) | (begin == 0)
        good &= ~(self._alone[word] & _is_letter(codes[to])) | _is_inflected(codes, to)
        word, begin, to = word[good], begin[good], to[good]
        piece = np.searchsorted(here, begin, side="right") - 1
        shift = there[piece] - here[piece]
        return word, begin + shift, to + shift


def _nearest(
    word: Ints, first: Ints, last: Ints, starts: Ints, ends: Ints, low: Ints, high: Ints
) -> tuple[Ints, Ints]:
    """For each range the word nearest to the candidate within it (-1: none), and how near."""
    found = np.full(len(starts), -1, np.int64)
    before = np.searchsorted(last, starts, side="right") - 1
    has_before = (before >= 0) & (first[before] >= low)
    order = np.argsort(first, kind="stable")
    after = np.minimum(np.searchsorted(first[order], ends, side="left"), len(order) - 1)
    after_word = order[after]
    has_after = (first[after_word] >= ends) & (last[after_word] <= high)
    gap_before = np.where(has_before, starts - last[before], _NOWHERE)
    gap_after = np.where(has_after, first[after_word] - ends + _BEHIND, _NOWHERE)
    found[has_after] = word[after_word[has_after]]
    nearer = has_before & (gap_before <= gap_after)
    found[nearer] = word[before[nearer]]
    return found, np.minimum(gap_before, gap_after)


def _line_ends(text: bytes, offsets: Ints, limits: Ints) -> Ints:
    """Where the lines of `offsets` end, at most at `limits`."""
    bounded: Ints
    if len(offsets) > len(text) // _BYTES_A_LINE:
        breaks = np.append(np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE), len(text))
        bounded = np.minimum(breaks[np.searchsorted(breaks, offsets)], limits)
        return bounded
    pairs = zip(offsets.tolist(), limits.tolist(), strict=True)
    found = (text.find(b"\n", start, limit) for start, limit in pairs)
    ends = np.fromiter(found, np.int64, len(offsets))
    bounded = np.where(ends < 0, limits, ends)
    return bounded


def _is_blank_behind(text: bytes, line_ends: Ints) -> npt.NDArray[np.bool_]:
    """Whether the line behind each of `line_ends` is blank."""
    codes = np.frombuffer(text + b"\0\0\0", np.uint8)
    second = np.where(codes[line_ends + 1] == _RETURN, codes[line_ends + 2], codes[line_ends + 1])
    found: npt.NDArray[np.bool_] = (codes[line_ends] == _NEWLINE) & (second == _NEWLINE)
    return found


def _is_inflected(codes: npt.NDArray[np.uint8], offsets: Ints) -> npt.NDArray[np.bool_]:
    """Whether a Finnish or Swedish case ending begins at `offsets` and ends the word."""
    reach = np.minimum(offsets[:, None] + np.arange(_LONGEST_ENDING + 1), len(codes) - 1)
    tail = codes[reach]
    letters = np.logical_and.accumulate(_is_letter(tail), axis=1)
    folded = np.where(letters, tail | np.where(tail < 0x80, 0x20, 0), 0).astype(np.int64)
    packed = folded @ (256 ** np.arange(_LONGEST_ENDING, -1, -1))
    found: npt.NDArray[np.bool_] = np.isin(packed, _PACKED_ENDINGS)
    return found


_LONGEST_ENDING = max(len(ending.encode()) for ending in _ENDINGS)
_PACKED_ENDINGS = np.array([
    int.from_bytes(ending.encode().ljust(_LONGEST_ENDING + 1, b"\0"), "big")
    for ending in _ENDINGS
])  # fmt: skip


def _literal(word: str) -> bytes:
    """`word` as an expression over bytes; letters beyond ASCII in both cases, which take the same
    number of bytes in all languages that the detectors speak.
    """
    parts = []
    for char in word.replace("-", " ").replace("_", " "):  # as the text that is searched
        if not char.isascii():
            parts.append(b"(?:" + char.lower().encode() + b"|" + char.upper().encode() + b")")
        else:
            parts.append(char.encode() if char.isalnum() or char == " " else b"\\" + char.encode())
    return b"".join(parts)


def _is_letter(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    folded = codes | 0x20
    return ((folded >= 0x61) & (folded <= 0x7A)) | (codes >= 0x80)
