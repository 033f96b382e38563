"""Swedish bank account numbers: clearing number and account number.

The rules are those of Bankgirot's "Bankernas kontonummer". The clearing number (four digits, five
at Swedbank) tells the bank and how its account numbers are checked: type 1 (seven digits) modulo 11
with the clearing number or without its first digit, type 2 modulo 10 or, at Handelsbanken, modulo
11. Among the 9000s the banks with type 1 change; there either way of the check is taken.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import by_length, digits, digits_at, levels, luhn, weighted
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Shape
from pdscan.detectors.words import ORDERS, TIME
from pdscan.model import Likelihood

_WITHOUT_FIRST, _WHOLE, _EITHER, _TEN, _HANDELSBANKEN, _SWEDBANK = range(1, 7)
_CLEARING = (
    (1100, 2099, _WITHOUT_FIRST), (2300, 2399, _WHOLE), (2400, 2499, _WITHOUT_FIRST),
    (3000, 3999, _WITHOUT_FIRST), (3300, 3300, _TEN), (3782, 3782, _TEN),
    (4000, 4999, _WHOLE), (5000, 5999, _WITHOUT_FIRST), (6000, 6999, _HANDELSBANKEN),
    (7000, 7999, _WITHOUT_FIRST), (8000, 8999, _SWEDBANK), (9020, 9899, _EITHER),
    (9180, 9189, _TEN), (9300, 9329, _TEN), (9500, 9549, _TEN), (9570, 9579, _TEN),
    (9890, 9899, _TEN), (9960, 9969, _TEN),
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
            short = weighted(numbers[:, 1:], _ELEVEN[1:]) % 11 == 0
            long = weighted(numbers, _ELEVEN) % 11 == 0
            passed |= short & ((rule == _WITHOUT_FIRST) | (rule == _EITHER))
            passed |= long & ((rule == _WHOLE) | (rule == _EITHER))
        elif length == 13:
            passed |= (weighted(numbers[:, 4:], _ELEVEN[2:]) % 11 == 0) & (rule == _HANDELSBANKEN)
        elif length == 14:
            passed |= luhn(numbers[:, 4:]) & (rule == _TEN)
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
