"""Equal candidates are judged once: the texts of logs and of many columns repeat themselves."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from pdscan.detectors.interface import Candidates, Judged
from pdscan.model import Ints

_FEW = 64  # candidates; telling them apart would cost as much as judging them
_SAMPLE = 1024  # candidates, at the beginning
_WORTH = 0.7  # of a sample may be distinct


def once_each(judge: Callable[[Candidates], Judged], candidates: Candidates) -> Judged:
    """The verdict of `judge`, which is asked once for all candidates that are alike."""
    if len(candidates) < _FEW or not _repeats(candidates):
        return judge(candidates)
    first, code = _distinct(candidates)
    if len(first) > _WORTH * len(candidates):
        return judge(candidates)
    anchor = None if candidates.anchor is None else candidates.anchor[first]
    judged = judge(Candidates(
        candidates.chars[first], candidates.length[first],
        candidates.raw[first], candidates.raw_length[first], anchor,
    ))  # fmt: skip
    return Judged(
        judged.level[code],
        {name: flags[code] for name, flags in judged.evidence.items()},
        None if judged.canonical is None else judged.canonical[code],
        None if judged.trim_start is None else judged.trim_start[code],
        None if judged.trim_end is None else judged.trim_end[code],
    )


def _repeats(candidates: Candidates) -> bool:
    if len(candidates) <= 2 * _SAMPLE:
        return True
    beginning = Candidates(
        candidates.chars[:_SAMPLE], candidates.length[:_SAMPLE],
        candidates.raw[:_SAMPLE], candidates.raw_length[:_SAMPLE],
        None if candidates.anchor is None else candidates.anchor[:_SAMPLE],
    )  # fmt: skip
    return len(_distinct(beginning)[0]) <= _WORTH * _SAMPLE


def _distinct(candidates: Candidates) -> tuple[Ints, Ints]:
    """The first row of each distinct candidate, and for each row which of those it is like."""
    width = candidates.raw.shape[1]
    keys = np.empty((len(candidates), width + 4), np.uint8)
    keys[:, :width] = candidates.raw
    anchor = np.zeros(1, np.int64) if candidates.anchor is None else candidates.anchor
    keys[:, width:].view("<u2")[:, 0] = candidates.raw_length
    keys[:, width:].view("<u2")[:, 1] = anchor
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width + 4), len(keys), [None, pa.py_buffer(keys)]
    ).dictionary_encode()
    code = column.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    first = np.empty(len(column.dictionary), np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]
    return first, code
