"""Organisationsnummer, the Swedish number of companies, associations and authorities.

Issued by Bolagsverket, Skatteverket and SCB; the rule is in lagen (1974:174) om
identitetsbeteckning för juridiska personer m.fl. and SKV 709.
``NNNNNN-NNNC``: the first digit is the form of the entity, the third and fourth together are at
least 20 (which tells it from a personnummer), Luhn digit. In registers with ``16`` in front of it,
12 digits. Sole traders use their personnummer.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import by_length, digits, digits_at, hyphenated, luhn
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import ORDERS, TIME

_FORMS = np.isin(np.arange(256), list(b"12356789"))  # SKV 709: 4 is not in use
_PREFIX = 16


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers of legal persons; bare digits are only possible next to a word for them."""
    good = np.zeros(len(candidates), np.bool_)
    canonical = np.zeros((len(candidates), 10), np.uint8)
    for length, rows, chars in by_length(candidates):
        number = chars[:, -10:]
        good[rows] = _FORMS[number[:, 0]] & (number[:, 2] >= ord("2")) & luhn(digits(number, 0, 10))
        if length == 12:
            good[rows] &= digits_at(chars, 0, 2) == _PREFIX
        canonical[rows] = number
    return hyphenated(candidates, good, canonical)


DETECTOR = Detector(
    kind="se.orgnr",
    name="Swedish organisation number (organisationsnummer)",
    category="OfficialID",
    country="se",
    finders=(Shape("(?:99)?9{6}-9{4}"), Shape("9{10}|9{12}", apart="-.+"), Shape("9{6} 9{4}")),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" -",
    context=("organisationsnummer", "organisationsnr", "org nr", "orgnr", "org.nr", "org no",
             "company number", "organisation number", "organization number", "företagsnummer",
             "bolag", "ab", "momsreg", "reg nr"),
    counter=(*ORDERS, *TIME),
    labels=("organisationsnummer", "organisationsnr", "orgnr", "org nr", "org no", "org number",
            "org nummer", "company number", "company id", "organisation number",
            "organization number", "företagsnummer", "business id"),
    examples=("556036-0793", "202100-5489"),
)  # fmt: skip
