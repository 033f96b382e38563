"""A text through the real engine, and a table of cases judged by one detector."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import pyarrow as pa

from pdscan.detectors.interface import Detector
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood

_FINGERPRINTER = Fingerprinter(bytes(KEY_SIZE))


@dataclass(frozen=True, slots=True)
class Found:
    kind: str
    value: str
    start: int
    likelihood: Likelihood
    evidence: str
    fingerprint: bytes
    preview: str


@cache
def _engine(detectors: tuple[Detector, ...], minimum: Likelihood) -> Engine:
    return Engine(detectors, minimum=minimum)


def find(
    detectors: Sequence[Detector],
    text: str | Iterable[str],
    *,
    minimum: Likelihood = Likelihood.VERY_UNLIKELY,
    label: str = "",
) -> list[Found]:
    """What `detectors` find in `text`, given whole or as blocks that run on into one another."""
    pieces = [text] if isinstance(text, str) else list(text)
    blocks = [
        Block(piece.encode(), joins=number < len(pieces), label=label)
        for number, piece in enumerate(pieces, 1)
    ]
    scanner = Scanner(_engine(tuple(detectors), minimum), _FINGERPRINTER, values=True)
    return [found for batch in scanner.scan(blocks) for _, found in _rows(batch)]


def find_each(
    detectors: Sequence[Detector],
    texts: Sequence[str],
    *,
    labels: Sequence[str] = (),
    minimum: Likelihood = Likelihood.VERY_UNLIKELY,
) -> list[list[Found]]:
    """What `detectors` find in each of `texts`, with a label each: items of their own, which are
    matched together as small files are.
    """
    scanner = Scanner(_engine(tuple(detectors), minimum), _FINGERPRINTER, values=True)
    found: list[list[Found]] = [[] for _ in texts]
    batches: list[pa.RecordBatch] = []
    for item, text in enumerate(texts):
        block = Block(text.encode(), label=labels[item] if labels else "")
        batches += scanner.feed(item, block)
        scanner.close(item)
    for batch in (*batches, *scanner.flush()):
        for item, one in _rows(batch):
            found[item].append(one)
    return found


def _rows(batch: pa.RecordBatch) -> Iterator[tuple[int, Found]]:
    for row in batch.to_pylist():
        yield row["item"], Found(
            row["kind"], row["value"], row["start"], Likelihood(row["likelihood"]),
            row["evidence"], row["fingerprint"], row["preview"],
        )  # fmt: skip
