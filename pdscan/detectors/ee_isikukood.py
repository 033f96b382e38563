"""Isikukood and asmens kodas, the Estonian and Lithuanian personal codes.

Both are ``GYYMMDDSSSC``: sex and century, date of birth, serial number, check digit modulo 11 in
two rounds. Issued by Siseministeerium (rahvastikuregistri seadus, EVS 585:2007) and by Registrų
centras (Gyventojų registro įstatymas). A Lithuanian code may begin with 9 and then holds no date.
Nothing tells the two apart but the words around them; without any, a code is called Estonian.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from pdscan.detectors.checks import digits, digits_at, is_birthday, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)


def judge(candidates: Candidates, *, undated: bool = False) -> Judged:
    """Accepts codes with a date of birth (or, if `undated`, a 9) and the right check digit."""
    chars = candidates.chars
    numbers = digits(chars, 0, 11)
    check = weighted(numbers, _FIRST) % 11
    check = np.where(check == 10, weighted(numbers, _SECOND) % 11 % 10, check)
    sex = numbers[:, 0].astype(np.int64)
    year = 1800 + ((sex - 1) >> 1) * 100 + digits_at(chars, 1, 3)
    dated = (sex >= 1) & (sex <= 8)
    dated &= is_birthday(year, digits_at(chars, 3, 5), digits_at(chars, 5, 7))
    right = numbers[:, 10] == check
    good = right & (dated | (sex == 9)) if undated else right & dated
    return Judged(
        levels(good, np.where(dated, Likelihood.POSSIBLE, Likelihood.UNLIKELY)),
        {"date": good & dated, "checksum": good},
    )


_SHAPES = (Shape("9{11}", apart="-.+"),)

ISIKUKOOD = Detector(
    kind="ee.isikukood",
    name="Estonian personal code (isikukood)",
    category="OfficialID",
    country="ee",
    finders=_SHAPES,
    judge=judge,
    strength=Strength.DATED_DIGIT_11,
    context=("isikukood", "isikukoodi", "isikutunnus", "personal code", "personal id", "estonian",
             "henkilötunnu", "viron henkilötunnus", "estnisk personkod", "kood"),
    counter=(*BUSINESS, *TIME),
    labels=("isikukood", "ik", "personal code", "personal id code", "national id"),
    examples=("36805280109",),
)  # fmt: skip

ASMENS_KODAS = Detector(
    kind="lt.asmens_kodas",
    name="Lithuanian personal code (asmens kodas)",
    category="OfficialID",
    country="lt",
    finders=_SHAPES,
    judge=partial(judge, undated=True),
    strength=Strength.DATED_DIGIT_11,
    context=("asmens kod", "a.k.", "asm. kodas", "personal code", "personal id", "lithuanian"),
    counter=(*BUSINESS, *TIME),
    labels=("asmens kodas", "asmens kodo", "ak", "personal code", "personal id code",
            "national id"),
    examples=("33309240064",),
)  # fmt: skip

DETECTORS = (ISIKUKOOD, ASMENS_KODAS)
