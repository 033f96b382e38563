"""Generated values, near enough to real ones to be right now and then, and who else judges them.

The oracle is python-stdnum; where a rule of ours is narrower by design, the table says so.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from stdnum import iban, imei, luhn
from stdnum.dk import cpr, cvr
from stdnum.ee import ik
from stdnum.fi import hetu, ytunnus
from stdnum.is_ import kennitala
from stdnum.lt import asmens
from stdnum.lv import pvn
from stdnum.no import fodselsnummer
from stdnum.no import orgnr as no_orgnr
from stdnum.se import orgnr as se_orgnr
from stdnum.se import personnummer

from pdscan.detectors import load
from pdscan.detectors.interface import Candidates, Detector, Judged

_TODAY = datetime.date.today()
_FIRST_DAY = datetime.date(1930, 1, 1)
_DAYS = [_FIRST_DAY + datetime.timedelta(number) for number in range(365 * 100)]
_DATES = {
    "D": [f"{day:%d%m%y}" for day in _DAYS],
    "Y": [f"{day:%y%m%d}" for day in _DAYS],
}
_SIGNS = "-+YXWVUABCDEF"
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"


def column(texts: Sequence[str]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    packed = np.array([text.encode() for text in texts], np.bytes_)
    length = np.array([len(text.encode()) for text in texts], np.int64)
    return packed.view(np.uint8).reshape(len(texts), packed.dtype.itemsize), length


def judge(detector: Detector, texts: Sequence[str]) -> Judged:
    """The verdict over `texts`, stripped and folded as the engine does."""
    kept = [text.encode().translate(None, detector.strip).decode() for text in texts]
    chars, length = column([text.upper() for text in kept] if detector.fold_case else kept)
    raw, raw_length = column(texts)
    return detector.judge(Candidates(chars, length, raw, raw_length))


def generate(rng: np.random.Generator, template: str, count: int) -> Iterator[str]:
    """Texts of `template`: ``D``/``Y`` a date DDMMYY/YYMMDD, ``9`` a digit, ``Q`` a check character
    of a hetu, ``-`` a sign of the century if there is a Q, all else itself. Three in four have one
    digit changed at random, wherever it stands.
    """
    days = rng.integers(0, len(_DAYS), count)
    others = rng.integers(0, 10, (count, len(template) + 12))
    change = rng.integers(0, 4, count) > 0
    place = rng.random(count)
    for row in range(count):
        text = ""
        for char, digit in zip(template, others[row].tolist(), strict=False):
            if char == "9":
                text += str(digit)
            elif char in _DATES:
                text += _DATES[char][days[row]]
            elif char == "Q":
                text += _CHECK[(digit * 10 + row) % len(_CHECK)]
            elif char == "-" and "Q" in template:
                text += _SIGNS[(digit + row) % len(_SIGNS)]
            else:
                text += char
        at = int(place[row] * len(text))
        if change[row] and text[at].isdigit():
            text = text[:at] + str(others[row, -1]) + text[at + 1 :]
        yield text


def _born(
    oracle: Callable[[str], bool], born: Callable[[str], datetime.date]
) -> Callable[[str], bool]:
    """The oracle, and nobody born in the future (which it lets pass)."""
    return lambda text: oracle(text) and born(text) <= _TODAY


def _kennitala_date(text: str) -> datetime.date:
    day, month, short = int(text[:2]), int(text[2:4]), int(text[4:6])
    year = (1900 if text[-1] == "9" else 2000) + short
    return datetime.date(year, month, day - 40 if day > 40 else day)


def _latvian_date(text: str) -> datetime.date:
    return datetime.date(1900, 1, 1) if text.startswith("32") else pvn.get_birth_date(text)


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    template: str
    oracle: Callable[[str], bool]
    ours: Callable[[str], bool] = lambda _: True  # what our rule asks for beyond the oracle's
    known: Callable[[str], bool] = lambda _: True  # what the oracle has a rule for


CASES = (
    Case("fi.hetu", "D-999Q", lambda t: hetu.is_valid(t, allow_temporary=True)),
    Case("fi.ytunnus", "9999999-9", ytunnus.is_valid, lambda t: any(c != "0" for c in t[2:7])),
    Case("se.personnummer", "Y-9999", personnummer.is_valid),
    Case("se.personnummer", "Y+9999", personnummer.is_valid),
    Case("se.personnummer", "19Y9999",
         _born(personnummer.is_valid, personnummer.get_birth_date), lambda t: t[:4] >= "1800"),
    Case("se.orgnr", "559999-9999", se_orgnr.is_valid, lambda t: t[2] >= "2" and t[0] not in "04"),
    Case("no.fodselsnummer", "D99999", fodselsnummer.is_valid),
    Case("no.fodselsnummer", "D09999", fodselsnummer.is_valid),
    Case("no.orgnr", "999999999", no_orgnr.is_valid, lambda t: t[0] in "89"),
    Case("dk.cpr", "D-9999", cpr.is_valid),
    Case("dk.cvr", "99999999", cvr.is_valid),
    Case("ee.isikukood", "3Y9999", _born(ik.is_valid, ik.get_birth_date)),
    Case("lt.asmens_kodas", "4Y9999",
         lambda t: asmens.is_valid(t) and (t[0] == "9" or ik.get_birth_date(t) <= _TODAY)),
    Case("is.kennitala", "D9999", _born(kennitala.is_valid, _kennitala_date),
         known=lambda t: t[-1] != "8"),
    Case("lv.personas_kods", "D-19999",
         _born(lambda t: t[0] <= "3" and pvn.is_valid(t), _latvian_date),
         lambda t: t[:2] == "32" or t[7] <= "2"),
    Case("iban", "FI9912345699999999", lambda t: iban.is_valid(t, check_country=False)),
    Case("iban", "NO9999999999999", lambda t: iban.is_valid(t, check_country=False)),
    Case("iban", "MT99MALT99999MTLCAST9999999999S",
         lambda t: iban.is_valid(t, check_country=False)),
    Case("payment_card", "4999999999999999", luhn.is_valid, known=lambda t: t[0] == "4"),
    Case("imei", "359999999999999", imei.is_valid),
)  # fmt: skip


#: Evidence of numbers that the oracle accepts too; it does not know the newer rules.
_AS_THE_ORACLE = {
    "no.fodselsnummer": {"control digits": True, "test number": False},
    "is.kennitala": {"checksum": True},
}


def disagreements(case: Case, count: int, seed: int) -> tuple[list[str], int]:
    """The values on which we and the oracle differ, and how many both accept."""
    values = generate(np.random.default_rng(seed), case.template, count)
    texts = [text for text in values if case.known(text)]
    judged = judge(load([case.kind])[0], texts)
    ours = judged.level >= 0
    for evidence, wanted in _AS_THE_ORACLE.get(case.kind, {}).items():
        ours &= judged.evidence[evidence] == wanted
    theirs = [bool(case.oracle(text)) and case.ours(text) for text in texts]
    differ = [text for text, mine, other in zip(texts, ours.tolist(), theirs, strict=True)
              if mine != other]  # fmt: skip
    return differ, sum(theirs)
