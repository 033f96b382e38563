"""IBAN, the international bank account number.

ISO 13616-1; the structures are those of SWIFT's IBAN Registry
(https://www.swift.com/standards/data-standards/iban-international-bank-account-number), release
101. Country code, two check digits (modulo 97-10, ISO 7064), and the country's account number.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import by_length, is_digit, levels
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Shape, Strength
from pdscan.model import Bytes2D, Ints, Likelihood

# Country and the structure after the check digits: n digits, a letters, c either.
STRUCTURES = (
    "AD:8n12c AE:19n AL:8n16c AT:16n AZ:4a20c BA:16n BE:12n BG:4a6n8c BH:4a14c BI:23n "
    "BR:23n1a1c BY:4c4n16c CH:5n12c CR:18n CY:8n16c CZ:20n DE:18n DJ:23n DK:14n DO:4c20n EE:16n "
    "EG:25n ES:20n FI:14n FK:2a12n FO:14n FR:10n11c2n GB:4a14n GE:2a16n GI:4a15c GL:14n "
    "GR:7n16c GT:24c HN:4a20n HR:17n HU:24n IE:4a14n IL:19n IQ:4a15n IS:22n IT:1a10n12c "
    "JO:4a4n18c KW:4a22c KZ:3n13c LB:4n20c LC:4a24c LI:5n12c LT:16n LU:3n13c LV:4a13c LY:21n "
    "MC:10n11c2n MD:20c ME:18n MK:3n10c2n MN:16n MR:23n MT:4a5n18c MU:4a19n3a NI:4a20n NL:4a10n "
    "NO:11n OM:3n16c PK:4a16c PL:24n PS:4a21c PT:21n QA:4a21c RO:4a16c RS:18n RU:14n15c "
    "SA:2n18c SC:4a20n3a SD:14n SE:20n SI:15n SK:20n SM:1a10n12c SO:19n ST:21n SV:4a20n TL:19n "
    "TN:20n TR:6n16c UA:6n19c VA:18n VG:4a16n XK:16n YE:4a4n18c"
)
_LONGEST = 34
_DIGIT, _LETTER = 1, 2
_CLASSES = {"n": _DIGIT, "a": _LETTER, "c": _DIGIT | _LETTER}


def _structures() -> npt.NDArray[np.uint8]:
    """The classes of character that each place after the fourth may have, by country."""
    found = np.zeros((26 * 26, _LONGEST + 1), np.uint8)
    for entry in STRUCTURES.split():
        country, _, structure = entry.partition(":")
        classes = [0] * 4
        for count, kind in re.findall("([0-9]+)([nac])", structure):
            classes += [_CLASSES[kind]] * int(count)
        code = (ord(country[0]) - 0x41) * 26 + ord(country[1]) - 0x41
        found[code, : len(classes)] = classes
        found[code, _LONGEST] = len(classes)
    return found


_STRUCTURE = _structures()
_VALUE = np.array([code - 0x30 if code < 0x41 else code - 0x37 for code in range(256)], np.int64)


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers of their country's length and structure with the right check digits."""
    good = np.zeros(len(candidates), np.bool_)
    for length, rows, chars in by_length(candidates):
        if length > _LONGEST:
            continue
        code = (chars[:, 0].astype(np.int64) - 0x41) * 26 + chars[:, 1] - 0x41
        right = _STRUCTURE[code, _LONGEST] == length
        rows, chars, code = rows[right], chars[right], code[right]
        good[rows] = _fits(chars, code) & (_modulo_97(chars) == 1)
    return Judged(
        level=levels(good, Likelihood.LIKELY), evidence={"checksum": good, "structure": good}
    )


def _fits(chars: Bytes2D, country: Ints) -> Flags:
    length = chars.shape[1]
    kind = np.where(is_digit(chars), np.uint8(_DIGIT), np.uint8(_LETTER))
    fits: Flags = ((kind & _STRUCTURE[country, :length])[:, 4:] != 0).all(axis=1)
    return fits


def _modulo_97(chars: Bytes2D) -> Ints:
    """The number of each row modulo 97, its first four characters moved to the end."""
    length, columns = chars.shape[1], np.ascontiguousarray(chars.T)
    rest = np.zeros(len(chars), np.int64)
    bound = 97
    for column in (*range(4, length), 0, 1, 2, 3):
        value = _VALUE[columns[column]]
        if column < 2 or not is_digit(columns[column]).all():
            rest *= np.where(value < 10, 10, 100)
            bound *= 100
        else:
            rest *= 10
            bound *= 10
        rest += value
        if bound > 10**16:
            rest %= 97
            bound = 97
    return rest % 97


DETECTOR = Detector(
    kind="iban",
    name="International bank account number (IBAN)",
    category="FinancialAccountNumber",
    finders=(
        Shape("AA99[9A]{11,30}"),
        Shape("AA99(?:-[9A]{4}){2,7}(?:-[9A]{1,3})?"),
        Shape("AA ?99 ?[9A]{1,4}(?: [9A]{2,4}){2,7}(?: [9A]{1,3})?|AA99 [9A]{11,14}"),
    ),
    judge=judge,
    strength=Strength.DATED_LETTER,
    strip=b" -",
    fold_case=True,
    context=("iban", "tilinumero", "tilinro", "pankkitili", "konto", "kontonummer", "bankkonto",
             "kontonr", "bank account", "account number", "account no", "arvelduskonto", "bic"),
    labels=("iban", "iban number", "tilinumero", "tilinro", "tili", "pankkitili", "konto",
            "kontonummer", "kontonr", "bankkonto", "bank account", "bank account number",
            "account number", "account no", "refund account", "palautustili",
            "återbetalningskonto"),
    examples=("FI2112345600000785", "SE45 5000 0000 0583 9825 7466", "DE89 3704 0044 0532 0130 00"),
)  # fmt: skip
