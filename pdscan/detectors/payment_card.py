"""Numbers of payment cards (PAN).

ISO/IEC 7812-1: issuer identification number, account number, Luhn digit. The issuer ranges and
lengths are those that the card schemes publish; 13-digit Visa numbers and 12-digit Maestro ones are
no longer issued. PCI DSS 4.0.1 (3.3) forbids to keep what goes with them after authorisation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import by_length, digits, digits_at, has_any, levels, luhn
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

# Scheme: first and last of the first four digits, and the lengths its numbers have.
_RANGES = (
    ("Visa", 4000, 4999, (16, 19)),
    ("Visa", 4000, 4999, (13,)),
    ("Mastercard", 5100, 5599, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("American Express", 3400, 3499, (15,)),
    ("American Express", 3700, 3799, (15,)),
    ("Diners Club", 3000, 3059, (14,)),
    ("Diners Club", 3095, 3095, (14,)),
    ("Diners Club", 3600, 3699, (14, 16, 19)),
    ("Diners Club", 3800, 3999, (14, 16, 19)),
    ("Discover", 6011, 6011, (16, 19)),
    ("Discover", 6440, 6599, (16, 19)),
    ("JCB", 3528, 3589, (16, 19)),
    ("UnionPay", 6200, 6299, (16, 17, 18, 19)),
    ("UnionPay", 8100, 8171, (16, 17, 18, 19)),
    ("Maestro", 5000, 5099, (13, 15, 16, 18, 19)),
    ("Maestro", 5600, 5899, (13, 15, 16, 18, 19)),
    ("Maestro", 6300, 6399, (16, 18, 19)),
    ("Maestro", 6700, 6799, (13, 15, 16, 18, 19)),
    ("Mir", 2200, 2204, (16, 19)),
    ("Dankort", 5019, 5019, (16,)),
)  # fmt: skip
_USUAL = 16


def _issued() -> npt.NDArray[np.bool_]:
    known = np.zeros((20, 10_000), np.bool_)
    for _, first, last, lengths in _RANGES:
        for length in lengths:
            known[length, first : last + 1] = True
    return known


_ISSUED = _issued()


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers within a scheme's ranges and lengths whose Luhn digit is right."""
    good = np.zeros(len(candidates), np.bool_)
    usual = np.zeros(len(candidates), np.bool_)
    amex = np.zeros(len(candidates), np.bool_)
    for length, rows, chars in by_length(candidates):
        issued = _ISSUED[length][digits_at(chars, 0, 4)]
        rows, chars = rows[issued], chars[issued]
        good[rows] = luhn(digits(chars, 0, length))
        usual[rows] = length == _USUAL
        amex[rows] = (length == 15) & (chars[:, 0] == ord("3"))
    grouped = has_any(candidates, b" -")
    level = np.where(usual | grouped, Likelihood.LIKELY, Likelihood.UNLIKELY)
    level[amex & ~grouped] = Likelihood.POSSIBLE
    return Judged(
        level=levels(good, level),
        evidence={"checksum": good, "issuer range": good, "grouped": good & grouped},
    )


DETECTOR = Detector(
    kind="payment_card",
    name="Payment card number",
    category="PaymentCardNumber",
    finders=(
        Shape("9{13,19}", apart="-.+"),
        Shape("9{4}(?:-9{4}){3}(?:-9{1,3})?|9{4}-9{6}-9{4,5}", apart="-.+"),
        Shape("9{4}(?: 9{4}){3}(?: 9{1,3})?|9{4} 9{6} 9{4,5}|9{6} 9{10,13}|9{8} 9{8}"),
    ),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" -",
    context=("card", "credit card", "debit card", "kortti", "luottokortti", "pankkikortti",
             "maksukortti", "kortin numero", "kort", "kortnummer", "kreditkort", "betalkort",
             "bankkort", "visa", "mastercard", "amex", "american express", "pan", "cvv", "cvc",
             "kontokort", "luottokortin"),
    counter=(*BUSINESS, *TIME, "imei", "iccid", "serial"),
    labels=("card", "card number", "card no", "cardnumber", "credit card", "credit card number",
            "cc number", "ccnumber", "pan", "korttinumero", "kortin numero", "luottokortti",
            "luottokortin numero", "maksukortti", "pankkikortti", "kortnummer", "kreditkort",
            "kontokortsnummer", "payment card"),
    examples=("4111111111111111", "5555 5555 5555 4444", "3782 822463 10005"),
)  # fmt: skip
