"""Fødselsnummer, the Norwegian national identity number, with D- and H-numbers.

Issued by Skatteetaten (https://www.skatteetaten.no/person/folkeregister/identitetsnummer/).
``DDMMYYIIIKK``: date of birth, individual number, whose range tells the century, and two control
digits modulo 11. D-numbers (temporary) have 40 added to the day, H-numbers (made up by health care)
40 to the month, Skatteetaten's synthetic test numbers 80 to the month.

In numbers given from 2032 on, also to those born before, the individual number tells no century
and the first control digit may leave the remainders 0 to 3; the second keeps its rule
(https://skatteetaten.github.io/folkeregisteret-api-dokumentasjon/nytt-fodselsnummer-fra-2032/).
Until then such numbers are unlikely, and the evidence says which rule they keep.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import digits, digits_at, is_birthday, is_date, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Ints, Likelihood

_FIRST = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
_MOST_IN_2032 = 3


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with a real date of birth and both control digits."""
    chars = candidates.chars
    numbers = digits(chars, 0, 11)
    first = weighted(numbers, _FIRST) % 11
    checked = (first <= _MOST_IN_2032) & (weighted(numbers, _SECOND) % 11 == 0)
    individual = digits_at(chars, 6, 9)
    day, month, short = digits_at(chars, 0, 2), digits_at(chars, 2, 4), digits_at(chars, 4, 6)
    temporary, synthetic = day > 40, month > 80
    helped = (month > 40) & ~synthetic
    day = day - 40 * temporary
    month = month - 40 * helped - 80 * synthetic
    year = _year(short, individual)
    old = checked & (first == 0) & (year > 0) & is_birthday(year, month, day)
    leap_or_not = is_date(2000 + short, month, day) | is_date(1900 + short, month, day)
    new = checked & ~old & leap_or_not
    joined = candidates.length == candidates.raw_length
    level = np.where(joined | synthetic, Likelihood.POSSIBLE, Likelihood.LIKELY)
    level[new] = Likelihood.UNLIKELY
    good = old | new
    return Judged(
        level=levels(good, level),
        evidence={
            "date": good, "control digits": old, "control digits of 2032": new,
            "D-number": good & temporary, "H-number": good & helped,
            "test number": good & synthetic,
        },
    )  # fmt: skip


def _year(short: Ints, individual: Ints) -> Ints:
    """The year of birth that the individual number tells; 0 where it tells none."""
    century = np.zeros(len(short), np.int64)
    century[(individual >= 900) & (short >= 40)] = 1900
    century[(individual >= 500) & (short < 40)] = 2000
    century[(individual >= 500) & (individual < 750) & (short >= 54)] = 1800
    century[individual < 500] = 1900
    return np.where(century > 0, century + short, 0)


DETECTOR = Detector(
    kind="no.fodselsnummer",
    name="Norwegian national identity number (fødselsnummer)",
    category="OfficialID",
    country="no",
    finders=(Shape("9{11}", apart="-.+"), Shape("9{6}-9{5}"), Shape("9{6} 9{5}")),
    judge=judge,
    strength=Strength.DATED_LETTER,
    strip=b" -",
    context=("fødselsnummer", "fodselsnummer", "fødselsnr", "fnr", "personnummer", "d-nummer",
             "dnr", "f.nr", "norwegian id", "national identity number", "henkilötunnu", "ssn",
             "social security"),
    counter=(*BUSINESS, *TIME, "kontonummer", "kontonr", "kid"),
    labels=("fødselsnummer", "fodselsnummer", "fødselsnr", "fodselsnr", "fnr", "personnummer",
            "d nummer", "dnr", "ssn", "national identity number", "social security number"),
    examples=("15108695088",),
)  # fmt: skip
