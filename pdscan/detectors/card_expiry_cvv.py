"""Validity and verification codes of payment cards.

PCI DSS 4.0, requirement 3.3 forbids to keep the verification code after authorisation at all, so it
is reported wherever something calls it one; an expiry only beside a label or a card's number. The
canonical form is ``MM/YY``, or the code.
"""

from __future__ import annotations

import re

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_EXPIRY = r"(?:0[1-9]|1[0-2])[ ]?[/-][ ]?(?:20)?[2-4][0-9]"
_BORDER = r"(?:[^0-9A-Za-z/.-].*|[.](?:[^0-9].*)?)?$"


def _canonical(text: str) -> str:
    numbers = re.findall("[0-9]+", text)
    return f"{numbers[0]}/{numbers[1][-2:]}" if len(numbers) == 2 else text


def judge(candidates: Candidates) -> Judged:
    """Accepts codes of three or four digits, and months of a year beside a card."""
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        found = texts.cut(values, r"[\s\"']*", f"(?:{_EXPIRY}|[0-9]{{3,4}})", _BORDER)
        level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
    else:
        head, _ = texts.around(candidates)
        code = texts.cut_around(candidates, "[0-9]", "[0-9]{2,3}", border=_BORDER)
        code = code.where(
            texts.matches(head, r"(?i)(?:cv[vc]2?|security code|turvakoodi|säkerhetskod)")
        )
        expiry = texts.cut_around(
            candidates, "[01]", r"[0-9][ ]?[/-][ ]?(?:20)?[2-4][0-9]", border=_BORDER
        )
        beside = texts.cut_around(candidates, r"(?:0[1-9]|1[0-2])/[2-4][0-9]", "", border=_BORDER)
        beside = beside.where(texts.matches(head, r"[0-9]{4}[ ,;|\t]{1,3}(?:[^0-9]{0,6})[0-9/]+$"))
        expiry = beside.or_else(expiry.where(texts.matches(expiry.text, f"^{_EXPIRY}$")))
        found = expiry.or_else(code)
        level = np.full(len(candidates), Likelihood.POSSIBLE, np.int64)
    month = texts.matches(found.text, "[/-]")
    return texts.judged(
        found, level,
        {"month and year": month & found.found, "digits of a code": found.found & ~month},
        texts.each(found.text, _canonical),
    )  # fmt: skip


DETECTOR = Detector(
    kind="card_expiry_cvv",
    name="Validity or verification code of a payment card",
    category="PaymentCardExpiry",
    secret=True,
    finders=(
        Around(
            r"[^0-9\n]{0,14}[0-9]", before=40, after=14, caseless=True,
            words=("cvv", "cvc", "cvv2", "cvc2", " exp ", "\nexp ", " exp. ", " exp:", "\nexp:",
                   "expiry", "expires", "valid thru", "valid until", "good thru", "security code",
                   "turvakoodi", "säkerhetskod", "voimassa", "giltig till", "giltigt till"),
        ),
        Around(r"[0-9]{4}[ ,;|\t]{1,3}(?:exp\.? ?)?(?:0[1-9]|1[0-2])/[2-4][0-9]", before=24,
               after=3),
        Cell(12, unless=("promo", "coupon", "product", "contract", "password", "token", "domain",
                         "certificate", "postal", "error", "country")),
    ),
    judge=judge,
    context=("card", "kortti", "kortin", "kort", "visa", "mastercard", "amex", "luottokort", "cvv"),
    counter=("contract", "sopimus", "avtal", "offer", "tarjous", "certificate", "sertifikaat"),
    labels=("cvv", "cvc", "cvv2", "cvc2", "cvn", "card security code", "card expiry", "card exp",
            "exp month year", "card expiration", "expiry", "valid thru", "cc exp", "turvakoodi",
            "kortin voimassaolo", "säkerhetskod", "kortets giltighetstid"),
    examples=("CVV: 123", "4111 1111 1111 1111 12/27"),
)  # fmt: skip
