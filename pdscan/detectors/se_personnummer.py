"""Personnummer and samordningsnummer, the Swedish personal identity and coordination numbers.

Issued by Skatteverket; the rules are in folkbokföringslagen (1991:481) 18 §, SKV 704 and SKV 707.
``YYMMDD-NNNC``: date of birth, birth number, Luhn digit over the nine digits before it; ``+``
instead of ``-`` from the year in which the person turns 100. In registers with the century:
``YYYYMMDDNNNC``. A coordination number has 60 added to the day. Birth numbers from 980 on are in
Skatteverket's test numbers.

All spellings have the canonical form of 12 digits. Where the century is not written it is the last
one in which the person was born by the end of this year and is younger than 100, with ``+`` one
century earlier. Digits without sign or century say nothing of the age: they too are read as
younger than 100, so that someone aged 100 or more whose number is kept as ten bare digits has two
fingerprints. The year of the scan enters here and nowhere else.

Ten bare digits that begin with a day, YYYYMMDD, are more often the serial number of something
counted anew each day.
"""

from __future__ import annotations

import datetime
from functools import partial

import numpy as np

from pdscan.detectors.checks import (
    begins_with_day,
    by_length,
    digits,
    digits_at,
    has_any,
    is_date,
    levels,
    luhn,
)
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_COORDINATION = 60  # added to the day of birth
_FIRST_YEAR = 1800
_TEST = 980


def judge(candidates: Candidates, *, coordination: bool = False) -> Judged:
    """Accepts numbers with a real date of birth and the right Luhn digit."""
    this_year = datetime.date.today().year
    count = len(candidates)
    good, test = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    canonical = np.zeros((count, 12), np.uint8)
    older = has_any(candidates, b"+")
    for length, rows, chars in by_length(candidates):
        century = length - 10
        born = digits_at(chars, century, century + 6)
        if century:
            year = digits_at(chars, 0, 4)
        else:
            year = this_year - (this_year - born // 10000) % 100 - 100 * older[rows]
        day = born % 100 - (_COORDINATION if coordination else 0)
        real = is_date(year, born // 100 % 100, day) & (year >= _FIRST_YEAR) & (year <= this_year)
        good[rows] = real & luhn(digits(chars, century, length))
        test[rows] = digits_at(chars, length - 4, length - 1) >= _TEST
        canonical[rows, 2:] = chars[:, century:]
        canonical[rows, 0] = 0x30 + year // 1000
        canonical[rows, 1] = 0x30 + year // 100 % 10
    signed = older | has_any(candidates, b"-")
    level = np.where(signed & ~test, Likelihood.LIKELY, Likelihood.POSSIBLE)
    if coordination:  # a coordination number is rare, its form is not
        bare = ~signed & (candidates.length == 10) & (candidates.raw_length == 10)
        level = np.where(bare, Likelihood.UNLIKELY, Likelihood.POSSIBLE)
    serial = ~signed & (candidates.length == 10) & begins_with_day(candidates.chars)
    level[serial] = Likelihood.UNLIKELY
    return Judged(
        level=levels(good, level),
        evidence={
            "date": good,
            "checksum": good,
            "sign": good & signed,
            "test number": good & test,
            "also a dated serial number": good & serial,
        },
        canonical=canonical,
    )


_SHAPES = (
    Shape("(?:9{6}|9{8})[-+]9{4}"),
    Shape("9{10}|9{12}", apart="-.+"),
    Shape("(?:9{6}|9{8}) 9{4}"),
)

PERSONNUMMER = Detector(
    kind="se.personnummer",
    name="Swedish personal identity number (personnummer)",
    category="OfficialID",
    country="se",
    finders=_SHAPES,
    judge=judge,
    strength=Strength.DATED_DIGIT,
    strip=b" -+",
    context=("personnummer", "personnr", "pers nr", "persnr", "pnr", "person nr", "född",
             "födelsenummer", "ssn", "henkilötunnu", "hetu", "personal identity number",
             "personal number", "social security", "identity number"),
    counter=(*BUSINESS, *TIME),
    labels=("personnummer", "personnr", "persnr", "pnr", "person nummer", "person nr", "ssn",
            "svensk personnummer", "social security number", "personal identity number",
            "personal number", "personal id", "national id", "identity number"),
    examples=("811218-9876", "19811218-9876", "198112189876"),
)  # fmt: skip

SAMORDNINGSNUMMER = Detector(
    kind="se.samordningsnummer",
    name="Swedish coordination number (samordningsnummer)",
    category="OfficialID",
    country="se",
    finders=_SHAPES,
    judge=partial(judge, coordination=True),
    strength=Strength.DATED_DIGIT,
    strip=b" -+",
    context=(*PERSONNUMMER.context, "samordningsnummer", "samordningsnr", "coordination number"),
    counter=PERSONNUMMER.counter,
    labels=(*PERSONNUMMER.labels, "samordningsnummer", "samordningsnr", "coordination number"),
    examples=("701063-2391",),
)

DETECTORS = (PERSONNUMMER, SAMORDNINGSNUMMER)
