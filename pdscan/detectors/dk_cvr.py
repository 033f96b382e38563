"""CVR-nummer, the Danish number of businesses.

Issued by Erhvervsstyrelsen (https://erhvervsstyrelsen.dk/modulus_11): eight digits, the last a
control digit modulo 11 with the weights 2, 7, 6, 5, 4, 3, 2.
"""

from __future__ import annotations

from pdscan.detectors.checks import modulo_11
from pdscan.detectors.interface import Detector, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME

DETECTOR = Detector(
    kind="dk.cvr",
    name="Danish business number (CVR-nummer)",
    category="OfficialID",
    country="dk",
    finders=(Shape("9{8}|9{2}(?:-9{2}){3}", apart="-.+"), Shape("9{2}(?: 9{2}){3}|9{4} 9{4}")),
    judge=modulo_11((2, 7, 6, 5, 4, 3, 2, 1)),
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
