"""Bankgiro and plusgiro numbers, which stand for Swedish bank accounts in payments.

Issued by Bankgirot (now Bankinfrastruktur, https://www.bankgirot.se/) and Nordea. A bankgiro number
has seven or eight digits, ``NNN-NNNC`` or ``NNNN-NNNC``, a plusgiro number two to eight,
``N-C`` to ``NN NN NN N-C``; both end in a Luhn digit. So short a number with one check digit says
nothing by itself: it takes a word or a label. Plusgiro numbers of less than four digits, which a
few authorities and charities hold, are not looked for.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import by_length, digits, hyphenated, luhn
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape
from pdscan.detectors.words import TIME


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers with the right Luhn digit."""
    good = np.zeros(len(candidates), np.bool_)
    for length, rows, chars in by_length(candidates):
        good[rows] = luhn(digits(chars, 0, length)) & (chars[:, 0] != ord("0"))
    return hyphenated(candidates, good)


_COUNTER = (*TIME, "ordernummer", "order", "telefon", "tel", "tfn", "artikelnummer", "version")

BANKGIRO = Detector(
    kind="se.bankgiro",
    name="Swedish bankgiro number",
    category="FinancialAccountNumber",
    country="se",
    finders=(Shape("9{3,4}-9{4}", apart="-.+"), Shape("9{7,8}", apart="-.+")),
    judge=judge,
    strip=b"-",
    needs_context=True,
    context=("bankgiro", "bankgironummer", "bankgironr", "bg", "bg-nr", "bg nr", "bgnr", "b-giro"),
    counter=_COUNTER,
    labels=("bankgiro", "bankgironummer", "bankgironr", "bg", "bg nr", "bgnr"),
    examples=("5050-1055",),
)

PLUSGIRO = Detector(
    kind="se.plusgiro",
    name="Swedish plusgiro number",
    category="FinancialAccountNumber",
    country="se",
    finders=(
        Shape("9{3,7}-9", apart="-.+"),
        Shape("9{4,8}", apart="-.+"),
        Shape("9{1,3}(?: 9{2}){1,3}-9|9{1,2}(?: 9{2}){2} 9-9"),
    ),
    judge=judge,
    strip=b" -",
    needs_context=True,
    context=("plusgiro", "plusgironummer", "postgiro", "pg", "pg-nr", "pg nr", "pgnr", "p-giro"),
    counter=_COUNTER,
    labels=("plusgiro", "plusgironummer", "plusgironr", "postgiro", "pg", "pg nr", "pgnr"),
    examples=("4 12 34-6",),
)

DETECTORS = (BANKGIRO, PLUSGIRO)
