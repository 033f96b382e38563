"""Agreement with python-stdnum on a million generated values per kind, mutated digit by digit.

Run from the root of the project: ``python -m bench.stdnum_agreement [COUNT]``. Ends with 1 if any
value is judged otherwise.
"""

from __future__ import annotations

import sys
import time

from tests.detectors.agreement import CASES, disagreements

BATCH = 100_000


def main(count: int) -> int:
    wrong = 0
    print(f"{'kind':20} {'template':34} {'values':>10} {'accepted':>9} {'differ':>7} {'s':>6}")
    for case in CASES:
        begin, differ, accepted = time.perf_counter(), 0, 0
        for seed in range(-(-count // BATCH)):
            others, both = disagreements(case, min(BATCH, count - seed * BATCH), seed)
            differ += len(others)
            accepted += both
        wrong += differ
        seconds = time.perf_counter() - begin
        print(
            f"{case.kind:20} {case.template:34} {count:10} {accepted:9} {differ:7} {seconds:6.1f}"
        )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
