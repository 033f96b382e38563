"""What the tests of detectors share: texts and columns through the real engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from pdscan.detectors.interface import Annotator, Detector
from pdscan.matching.engine import Engine
from pdscan.matching.packs import Base, Pack
from pdscan.model import Block, Ints, Layout, Likelihood, Places


@dataclass(frozen=True)
class Found:
    """One finding, for comparison."""

    kind: str
    text: str
    likelihood: Likelihood
    evidence: str
    canonical: str


@dataclass(frozen=True)
class Table:
    """Rows of cells, written one after the other with semicolons between."""

    names: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def text(self) -> bytes:
        return b"".join(";".join(row).encode() + b"\n" for row in self.rows)

    def _cells(self) -> tuple[Ints, Ints]:
        sizes = np.array([len(cell.encode()) for row in self.rows for cell in row], np.int64)
        ends = np.cumsum(sizes + 1) - 1
        return ends - sizes, ends

    def place(self, starts: Ints) -> Places:
        first, last = self._cells()
        cell = np.searchsorted(first, starts, side="right") - 1
        return Places(
            (cell % len(self.names)).astype(np.int32), self.names, cell // len(self.names),
            first[cell], last[cell], own_text=True,
        )  # fmt: skip

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        wanted = np.array([wants(name) for name in self.names] * len(self.rows), np.bool_)
        first, last = self._cells()
        wanted &= last > first
        return first[wanted], last[wanted]


@cache
def _engine(detectors: tuple[Detector, ...], minimum: Likelihood) -> Engine:
    return Engine(detectors, minimum=minimum)


def find(
    detectors: Sequence[Detector], text: str | bytes, *, label: str = "",
    layout: Layout | None = None, minimum: Likelihood = Likelihood.POSSIBLE,
    annotators: Sequence[Annotator] = (),
) -> list[Found]:  # fmt: skip
    """What the engine finds in `text`."""
    window = text.encode() if isinstance(text, str) else text
    pack = Pack()
    pack.add(0, Block(window, layout=layout, label=label), window, Base())
    pack.close()
    engine = (
        Engine(detectors, annotators=annotators, minimum=minimum)
        if annotators
        else _engine(tuple(detectors), minimum)
    )
    hits = engine.match(engine.survey(window), pack)
    if hits is None:
        return []
    return [
        Found(
            engine.detectors[number].kind,
            window[start:end].decode(),
            Likelihood(likelihood),
            hits.evidences[evidence],
            hits.canonical[number][row].tobytes().rstrip(b"\0").decode(),
        )
        for number, start, end, likelihood, evidence, row in zip(
            hits.detector.tolist(), hits.start.tolist(), hits.end.tolist(),
            hits.likelihood.tolist(), hits.evidence.tolist(), hits.row.tolist(), strict=True,
        )
    ]  # fmt: skip


def find_in_table(
    detectors: Sequence[Detector], names: Sequence[str], *rows: Sequence[str]
) -> list[Found]:
    """What the engine finds in a table with these columns."""
    table = Table(names, rows)
    return find(detectors, table.text, layout=table)
