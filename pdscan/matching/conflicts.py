"""Where candidates overlap, the better evidenced one stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pdscan.model import Ints


def resolve(
    starts: Ints, ends: Ints, scores: Ints, kinds: Ints, worth_naming: int = 0
) -> tuple[npt.NDArray[np.bool_], Ints]:
    """Which of n spans stay, and for each of those a kind it was preferred to (-1: none).

    Of overlapping spans the one with the highest score stays, then the longest, then the one of
    the lowest kind, then the first; what overlaps none that stays, stays too. Only those that score
    `worth_naming` or more are named as rivals.
    """
    stays = np.zeros(len(starts), np.bool_)
    rivals = np.full(len(starts), -1, np.int64)
    rows = np.argsort(starts, kind="stable")
    while len(rows):
        cluster = _clusters(starts[rows], ends[rows])
        lone = np.bincount(cluster)[cluster] == 1
        stays[rows[lone]] = True
        rows, cluster = rows[~lone], cluster[~lone]
        if not len(rows):
            break
        order = np.lexsort(
            (starts[rows], kinds[rows], starts[rows] - ends[rows], -scores[rows], cluster)
        )
        rows, cluster = rows[order], cluster[order]
        first = np.concatenate([[True], cluster[1:] != cluster[:-1]])
        best = rows[first][np.cumsum(first) - 1]
        stays[rows[first]] = True
        beaten = (starts[rows] < ends[best]) & (ends[rows] > starts[best])
        named = beaten & (kinds[rows] != kinds[best]) & (scores[rows] >= worth_naming)
        # Written from the weakest up, so that the strongest rival is the one that is named.
        rivals[best[named][::-1]] = kinds[rows[named]][::-1]
        left = rows[~beaten]
        rows = left[np.argsort(starts[left], kind="stable")]
    return stays, rivals


def _clusters(starts: Ints, ends: Ints) -> Ints:
    """Numbers groups of spans, ordered by start, that hang together by overlapping."""
    reach = np.maximum.accumulate(ends)
    return np.concatenate([[0], np.cumsum(starts[1:] >= reach[:-1])])
