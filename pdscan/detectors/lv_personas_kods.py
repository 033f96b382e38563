"""Personas kods, the Latvian personal code.

Issued by Pilsonības un migrācijas lietu pārvalde (Fizisko personu reģistra likums).
``DDMMYY-CNNNK``: date of birth, century (0 for 18, 1 for 19, 2 for 20), serial number, check digit.
Codes issued since July 2017 begin with 32 and hold no date.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import digits, digits_at, has_any, is_birthday, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_WEIGHTS = (10, 5, 8, 4, 2, 1, 6, 3, 7, 9)


def judge(candidates: Candidates) -> Judged:
    """Accepts codes with a date of birth, or beginning with 32, and the right check digit."""
    chars = candidates.chars
    numbers = digits(chars, 0, 11)
    century = numbers[:, 6].astype(np.int64)
    year = 1800 + 100 * century + digits_at(chars, 4, 6)
    dated = is_birthday(year, digits_at(chars, 2, 4), digits_at(chars, 0, 2))
    right = (1 + weighted(numbers, _WEIGHTS)) % 11 % 10 == numbers[:, 10]
    good = right & (dated | (digits_at(chars, 0, 2) == 32))
    grouped = has_any(candidates, b"-")
    level = np.where(dated, Likelihood.POSSIBLE, Likelihood.UNLIKELY) + grouped.astype(np.int8)
    return Judged(
        levels(good, level),
        {"date": good & dated, "checksum": good, "hyphen": good & grouped},
    )


DETECTOR = Detector(
    kind="lv.personas_kods",
    name="Latvian personal code (personas kods)",
    category="OfficialID",
    country="lv",
    finders=(Shape("9{6}-9{5}"), Shape("9{11}", apart="-.+")),
    judge=judge,
    strength=Strength.DATED_DIGIT_11,
    strip=b"-",
    context=("personas kod", "p.k.", "pers. kods", "personal code", "personal id", "latvian"),
    counter=(*BUSINESS, *TIME),
    labels=("personas kods", "personas koda", "pk", "personal code", "personal id code",
            "national id"),
    examples=("161175-19997", "328673-00679"),
)  # fmt: skip
