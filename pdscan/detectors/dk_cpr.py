"""CPR-nummer, the Danish civil registration number.

Issued by the CPR-kontoret (https://www.cpr.dk/cpr-systemet/opbygning-af-cpr-nummeret):
``DDMMYY-SSSS``, the seventh digit and the year tell the century. Since 2007 numbers are given
without the control modulo 11 too (https://www.cpr.dk/cpr-systemet/
personnumre-uden-kontrolciffer-modulus-11-kontrol), so that it speaks for a number and never
against it.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import (
    begins_with_day,
    digits,
    digits_at,
    has_any,
    is_birthday,
    levels,
    weighted,
)
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with a real date of birth in the century that the seventh digit tells."""
    chars = candidates.chars
    serial = digits_at(chars, 6, 7)
    short = digits_at(chars, 4, 6)
    century = np.where((serial <= 3) | ((serial == 4) | (serial == 9)) & (short >= 37), 1900, 2000)
    century[(serial >= 5) & (serial <= 8) & (short >= 58)] = 1800
    good = is_birthday(century + short, digits_at(chars, 2, 4), digits_at(chars, 0, 2))
    checked = weighted(digits(chars, 0, 10), _WEIGHTS) % 11 == 0
    grouped = has_any(candidates, b"-")
    serial = (candidates.raw_length == 10) & begins_with_day(chars)
    level = Likelihood.UNLIKELY + checked.astype(np.int8) + grouped
    level[serial] = Likelihood.UNLIKELY
    return Judged(
        levels(good, level),
        {"date": good, "checksum": good & checked, "hyphen": good & grouped,
         "also a dated serial number": good & serial},
    )  # fmt: skip


DETECTOR = Detector(
    kind="dk.cpr",
    name="Danish civil registration number (CPR-nummer)",
    category="OfficialID",
    country="dk",
    finders=(Shape("9{6}-9{4}"), Shape("9{10}", apart="-.+"), Shape("9{6} 9{4}")),
    judge=judge,
    strength=Strength.DATE,
    strip=b" -",
    context=("cpr", "cpr-nummer", "cpr-nr", "cpr nr", "cprnr", "personnummer", "civil registration",
             "henkilötunnu", "ssn", "social security"),
    counter=(*BUSINESS, *TIME),
    labels=("cpr", "cpr nummer", "cpr nr", "cprnr", "cprnummer", "personnummer", "ssn",
            "civil registration number", "social security number"),
    examples=("211062-5629",),
)  # fmt: skip
