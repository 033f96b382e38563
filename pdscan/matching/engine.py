"""One window of text in, judged findings out.

The stages: candidates that their detectors accept (`candidates`), words and labels around them
(`context`), the better one where they overlap (`conflicts`), and the evidence in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.columns import stack
from pdscan.detectors.interface import Annotator, Detector, Levels
from pdscan.matching import conflicts
from pdscan.matching.candidates import Batch, CandidateFinder, Survey
from pdscan.matching.context import ContextIndex
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.matching.labels import LabelIndex
from pdscan.model import Bytes2D, Ints, Layout, Likelihood, Places

CONTEXT_DISTANCE = 60  # bytes
_MOST_FLAGS = 8
_LEVEL = 1000  # of a score: likelihood outweighs all other evidence


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
class _Found:
    """n candidates; ``row`` is that of the canonical form among those of the detector, ``said``
    that of a label in the text (0: none).
    """

    detector: Ints
    start: Ints
    end: Ints
    level: Levels
    flags: Ints
    row: Ints
    said: Ints

    def take(self, rows: Ints) -> _Found:
        return _Found(
            self.detector[rows], self.start[rows], self.end[rows],
            self.level[rows], self.flags[rows], self.row[rows], self.said[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What speaks for and against n candidates: a label (0: none), which may be a ``weak`` one
    that names other things as often, and words nearby (-1: none), ``close`` before it perhaps.
    """

    label: Ints
    weak: npt.NDArray[np.bool_]
    pro: Ints
    con: Ints
    close: npt.NDArray[np.bool_]
    label_words: list[str]

    @property
    def weight(self) -> Ints:
        """For settling conflicts: a word close before a candidate counts as a level more, all else
        decides between candidates of equal likelihood.
        """
        weight: Ints = (self.label > 0) * 300 + (self.pro >= 0) * 100 + self.close * _LEVEL
        return weight

    def take(self, rows: Ints) -> _Surroundings:
        return _Surroundings(
            self.label[rows],
            self.weak[rows],
            self.pro[rows],
            self.con[rows],
            self.close[rows],
            self.label_words,
        )


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
        detectors = (*detectors, *(d for annotator in annotators for d in annotator.detectors))
        self.detectors = detectors
        self._minimum = minimum
        self._context = ContextIndex(detectors, context_distance)
        self._labels = LabelIndex(detectors)
        self._needy = np.array([d.needs_context for d in detectors], np.bool_)
        numbers = {d.kind: number for number, d in enumerate(detectors)}
        self._companions = {
            numbers[d.kind]: [numbers[kind] for kind in d.beside if kind in numbers]
            for d in detectors if d.beside
        }  # fmt: skip
        self._distance = context_distance
        self._strength = np.array([d.strength for d in detectors], np.int64)
        self._candidates = CandidateFinder(detectors, self._labels, annotators, context_distance)
        #: How far from where a window was cut a finding must stand to be judged with certainty.
        self.reserve = 2 * self._candidates.reach + context_distance

    def survey(self, window: bytes, *, cut_left: bool = False, cut_right: bool = False) -> Survey:
        """A first look at `window`, for `match`.

        The text goes on beyond the window where `cut_left`/`cut_right`: what stands closer than
        ``reserve`` bytes to such an end is not reliable.
        """
        return self._candidates.survey(window, cut_left=cut_left, cut_right=cut_right)

    def pieces(self, survey: Survey) -> Ints | None:
        """The parts of the window (k × 2 byte offsets) that are all there is to match, borders
        and surroundings included; None where that would be no gain.
        """
        return self._candidates.pieces(survey)

    def match(self, survey: Survey, layout: Layout) -> Hits | None:
        """The findings in the window, whose cells `layout` knows; None where there is none."""
        window = survey.window
        batches = list(self._candidates.find(survey, layout))
        if not batches:
            return None
        found, canonical = _together(batches)
        said = ["", *(batch.label for batch in batches)]
        weak = [False, *(self._labels.is_weak(b.detector, b.label) for b in batches)]
        places = layout.place(found.start)
        inside = np.flatnonzero((found.start >= places.cell_start) & (found.end <= places.cell_end))
        found, places = found.take(inside), _rows(places, inside)
        surroundings = self._surroundings(window, found, places, said, weak)
        beside = self._beside(found, places)
        level = self._weigh(found, surroundings, beside)
        score = level.astype(np.int64) * _LEVEL + surroundings.weight
        score += self._strength[found.detector] * 30 + _popcount(found.flags)
        stays, rival = conflicts.resolve(
            found.start, found.end, score, found.detector, Likelihood.POSSIBLE * _LEVEL
        )
        kept = np.flatnonzero(stays & (level >= self._minimum))
        if not len(kept):
            return None
        found = found.take(kept)
        evidence, evidences = self._explain(
            found, surroundings.take(kept), beside[kept], rival[kept]
        )
        return Hits(
            found.detector, found.start, found.end, level[kept], evidence, evidences,
            _rows(places, kept), found.row, canonical,
        )  # fmt: skip

    def _surroundings(
        self, window: bytes, found: _Found, places: Places, words: list[str], weak: list[bool]
    ) -> _Surroundings:
        """`words` are labels that stand in the text; those of fields are added to them."""
        table = np.zeros((len(places.fields), len(self.detectors)), np.int64)
        for number, name in enumerate(places.fields):
            for favoured, word in self._labels(name).items() if name else ():
                table[number, favoured] = len(words)
                words.append(word)
                weak.append(self._labels.is_weak(favoured, word))
        pro, con, close = self._context.near(
            window, found.detector, found.start, found.end, places.cell_start, places.cell_end
        )
        label = np.where(found.said > 0, found.said, table[places.field, found.detector])
        against = np.stack([self._context.against(name) for name in places.fields])
        con = np.where((con < 0) & (pro < 0), against[places.field, found.detector], con)
        return _Surroundings(label, np.array(weak)[label], pro, con, close, words)

    def _beside(self, found: _Found, places: Places) -> npt.NDArray[np.bool_]:
        """Which candidates stand beside one of a kind that speaks for them."""
        flags = np.zeros(len(found.start), np.bool_)
        for number, kinds in self._companions.items():
            rows = np.flatnonzero(found.detector == number)
            others = np.flatnonzero(
                np.isin(found.detector, kinds) & (found.level >= Likelihood.POSSIBLE)
            )
            if not len(rows) or not len(others):
                continue
            after = np.searchsorted(found.start[others], found.start[rows])
            for other in (np.maximum(after - 1, 0), np.minimum(after, len(others) - 1)):
                near = others[other]
                gap = np.maximum(found.start[near] - found.end[rows],
                                 found.start[rows] - found.end[near])  # fmt: skip
                together = places.cell_start[near] == places.cell_start[rows]
                together |= (places.record[near] == places.record[rows]) & (
                    places.record[rows] >= 0
                )
                flags[rows] |= together & (gap >= 0) & (gap <= self._distance)
        return flags

    def _weigh(self, found: _Found, around: _Surroundings, beside: npt.NDArray[np.bool_]) -> Levels:
        labelled, near = around.label > 0, (around.pro >= 0) | beside
        speaks = np.where(labelled & ~around.weak, 2, near | around.weak)
        level = found.level + speaks - ((around.con >= 0) & ~labelled)
        # Where there is a word against it, it is nearer than the one for it.
        named = labelled | beside | ((around.pro >= 0) & (around.con < 0))
        needy = self._needy[found.detector] & ~named
        level = np.where(needy, np.minimum(level, int(Likelihood.UNLIKELY)), level)
        weighed: Levels = np.clip(level, 0, int(Likelihood.VERY_LIKELY)).astype(np.int8)
        return weighed

    def _explain(
        self, found: _Found, around: _Surroundings, beside: npt.NDArray[np.bool_], rival: Ints
    ) -> tuple[Ints, list[str]]:
        """The evidence in words: distinct combinations once, and which one each finding has."""
        words = len(self._context.words) + 1
        columns = {
            "kind": (found.detector, len(self.detectors)),
            "flags": (found.flags, 1 << _MOST_FLAGS),
            "label": (around.label, len(around.label_words)),
            "near": (around.pro + 1, words),
            "against": (around.con + 1, words),
            "beside": (beside.astype(np.int64), 2),
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
            names = self._candidates.flag_names.get(part["kind"], [])
            said = sorted(name for bit, name in enumerate(names) if part["flags"] >> bit & 1)
            if part["label"]:
                said.append(f"label: {around.label_words[part['label']]}")
            if part["near"]:
                said.append(f"near: {self._context.words[part['near'] - 1]}")
            if part["beside"]:
                said.append(f"beside: {' or '.join(self.detectors[part['kind']].beside)}")
            if part["against"]:
                said.append(f"against: {self._context.words[part['against'] - 1]}")
            if part["rival"]:
                said.append(f"rather than: {self.detectors[part['rival'] - 1].kind}")
            evidences.append(EVIDENCE_SEPARATOR.join(said))
        return distinct.indices.to_numpy(zero_copy_only=False).astype(np.int64), evidences


def _together(batches: Sequence[Batch]) -> tuple[_Found, dict[int, Bytes2D]]:
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
        np.concatenate(
            [np.full(len(b.starts), n * bool(b.label), np.int64) for n, b in enumerate(batches, 1)]
        ),
    )
    return (
        found.take(np.argsort(start, kind="stable")),
        {number: stack(known) for number, known in canonical.items()},
    )


def _rows(places: Places, rows: Ints) -> Places:
    return replace(
        places, field=places.field[rows], record=places.record[rows],
        cell_start=places.cell_start[rows], cell_end=places.cell_end[rows],
        keys=None if places.keys is None else places.keys.take(pa.array(rows)),
    )  # fmt: skip


def _popcount(flags: Ints) -> Ints:
    return sum(((flags >> bit) & 1 for bit in range(_MOST_FLAGS)), np.zeros(len(flags), np.int64))
