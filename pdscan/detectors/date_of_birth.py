"""Dates of birth: a day that a label or a word right before it calls one.

Any date may be somebody's birthday, so none is looked for without "syntymäaika", "född" or "born".
Day and month are read in this order, as is the use of all of Europe, and the other way round only
where no month is that long. The canonical form is that of ISO 8601.
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_MONTHS = (
    "jan|tammi|jaan", "feb|helmi|veebr", "mar|mär|maalis|mars|märts", "apr|huhti",
    "may|maj|mai|touko",
    "jun|kesä|juuni", "jul|heinä|juuli", "aug|elo", "sep|syys", "oct|okt|loka", "nov|marras",
    "dec|des|dets|joulu",
)  # fmt: skip
_MONTH = "[A-Za-zäÄ]{3,12}"


def _date(known: int) -> str:
    """A date less the first `known` digits (0 or 1)."""
    year, day = f"[0-9]{{{4 - known}}}", f"[0-9]{{{1 - known},{2 - known}}}"
    return (
        rf"(?:{year}[-./][0-9]{{1,2}}[-./][0-9]{{1,2}}"
        rf"|{day}[-./][ ]?[0-9]{{1,2}}[-./][ ]?[0-9]{{4}}"
        rf"|{day}(?:\.|st|nd|rd|th)?[ ]{_MONTH}\.?,?[ ][0-9]{{4}}|[0-9]{{{8 - known}}})"
    )


_DAY_AND_YEAR = r"[0-9]?(?:st|nd|rd|th)?,[ ][0-9]{4}"
_MONTH_FIRST = rf"{_MONTH}\.?[ ][0-9]{_DAY_AND_YEAR}"
_BORDER = r"(?:[T ,;.)\]\"'&<|\s-].*)?$"
_OLDEST = 1890


def _iso(text: str) -> str | None:
    numbers = [int(number) for number in re.findall("[0-9]+", text)]
    words = re.findall("[A-Za-zäÄ]{3,}", text)
    if words and len(numbers) == 2:
        month = next((n for n, m in enumerate(_MONTHS, 1) if re.match(m, words[0].lower())), 0)
        day, year = numbers
    elif len(numbers) == 1:
        year, month, day = numbers[0] // 10000, numbers[0] // 100 % 100, numbers[0] % 100
        if year < _OLDEST:
            day, month, year = numbers[0] // 1000000, numbers[0] // 10000 % 100, numbers[0] % 10000
    elif len(numbers) == 3:
        year, month, day = numbers if numbers[0] > 31 else reversed(numbers)
        if month > 12 >= day and numbers[0] <= 31:
            day, month = month, day
    else:
        return None
    if not _OLDEST <= year <= 2100:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def judge(candidates: Candidates) -> Judged:
    """Accepts real days since 1890."""
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        found = texts.cut(values, r"[\s\"']*", f"(?:{_date(0)}|{_MONTH_FIRST})", _BORDER)
        level = np.full(len(candidates), Likelihood.POSSIBLE, np.int64)
    else:
        found = texts.cut_around(candidates, "[0-9]", _date(1), border=_BORDER)
        found = found.or_else(
            texts.cut_around(candidates, rf"{_MONTH}\.?[ ][0-9]", _DAY_AND_YEAR, border=_BORDER)
        )
        level = np.full(len(candidates), Likelihood.LIKELY, np.int64)
    iso = texts.each(found.text, _iso)
    found = found.where(~texts.missing(iso))
    return texts.judged(
        found,
        level,
        {"date": found.found, "after a word for birth": found.found & (level > 2)},
        iso,
    )


DETECTOR = Detector(
    kind="date_of_birth",
    name="Date of birth",
    category="BirthDate",
    finders=(
        Around(
            r"[^0-9]{0,20}[0-9]", before=24, after=30, caseless=True,
            words=("syntynyt", "synt.", "syntymäaika", "syntymäpäiv", "född", "født",
                   "födelsedatum",
                   "födelsetid", "födelsedag", "fødselsdato", " born", "\nborn", "(born", " dob ",
                   " dob:", "\ndob ",
                   "(dob ", "d.o.b", "date of birth", "birth date", "birthdate", "birthday",
                   "sündinud", "sünniaeg", "sünnikuupäev"),
        ),
        Around("[0-9]", before=4, after=12, words=(" s. ", "(s. ", " f. ", "(f. ")),
        Cell(40),
    ),
    judge=judge,
    labels=("date of birth", "birth date", "birthdate", "birthday", "dob", "born", "day of birth",
            "syntymäaika", "syntymaaika", "syntymäpäivä", "syntynyt", "synt aika", "födelsedatum",
            "fodelsedatum", "födelsetid", "född", "födelsedag", "fødselsdato", "født", "sünniaeg",
            "sünnikuupäev", "birth", "bday"),
    examples=("syntynyt 13.10.1952", "född 1952-10-13"),
)  # fmt: skip
