"""Passports and travel documents of any country: machine-readable zones, and numbers by label.

ICAO Doc 9303 (https://www.icao.int/publications/doc-series/doc-9303), parts 4 to 6: TD3 has two
lines of 44 characters, TD2 two of 36, TD1 (cards) three of 30. Number, birth, expiry and the whole
each carry a check digit, weights 7, 3, 1 modulo 10, letters counting from A = 10, ``<`` 0. Numbers
of passports have no check of their own outside the zone. The canonical form is the document's
number in upper case.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_PERSON = r"[0-9]{6}[0-9][MFX<][0-9]{6}[0-9]"
_NEW_LINE = r"[ ]?\r?\n[ ]{0,8}"
_TD3 = rf"P[A-Z<][A-Z<]{{42}}{_NEW_LINE}[A-Z0-9<]{{9}}[0-9][A-Z<]{{3}}{_PERSON}"
_TD3_END = "[A-Z0-9<]{14}[0-9<][0-9]"
_TD2 = rf"[ACIPV][A-Z<][A-Z<]{{34}}{_NEW_LINE}[A-Z0-9<]{{9}}[0-9<][A-Z<]{{3}}{_PERSON}"
_TD2_END = "[A-Z0-9<]{7}[0-9]"
_TD1 = rf"[ACI][A-Z0-9<][A-Z<]{{3}}[A-Z0-9<]{{9}}[0-9<][A-Z0-9<]{{15}}{_NEW_LINE}{_PERSON}"
_TD1_END = rf"[A-Z<]{{3}}[A-Z0-9<]{{11}}[0-9]{_NEW_LINE}[A-Z<]{{30}}"
_BORDER = r"(?:[^A-Z0-9<].*)?$"
_VALUES = {char: number for number, char in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


def check_digit(field: str) -> str:
    """The check digit of a field of a machine-readable zone."""
    weights = (7, 3, 1)
    return str(sum(_VALUES.get(c, 0) * weights[n % 3] for n, c in enumerate(field)) % 10)


def document_number(zone: str) -> str | None:
    """The number of the document, or None where a check digit of `zone` is wrong."""
    lines = zone.split()
    if len(lines) == 3:
        first, second = lines[0], lines[1]
        number, digit = first[5:14], first[14]
        whole = first[5:30] + second[0:7] + second[8:15] + second[18:29]
    else:
        second = lines[1]
        number, digit = second[0:9], second[9]
        whole = second[0:10] + second[13:20] + second[21:-1]
        first = ""
    birth, expiry = (second[0:7], second[8:15]) if first else (second[13:20], second[21:28])
    if digit == "<" and first:  # a longer number goes on in the optional field (part 5, note j)
        rest, _, _ = first[15:30].partition("<")
        number, digit = number + rest[:-1], rest[-1:]
    checked = [(number, digit), (birth[:-1], birth[-1]), (expiry[:-1], expiry[-1])]
    checked.append((whole, second[-1]))
    good = all(check_digit(field) == digit for field, digit in checked)
    return number.rstrip("<") if good else None


def judge(candidates: Candidates) -> Judged:
    """Accepts zones whose check digits are right, and numbers where something calls them so."""
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        found = texts.cut(values, r"[\s\"']*", r"[A-Za-z]{0,3}[ ]?[0-9]{5,9}[A-Za-z]?", _BORDER)
        level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
        zone = np.zeros(len(candidates), np.bool_)
    else:
        mrz = texts.cut_around(candidates, _TD3, _TD3_END, border=_BORDER)
        mrz = mrz.or_else(texts.cut_around(candidates, _TD2, _TD2_END, border=_BORDER))
        mrz = mrz.or_else(texts.cut_around(candidates, _TD1, _TD1_END, border=_BORDER))
        mrz = mrz.where(~texts.missing(texts.each(mrz.text, document_number)))
        beside = texts.cut_around(
            candidates,
            "[A-Z]{0,3}[ ]?[0-9]",
            "[0-9]{5,8}",
            border=r"(?:[^0-9A-Za-z.-].*|[.](?:[^0-9].*)?)?$",
        )
        beside = beside.where(texts.matches(texts.around(candidates)[0], "(?i)pass"))
        found, zone = mrz.or_else(beside), mrz.found
        level = np.where(zone, Likelihood.LIKELY, Likelihood.POSSIBLE)
    number = pc.replace_substring_regex(pc.utf8_upper(texts.each(found.text, _number)), " ", "")
    return texts.judged(found, level, {"machine-readable zone": zone, "check digits": zone}, number)


def _number(text: str) -> str | None:
    return document_number(text) if re.search(r"\n", text) else text


DETECTOR = Detector(
    kind="passport",
    name="Passport or travel document",
    category="Passport",
    finders=(
        Around(r"[0-9]{7}[MFX<][0-9]{7}", before=90, after=64),
        Around(
            r"[^0-9\n]{0,28}[0-9]", before=44, after=12, caseless=True,
            words=("passport", "passinumero", "passin n", "passi:", "passi ", "passnummer",
                   "pass nr",
                   "passinumber"),
        ),
        Cell(24, unless=("expiry", "issued", "country", "date", "password")),
    ),
    judge=judge,
    context=("passport", "passi", "passnummer", "travel document", "matkustusasiakirj"),
    labels=("passport", "passport number", "passport no", "passportno", "passinumero",
            "passin numero", "passi", "passnummer", "pass nr", "travel document number"),
    examples=("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10",),
)  # fmt: skip
