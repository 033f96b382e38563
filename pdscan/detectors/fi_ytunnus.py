"""Y-tunnus, the Finnish business identity code.

Issued by the Finnish Patent and Registration Office and the Tax Administration (Business
Information System, https://tietopalvelu.ytj.fi/); the check is in the Tax Administration's
``Tarkistusmerkin laskenta``: weights 7, 9, 10, 5, 8, 4, 2, modulo 11, remainder 1 is not issued.
Old codes have six digits before the hyphen; a zero is put in front of them.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import by_length, digits, hyphenated, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2)


def judge(candidates: Candidates) -> Judged:
    """Accepts codes with the right check digit; eight bare digits need a word or label as well."""
    canonical = np.full((len(candidates), 8), ord("0"), np.uint8)
    for length, rows, chars in by_length(candidates):
        canonical[rows, 8 - length :] = chars
    numbers = digits(canonical, 0, 8)
    rest = weighted(numbers, _WEIGHTS) % 11
    good = (
        (numbers[:, 7] == (11 - rest) % 11) & (rest != 1) & (canonical[:, 2:7] != 0x30).any(axis=1)
    )
    return hyphenated(candidates, good, canonical)


DETECTOR = Detector(
    kind="fi.ytunnus",
    name="Finnish business identity code (Y-tunnus)",
    category="OfficialID",
    country="fi",
    finders=(Shape("9{6,7}-9", apart="-.+"), Shape("9{8}", apart="-.+")),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b"-",
    context=("y-tunnus", "ytunnus", "y tunnu", "y-tunnu", "yritystunnu", "fo-nummer", "fo nummer",
             "företags- och organisationsnummer", "business id", "business identity", "vat", "alv",
             "oy", "oyj", "tmi"),
    counter=(*ORDERS, *TIME),
    labels=("y-tunnus", "ytunnus", "yritystunnus", "fo-nummer", "fo nummer", "business id",
            "business identity code", "company id", "company number"),
    examples=("2077474-0", "1572860-0"),
)  # fmt: skip
