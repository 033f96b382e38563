"""Findings that people judged to be false alarms are taken out of the stream, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pathspec import GitIgnoreSpec

from pdscan.custom.allow import EVIDENCE
from pdscan.custom.verdicts import Verdict
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.matching.fingerprints import SIZE
from pdscan.model import Item, Locator

_Rows = npt.NDArray[np.bool_]


class FindingFilter:
    """Leaves out what is on an allow list or what `verdicts` are on.

    ``counts`` says how many findings each verdict left out, ``allowed`` how many of each kind were
    on an allow list.

    `key` is the id of the key that the findings' fingerprints are made with; verdicts on
    fingerprints under another key cannot be honoured and stand in ``foreign``.
    """

    def __init__(self, verdicts: Sequence[Verdict] = (), key: str = "") -> None:
        self.counts: Counter[Verdict] = Counter()
        self.allowed: Counter[str] = Counter()
        self.foreign = tuple(v for v in verdicts if v.fingerprint and v.key != key)
        own = dict.fromkeys(v for v in verdicts if v.fingerprint and v.key == key)
        self._on_values = tuple({verdict.digest: verdict for verdict in own}.values())
        self._digests = pa.array([v.digest for v in self._on_values], pa.binary(SIZE))
        self._on_places = tuple(_Place.of(verdict) for verdict in verdicts if verdict.place)

    def keep(self, batch: pa.RecordBatch, items: Mapping[int, Item]) -> pa.RecordBatch:
        """`batch` (of `findings.SCHEMA`) without what is to be left out.

        `items` has the items of the batch by their numbers in its column ``item``. A finding that
        several verdicts are on is counted for the first: those on values, then those on places.
        """
        allowed = _is_allowed(batch)
        if allowed.any():
            kinds = batch["kind"].filter(pa.array(allowed)).cast(pa.string())
            self.allowed.update({row["values"]: row["counts"] for row in kinds.value_counts()
                                 .to_pylist()})  # fmt: skip
        left = ~allowed
        if self._on_values:
            which = pc.index_in(batch["fingerprint"], self._digests)
            numbers = pc.fill_null(which, -1).to_numpy(zero_copy_only=False)
            for number in np.unique(numbers[numbers >= 0]).tolist():
                verdict = self._on_values[number]
                self._take(verdict, (numbers == number) & _of_kind(batch, verdict.kind), left)
        for place in self._on_places:
            rows = _in_items(batch, items, place)
            if rows.any():
                self._take(place.verdict, rows & place.within(batch), left)
        return batch if left.all() else batch.filter(pa.array(left))

    def _take(self, verdict: Verdict, rows: _Rows, left: _Rows) -> None:
        count = int(np.count_nonzero(rows & left))
        if count:
            self.counts[verdict] += count
            left &= ~rows


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that a verdict is on, ready to be compared."""

    verdict: Verdict
    locator: Locator
    path: GitIgnoreSpec

    @classmethod
    def of(cls, verdict: Verdict) -> _Place:
        locator = Locator.parse(verdict.place)
        return cls(verdict, locator, GitIgnoreSpec.from_lines([f"/{'/'.join(locator.path)}"]))

    def holds(self, item: Item) -> bool:
        """Whether `item` is the place, matches its path or lies below it."""
        if not fnmatchcase(item.source, self.locator.source):
            return False
        depth = len(self.locator.path)
        if item.path[:depth] == self.locator.path or not depth:
            return True
        return self.path.match_file("/".join(item.path))

    def within(self, batch: pa.RecordBatch) -> _Rows:
        """Which rows are of the verdict's kind, field, key and span."""
        rows = _of_kind(batch, self.verdict.kind)
        if self.locator.field:
            rows &= _is(batch["field"], self.locator.field)
        if self.locator.key:
            key = Locator("", key=self.locator.key)
            text = str(key).removeprefix(":#key=").replace("&key=", "&")
            rows &= pc.fill_null(pc.equal(batch["key"], text), False).to_numpy(zero_copy_only=False)
        if self.locator.span:
            start, end = self.locator.span
            rows &= (batch["start"].to_numpy() == start) & (batch["end"].to_numpy() == end)
        return rows


def _is_allowed(batch: pa.RecordBatch) -> _Rows:
    evidence = batch["evidence"]
    marked = [EVIDENCE in e.split(EVIDENCE_SEPARATOR) for e in evidence.dictionary.to_pylist()]
    rows: _Rows = np.array(marked, np.bool_)[evidence.indices.to_numpy()]
    return rows


def _of_kind(batch: pa.RecordBatch, kind: str) -> _Rows:
    return _is(batch["kind"], kind) if kind else np.ones(batch.num_rows, np.bool_)


def _is(column: pa.DictionaryArray, name: str) -> _Rows:
    """Which rows of a dictionary column have `name`."""
    named = np.array([value == name for value in column.dictionary.to_pylist()], np.bool_)
    rows: _Rows = named[column.indices.to_numpy()]
    return rows


def _in_items(batch: pa.RecordBatch, items: Mapping[int, Item], place: _Place) -> _Rows:
    numbers = batch["item"].to_numpy()
    held = [number for number in np.unique(numbers).tolist() if place.holds(items[number])]
    return np.isin(numbers, np.array(held, np.int32))
