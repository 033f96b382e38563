"""Looks for input that makes a reader of mail or archives fail: coverage-guided, with atheris.

    python -m tests.fuzz.mail KIND [options of libFuzzer, such as -max_total_time=60]

KIND is one of the seeds of `tests.connectors.formats.test_hostile`. What is found belongs there,
as a seed or a case of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pdscan.connectors.formats"]):
    from tests.connectors.formats.test_hostile import SEEDS, drain, mutations


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in SEEDS:
        sys.exit(f"usage: python -m tests.fuzz.mail {'|'.join(SEEDS)} [-max_total_time=60 ...]")
    reader, make = SEEDS[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate([make(), *mutations(make(), 20)]):
            Path(folder, str(number)).write_bytes(data)
        atheris.Setup([sys.argv[0], *sys.argv[2:], folder], lambda data: drain(reader, data))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
