"""How long somebody waits who asks an inventory of ten million findings for one person.

    python -m bench.resolving [FOLDER] [MILLIONS]

Writes ten tables with a mailbox and a telephone number in each row, and in each of them a row of
the person; then asks in a process of its own, as ``pdscan subject`` does, and prints wall time,
processor time and peak memory. The inventory is kept in FOLDER for the next time.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from pdscan.inventory import Inventory, InventoryWriter
from pdscan.matching.findings import SCHEMA
from pdscan.matching.fingerprints import SIZE, Fingerprinter
from pdscan.model import Entry, Item, Outcome, State
from pdscan.subjects.columns import TABLE

_TABLES, _BATCH = 10, 50_000
_KEY = bytes(range(32))
_EMAIL, _PHONE = "person@example.com", "+358450000001"


def write(folder: Path, count: int) -> None:
    """An inventory of `count` findings."""
    rng = np.random.default_rng(11)
    fingerprinter = Fingerprinter(_KEY)
    own = [fingerprinter.one("email", _EMAIL), fingerprinter.one("phone", _PHONE)]
    writer = InventoryWriter(folder)
    rows = count // _TABLES // 2
    for table in range(_TABLES):
        item = Item("shop", ("public", f"table{table}"), TABLE)
        writer.opened(table, item)
        place = int(rng.integers(rows))
        for first in range(0, rows, _BATCH):
            writer.found(_batch(rng, table, first, min(_BATCH, rows - first), place, own))
        writer.closed(table, Entry(item, Outcome(State.READ)))
        writer.settle()
    writer.close({
        "key": fingerprinter.key_id, "settings": {"key_file": {"value": None}}, "detectors": [],
        "sources": [{"name": "shop", "address": "-", "entity": ""}],
    })  # fmt: skip


def _batch(
    rng: np.random.Generator, table: int, first: int, rows: int, place: int, own: list[bytes]
) -> pa.RecordBatch:
    macs = rng.bytes(2 * rows * SIZE)
    if first <= place < first + rows:
        at = 2 * (place - first) * SIZE
        macs = macs[:at] + own[0] + own[1] + macs[at + 2 * SIZE :]
    record = np.repeat(np.arange(first, first + rows), 2)
    values = {
        "item": np.full(2 * rows, table), "record": record,
        "key": [f"id:{number}" for number in record.tolist()],
        "part": [""] * (2 * rows), "field": ["email", "phone"] * rows,
        "kind": ["email", "phone"] * rows, "line": record, "column": np.zeros(2 * rows),
        "start": np.zeros(2 * rows), "end": np.full(2 * rows, 12),
        "likelihood": np.full(2 * rows, 4), "evidence": ["checksum"] * (2 * rows),
        "preview": ["p*****@*******.**m", "+**********1"] * rows,
        "fingerprint": pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(SIZE), 2 * rows, [None, pa.py_buffer(macs)]
        ),
    }  # fmt: skip
    columns = [
        value if isinstance(value := values[field.name], pa.Array)
        else pa.array(value).cast(field.type) for field in SCHEMA
    ]  # fmt: skip
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def ask(folder: Path) -> None:
    """Resolves the person, and prints what it took as JSON."""
    from datetime import UTC, datetime

    from pdscan.subjects.build import Case, resolve
    from pdscan.subjects.given import parse

    fingerprinter = Fingerprinter(_KEY)
    case = Case((Inventory(folder),), {}, fingerprinter, {}, {})
    given = parse([f"email={_EMAIL}"], fingerprinter)
    subject = resolve(case, given, now=datetime.now(UTC))
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "holdings": len(subject.accepted), "identifiers": len(subject.identifiers),
        "cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024,
    }))  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["ask"]:
        ask(Path(sys.argv[2]))
        return
    folder = (
        Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir()) / "resolving.inventory"
    )
    millions = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    if not folder.exists():
        write(folder, int(millions * 1_000_000))
    for _ in range(3):
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "bench.resolving", "ask", str(folder)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        print(f"wall {time.perf_counter() - start:.2f} s, {done.stdout.strip()}")


if __name__ == "__main__":
    main()
