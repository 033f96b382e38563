"""VAT identification numbers of the EU, Northern Ireland, Great Britain, Switzerland and Norway.

The forms are those of the European Commission's VIES
(https://ec.europa.eu/taxation_customs/vies/), of HMRC, of the Swiss UID register (``CHE… MWST``)
and of the Norwegian register (``… MVA``); the check digits are those that python-stdnum knows.
Finnish and Swedish numbers are checked on columns, all others once per distinct text. Romanian
numbers of fewer than six digits are left out: too much else looks like them.

The canonical form begins with the country and holds no separators; Swiss and Norwegian numbers
are written without the word for value added tax.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable

import numpy as np

from pdscan.detectors.checks import by_length, digits, is_digit, levels, luhn, weighted
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Shape, Strength
from pdscan.detectors.words import ORDERS
from pdscan.model import Bytes2D, Likelihood

# Prefix: the form after it, the module of python-stdnum, and whether form and check are so
# particular that a number needs no word near it to be likely.
_COUNTRIES: dict[str, tuple[str, str, bool]] = {
    "AT": (r"U\d{8}", "at.uid", True),
    "BE": (r"[01]?\d{9}", "be.vat", False),
    "BG": (r"\d{9,10}", "bg.vat", False),
    "CY": (r"\d{8}[A-Z]", "cy.vat", False),
    "CZ": (r"\d{8,10}", "cz.dic", False),
    "DE": (r"\d{9}", "de.vat", False),
    "DK": (r"\d{8}", "dk.cvr", False),
    "EE": (r"\d{9}", "ee.kmkr", False),
    "EL": (r"\d{9}", "gr.vat", False),
    "ES": (r"[0-9A-Z]\d{7}[0-9A-Z]", "es.nif", False),
    "FI": (r"\d{8}", "fi.alv", False),
    "FR": (r"[0-9A-HJ-NP-Z]{2}\d{9}", "fr.tva", True),
    "GB": (r"(?:\d{9}|\d{12}|GD[0-4]\d\d|HA[5-9]\d\d)", "gb.vat", False),
    "HR": (r"\d{11}", "hr.oib", False),
    "HU": (r"\d{8}", "hu.anum", False),
    "IE": (r"\d[0-9A-Z+*]\d{5}[A-W][A-I]?", "ie.vat", False),
    "IT": (r"\d{11}", "it.iva", True),
    "LT": (r"(?:\d{9}|\d{12})", "lt.pvm", False),
    "LU": (r"\d{8}", "lu.tva", False),
    "LV": (r"\d{11}", "lv.pvn", False),
    "MT": (r"\d{8}", "mt.vat", False),
    "NL": (r"\d{9}B\d\d", "nl.btw", True),
    "PL": (r"\d{10}", "pl.nip", False),
    "PT": (r"\d{9}", "pt.nif", False),
    "RO": (r"\d{6,10}", "ro.cui", False),
    "SE": (r"\d{12}", "se.vat", True),
    "SI": (r"\d{8}", "si.ddv", False),
    "SK": (r"\d{10}", "sk.dph", False),
    "XI": (r"(?:\d{9}|\d{12}|GD[0-4]\d\d|HA[5-9]\d\d)", "gb.vat", False),
    "CH": (r"E\d{9}(?:MWST|TVA|IVA|TPV)?", "ch.uid", True),
    "NO": (r"\d{9}(?:MVA)?", "no.orgnr", False),
}
_ALIASES = {"GR": "EL"}
_ENDINGS = re.compile(r"(?:MWST|TVA|IVA|TPV|MVA)$")
_FORMS = {prefix: re.compile(form) for prefix, (form, _, _) in _COUNTRIES.items()}
_KNOWN = frozenset({*_COUNTRIES, *_ALIASES})
_YTUNNUS = (7, 9, 10, 5, 8, 4, 2)
_BARE_NO = re.compile(r"\d{9}MVA")


def _prefixes() -> Flags:
    found = np.zeros(1 << 16, np.bool_)
    for prefix in _KNOWN:
        found[(ord(prefix[0]) << 8) + ord(prefix[1])] = True
    return found


_PREFIXES = _prefixes()


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers of the form of their country with the right check digits."""
    level = np.full(len(candidates), -1, np.int8)
    width = max(candidates.chars.shape[1], 2)
    canonical = np.zeros((len(candidates), width), np.uint8)
    known: dict[bytes, tuple[int, bytes]] = {}
    for length, rows, chars in by_length(candidates):
        code = (chars[:, 0].astype(np.int64) << 8) + chars[:, 1]
        finnish, swedish = code == 0x4649, code == 0x5345  # FI, SE
        numeric = is_digit(chars[:, 2:]).all(axis=1)
        fast = numeric & (finnish & (length == 10) | swedish & (length == 14))
        right = rows[fast]
        if len(right):
            good, likely = _nordic(chars[fast]), Likelihood.POSSIBLE
            if length == 14:
                likely = Likelihood.LIKELY
            level[right] = levels(good, likely)
            canonical[right, :length] = chars[fast]
        for row in rows[~fast & (_PREFIXES[code] | is_digit(chars[:, 0]))].tolist():
            text = candidates.chars[row, :length].tobytes()
            if text not in known:
                known[text] = _read(text.decode())
            level[row], form = known[text]
            canonical[row, : len(form)] = np.frombuffer(form, np.uint8)
    good = level >= 0
    return Judged(level, {"country": good, "checksum": good}, canonical)


def _nordic(chars: Bytes2D) -> Flags:
    numbers = digits(chars, 2, chars.shape[1])
    if chars.shape[1] == 10:  # Finnish
        rest = weighted(numbers, _YTUNNUS) % 11
        finnish: Flags = (numbers[:, 7] == (11 - rest) % 11) & (rest != 1)
        return finnish
    serial = numbers[:, 10] * 10 + numbers[:, 11]
    return luhn(numbers[:, :10]) & (serial >= 1) & (serial <= 94)  # SKV 552


def _read(text: str) -> tuple[int, bytes]:
    """Level and canonical form of one number; level -1 where it is none."""
    if _BARE_NO.fullmatch(text):
        text, likely = f"NO{text}", True
    else:
        likely = text[:2] == "NO" and text.endswith("MVA")
    prefix = _ALIASES.get(text[:2], text[:2])
    if prefix not in _COUNTRIES or not _FORMS[prefix].fullmatch(text[2:]):
        return -1, b""
    _, module, strong = _COUNTRIES[prefix]
    number = _ENDINGS.sub("", text[2:]) if prefix in {"CH", "NO"} else text[2:]
    if not _validator(module)(f"CH{number}" if prefix == "CH" else number):
        return -1, b""
    if prefix == "BE":
        number = number.zfill(10)
    level = Likelihood.LIKELY if strong or likely else Likelihood.POSSIBLE
    return int(level), f"{prefix}{number}".encode()


def _validator(module: str) -> Callable[[str], bool]:
    accepts: Callable[[str], bool] = importlib.import_module(f"stdnum.{module}").is_valid
    return accepts


DETECTOR = Detector(
    kind="eu.vat",
    name="VAT identification number",
    category="OfficialID",
    finders=(
        Shape("AA[9A]{4,14}|9{9}AAA", apart="-.+"),
        Shape(r"AA[9A]{0,5}(?:[-.][9A]{1,12}){1,4}", apart="-.+"),
        Shape(r"AA[9A-]{0,5}(?: [9A.-]{2,13}){1,4}|AAA-?9{3}\.?9{3}\.?9{3} A{3,4}"),
        Shape(r"9{3} 9{3} 9{3} AAA|9{9} AAA"),
    ),
    judge=judge,
    strength=Strength.DIGIT,
    strip=b" -.",
    fold_case=True,
    context=("vat", "vat no", "vat id", "vat number", "vat reg", "alv", "alv-numero", "alv nro",
             "alv-tunnus", "arvonlisävero", "momsnummer", "momsnr", "moms nr", "moms",
             "momsregistreringsnummer", "vat-nummer", "mva", "ust-id", "ust-idnr", "ustid", "uid",
             "umsatzsteuer", "tva", "n° tva", "btw", "btw-nummer", "partita iva", "p.iva", "nif",
             "kmkr", "käibemaks", "pvn", "pvm", "nip", "dič", "dph", "ddv", "oib", "cif", "mwst",
             "intrastat", "intra community", "reverse charge", "omvänd skattskyldighet",
             "käännetty verovelvollisuus", "käibemaksukohustuslase"),
    counter=ORDERS,
    labels=("vat", "vat number", "vat no", "vat id", "vatnumber", "vatid", "vat reg no", "tax id",
            "alv numero", "alv nro", "alvnro", "alv tunnus", "alv", "momsnummer", "momsnr",
            "moms reg nr", "momsregistreringsnummer", "vat nummer", "mva nummer", "ust id",
            "ust idnr", "ustidnr", "tva", "btw nummer", "partita iva", "kmkr number"),
    examples=("FI20774740", "SE556036079301", "ATU13585627", "CHE-107.787.577"),
)  # fmt: skip
