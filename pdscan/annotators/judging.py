"""How what annotators say becomes findings like all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pdscan.detectors.interface import Candidates, Detector, Judged, Regex, Run, Shape
from pdscan.model import Likelihood


def accept(candidates: Candidates) -> Judged:
    """Takes what was said; the canonical form is in lower case with single blanks."""
    texts = [
        row.tobytes()[:length].decode("utf-8", "replace")
        for row, length in zip(candidates.raw, candidates.raw_length.tolist(), strict=True)
    ]
    forms = np.array([" ".join(text.casefold().split()).encode() for text in texts], np.bytes_)
    width = max(forms.dtype.itemsize, 1)
    return Judged(
        level=np.full(len(texts), Likelihood.POSSIBLE, np.int8),
        canonical=forms.view(np.uint8).reshape(len(texts), width),
    )


def told(detector: Detector, known: Sequence[Detector]) -> Detector:
    """`detector`, of a kind that an annotator tells, in the terms of a `known` one of that kind.

    So that both have the same fingerprints, words and labels. Where the known one judges values by
    themselves (a checksum) it judges those of the annotator as well.
    """
    for own in known:
        if own.kind == detector.kind:
            by_itself = all(isinstance(finder, Shape | Run | Regex) for finder in own.finders)
            return replace(own, finders=(), judge=own.judge if by_itself else accept)
    return detector
