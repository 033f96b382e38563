"""Kennitala, the Icelandic identity number of persons and organisations.

Issued by Þjóðskrá Íslands (https://www.skra.is/folk/eg-i-thjodskra/um-kennitolur/):
``DDMMYY-NNCA``, date of birth or registration (an organisation's day has 40 added), serial number,
check digit modulo 11, and the century: 8, 9 or 0.

Numbers given since 18 February 2026 have no check digit any more (https://www.skra.is/folk/
eg-i-thjodskra/um-kennitolur/kennitolur-an-vartolu), and system numbers of people who are not
registered (*kerfiskennitala*) begin with 8 or 9 and hold no date. The check speaks for a number and
no longer against it; without it a number takes a word, and one without a date a label.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import digits, digits_at, has_any, is_birthday, levels, weighted
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2, 1)


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with a real date and a century, and those of the system."""
    chars = candidates.chars
    numbers = digits(chars, 0, 10)
    last = numbers[:, 9].astype(np.int64)
    year = np.where(last == 0, 2000, 1000 + 100 * last) + digits_at(chars, 4, 6)
    organisation = (numbers[:, 0] >= 4) & (numbers[:, 0] <= 7)
    system = numbers[:, 0] >= 8
    day = digits_at(chars, 0, 2) - 40 * organisation
    dated = is_birthday(year, digits_at(chars, 2, 4), day) & ((last == 0) | (last >= 8))
    checked = dated & (weighted(numbers, _WEIGHTS) % 11 == 0)
    grouped = has_any(candidates, b"-")
    level = np.where(checked, Likelihood.UNLIKELY, Likelihood.VERY_UNLIKELY)
    level += (checked | (dated & ~organisation)) & grouped
    return Judged(
        levels(dated | system, level),
        {"date": dated, "checksum": checked, "hyphen": (dated | system) & grouped,
         "organisation": dated & organisation, "system number": system},
    )  # fmt: skip


DETECTOR = Detector(
    kind="is.kennitala",
    name="Icelandic identity number (kennitala)",
    category="OfficialID",
    country="is",
    finders=(Shape("9{6}-9{4}"), Shape("9{10}", apart="-.+"), Shape("9{6} 9{4}")),
    judge=judge,
    strength=Strength.DATED_DIGIT_11,
    strip=b" -",
    context=("kennitala", "kennitölu", "kt", "icelandic id", "personal id", "henkilötunnu"),
    counter=(*BUSINESS, *TIME),
    labels=("kennitala", "kennitolu", "kt", "icelandic id", "national id", "ssn"),
    examples=("120174-3399",),
)  # fmt: skip
