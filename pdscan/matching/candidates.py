"""Candidates of all detectors in a window, each judged by its own text.

Where they come from: words and groups of words by their shapes, runs around an anchor, cells and
surroundings known by what stands beside them, the detectors' own expressions, and what annotators
say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import hyperscan
import numpy as np

from pdscan.columns import blank_after, filled, gather, is_one_of, left_justify, stack
from pdscan.detectors.interface import (
    Annotator,
    Candidates,
    Detector,
    Judged,
    Levels,
    Regex,
    Run,
    Shape,
)
from pdscan.matching import annotating, tokens
from pdscan.matching.distinct import once_each
from pdscan.matching.labels import LabelIndex
from pdscan.matching.regions import Regions, merge
from pdscan.matching.shapes import ShapeIndex
from pdscan.matching.signs import Signed, SignIndex, labelled_cells
from pdscan.matching.text import SIGHT, Stretch, stretch, untouched
from pdscan.model import Bytes2D, Ints, Layout

_SIGHT = 8  # bytes beside a match that show its borders
_NARROW = 64  # bytes; longer candidates are judged apart, so that one does not widen all


@dataclass(frozen=True, slots=True)
class Batch:
    """n judged candidates of one detector, in window offsets.

    ``flags`` has a bit for each name of evidence, see `CandidateFinder.flag_names`; ``label`` is
    one that stands right before the candidates, in the text.
    """

    detector: int
    starts: Ints
    ends: Ints
    level: Levels
    flags: Ints
    canonical: Bytes2D
    label: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """A window and where in it there may be candidates, by digits and anchors: k × 2 byte offsets.

    The text goes on beyond the window where ``cut_left``/``cut_right``.
    """

    window: bytes
    bounds: Ints
    cut_left: bool = False
    cut_right: bool = False

    @property
    def is_dense(self) -> bool:
        """Whether signs of candidates are everywhere."""
        return len(self.bounds) == 1 and (self.bounds[0] == (0, len(self.window))).all()


class CandidateFinder:
    """The finders of all detectors in force, compiled; the last detectors are the annotators'."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        labels: LabelIndex,
        annotators: Sequence[Annotator] = (),
        context_distance: int = 0,
    ) -> None:
        self._context_distance = context_distance
        self._annotators = annotating.numbered(annotators, end=len(detectors))
        self._detectors = detectors
        self._labels = labels
        self._shapes = ShapeIndex(detectors)
        self._regions = Regions(detectors)
        self._signs = SignIndex(detectors, labels)
        self._regexes = _compile_regexes(detectors)
        #: The names of the evidence flags of each detector, by bit.
        self.flag_names: dict[int, list[str]] = {}
        finders = [finder for detector in detectors for finder in detector.finders]
        longest = max((f.longest for f in finders if not isinstance(f, Shape)), default=0)
        #: How far a candidate may reach, with what must be seen beside it; in bytes.
        self.reach = max(self._regions.margin, longest + _SIGHT, *(a.reach for a in annotators))

    def survey(self, window: bytes, *, cut_left: bool, cut_right: bool) -> Survey:
        """Looks where in `window` there may be candidates."""
        return Survey(window, self._regions.find(window), cut_left, cut_right)

    def pieces(self, survey: Survey) -> Ints | None:
        """The parts of the window (k × 2 byte offsets) that have all candidates and what is near
        them, of all finders; None where it is not worth it to take them out.
        """
        if self._annotators:
            return None
        extents = self._signs.extents(survey.window)
        if extents is None:
            return None
        lows, highs = [survey.bounds[:, 0], extents[0]], [survey.bounds[:, 1], extents[1]]
        if self._regexes is not None:
            for _, starts, ends in self._regexes.find(survey.window):
                lows.append(starts - _SIGHT)
                highs.append(ends + _SIGHT)
        low = np.concatenate(lows) - self._context_distance - SIGHT
        high = np.concatenate(highs) + self._context_distance + SIGHT
        return merge(low, high, len(survey.window))

    def find(self, survey: Survey, layout: Layout) -> Iterator[Batch]:
        """All candidates that their detector accepts."""
        window, cut_left, cut_right = survey.window, survey.cut_left, survey.cut_right
        whole = untouched(window, cut_left=cut_left, cut_right=cut_right)
        if len(survey.bounds):
            found = stretch(window, survey.bounds, cut_left=cut_left, cut_right=cut_right)
            by_detector: dict[int, list[tokens.Spans]] = {}
            for spans in tokens.find(found.text, self._shapes):
                by_detector.setdefault(spans.detector, []).append(spans)
            for number, detector in enumerate(self._detectors):
                if number in by_detector:
                    yield from self._judge_shapes(number, found, by_detector[number])
                for finder in detector.finders:
                    if isinstance(finder, Run):
                        starts, ends = _runs_around(found.text, finder)
                        yield from self._judge_spans(number, found, starts, ends)
        cells: dict[int, tuple[Ints, Ints]] = {}
        for number, starts, ends in labelled_cells(self._detectors, self._labels, window, layout):
            cells[number] = starts, ends
            yield from self._judge_spans(number, whole, starts, ends)
        for signed in self._signs.find(window, layout):
            if signed.anchors is not None and signed.detector in cells:
                signed = _outside(signed, *cells[signed.detector])
            for batch in self._judge_spans(
                signed.detector, whole, signed.starts, signed.ends, signed.anchors
            ):
                yield replace(batch, label=signed.label)
        if self._regexes is not None:
            for number, starts, ends in self._regexes.find(window):
                yield from self._judge_spans(number, whole, starts, ends)
        for said in annotating.find(self._annotators, window, layout):
            for batch in self._judge_spans(said.detector, whole, said.starts, said.ends):
                flags = batch.flags | self._flag(said.detector, said.evidence)
                yield replace(batch, level=np.full_like(batch.level, said.level), flags=flags)

    def _judge_shapes(
        self, number: int, found: Stretch, groups: list[tokens.Spans]
    ) -> Iterator[Batch]:
        strip = self._detectors[number].strip
        chars, raws, lengths = [], [], []
        for spans in groups:
            raw = gather(found.text, spans.starts, spans.length)
            keep = [i for i, code in enumerate(spans.shape.encode()) if code not in strip]
            chars.append(raw if len(keep) == spans.length else raw[:, keep])
            raws.append(raw)
            lengths.append(np.full(len(raw), len(keep), np.int64))
        starts = np.concatenate([spans.starts for spans in groups])
        raw_length = np.concatenate([np.full(len(s.starts), s.length, np.int64) for s in groups])
        candidates = Candidates(
            self._fold(number, stack(chars)), np.concatenate(lengths), stack(raws), raw_length
        )
        judged = self._detectors[number].judge(candidates)
        yield from self._judged(number, found, starts, starts + raw_length, candidates, judged)

    def _judge_spans(
        self, number: int, found: Stretch, starts: Ints, ends: Ints, anchors: Ints | None = None
    ) -> Iterator[Batch]:
        wide = ends - starts > _NARROW
        for rows in (np.flatnonzero(~wide), np.flatnonzero(wide)):
            if not len(rows):
                continue
            first, last = starts[rows], ends[rows]
            length = last - first
            raw = blank_after(gather(found.text, first, int(length.max())), length)
            strip = self._detectors[number].strip
            chars, kept = raw, length
            if strip:
                chars, kept = left_justify(raw, filled(raw, length) & ~is_one_of(raw, strip))
            anchor = None if anchors is None else anchors[rows] - first
            candidates = Candidates(self._fold(number, chars), kept, raw, length, anchor)
            judged = once_each(self._detectors[number].judge, candidates)
            yield from self._judged(number, found, first, last, candidates, judged)

    def _fold(self, number: int, chars: Bytes2D) -> Bytes2D:
        if not self._detectors[number].fold_case:
            return chars
        lower = (chars >= 0x61) & (chars <= 0x7A)
        return chars - lower * np.uint8(0x20)

    def _judged(
        self, number: int, found: Stretch, starts: Ints, ends: Ints, candidates: Candidates,
        judged: Judged,
    ) -> Iterator[Batch]:  # fmt: skip
        if judged.trim_start is not None:
            starts = starts + judged.trim_start
        if judged.trim_end is not None:
            ends = ends - judged.trim_end
        rows = np.flatnonzero((judged.level >= 0) & (ends > starts))
        if not len(rows):
            return
        first = found.to_window(starts[rows])
        last = found.to_window(ends[rows] - 1) + 1
        seen = found.in_sight(first, last)
        rows, first, last = rows[seen], first[seen], last[seen]
        if not len(rows):
            return
        flags = np.zeros(len(rows), np.int64)
        for name, flag in judged.evidence.items():
            flags |= flag[rows] * self._flag(number, name)
        canonical = candidates.chars if judged.canonical is None else judged.canonical
        yield Batch(number, first, last, judged.level[rows], flags, canonical[rows])

    def _flag(self, number: int, name: str) -> int:
        """The bit that stands for evidence called `name` of detector `number`."""
        names = self.flag_names.setdefault(number, [])
        if name not in names:
            names.append(name)
        return 1 << names.index(name)


def _outside(signed: Signed, starts: Ints, ends: Ints) -> Signed:
    """The candidates whose sign is in none of the cells, which are judged as wholes."""
    assert signed.anchors is not None  # noqa: S101 - asked for those of `Around` only
    cell = np.searchsorted(starts, signed.anchors, side="left") - 1
    apart = (cell < 0) | (signed.anchors > ends[cell])
    return Signed(signed.detector, signed.starts[apart], signed.ends[apart], signed.anchors[apart])


def _runs_around(text: bytes, finder: Run) -> tuple[Ints, Ints]:
    """The runs of the finder's characters in `text` that hold its anchor."""
    anchor = finder.anchor.encode()
    if anchor not in text:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    table = bytearray(256)
    for code in finder.chars.encode():
        table[code] = 1
    if finder.beyond_ascii:
        table[0x80:] = b"\1" * 0x80
    codes = np.frombuffer(text, np.uint8)
    starts, ends = tokens.runs(np.frombuffer(text.translate(bytes(table)), np.bool_))
    holder = np.searchsorted(starts, np.flatnonzero(codes == anchor[0]), side="right") - 1
    count = np.bincount(holder, minlength=len(starts))
    good = (count >= finder.least) & (ends - starts <= finder.longest)
    return starts[good].astype(np.int64), ends[good].astype(np.int64)


class _Regexes:
    """Detectors that bring a regular expression of their own: found with start of match."""

    def __init__(self, expressions: list[tuple[int, Regex]]) -> None:
        self._expressions = expressions
        flags = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_UCP
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[regex.pattern.encode() for _, regex in expressions],
            ids=list(range(len(expressions))),
            flags=[
                flags | (hyperscan.HS_FLAG_CASELESS if regex.caseless else 0)
                for _, regex in expressions
            ],
        )

    def find(self, window: bytes) -> Iterator[tuple[int, Ints, Ints]]:
        """(detector, starts, ends) of the leftmost longest matches of each expression."""
        hits: dict[int, dict[int, int]] = {}

        def on_match(number: int, start: int, end: int, _flags: int, _context: object) -> None:
            longest = hits.setdefault(number, {})
            if end > longest.get(start, 0) and end - start <= self._expressions[number][1].longest:
                longest[start] = end

        self._database.scan(window, match_event_handler=on_match)
        for number, longest in sorted(hits.items()):
            detector, regex = self._expressions[number]
            starts: list[int] = []
            ends: list[int] = []
            for start in sorted(longest):
                end = longest[start]
                bordered = regex.bordered and _is_word_at(window, start, end)
                if (ends and start < ends[-1]) or bordered:
                    continue
                starts.append(start)
                ends.append(end)
            yield detector, np.array(starts, np.int64), np.array(ends, np.int64)


def _is_word_at(window: bytes, start: int, end: int) -> bool:
    """Whether a letter or digit stands right beside [start, end), so that it is cut from a word."""
    before = window[max(start - 4, 0) : start].decode("utf-8", "ignore")[-1:]
    after = window[end : end + 4].decode("utf-8", "ignore")[:1]
    return before.isalnum() or after.isalnum()


def _compile_regexes(detectors: Sequence[Detector]) -> _Regexes | None:
    expressions = [
        (number, finder)
        for number, detector in enumerate(detectors)
        for finder in detector.finders
        if isinstance(finder, Regex)
    ]
    return _Regexes(expressions) if expressions else None
