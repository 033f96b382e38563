"""CVR-nummer, the Danish number of businesses.

Issued by Erhvervsstyrelsen (https://erhvervsstyrelsen.dk/modulus_11): eight digits, the last a
control digit modulo 11 with the weights 2, 7, 6, 5, 4, 3, 2.
"""

from __future__ import annotations

from pdscan.detectors.checks import digits, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME
from pdscan.model import Likelihood

_WEIGHTS = (2, 7, 6, 5, 4, 3, 2, 1)


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with the right control digit."""
    numbers = digits(candidates.chars, 0, 8)
    good = (numbers[:, 0] > 0) & (weighted(numbers, _WEIGHTS) % 11 == 0)
    return Judged(levels(good, Likelihood.POSSIBLE), {"checksum": good})


DETECTOR = Detector(
    kind="dk.cvr",
    name="Danish business number (CVR-nummer)",
    category="OfficialID",
    country="dk",
    finders=(Shape("9{8}|9{2}(?:-9{2}){3}", apart="-.+"), Shape("9{2}(?: 9{2}){3}|9{4} 9{4}")),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" -",
    needs_context=True,
    context=("cvr", "cvr-nr", "cvr nr", "cvr-nummer", "cvrnr", "se-nr", "virksomhed", "moms",
             "aps", "a/s", "company number", "business number"),
    counter=(*ORDERS, *TIME),
    labels=("cvr", "cvr nr", "cvrnr", "cvr nummer", "cvrnummer", "se nr", "company number",
            "company id", "business id"),
    examples=("13585628",),
)  # fmt: skip
