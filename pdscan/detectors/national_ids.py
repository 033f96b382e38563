"""National personal and tax numbers of the other countries of the European Union.

A table: for each kind the forms it is written in, a sum over its digits that holds for every number
of it, and the module of python-stdnum that knows the rest of the rule (issuer and source stand in
that module's documentation). The sum is taken on columns and leaves a tenth; those are checked one
by one, each distinct number once.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from pdscan.detectors.checks import by_length, is_capital, is_digit, levels, luhn, values, weighted
from pdscan.detectors.interface import Candidates, Detector, Finder, Flags, Judged, Regex, Shape
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_Digits = npt.NDArray[np.uint8]
_Sum = Callable[[_Digits], Flags]


@dataclass(frozen=True, slots=True)
class _Number:
    """One line of the table; `level` is that of a number alone, without a word near it, or in
    groups if `groups`: then digits in a row, which many other numbers are, are unlikely.
    """

    kind: str
    name: str
    module: str
    finders: tuple[Finder, ...]
    level: Likelihood
    words: tuple[str, ...]
    example: str
    holds: _Sum | None = None
    needs_context: bool = False
    groups: bool = False


def _sum(weights: tuple[int, ...], modulus: int) -> _Sum:
    """The weighted sum of all digits is a multiple of `modulus`."""

    def holds(numbers: _Digits) -> Flags:
        found: Flags = weighted(numbers, weights) % modulus == 0
        return found

    return holds


def _last(weights: tuple[int, ...], modulus: int = 11, *, at: int = -1) -> _Sum:
    """The weighted sum of the digits, modulo `modulus` and 10, is the digit `at`."""

    def holds(numbers: _Digits) -> Flags:
        found: Flags = weighted(numbers, weights) % modulus % 10 == numbers[:, at]
        return found

    return holds


def _iso7064(numbers: _Digits) -> Flags:
    """ISO 7064, modulo 11,10."""
    check = np.full(len(numbers), 5, np.int32)
    for column in range(numbers.shape[1] - 1):
        rest = (check * 2) % 11 % 10 + numbers[:, column] if column else check * 2 + numbers[:, 0]
        check = np.where(rest % 10 == 0, 10, rest % 10)
    found: Flags = (check * 2 % 11 + numbers[:, -1]) % 10 == 1
    return found


def _belgian(numbers: _Digits) -> Flags:
    """The last two digits are 97 less the rest of the others, born in either century."""
    body = numbers[:, :9].astype(np.int64) @ (10 ** np.arange(8, -1, -1))
    check = numbers[:, 9].astype(np.int64) * 10 + numbers[:, 10]
    found: Flags = (97 - body % 97 == check) | (97 - (body + 2 * 10**9) % 97 == check)
    return found


def _judge(candidates: Candidates, *, number: _Number) -> Judged:
    """Accepts what the sum lets pass and python-stdnum accepts."""
    accepts: Callable[[str], bool] = importlib.import_module(f"stdnum.{number.module}").is_valid
    good = np.zeros(len(candidates), np.bool_)
    for _, rows, chars in by_length(candidates):
        if number.holds is not None:
            known = np.flatnonzero((is_digit(chars) | is_capital(chars)).all(axis=1))
            known = known[number.holds(values(chars[known]))]
            rows, chars = rows[known], chars[known]
        texts = [row.tobytes().decode("ascii", "replace") for row in chars]
        answers = {text: accepts(text) for text in set(texts)}
        good[rows] = [answers[text] for text in texts]
    level = np.full(len(candidates), number.level, np.int64)
    if number.groups:
        level[candidates.length == candidates.raw_length] = Likelihood.UNLIKELY
    lower = ((candidates.raw >= ord("a")) & (candidates.raw <= ord("z"))).any(axis=1)
    level[lower] = np.minimum(level[lower], Likelihood.UNLIKELY)  # as hexadecimal digits are
    return Judged(levels(good, level), {"checksum": good})


def _word(pattern: str) -> Shape:
    return Shape(pattern, apart="-.+")


_EGN = (2, 4, 8, 5, 10, 9, 7, 3, 6)
_TABLE = (
    _Number(
        "at.vnr", "Austrian social insurance number", "at.vnr",
        (_word("9{10}"), Shape("9{4} 9{6}|9{4} 9{2} 9{2} 9{2}")), Likelihood.UNLIKELY,
        ("svnr", "sv-nr", "sv-nummer", "sozialversicherungsnummer", "versicherungsnummer"),
        "1237010180", _last((3, 7, 9, 0, 5, 8, 4, 2, 1, 6), at=3),
    ),
    _Number(
        "at.tin", "Austrian tax number (Abgabenkontonummer)", "at.tin",
        (Shape("9{2}-9{3}-9{4}"), _word("9{9}")), Likelihood.UNLIKELY,
        ("steuernummer", "abgabenkontonummer", "st.nr", "tin"), "591199013", None, True,
    ),
    _Number(
        "be.nn", "Belgian national number", "be.nn",
        (_word("9{11}"), Shape(r"9{2}\.9{2}\.9{2}-9{3}[.-]9{2}"), Shape("9{6} 9{3} 9{2}")),
        Likelihood.POSSIBLE,
        ("rijksregisternummer", "numéro national", "registre national", "nationaal nummer", "niss",
         "insz", "nrn"),
        "85073003328", _belgian, groups=True,
    ),
    _Number(
        "be.bis", "Belgian BIS number", "be.bis",
        (_word("9{11}"), Shape(r"9{2}\.9{2}\.9{2}-9{3}[.-]9{2}")), Likelihood.POSSIBLE,
        ("bis-nummer", "bisnummer", "numéro bis", "niss", "insz"), "98472899765", _belgian,
        groups=True,
    ),
    _Number(
        "bg.egn", "Bulgarian civil number (EGN)", "bg.egn", (_word("9{10}"),), Likelihood.POSSIBLE,
        ("егн", "egn", "единен граждански номер"), "7523169263", _last(_EGN), True,
    ),
    _Number(
        "bg.pnf", "Bulgarian personal number of a foreigner", "bg.pnf", (_word("9{10}"),),
        Likelihood.UNLIKELY, ("лнч", "lnch", "личен номер на чужденец"), "7111042925",
        _last((21, 19, 17, 13, 11, 9, 7, 3, 1), 10), True,
    ),
    _Number(
        "cz.rc", "Czech birth number (rodné číslo)", "cz.rc",
        (_word("9{9,10}"), Regex("[0-9]{6}/[0-9]{3,4}", 11)), Likelihood.UNLIKELY,
        ("rodné číslo", "rodne cislo", "r.č.", "rč"), "7103192745",
    ),
    _Number(
        "sk.rc", "Slovak birth number (rodné číslo)", "sk.rc",
        (_word("9{9,10}"), Regex("[0-9]{6}/[0-9]{3,4}", 11)), Likelihood.UNLIKELY,
        ("rodné číslo", "rodne cislo", "slovensko"), "7103192745",
    ),
    _Number(
        "de.idnr", "German tax identification number (IdNr)", "de.idnr",
        (_word("9{11}"), Shape("9{2} 9{3} 9{3} 9{3}")), Likelihood.POSSIBLE,
        ("idnr", "id-nr", "steuer-id", "steuerid", "steueridentifikationsnummer",
         "identifikationsnummer", "tin"),
        "36574261809", _iso7064, True,
    ),
    _Number(
        "es.dni", "Spanish identity number (DNI)", "es.dni",
        (Shape("9{8}-?A|9{2}\\.9{3}\\.9{3}-?A", apart="-.+"), Shape("9{8} A")), Likelihood.POSSIBLE,
        ("dni", "nif", "documento nacional de identidad", "d.n.i."), "54362315K",
    ),
    _Number(
        "es.nie", "Spanish identity number of a foreigner (NIE)", "es.nie",
        (Shape("A-?9{7}-?A"),), Likelihood.POSSIBLE,
        ("nie", "nif", "número de identidad de extranjero"), "X2482300W",
    ),
    _Number(
        "fr.nir", "French social security number (NIR)", "fr.nir",
        (_word("9{15}|9{6}A9{8}"), Shape("9 9{2} 9{2} (?:9{2}|9A) 9{3} 9{3} 9{2}")),
        Likelihood.LIKELY,
        ("nir", "insee", "sécurité sociale", "securite sociale", "numéro de sécu", "n° ss"),
        "295109912611193", groups=True,
    ),
    _Number(
        "fr.nif", "French tax number (numéro fiscal)", "fr.nif",
        (_word("9{13}"), Shape("9{2} 9{2} 9{3} 9{3} 9{3}")), Likelihood.UNLIKELY,
        ("numéro fiscal", "numero fiscal", "spi", "nif", "référence fiscale"), "3023217600053",
        None, True,
    ),
    _Number(
        "gr.amka", "Greek social security number (AMKA)", "gr.amka", (_word("9{11}"),),
        Likelihood.POSSIBLE, ("αμκα", "α.μ.κ.α.", "amka"), "01013099997", luhn, True,
    ),
    _Number(
        "gr.afm", "Greek tax number (AFM)", "gr.vat", (_word("9{9}"),), Likelihood.UNLIKELY,
        ("αφμ", "α.φ.μ.", "afm"), "094259216",
        _last((256, 128, 64, 32, 16, 8, 4, 2)), True,
    ),
    _Number(
        "hr.oib", "Croatian personal identification number (OIB)", "hr.oib", (_word("9{11}"),),
        Likelihood.UNLIKELY, ("oib", "osobni identifikacijski broj"), "33392005961", _iso7064, True,
    ),
    _Number(
        "ie.pps", "Irish personal public service number (PPSN)", "ie.pps",
        (_word("9{7}A{1,2}"), Shape("9{7} A{1,2}")), Likelihood.POSSIBLE,
        ("pps", "ppsn", "pps no", "pps number", "personal public service"), "6433435F",
    ),
    _Number(
        "it.codicefiscale", "Italian fiscal code (codice fiscale)", "it.codicefiscale",
        (_word("A{6}[9A]{2}A[9A]{2}A[9A]{3}A"), Shape("A{3} A{3} 9{2}A9{2} A9{3}A")),
        Likelihood.LIKELY, ("codice fiscale", "cod. fisc", "c.f.", "cod fiscale"),
        "RCCMNL83S18D969H",
    ),
    _Number(
        "nl.bsn", "Dutch citizen service number (BSN)", "nl.bsn",
        (_word("9{8,9}"), Shape(r"9{4}\.9{2}\.9{3}"), Shape("9{4} 9{2} 9{3}|9{3} 9{3} 9{3}")),
        Likelihood.UNLIKELY, ("bsn", "burgerservicenummer", "sofinummer", "sofi-nummer"),
        "111222333", None, True,
    ),
    _Number(
        "pl.pesel", "Polish personal number (PESEL)", "pl.pesel", (_word("9{11}"),),
        Likelihood.POSSIBLE, ("pesel", "numer pesel", "nr pesel"), "44051401359",
        _sum((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), 10), True,
    ),
    _Number(
        "pl.nip", "Polish tax number (NIP)", "pl.nip",
        (Shape("9{3}-9{3}-9{2}-9{2}|9{3}-9{2}-9{2}-9{3}"), _word("9{10}")), Likelihood.UNLIKELY,
        ("nip", "numer identyfikacji podatkowej"), "8567346215",
        _last((6, 5, 7, 2, 3, 4, 5, 6, 7)), True,
    ),
    _Number(
        "pt.nif", "Portuguese tax number (NIF)", "pt.nif",
        (_word("9{9}"), Shape("9{3} 9{3} 9{3}")), Likelihood.UNLIKELY,
        ("nif", "contribuinte", "número de identificação fiscal", "n.º contribuinte"),
        "501964843", None, True,
    ),
    _Number(
        "pt.cc", "Portuguese citizen card number", "pt.cc",
        (_word("9{9}[9A]{2}9"), Shape("9{8} 9 [9A]{2}9|9{8} 9[9A]{2}9")), Likelihood.UNLIKELY,
        ("cartão de cidadão", "cartao de cidadao", "número de documento"), "00000000 0 ZZ4",
        luhn,
    ),
    _Number(
        "ro.cnp", "Romanian personal number (CNP)", "ro.cnp", (_word("9{13}"),), Likelihood.LIKELY,
        ("cnp", "cod numeric personal"), "1630615123457",
        _last((2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)), True,
    ),
    _Number(
        "si.emso", "Slovenian personal number (EMŠO)", "si.emso", (_word("9{13}"),),
        Likelihood.LIKELY, ("emšo", "emso", "matična številka občana"), "0101006500006",
        _sum((7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), 11), True,
    ),
)  # fmt: skip

DETECTORS = tuple(
    Detector(
        kind=number.kind,
        name=number.name,
        category="OfficialID",
        country=number.kind.partition(".")[0],
        finders=number.finders,
        judge=partial(_judge, number=number),
        strip=b" -./",
        fold_case=True,
        needs_context=number.needs_context,
        context=number.words,
        counter=(*BUSINESS, *TIME),
        labels=number.words,
        examples=(number.example,),
    )
    for number in _TABLE
)
