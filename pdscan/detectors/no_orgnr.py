"""Organisasjonsnummer, the Norwegian number of legal entities.

Issued by Brønnøysundregistrene (https://www.brreg.no/om-oss/registrene-vare/om-enhetsregisteret/
organisasjonsnummeret/): nine digits, the first 8 or 9, the last a control digit modulo 11 with the
weights 3, 2, 7, 6, 5, 4, 3, 2.
"""

from __future__ import annotations

from pdscan.detectors.checks import modulo_11
from pdscan.detectors.interface import Detector, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME

DETECTOR = Detector(
    kind="no.orgnr",
    name="Norwegian organisation number (organisasjonsnummer)",
    category="OfficialID",
    country="no",
    finders=(Shape("9{9}", apart="-.+"), Shape("9{3} 9{3} 9{3}")),
    judge=modulo_11((3, 2, 7, 6, 5, 4, 3, 2, 1), first=8),
    strength=Strength.DIGIT,
    strip=b" ",
    needs_context=True,
    context=("organisasjonsnummer", "organisasjonsnr", "orgnr", "org nr", "org.nr", "org no",
             "foretaksnummer", "foretaksregisteret", "mva", "asa", "company number",
             "organisation number", "organization number"),
    counter=(*ORDERS, *TIME),
    labels=("organisasjonsnummer", "organisasjonsnr", "orgnr", "org nr", "org no", "org number",
            "foretaksnummer", "company number", "company id", "organisation number",
            "organization number"),
    examples=("988077917",),
)  # fmt: skip
