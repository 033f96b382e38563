"""Reads everything below PATHs as a scan does, and matches nothing: ``python -m bench.reading``."""

from __future__ import annotations

import sys
from pathlib import Path

from pdscan.connectors.files import Files
from pdscan.connectors.interface import Unit
from pdscan.model import Block


def read_all(path: Path) -> int:
    """Bytes of text in all that lies at `path`."""
    files = Files("bench", str(path))
    units = (unit for unit in files.walk() if isinstance(unit, Unit))
    events = (event for unit in units for event in files.read(unit))
    return sum(len(event.text) for event in events if isinstance(event, Block))


if __name__ == "__main__":
    print(sum(read_all(Path(name)) for name in sys.argv[1:]))
