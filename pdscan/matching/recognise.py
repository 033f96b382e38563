"""One text that somebody gives: what it is, and its fingerprint. For look-ups, not for scanning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pdscan.detectors.interface import Detector
from pdscan.matching.engine import Engine
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.packs import Base, Pack
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a detector says about a text."""

    detector: Detector
    likelihood: Likelihood
    evidence: tuple[str, ...]
    preview: str
    fingerprint: bytes


def recognise(
    text: str, detectors: Iterable[Detector], fingerprinter: Fingerprinter, *, labelled: bool
) -> Iterator[Recognised]:
    """The detectors that take `text` as a whole for what they look for, each asked by itself.

    With `labelled` it is looked at as if it stood in a column of that name: somebody who gives an
    identifier says what it is.
    """
    text = text.strip()
    for detector in detectors:
        engine = Engine([detector], minimum=Likelihood.VERY_UNLIKELY)
        label = detector.labels[0] if labelled and detector.labels else ""
        for batch in Scanner(engine, fingerprinter).scan([Block(text.encode(), label=label)]):
            for row in batch.to_pylist():
                if (row["start"], row["end"]) == (0, len(text)):
                    yield Recognised(
                        detector,
                        Likelihood(row["likelihood"]),
                        tuple(filter(None, row["evidence"].split(EVIDENCE_SEPARATOR))),
                        row["preview"],
                        row["fingerprint"],
                    )


def occurs(text: str, detector: Detector) -> bool:
    """Whether `detector` finds anything in `text`, however unlikely."""
    engine = Engine([detector], minimum=Likelihood.VERY_UNLIKELY)
    nobody = Fingerprinter(bytes(KEY_SIZE))
    return any(batch.num_rows for batch in Scanner(engine, nobody).scan([Block(text.encode())]))


def canonical_form(text: str, detector: Detector) -> bytes | None:
    """The one form of all spellings of `text`; None where it is not what `detector` looks for."""
    window = text.strip().encode()
    pack = Pack()
    pack.add(0, Block(window, label=detector.labels[0] if detector.labels else ""), window, Base())
    pack.close()
    engine = Engine([detector], minimum=Likelihood.VERY_UNLIKELY)
    hits = engine.match(engine.survey(window), pack)
    if hits is None or (hits.start[0], hits.end[0]) != (0, len(window)):
        return None
    form: bytes = hits.canonical[0][hits.row[0]].tobytes()
    return form.rstrip(b"\0")
