"""Telephone numbers.

International numbers (ITU-T E.164 and E.123: ``+`` or ``00`` and the country code) of all
countries, and national ones as they are written in Finland, Sweden, Norway, Denmark and Estonia.
Which numbers are in use is what `phonenumbers` (Google's libphonenumber) knows. The canonical form
is E.164.

How likely: ``+`` with a number in use is a telephone number; hardly anything else looks so. A
national number with its trunk zero is possible when it is grouped as people group such numbers, and
when it is the ten digits of a mobile one. Any other without separators looks like the number of an
order or article, and so do the eight digits of Norway and Denmark and the seven of Estonia however
they are grouped: they take a word or a label.

National numbers do not say their country. One that is a mobile number somewhere is taken for that;
then the order of the countries above decides, but pairs after a hyphen (``08-123 456 78``) are
Swedish. The evidence says which country was read.

`phonenumbers` takes 50 µs for a number. Whether a number is in use does not depend on its last
three digits, four in the Nordic countries, so it is asked once for all that differ in them only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import (
    begins_with_day,
    digits_at,
    has_any,
    is_date,
    is_digit,
    levels,
)
from pdscan.detectors.interface import Candidates, Detector, Flags, Judged, Shape, Strength
from pdscan.detectors.words import BUSINESS, TIME, VERSION
from pdscan.model import Bytes2D, Ints, Likelihood

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_TRUNK_REGIONS = ("FI", "SE")
_PLAIN_REGIONS = ("NO", "DK", "EE")
_CODES = {358: "FI", 46: "SE", 47: "NO", 45: "DK", 372: "EE"}
_REGIONS = ("", *_CODES.values())
_PLUS, _ZERO = ord("+"), ord("0")
_LONGEST = 17  # characters of a number with its 00 or +
_TAIL = np.frombuffer(b"1234", np.uint8)
_KNOWN = 1 << 17  # numbers remembered
_USUAL_FI = (9, 10)  # digits of a Finnish mobile number with its zero; others are rare
_MOBILE = 10  # digits of nearly all mobile numbers of Finland and Sweden, with their zero
_MOBILE_CODES = b"147"  # behind the zero; an area code of two digits has none of these there


def judge(candidates: Candidates) -> Judged:
    """Accepts numbers that are in use in the numbering plan of their country."""
    chars = np.zeros((len(candidates), _LONGEST + 1), np.uint8)
    chars[:, : min(_LONGEST, candidates.chars.shape[1])] = candidates.chars[:, :_LONGEST]
    length = candidates.length
    plus = chars[:, 0] == _PLUS
    count = length - plus
    abroad = plus & (chars[:, 1] != _ZERO) & (count >= 8) & (count <= 15)  # E.164
    zeros = ~plus & (chars[:, 0] == _ZERO)
    double = zeros & (chars[:, 1] == _ZERO) & (chars[:, 2] != _ZERO) & (count >= 10)
    trunk = zeros & (chars[:, 1] != _ZERO) & (count >= 7) & (count <= 12)
    plain = ~plus & ~zeros & ((count == 8) | (count == 7)) & (chars[:, 0] >= ord("2"))
    grouped = length < candidates.raw_length
    blank = has_any(candidates, b" ")
    date = _is_date(chars) & (count == 8) & ~plus & ~blank
    rows = np.flatnonzero((abroad | double | trunk | plain) & ~date & (length <= _LONGEST))

    level = np.full(len(candidates), -1, np.int8)
    region = np.zeros(len(candidates), np.int8)
    canonical = np.zeros((len(candidates), 16), np.uint8)
    if len(rows):
        pairs = has_any(candidates, b"-") & _ends_in_pair(candidates)
        short = abroad & ~_nordic(chars) | double
        cut = np.where(short, 3, 4)[rows]
        found = _in_use(chars[rows], length[rows], cut, pairs[rows])
        level[rows], region[rows], canonical[rows] = found
    good = level >= 0
    mobile = trunk & (level == Likelihood.LIKELY) & (length == _MOBILE)
    level = np.minimum(level, Likelihood.POSSIBLE)
    weak = good & (plain | (trunk & ((~grouped & ~mobile) | _is_article(candidates))))
    level[weak] = np.minimum(level[weak], Likelihood.UNLIKELY)
    level[good & abroad] = Likelihood.LIKELY
    evidence = {
        "country code": good & (abroad | double), "grouped": good & grouped,
        "mobile number": good & mobile,
    }  # fmt: skip
    national = good & (trunk | plain)
    for number, name in enumerate(_REGIONS[1:], 1):
        evidence[f"national number of {name}"] = national & (region == number)
    return Judged(levels(good, level), evidence, canonical)


def _is_date(chars: Bytes2D) -> Flags:
    """Which rows begin with a date of the last or this century, YYYYMMDD or DDMMYYYY."""
    year, month, day = digits_at(chars, 4, 8), digits_at(chars, 2, 4), digits_at(chars, 0, 2)
    turned = (year >= 1900) & (year < 2100) & is_date(year, month, day)
    return begins_with_day(chars) | turned


def _is_article(candidates: Candidates) -> Flags:
    """Which candidates are grouped as nobody groups a telephone number: ``0975-155-74``, or in
    pairs that cut through its code: ``01 02 01 02 01``.
    """
    raw = candidates.raw
    hyphens = (raw == ord("-")).sum(axis=1)
    cut = np.isin(raw[:, 1], list(_MOBILE_CODES)) & ~is_digit(raw[:, 2])
    last = np.maximum(candidates.raw_length - 3, 0)
    pair = candidates.raw[np.arange(len(candidates)), last] == ord("-")
    article: Flags = (pair & (hyphens == 2)) | cut
    return article


def _nordic(chars: Bytes2D) -> Flags:
    """Which international numbers are Finnish, Swedish, Norwegian or Danish."""
    first, second = chars[:, 1] - np.uint8(_ZERO), chars[:, 2] - np.uint8(_ZERO)
    finnish = (first == 3) & (second == 5) & (chars[:, 3] == ord("8"))
    nordic: Flags = finnish | ((first == 4) & (second >= 5) & (second <= 7))
    return nordic


def _ends_in_pair(candidates: Candidates) -> Flags:
    raw = candidates.raw
    pair: Flags = raw[np.arange(len(raw)), np.maximum(candidates.raw_length - 3, 0)] == ord(" ")
    return pair


def _in_use(
    chars: Bytes2D, length: Ints, cut: Ints, pairs: Flags
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int8], Bytes2D]:
    """Level, region and E.164 form of each number; asks once for numbers with one beginning."""
    import pyarrow as pa

    everyone = np.arange(len(chars))[:, None]
    back = np.arange(4)
    tail = np.where(back < cut[:, None], length[:, None] - 1 - back, _LONGEST)
    keys = chars.copy()
    keys[everyone, tail] = np.where(back < cut[:, None], _TAIL[back], 0)
    keys[:, _LONGEST] = pairs
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(keys.shape[1]), len(keys), [None, pa.py_buffer(np.ascontiguousarray(keys))]
    ).dictionary_encode()
    code = column.indices.to_numpy(zero_copy_only=False)
    answers = [_ask(key) for key in column.dictionary.to_pylist()]
    forms = np.array([form for _, _, form in answers], "S16").view(np.uint8).reshape(-1, 16)[code]
    size = np.array([len(form) for _, _, form in answers], np.int64)[code]
    place = np.where(back < cut[:, None], size[:, None] - 1 - back, 15)
    known = size > 0
    form = np.pad(forms, ((0, 0), (0, 1)))
    place = np.where((back < cut[:, None]) & known[:, None], place, 16)
    form[everyone, place] = chars[everyone, tail]
    level = np.array([level for level, _, _ in answers], np.int8)[code]
    region = np.array([region for _, region, _ in answers], np.int8)[code]
    return level, region, form[:, :16]


@lru_cache(maxsize=_KNOWN)
def _ask(key: bytes) -> tuple[int, int, bytes]:
    """(level, number of the region, E.164 form) of a number; likely for mobile ones, level -1 where
    it is not in use.
    """
    import phonenumbers as library

    text = key[:_LONGEST].rstrip(b"\0").decode()
    swedish = key[_LONGEST] == 1
    regions: tuple[str | None, ...]
    if text.startswith(("+", "00")):
        text, regions = text if text[0] == "+" else f"+{text[2:]}", (None,)
    elif text.startswith("0"):
        regions = _TRUNK_REGIONS[::-1] if swedish else _TRUNK_REGIONS
    else:
        regions = _PLAIN_REGIONS
    numbers = []
    for region in regions:
        try:
            number = library.parse(text, region)
        except library.NumberParseException:
            continue
        if library.is_valid_number(number):
            numbers.append(number)
    if not numbers:
        return -1, 0, b""
    number = numbers[0]
    if len(numbers) > 1 and not swedish:
        number = next(filter(_is_mobile, numbers), number)
    region = _CODES.get(number.country_code or 0, "")
    odd = region == "FI" and text.startswith(("04", "050")) and len(text) not in _USUAL_FI
    form = library.format_number(number, library.PhoneNumberFormat.E164).encode()
    is_mobile = library.number_type(number) == library.PhoneNumberType.MOBILE
    level = Likelihood.LIKELY if is_mobile else Likelihood.POSSIBLE
    level = Likelihood.UNLIKELY if odd else level
    return int(level), _REGIONS.index(region), form


def _is_mobile(number: PhoneNumber) -> bool:
    import phonenumbers as library

    return library.number_type(number) == library.PhoneNumberType.MOBILE


DETECTOR = Detector(
    kind="phone",
    name="Telephone number",
    category="TelephoneNumber",
    finders=(
        Shape(r"\+9{8,15}|\+9{1,3}(?:[-.]9{1,10}){1,5}"),
        Shape("9{7,15}", apart="-.+"),
        Shape(r"9{2,4}-9{5,8}|9{2,4}(?:-9{2,4}){2,4}|9{2,4}(?:\.9{2,4}){2,4}", apart="-.+"),
        Shape(r"\+9{1,4}(?: ?\(9{1,4}\) ?|[- ])9{1,10}(?:[- ]9{1,8}){0,5}"),
        Shape(r"9{2,5}(?:\) ?|[- ])9{2,8}(?:[- ]9{2,8}){0,5}"),
    ),
    judge=judge,
    strength=Strength.DATE,
    strip=b" -.()",
    context=("puh", "puhelin", "puhelinnumero", "matkapuhelin", "kännykkä", "gsm", "soita",
             "tel", "telefon", "telefonnummer", "tfn", "mobil", "mobiltelefon", "ring", "tlf",
             "telefoni", "mobiiltelefon", "phone", "telephone", "mobile", "cell", "call", "fax",
             "faksi", "whatsapp", "sms", "tekstiviesti", "yhteydenotto", "contact",
             "numeroni", "numeroon", "numerosta", "numerostani", "mitt nummer", "mitt nr",
             "my number", "nummeret mitt", "mit nummer", "tavoittaa", "når mig"),
    counter=(*BUSINESS, *TIME, *VERSION),
    labels=("phone", "phone number", "phone no", "telephone", "tel", "mobile", "mobile number",
            "cell", "cell phone", "msisdn", "fax", "contact number", "puhelin", "puhelinnumero",
            "puhelinnro", "puh", "puhnro", "matkapuhelin", "gsm", "kännykkä", "telefon",
            "telefonnummer", "telefonnr", "tfn", "mobil", "mobilnummer", "mobiltelefon", "tlf",
            "tlf nr", "telefoni", "telefoninumber", "whatsapp", "sms"),
    examples=("+358 40 123 4567", "040 123 4567", "08-123 456 78"),
)  # fmt: skip
