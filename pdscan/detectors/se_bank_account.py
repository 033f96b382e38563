"""Swedish bank account numbers: clearing number and account number.

The rules are those of Bankgirot's "Bankernas kontonummer" (https://www.bankgirot.se/globalassets/
dokument/anvandarmanualer/bankernaskontonummeruppbyggnad_anvandarmanual_sv.pdf). The clearing number
(four digits, five at Swedbank) tells the bank and how its account numbers are checked:

- type 1, seven digits: modulo 11, over the clearing number without its first digit (comment 1) or
  with it (comment 2);
- type 2, up to ten digits: modulo 10 over the account number (comments 1 and 3), modulo 11 at
  Handelsbanken (comment 2).

The series are those that validators written after its editions of 2017 to 2024 agree on; what
stands in none of them is refused.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import by_length, digits, digits_at, levels, luhn, weighted
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Shape
from pdscan.detectors.words import ORDERS, TIME
from pdscan.model import Likelihood

_WITHOUT_FIRST, _WHOLE, _TEN, _SHORT_TEN, _HANDELSBANKEN, _SWEDBANK = range(1, 7)
_CLEARING = (
    (1100, 2099, _WITHOUT_FIRST), (2300, 2399, _WHOLE), (2400, 2499, _WITHOUT_FIRST),
    (3000, 3999, _WITHOUT_FIRST), (3300, 3300, _TEN), (3782, 3782, _TEN), (4000, 4999, _WHOLE),
    (5000, 5999, _WITHOUT_FIRST), (6000, 6999, _HANDELSBANKEN), (7000, 7999, _WITHOUT_FIRST),
    (8000, 8999, _SWEDBANK), (9020, 9029, _WHOLE), (9040, 9049, _WHOLE),
    (9060, 9079, _WITHOUT_FIRST), (9100, 9109, _WHOLE), (9120, 9124, _WITHOUT_FIRST),
    (9130, 9149, _WITHOUT_FIRST), (9150, 9169, _WHOLE), (9170, 9179, _WITHOUT_FIRST),
    (9180, 9189, _TEN), (9190, 9199, _WHOLE), (9230, 9239, _WITHOUT_FIRST),
    (9250, 9259, _WITHOUT_FIRST), (9260, 9269, _WHOLE), (9270, 9289, _WITHOUT_FIRST),
    (9300, 9349, _TEN), (9390, 9399, _WHOLE), (9400, 9449, _WITHOUT_FIRST),
    (9460, 9469, _WITHOUT_FIRST), (9470, 9479, _WHOLE), (9500, 9549, _SHORT_TEN),
    (9550, 9569, _WHOLE), (9570, 9579, _TEN), (9580, 9589, _WITHOUT_FIRST), (9590, 9599, _WHOLE),
    (9630, 9639, _WITHOUT_FIRST), (9640, 9679, _WHOLE), (9680, 9689, _WITHOUT_FIRST),
    (9700, 9719, _WHOLE), (9750, 9759, _WHOLE), (9780, 9789, _WHOLE), (9880, 9889, _WHOLE),
    (9890, 9899, _TEN), (9960, 9969, _SHORT_TEN),
)  # fmt: skip
_ELEVEN = (1, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)


def _rules() -> npt.NDArray[np.uint8]:
    rules = np.zeros(10_000, np.uint8)
    for first, last, rule in _CLEARING:
        rules[first : last + 1] = rule
    return rules


_RULES = _rules()


def judge(candidates: Candidates) -> Judged:
    """Accepts account numbers that pass the check of the bank their clearing number names."""
    good = np.zeros(len(candidates), np.bool_)
    for length, rows, chars in by_length(candidates):
        rule = _RULES[digits_at(chars, 0, 4)]
        numbers = digits(chars, 0, length)
        passed = np.zeros(len(rows), np.bool_)
        if length == 11:
            passed |= (weighted(numbers[:, 1:], _ELEVEN[1:]) % 11 == 0) & (rule == _WITHOUT_FIRST)
            passed |= (weighted(numbers, _ELEVEN) % 11 == 0) & (rule == _WHOLE)
        elif length in (12, 13):
            own = weighted(numbers[:, 4:], _ELEVEN[15 - length :])
            passed |= (own % 11 == 0) & (rule == _HANDELSBANKEN)
        elif length == 14:
            passed |= luhn(numbers[:, 4:]) & (rule == _TEN)
        if length < 15:
            passed |= luhn(numbers[:, 4:]) & (rule == _SHORT_TEN)
        passed |= (rule == _SWEDBANK) & _swedbank(numbers)
        good[rows] = passed
    return Judged(levels(good, Likelihood.POSSIBLE), {"clearing number": good, "checksum": good})


def _swedbank(numbers: npt.NDArray[np.uint8]) -> Flags:
    """Clearing number with its own Luhn digit or without it, and an account number."""
    found = luhn(numbers[:, 4:])
    if numbers.shape[1] > 11:
        found = found | (luhn(numbers[:, :5]) & luhn(numbers[:, 5:]))
    return found


DETECTOR = Detector(
    kind="se.bank_account",
    name="Swedish bank account number",
    category="FinancialAccountNumber",
    country="se",
    finders=(
        Shape("9{11,15}", apart="-.+"),
        Shape("9{4}-9{7,10}|9{4}-9-9{7,10}|9{4}-9{3}-9{3}-9{3,4}|9{4}-9-9{3}-9{3}-9{3}-9"),
        Shape("9{4}(?:-9)? 9{7,10}|9{4}(?:-9)?(?: 9{1,4}){2,4}(?:-9)?|9{4} 9{6}-9{1,4}"),
    ),
    judge=judge,
    strip=b" -",
    needs_context=True,
    context=("kontonummer", "kontonr", "konto", "bankkonto", "clearing", "clearingnummer",
             "clearingnr", "lönekonto", "personkonto", "account number", "account no",
             "bank account", "tilinumero"),
    counter=(*ORDERS, *TIME),
    labels=("kontonummer", "kontonr", "konto", "bankkonto", "bankkontonummer", "clearing",
            "clearingnummer", "account number", "account no", "bank account", "tilinumero",
            "återbetalningskonto"),
    examples=("3300-8112189876",),
)  # fmt: skip
