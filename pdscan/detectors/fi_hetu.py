"""Henkilötunnus, the Finnish personal identity code.

Issued by the Digital and Population Data Services Agency; the rule is in
https://dvv.fi/en/personal-identity-code and Government Decree 128/2010, as amended by 690/2022
(new signs for the century from 2023 on). ``DDMMYYCZZZQ``: date of birth, sign of the century,
individual number 002-899 (900-999 in test and temporary codes), check character modulo 31.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import digits_at, is_date, table
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.model import Likelihood

_CENTURY = table({"+": 18, **dict.fromkeys("-YXWVU", 19), **dict.fromkeys("ABCDEF", 20)})
_CHECK = np.frombuffer(b"0123456789ABCDEFHJKLMNPRSTUVWXY", np.uint8)


def judge(candidates: Candidates) -> Judged:
    """Accepts codes with a real date, a sign of the century and the right check character."""
    chars = candidates.chars
    date, individual = digits_at(chars, 0, 6), digits_at(chars, 7, 10)
    century = _CENTURY[chars[:, 6]]
    year = century * 100 + date % 100
    real = (century > 0) & is_date(year, date // 100 % 100, date // 10000)
    check = _CHECK[(date * 1000 + individual) % 31] == chars[:, 10]
    good = real & check & (individual >= 2)
    temporary = individual >= 900
    level = np.where(temporary, Likelihood.POSSIBLE, Likelihood.LIKELY)
    return Judged(
        level=np.where(good, level, -1).astype(np.int8),
        evidence={"date": good, "checksum": good, "test or temporary number": good & temporary},
    )


DETECTOR = Detector(
    kind="fi.hetu",
    name="Finnish personal identity code (henkilötunnus)",
    category="OfficialID",
    country="fi",
    finders=(Shape("999999[-+A]999[9A]"),),
    judge=judge,
    strength=Strength.DATED_LETTER,
    fold_case=True,
    context=("hetu", "henkilötunnu", "sosiaaliturvatunnu", "sotu", "personbeteckning",
             "personal identity code", "personal id", "social security"),
    labels=("hetu", "henkilötunnus", "henkilotunnus", "sotu", "personbeteckning", "ssn",
            "personal identity code", "social security number", "personal id", "national id",
            "identity number"),
    examples=("131052-308T", "010594Y9032"),
)  # fmt: skip
