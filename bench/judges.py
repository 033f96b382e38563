"""What judging costs: nanoseconds per candidate of each detector, on generated candidates.

Run from the root of the project: ``python -m bench.judges [COUNT]``.
"""

from __future__ import annotations

import random
import sys
import time

import numpy as np

from pdscan.detectors import load
from pdscan.detectors.interface import Candidates, Detector
from tests.detectors.agreement import column

SLOW = 100  # nanoseconds


def candidates(detector: Detector, count: int) -> Candidates:
    """The first example with its digits drawn anew, except that one row in ten is the example."""
    example = detector.examples[0]
    draw = random.Random(1)
    texts = [
        example if row % 10 == 0
        else "".join(draw.choice("0123456789") if c.isdigit() else c for c in example)
        for row in range(count)
    ]  # fmt: skip
    kept = [text.encode().translate(None, detector.strip).decode() for text in texts]
    return Candidates(*column(kept), *column(texts))


def main(count: int) -> None:
    for detector in load():
        batch = candidates(detector, count)
        detector.judge(batch)
        begin = time.process_time()
        accepted = int(np.count_nonzero(detector.judge(batch).level >= 0))
        cost = (time.process_time() - begin) / count * 1e9
        mark = "*" if cost > SLOW else " "
        print(f"{detector.kind:22} {cost:8.0f} ns {mark} {accepted:9} of {count} accepted")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
