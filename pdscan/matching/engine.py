"""One window of text in, judged findings out.

The stages: find signs (`regions`), cut candidates (`tokens` and here), let the detectors judge them
column by column, weigh words and labels around them, settle conflicts, and fingerprint what stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import hyperscan
import numpy as np
import numpy.typing as npt

from pdscan.detectors.interface import Annotator, Candidates, Detector, Regex, Run, Shape
from pdscan.matching import annotating, conflicts, tokens
from pdscan.matching.context import ContextIndex, LabelIndex
from pdscan.matching.regions import Regions
from pdscan.matching.shapes import LONGEST_WORD, ShapeIndex
from pdscan.matching.signs import SignIndex, labelled_cells
from pdscan.matching.text import Stretch, blank_after, gather, left_justify, stack
from pdscan.model import Bytes2D, Ints, Layout, Likelihood, Places

CONTEXT_DISTANCE = 60  # bytes
_SLACK = 48  # bytes around the longest candidate: borders in sight, and the ends of signs
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
    likelihood: npt.NDArray[np.int8]
    evidence: Ints
    evidences: Sequence[str]
    places: Places | None
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
    level: npt.NDArray[np.int8]
    flags: Ints
    canonical: Bytes2D
    label: str = ""  # that stands right before the candidates, in the text


class Engine:
    """The detectors in force, compiled; stateless between windows."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        *,
        annotators: Sequence[Annotator] = (),
        minimum: Likelihood = Likelihood.POSSIBLE,
        context_distance: int = CONTEXT_DISTANCE,
    ) -> None:
        self._annotators = annotating.numbered(annotators, first=len(detectors))
        detectors = (*detectors, *(d for annotator in annotators for d in annotator.detectors))
        self.detectors = detectors
        self._minimum = minimum
        finders = [finder for detector in detectors for finder in detector.finders]
        runs = [finder.longest for finder in finders if isinstance(finder, Run)]
        longest = [finder.longest for finder in finders if not isinstance(finder, Shape)]
        self._shapes = ShapeIndex(detectors)
        self._regions = Regions(detectors, margin=max([LONGEST_WORD, *runs]) + _SLACK)
        self._context = ContextIndex(detectors, context_distance)
        self._labels = LabelIndex(detectors)
        self._regexes = _compile_regexes(detectors)
        self._signs = SignIndex(detectors, self._labels)
        self._flag_names: dict[int, list[str]] = {}
        #: How far from where a window was cut a finding must stand to be judged with certainty.
        self.reserve = 2 * (max([LONGEST_WORD, *longest]) + _SLACK) + context_distance
        self.reserve = max([self.reserve, *(annotator.reach for annotator in annotators)])

    def match(
        self,
        window: bytes,
        *,
        cut_left: bool = False,
        cut_right: bool = False,
        layout: Layout | None = None,
        label: str = "",
    ) -> Hits | None:
        """The findings in `window`; None where there is none.

        The text goes on beyond the window where `cut_left`/`cut_right`: what stands closer than
        ``reserve`` bytes to such an end is not reliable.
        """
        batches = list(self._batches(window, layout, label, cut_left=cut_left, cut_right=cut_right))
        if not batches:
            return None
        detector = np.concatenate([np.full(len(b.starts), b.detector, np.int64) for b in batches])
        start = np.concatenate([b.starts for b in batches])
        end = np.concatenate([b.ends for b in batches])
        level = np.concatenate([b.level for b in batches])
        flags = np.concatenate([b.flags for b in batches])
        row, canonical = _stack_canonical(batches)
        said = np.concatenate([np.full(len(b.starts), n, np.int64) for n, b in enumerate(batches)])

        order = np.argsort(start, kind="stable")
        detector, start, end, level, flags, row, said = (
            column[order] for column in (detector, start, end, level, flags, row, said)
        )
        places, label_code, label_words = self._label(layout, label, detector, start)
        said = np.array([bool(b.label) for b in batches])[said] * (len(label_words) + said)
        label_code = np.where(said > 0, said, label_code)
        label_words += [batch.label for batch in batches]
        cell_start, cell_end = _cells(places, len(start), len(window))
        inside = (start >= cell_start) & (end <= cell_end)
        pro, con = self._context.near(window, detector, start, end, cell_start, cell_end)
        level = self._weigh(detector, level, pro >= 0, con >= 0, label_code > 0)
        score = (
            level.astype(np.int64) * 1000
            + (label_code > 0) * 200 + (pro >= 0) * 100 + _popcount(flags) * 10
        )  # fmt: skip
        eligible = np.flatnonzero(inside)
        stays, rival = conflicts.resolve(
            start[eligible], end[eligible], score[eligible], detector[eligible]
        )
        kept = eligible[stays & (level[eligible] >= self._minimum)]
        if not len(kept):
            return None
        rivals = np.full(len(start), -1, np.int64)
        rivals[eligible] = rival
        evidence, evidences = self._explain(
            *(c[kept] for c in (detector, flags, pro, con, label_code, rivals)), label_words
        )
        return Hits(
            detector[kept], start[kept], end[kept], level[kept], evidence, evidences,
            _rows(places, kept), row[kept], canonical,
        )  # fmt: skip

    # -- candidates ------------------------------------------------------------------------

    def _batches(
        self, window: bytes, layout: Layout | None, label: str, *, cut_left: bool, cut_right: bool
    ) -> Iterator[_Batch]:
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
        whole = Stretch(
            window, (), np.array([0 if not cut_left else 1]),
            np.array([len(window) - (1 if cut_right else 0)]),
        )  # fmt: skip
        for number, starts, ends in labelled_cells(
            self.detectors, self._labels, window, layout, label
        ):
            yield from self._judge_spans(number, whole, starts, ends)
        for signed in self._signs.find(window, layout):
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
        self, number: int, found: Stretch, starts: Ints, ends: Ints, anchors: Ints | None = None
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
            anchor = None if anchors is None else anchors[rows] - first
            candidates = Candidates(self._fold(number, chars), kept, raw, length, anchor)
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
        flags = np.zeros(len(rows), np.int64)
        for name, flag in judged.evidence.items():
            flags |= flag[rows] * self._flag(number, name)
        canonical = candidates.chars if judged.canonical is None else judged.canonical
        yield _Batch(number, first, last, judged.level[rows], flags, canonical[rows])

    def _flag(self, number: int, name: str) -> int:
        """The bit that stands for evidence called `name` of detector `number`."""
        names = self._flag_names.setdefault(number, [])
        if name not in names:
            names.append(name)
        return 1 << names.index(name)

    # -- evidence --------------------------------------------------------------------------

    def _label(
        self, layout: Layout | None, label: str, detector: Ints, start: Ints
    ) -> tuple[Places | None, Ints, list[str]]:
        """Where the candidates lie, and the label word that speaks for each (0: none)."""
        places = layout.place(start) if layout is not None else None
        names: Sequence[str] = [label] if places is None else places.fields
        field = np.zeros(len(start), np.int64) if places is None else places.field
        words: list[str] = [""]
        table = np.zeros((len(names), len(self.detectors)), np.int64)
        for number, name in enumerate(names):
            for favoured, word in self._labels(name).items() if name else ():
                table[number, favoured] = len(words)
                words.append(word)
        code = np.where(field >= 0, table[field, detector], 0)
        return places, code, words

    def _weigh(
        self,
        detector: Ints,
        level: npt.NDArray[np.int8],
        pro: npt.NDArray[np.bool_],
        con: npt.NDArray[np.bool_],
        labelled: npt.NDArray[np.bool_],
    ) -> npt.NDArray[np.int8]:
        shift = np.where(labelled, 2, np.where(pro, 1, 0)) - (con & ~labelled)
        needy = np.array([d.needs_context for d in self.detectors], np.bool_)[detector]
        weighed = level + shift
        weighed = np.where(
            needy & ~labelled & ~pro, np.minimum(weighed, Likelihood.UNLIKELY), weighed
        )
        return np.clip(weighed, 0, int(Likelihood.VERY_LIKELY)).astype(np.int8)

    def _explain(
        self, detector: Ints, flags: Ints, pro: Ints, con: Ints, label: Ints, rival: Ints,
        label_words: Sequence[str],
    ) -> tuple[Ints, list[str]]:  # fmt: skip
        """The evidence in words: distinct combinations once, and which one each finding has."""
        widths = (
            len(self.detectors), 1 << _MOST_FLAGS, len(self._context.words) + 1,
            len(self._context.words) + 1, len(label_words), len(self.detectors) + 1,
        )  # fmt: skip
        columns = (detector, flags, pro + 1, con + 1, label, rival + 1)
        code = np.zeros(len(detector), np.int64)
        for column, width in zip(columns, widths, strict=True):
            code = code * width + column
        import pyarrow as pa

        encoded = pa.array(code).dictionary_encode()
        evidences = []
        for number in encoded.dictionary.to_pylist():
            parts = []
            for width in reversed(widths):
                number, part = divmod(number, width)
                parts.append(part)
            beaten, labelled, against, near, flagged, kind = parts
            said = [n for i, n in enumerate(self._flag_names.get(kind, ())) if flagged >> i & 1]
            if labelled:
                said.append(f"label: {label_words[labelled]}")
            if near:
                said.append(f"near: {self._context.words[near - 1]}")
            if against:
                said.append(f"against: {self._context.words[against - 1]}")
            if beaten:
                said.append(f"rather than: {self.detectors[beaten - 1].kind}")
            evidences.append("; ".join(said))
        return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), evidences


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


def _stack_canonical(batches: Sequence[_Batch]) -> tuple[Ints, dict[int, Bytes2D]]:
    parts: dict[int, list[Bytes2D]] = {}
    rows = []
    for batch in batches:
        known = parts.setdefault(batch.detector, [])
        first = sum(map(len, known))
        rows.append(np.arange(first, first + len(batch.starts), dtype=np.int64))
        known.append(batch.canonical)
    return np.concatenate(rows), {number: stack(known) for number, known in parts.items()}


def _cells(places: Places | None, count: int, size: int) -> tuple[Ints, Ints]:
    if places is None:
        return np.zeros(count, np.int64), np.full(count, size, np.int64)
    return places.cell_start, places.cell_end


def _rows(places: Places | None, rows: Ints) -> Places | None:
    if places is None:
        return None
    return Places(
        places.field[rows], places.fields, places.record[rows], places.cell_start[rows],
        places.cell_end[rows],
        None if places.keys is None else [places.keys[row] for row in rows.tolist()],
        places.own_text,
    )  # fmt: skip


def _popcount(flags: Ints) -> Ints:
    return sum(((flags >> bit) & 1 for bit in range(_MOST_FLAGS)), np.zeros(len(flags), np.int64))
