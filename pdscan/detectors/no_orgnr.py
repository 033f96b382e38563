"""Organisasjonsnummer, the Norwegian number of legal entities.

Issued by Brønnøysundregistrene (https://www.brreg.no/om-oss/registrene-vare/om-enhetsregisteret/
organisasjonsnummeret/): nine digits, the first 8 or 9, the last a control digit modulo 11 with the
weights 3, 2, 7, 6, 5, 4, 3, 2.
"""

from __future__ import annotations

from pdscan.detectors.checks import digits, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME
from pdscan.model import Likelihood

_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers that begin with 8 or 9 and have the right control digit."""
    numbers = digits(candidates.chars, 0, 9)
    good = (numbers[:, 0] >= 8) & (weighted(numbers, _WEIGHTS) % 11 == 0)
    return Judged(levels(good, Likelihood.POSSIBLE), {"checksum": good})


DETECTOR = Detector(
    kind="no.orgnr",
    name="Norwegian organisation number (organisasjonsnummer)",
    category="OfficialID",
    country="no",
    finders=(Shape("9{9}", apart="-.+"), Shape("9{3} 9{3} 9{3}")),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" ",
    needs_context=True,
    context=("organisasjonsnummer", "organisasjonsnr", "orgnr", "org nr", "org.nr", "org no",
             "foretaksnummer", "foretaksregisteret", "mva", "as", "asa", "company number",
             "organisation number", "organization number"),
    counter=(*ORDERS, *TIME),
    labels=("organisasjonsnummer", "organisasjonsnr", "orgnr", "org nr", "org no", "org number",
            "foretaksnummer", "company number", "company id", "organisation number",
            "organization number"),
    examples=("988077917",),
)  # fmt: skip
