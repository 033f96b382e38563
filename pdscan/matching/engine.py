"""One window of text in, judged findings out.

The stages: find signs (`regions`), cut candidates (`tokens` and here), let the detectors judge them
column by column, weigh words and labels around them, settle conflicts, and fingerprint what stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import hyperscan
import numpy as np
import pyarrow as pa

from pdscan.detectors.interface import Candidates, Detector, Levels, Regex, Run
from pdscan.matching import conflicts, tokens
from pdscan.matching.context import ContextIndex, LabelIndex
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.matching.regions import Regions
from pdscan.matching.shapes import ShapeIndex
from pdscan.matching.text import Stretch, blank_after, gather, left_justify, stack
from pdscan.model import Bytes2D, Ints, Layout, Likelihood, Places

CONTEXT_DISTANCE = 60  # bytes
_SIGHT = 8  # bytes beside a match that show its borders
_NARROW = 64  # bytes; longer candidates are judged apart, so that one does not widen all
_MOST_FLAGS = 8


@dataclass(frozen=True, slots=True)
class Hits:
    """n findings in a window, ordered by start; offsets are bytes in the window.

    ``evidence`` indexes ``evidences``. ``canonical`` and ``canonical_length`` are the values to
    fingerprint, per detector: row i of the hits is row ``row[i]`` of ``canonical[detector[i]]``.
    """

    detector: Ints
    start: Ints
    end: Ints
    likelihood: Levels
    evidence: Ints
    evidences: Sequence[str]
    places: Places
    row: Ints
    canonical: dict[int, Bytes2D]

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Judged candidates of one detector, in window offsets."""

    detector: int
    starts: Ints
    ends: Ints
    level: Levels
    flags: Ints
    canonical: Bytes2D


@dataclass(frozen=True, slots=True)
class _Found:
    """n candidates; ``row`` is that of the canonical form among those of the detector."""

    detector: Ints
    start: Ints
    end: Ints
    level: Levels
    flags: Ints
    row: Ints

    def take(self, rows: Ints) -> _Found:
        return _Found(
            self.detector[rows], self.start[rows], self.end[rows],
            self.level[rows], self.flags[rows], self.row[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What speaks for and against n candidates: a label (0: none), words nearby (-1: none)."""

    label: Ints
    pro: Ints
    con: Ints
    label_words: list[str]

    @property
    def weight(self) -> Ints:
        """For settling conflicts between candidates of equal likelihood."""
        weight: Ints = (self.label > 0) * 200 + (self.pro >= 0) * 100
        return weight

    def take(self, rows: Ints) -> _Surroundings:
        return _Surroundings(self.label[rows], self.pro[rows], self.con[rows], self.label_words)


class Engine:
    """The detectors in force, compiled; stateless between windows."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        *,
        minimum: Likelihood = Likelihood.POSSIBLE,
        context_distance: int = CONTEXT_DISTANCE,
    ) -> None:
        self.detectors = tuple(detectors)
        self._minimum = minimum
        self._shapes = ShapeIndex(detectors)
        self._regions = Regions(detectors)
        self._context = ContextIndex(detectors, context_distance)
        self._labels = LabelIndex(detectors)
        self._needy = np.array([d.needs_context for d in detectors], np.bool_)
        self._regexes = _compile_regexes(detectors)
        self._flag_names: dict[int, list[str]] = {}
        #: How far from where a window was cut a finding must stand to be judged with certainty.
        longest = max(
            (f.longest for d in detectors for f in d.finders if isinstance(f, Regex)), default=0
        )
        self.reserve = 2 * max(self._regions.margin, longest + _SIGHT) + context_distance

    def match(
        self,
        window: bytes,
        layout: Layout,
        *,
        cut_left: bool = False,
        cut_right: bool = False,
    ) -> Hits | None:
        """The findings in `window`, whose cells `layout` knows; None where there is none.

        The text goes on beyond the window where `cut_left`/`cut_right`: what stands closer than
        ``reserve`` bytes to such an end is not reliable.
        """
        batches = list(self._batches(window, cut_left=cut_left, cut_right=cut_right))
        if not batches:
            return None
        found, canonical = _together(batches)
        places = layout.place(found.start)
        inside = np.flatnonzero((found.start >= places.cell_start) & (found.end <= places.cell_end))
        found, places = found.take(inside), _rows(places, inside)
        surroundings = self._surroundings(window, found, places)
        level = self._weigh(found, surroundings)
        score = level.astype(np.int64) * 1000 + surroundings.weight + _popcount(found.flags) * 10
        stays, rival = conflicts.resolve(found.start, found.end, score, found.detector)
        kept = np.flatnonzero(stays & (level >= self._minimum))
        if not len(kept):
            return None
        found = found.take(kept)
        evidence, evidences = self._explain(found, surroundings.take(kept), rival[kept])
        return Hits(
            found.detector, found.start, found.end, level[kept], evidence, evidences,
            _rows(places, kept), found.row, canonical,
        )  # fmt: skip

    # -- candidates ------------------------------------------------------------------------

    def _batches(self, window: bytes, *, cut_left: bool, cut_right: bool) -> Iterator[_Batch]:
        found = self._regions.find(window, cut_left=cut_left, cut_right=cut_right)
        if found is not None and found.text:
            by_detector: dict[int, list[tokens.Spans]] = {}
            for spans in tokens.find(found.text, self._shapes):
                by_detector.setdefault(spans.detector, []).append(spans)
            for number, detector in enumerate(self.detectors):
                if number in by_detector:
                    yield from self._judge_shapes(number, found, by_detector[number])
                for finder in detector.finders:
                    if isinstance(finder, Run):
                        starts, ends = _runs(found.text, finder)
                        yield from self._judge_spans(number, found, starts, ends)
        if self._regexes is not None:
            whole = Stretch(
                window, (), np.array([0 if not cut_left else 1]),
                np.array([len(window) - (1 if cut_right else 0)]),
            )  # fmt: skip
            for number, starts, ends in self._regexes.find(window):
                yield from self._judge_spans(number, whole, starts, ends)

    def _judge_shapes(
        self, number: int, found: Stretch, groups: list[tokens.Spans]
    ) -> Iterator[_Batch]:
        strip = self.detectors[number].strip
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
        yield from self._judged(number, found, starts, starts + raw_length, candidates)

    def _judge_spans(
        self, number: int, found: Stretch, starts: Ints, ends: Ints
    ) -> Iterator[_Batch]:
        wide = ends - starts > _NARROW
        for rows in (np.flatnonzero(~wide), np.flatnonzero(wide)):
            if not len(rows):
                continue
            first, last = starts[rows], ends[rows]
            length = last - first
            raw = blank_after(gather(found.text, first, int(length.max())), length)
            strip = np.frombuffer(self.detectors[number].strip, np.uint8)
            chars, kept = raw, length
            if len(strip):
                inside = np.arange(raw.shape[1]) < length[:, None]
                chars, kept = left_justify(raw, inside & ~np.isin(raw, strip))
            candidates = Candidates(self._fold(number, chars), kept, raw, length)
            yield from self._judged(number, found, first, last, candidates)

    def _fold(self, number: int, chars: Bytes2D) -> Bytes2D:
        if not self.detectors[number].fold_case:
            return chars
        lower = (chars >= 0x61) & (chars <= 0x7A)
        return np.where(lower, chars - np.uint8(0x20), chars)

    def _judged(
        self, number: int, found: Stretch, starts: Ints, ends: Ints, candidates: Candidates
    ) -> Iterator[_Batch]:
        judged = self.detectors[number].judge(candidates)
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
        names = self._flag_names.setdefault(number, [])
        flags = np.zeros(len(rows), np.int64)
        for name, flag in judged.evidence.items():
            if name not in names:
                names.append(name)
            flags |= flag[rows].astype(np.int64) << names.index(name)
        canonical = candidates.chars if judged.canonical is None else judged.canonical
        yield _Batch(number, first, last, judged.level[rows], flags, canonical[rows])

    # -- evidence --------------------------------------------------------------------------

    def _surroundings(self, window: bytes, found: _Found, places: Places) -> _Surroundings:
        words: list[str] = [""]
        table = np.zeros((len(places.fields), len(self.detectors)), np.int64)
        for number, name in enumerate(places.fields):
            for favoured, word in self._labels(name).items() if name else ():
                table[number, favoured] = len(words)
                words.append(word)
        pro, con = self._context.near(
            window, found.detector, found.start, found.end, places.cell_start, places.cell_end
        )
        return _Surroundings(table[places.field, found.detector], pro, con, words)

    def _weigh(self, found: _Found, around: _Surroundings) -> Levels:
        labelled, near = around.label > 0, around.pro >= 0
        level = found.level + np.where(labelled, 2, near) - ((around.con >= 0) & ~labelled)
        needy = self._needy[found.detector] & ~labelled & ~near
        level = np.where(needy, np.minimum(level, int(Likelihood.UNLIKELY)), level)
        weighed: Levels = np.clip(level, 0, int(Likelihood.VERY_LIKELY)).astype(np.int8)
        return weighed

    def _explain(self, found: _Found, around: _Surroundings, rival: Ints) -> tuple[Ints, list[str]]:
        """The evidence in words: distinct combinations once, and which one each finding has."""
        words = len(self._context.words) + 1
        columns = {
            "kind": (found.detector, len(self.detectors)),
            "flags": (found.flags, 1 << _MOST_FLAGS),
            "label": (around.label, len(around.label_words)),
            "near": (around.pro + 1, words),
            "against": (around.con + 1, words),
            "rival": (rival + 1, len(self.detectors) + 1),
        }
        code = np.zeros(len(found.start), np.int64)
        for column, width in columns.values():
            code = code * width + column
        distinct = pa.array(code).dictionary_encode()
        evidences = []
        for combined in distinct.dictionary.to_pylist():
            part = {}
            for name, (_, width) in reversed(columns.items()):
                combined, part[name] = divmod(combined, width)
            names = self._flag_names.get(part["kind"], [])
            said = [name for bit, name in enumerate(names) if part["flags"] >> bit & 1]
            if part["label"]:
                said.append(f"label: {around.label_words[part['label']]}")
            if part["near"]:
                said.append(f"near: {self._context.words[part['near'] - 1]}")
            if part["against"]:
                said.append(f"against: {self._context.words[part['against'] - 1]}")
            if part["rival"]:
                said.append(f"rather than: {self.detectors[part['rival'] - 1].kind}")
            evidences.append(EVIDENCE_SEPARATOR.join(said))
        return distinct.indices.to_numpy(zero_copy_only=False).astype(np.int64), evidences


def _runs(text: bytes, finder: Run) -> tuple[Ints, Ints]:
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
    inside = np.frombuffer(text.translate(bytes(table)), np.bool_)
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    edges = np.concatenate([
        np.zeros(int(inside[0]), np.int64), edges, np.full(int(inside[-1]), len(text), np.int64)
    ])  # fmt: skip
    starts, ends = edges[0::2], edges[1::2]
    holder = np.searchsorted(starts, np.flatnonzero(codes == anchor[0]), side="right") - 1
    count = np.bincount(holder, minlength=len(starts))
    good = (count >= finder.least) & (ends - starts <= finder.longest)
    return starts[good], ends[good]


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


def _together(batches: Sequence[_Batch]) -> tuple[_Found, dict[int, Bytes2D]]:
    """All candidates ordered by start, and their canonical forms by detector."""
    canonical: dict[int, list[Bytes2D]] = {}
    rows = []
    for batch in batches:
        known = canonical.setdefault(batch.detector, [])
        first = sum(map(len, known))
        rows.append(np.arange(first, first + len(batch.starts), dtype=np.int64))
        known.append(batch.canonical)
    start = np.concatenate([batch.starts for batch in batches])
    found = _Found(
        np.concatenate([np.full(len(b.starts), b.detector, np.int64) for b in batches]),
        start,
        np.concatenate([batch.ends for batch in batches]),
        np.concatenate([batch.level for batch in batches]),
        np.concatenate([batch.flags for batch in batches]),
        np.concatenate(rows),
    )
    return (
        found.take(np.argsort(start, kind="stable")),
        {number: stack(known) for number, known in canonical.items()},
    )


def _rows(places: Places, rows: Ints) -> Places:
    return replace(
        places, field=places.field[rows], record=places.record[rows],
        cell_start=places.cell_start[rows], cell_end=places.cell_end[rows],
        keys=None if places.keys is None else [places.keys[row] for row in rows.tolist()],
    )  # fmt: skip


def _popcount(flags: Ints) -> Ints:
    return sum(((flags >> bit) & 1 for bit in range(_MOST_FLAGS)), np.zeros(len(flags), np.int64))
