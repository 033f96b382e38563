"""IMEI, the number of a mobile device.

3GPP TS 23.003, 6.2 and Annex B: type allocation code of eight digits, serial number of six, Luhn
digit. The first two digits name the body that allocated it (GSMA TS.06); 01, 35, 86 and 99 are
nearly all that are in use.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import digits, digits_at, has_any, levels, luhn
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_BODIES = np.isin(np.arange(100), [1, 35, 86, 99])


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with the right Luhn digit."""
    good = luhn(digits(candidates.chars, 0, 15))
    body = _BODIES[digits_at(candidates.chars, 0, 2)]
    grouped = has_any(candidates, b"- ")
    level = np.where(grouped, Likelihood.LIKELY, Likelihood.POSSIBLE)
    level[~body] = Likelihood.UNLIKELY
    return Judged(
        levels(good, level),
        {"checksum": good, "reporting body": good & body, "grouped": good & grouped},
    )


DETECTOR = Detector(
    kind="imei",
    name="Number of a mobile device (IMEI)",
    category="DeviceBased",
    finders=(
        Shape("9{15}|9{2}-9{6}-9{6}-9|9{6}-9{2}-9{6}-9", apart="-.+"),
        Shape("9{2} 9{6} 9{6} 9|9{6} 9{2} 9{6} 9"),
    ),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" -",
    context=("imei", "imei-koodi", "imei-nummer", "handset", "laitetunnus", "enhets-id"),
    counter=(*BUSINESS, *TIME),
    labels=("imei", "imei1", "imei2", "imei number", "imei no", "device imei", "imei koodi"),
    examples=("490154203237518", "35-209900-176148-1"),
)  # fmt: skip
