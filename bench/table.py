"""Measurements as rows of a table, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Run, machine


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: how many times as fast as `peer` pdscan does `work` on `size` bytes.

    `target` is the factor to reach, where there is one.
    """

    work: str
    against: str
    size: int
    peer: Run
    pdscan: Run
    target: float | None = None

    @property
    def factor(self) -> float:
        """How many times as fast."""
        return self.peer.seconds / self.pdscan.seconds

    @property
    def reached(self) -> bool | None:
        """Whether the target was reached; None where there is none."""
        return None if self.target is None else self.factor >= self.target


def show(rows: Sequence[Row]) -> None:
    """Prints the table."""
    table = Table(title="pdscan beside its peers, whole processes, one core")
    for title in ("work", "against", "MB", "peer", "pdscan", "MB/s", "memory", "factor", "target"):
        table.add_column(title, justify="left" if title in ("work", "against") else "right")
    for row in rows:
        mark = {None: "", True: " ✓", False: " ✗"}[row.reached]
        table.add_row(
            row.work, row.against, f"{row.size / 1e6:,.0f}", f"{row.peer.seconds:,.2f} s",
            f"{row.pdscan.seconds:,.2f} s", f"{row.size / row.pdscan.seconds / 1e6:,.0f}",
            f"{row.pdscan.memory >> 20} MiB", f"{row.factor:,.2f} ×",
            "" if row.target is None else f"{row.target:,.2f} ×{mark}",
        )  # fmt: skip
    Console(width=150).print(table)


def save(rows: Sequence[Row], folder: Path) -> Path:
    """Writes the measurements and the machine's description; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"
    record = {
        "machine": machine(),
        "rows": [{**asdict(row), "factor": row.factor, "reached": row.reached} for row in rows],
    }
    path.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return path
