"""Postal addresses of Finland, Sweden, Norway, Denmark, Estonia and the English-speaking world.

The order and form of the parts are those of the Universal Postal Union's addressing sheets
(https://www.upu.int/en/postal-solutions/programmes-services/addressing-solutions): street and
number, then postcode and town in the Nordic and Baltic countries; number and street, town, postcode
in the United Kingdom; a box instead of the street. Five digits in Finland, Sweden (``123 45``) and
Estonia, four in Norway and Denmark. The canonical form is lower case without punctuation, country
prefix and inner blanks of the postcode.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.detectors.texts import (
    CAPITAL,
    LETTER,
    Cut,
    cut,
    cut_around,
    ends_before,
    fold,
    matches,
    only,
    or_try,
    rows,
    strings,
    without_lead,
)
from pdscan.model import Likelihood

# Endings that are seldom anything but streets, so that they may be searched for by themselves.
_ENDINGS = (
    "katu|tie|kuja|polku|kaari|raitti|aukio|penger|väylä|bulevardi|esplanadi|tanhua|puistikko|tori"
    "|gatan|gata|gaten|vägen|väg|gränd|gränden|stigen|torget|backen|leden|allén|allé|esplanaden"
    "|gate|veien|vegen|vei|veg|bakken|stien|svingen|plassen|plass|alléen"
    "|gade|vej|stræde|plads|vænge|torv|boulevard"
    "|tn|tänav|mnt|maantee|pst|puiestee|põik"
)
_MORE_ENDINGS = (
    "ranta|rinne|puisto|mäki|kierto|portti|silta|laita|niitty"
    "|kajen|stranden|ringen|gården|plan|planen|svängen|bron"
    "|berget|bråten|eggen|engen|ekra|faret|flata|gjerdet|grenda|gropa|hagen|haugen|havna|holtet"
    "|høgda|jordet|kollen|kroken|lia|lunden|lyngen|løkka|marka|moen|myra|roa|røa|skogen|skrenten"
    "|spranget|stranda|stubben|stykket|tjernet|toppen|tunet|vollen|vika|åsen"
    "|parken|sti|tee|allee|plats"
)
_STREETS = (
    "Street|Road|Avenue|Lane|Drive|Crescent|Terrace|Boulevard|Square|Gardens|Grove|Close|Court"
)

_WORD = rf"[{CAPITAL}][{LETTER}'’.-]*"
_STREET = rf"(?:{_WORD}[ ]){{0,3}}{_WORD}(?:[ ][a-zåäöæøõü]{{0,15}}(?:{_ENDINGS}|{_MORE_ENDINGS}))?"
_DOOR = (
    r"(?:[ ]?-[ ]?[0-9]{1,3})?(?:[ ]?[A-Za-z](?:[ ]?[0-9]{1,3})?[a-c]?)?"
    r"(?:,?[ ](?:as|bst|lgh|apt|lok|krt)\.?[ ]?[0-9]{1,4}"
    r"|,?[ ](?:[0-9]{1,2}|st|kl)\.[ ]?(?:sal[ ]?)?(?:tv|th|mf)?\.?|-[0-9]{1,3})?"
)
_BREAK = r"(?:,?[ ]{0,2}\r?\n[ ]{0,8}|,?[ ]{1,2}|;[ ]?)"
_POSTCODE = r"(?:(?:FIN?|SE?|NO?|DK|EE|AX)[- ])?(?:[0-9]{4,5}|[0-9]{3}[ ][0-9]{2})[ ]{1,2}"
_REST_OF_TOWN = rf"[{LETTER}'-]*(?:[ ][{CAPITAL}][{LETTER}-]*)?"
_TOWN = f"[{CAPITAL}]{_REST_OF_TOWN}"
_BOX = rf"(?:PL|PB|P\.?O\.?[ ]?Box|Box|Postboks|Postbox)[ ][0-9]{{1,5}}(?:[ ]{_WORD})?"
_NORDIC = rf"{_STREET}[ ][0-9]{{1,3}}{_DOOR}"
_UK_POSTCODE = r"[A-Z]{1,2}[0-9][0-9A-Z]?[ ][0-9][A-Z]{2}"
_ENGLISH = (
    rf"(?:(?:Flat|Studio|Unit"
    rf"|Apartment)[ ][0-9]{{1,3}}[A-Za-z]?{_BREAK}(?:[0-9]{{1,4}}[A-Za-z]?[ ])?"
    rf"|[0-9]{{1,5}}[A-Za-z]?[ ])(?:{_WORD}[ ]){{0,3}}{_WORD}"
)
_NAMED_TOWN = rf"(?:{_BREAK}(?:{_WORD}[ ]){{0,2}}{_WORD}){{1,3}}"
_US_TOWN = (
    rf"(?:[ ](?:Apt\.?|Suite|Unit)[ ][0-9]{{1,4}})?{_BREAK}(?:{_WORD}[ ]){{0,2}}{_WORD}"
    r",[ ][A-Z]{2}[ ][0-9]{5}"
)

# The sign of one of the finders below, what stands before its end, and what may follow it.
_FORMS = (
    (
        r"[0-9][ ](?:[A-Z]|\xc3.)",
        rf"(?:{_BOX}|{_NORDIC}){_BREAK}{_POSTCODE}[{CAPITAL}]",
        _REST_OF_TOWN,
    ),
    ("[ ][0-9]", rf"{_STREET}[ ][0-9]", rf"[0-9]{{0,2}}{_DOOR}(?:{_BREAK}{_POSTCODE}{_TOWN})?"),
    ("[0-9][A-Z]{2}", rf"{_ENGLISH}{_NAMED_TOWN}{_BREAK}{_UK_POSTCODE}", ""),
    ("[A-Z]{2}[ ][0-9]{5}", rf"{_ENGLISH}{_US_TOWN}", ""),
    (f"(?:{_STREETS})", rf"[0-9]{{1,4}}[A-Za-z]?[ ](?:{_WORD}[ ]){{1,3}}(?:{_STREETS})", ""),
)
_IN_CELL = (
    rf"{_NORDIC}(?:{_BREAK}{_POSTCODE}{_TOWN})?|{_ENGLISH}{_US_TOWN}"
    rf"|{_ENGLISH}(?:{_NAMED_TOWN}{_BREAK}{_UK_POSTCODE})?"
)
_BORDER = rf"(?:[^{LETTER}0-9]|$)"
_ENDS_AS_STREET = rf"(?:{_ENDINGS}|{_MORE_ENDINGS})[ ][0-9]|^{_BOX}"
_WITH_TOWN = (
    rf"[,;\s-](?:[0-9]{{4,5}}|[0-9]{{3}}[ ][0-9]{{2}})[ ]{{1,2}}[{CAPITAL}][^0-9]*$"
    rf"|{_UK_POSTCODE}$|[A-Z]{{2}}[ ][0-9]{{5}}$"
)
_YEAR = r"(?:19|20)[0-9]{2}[ ]"
_MONTH = (
    r"^(?:On[ ]|The[ ])?(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?"
    r"|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?[ ][0-9]"
    r"|(?:kuu|kuuta)[ ][0-9]"
)
_BEFORE_STREETS = (  # capitalised at the beginning of a sentence
    r"(?:Till|To|At|From|In|Ship to|Deliver to|Osoite|Adress|Address|Postiosoite|Toimitusosoite"
    r"|Asun"
    r"|Toimita|Leverera|Bor|Bor på|Vid|På|I|Från|Adresse|Osoitteesta|Osoitteessa|Lives at)[ ]"
)
_NOT_STREETS = (
    r"^(?:Version|Versio|Chapter|Table|Figure|Section|Page|Sivu|Luku|Kapitel|Sida|Tilaus|Order|Rivi"
    r"|Kuva|Taulukko|Step|Line|Article|Artikla|Liite|Bilaga|Appendix|Item|Lasku|Faktura|Invoice"
    r"|Valtatie|Kantatie|Moottoritie|Riksväg|Europaväg)[ ]"
)


def judge(candidates: Candidates) -> Judged:
    """Accepts a street with a number; with postcode and town it is likely."""
    texts = strings(candidates.raw, candidates.raw_length)
    if candidates.anchor is None:
        return _judge_cells(texts)
    best: Cut | None = None
    for sign, before, after in _FORMS:
        found = only(
            candidates, ends_before(candidates, sign),
            partial(cut_around, before=before, after=after, border=_BORDER),
        )  # fmt: skip
        best = found if best is None else best.or_else(found)
    assert best is not None  # noqa: S101 - there are forms
    best = without_lead(best, _BEFORE_STREETS)
    town = best.found & matches(best.text, _WITH_TOWN)
    ending = best.found & matches(best.text, rf"{_ENDS_AS_STREET}|^[0-9FSUA].*[A-Za-z]")
    year = town & matches(best.text, _YEAR) & ~ending
    good = best.found & (town | ending) & ~year
    good &= ~matches(best.text, _MONTH) & ~matches(best.text, _NOT_STREETS)
    likely = town & ending
    level = np.where(likely, Likelihood.LIKELY, Likelihood.POSSIBLE)
    return Judged(
        np.where(good, level, -1).astype(np.int8),
        {"street and number": good & ending, "postcode and town": good & town},
        rows(canonical(best.text)), best.trim_start, best.trim_end,
    )  # fmt: skip


def _judge_cells(texts: pa.Array) -> Judged:
    """Fields that are called an address: a street form, or any words with a number."""
    formed = cut(texts, r"[\s]*", rf"(?:{_IN_CELL})", _BORDER)
    best = or_try(formed, texts, _loose)
    town = formed.found & matches(best.text, _WITH_TOWN)
    level = np.where(town, Likelihood.LIKELY, Likelihood.UNLIKELY)
    return Judged(
        np.where(best.found, level, -1).astype(np.int8),
        {"street and number": formed.found, "postcode and town": town},
        rows(canonical(best.text)), best.trim_start, best.trim_end,
    )  # fmt: skip


def _loose(texts: pa.Array) -> Cut:
    """Any words with a number of their own."""
    found = cut(
        texts, r"[\s]*", r"[^\n;|@<>{}=()\[\]_\"\\]{5,89}[^\s;|@<>{}=()\[\]_\"\\]",
        r"[ ]*(?:[;\r\n].*)?$",
    )  # fmt: skip
    return found.where(
        matches(found.text, rf"[{LETTER}]{{2}}") & matches(found.text, "[0-9]")
        & matches(found.text, r"\S[ ][0-9]|^[0-9]{1,5}[A-Za-z]?[ ]") & ~matches(found.text, "://")
    )  # fmt: skip


def canonical(texts: pa.Array) -> pa.Array:
    """One form for all spellings."""
    plain = fold(pc.replace_substring_regex(texts, r"[,;.\s]+", " "))
    plain = pc.replace_substring_regex(
        plain, r" (?:fin?|se?|no?|dk|ee|ax)[- ]([0-9]{3,5}) ", r" \1 "
    )
    return pc.replace_substring_regex(plain, r" ([0-9]{3}) ([0-9]{2}) ", r" \1\2 ")


DETECTOR = Detector(
    kind="postal_address",
    name="Postal address",
    category="PhysicalAddress",
    finders=(
        Around("", before=80, after=90, words=tuple(
            f"{ending} {digit}" for ending in _ENDINGS.split("|") for digit in range(10))),
        Around(r"[,\n][ ]{0,2}(?:(?:FIN?|SE?|NO?|DK|EE|AX)[- ])?"
               r"[0-9]{3}[0-9 ][0-9]{0,2}[ ](?:[A-Z]|\xc3.)",
               before=120, after=60),
        Around(r"[A-Z][0-9][0-9A-Z]?[ ][0-9][A-Z]{2}", before=160, after=4),
        Around(r"[A-Z]{2}[ ][0-9]{5}", before=160, after=8),
        Around("", before=80, after=8, words=tuple(f" {name}" for name in _STREETS.split("|"))),
        Cell(160, lines=4, unless=("email", "e mail", "mail", "sähköposti", "e post", "ip", "mac",
                                   "web", "url",
                          "verkko", "memory", "wallet", "host", "server", "bitcoin", "contract",
                          "mail address", "remote", "client", "source", "destination", "listen")),
    ),
    judge=judge,
    context=("osoite", "postiosoit", "adress", "address", "toimitusosoit", "gatuadress", "adresse",
             "aadress", "bosatt", "asuu", "bor på", "lives at"),
    labels=("address", "street", "street address", "address line", "address1", "address 1",
            "billing address", "shipping address", "delivery address", "postal address",
            "home address", "osoite", "katuosoite", "lähiosoite", "lahiosoite", "postiosoite",
            "toimitusosoite", "laskutusosoite", "kotiosoite", "adress", "gatuadress", "postadress",
            "leveransadress", "faktureringsadress", "hemadress", "adresse", "gateadresse",
            "vejnavn", "aadress", "addr"),
    examples=("Mannerheimintie 12 A 5, 00100 Helsinki", "Storgatan 5, 111 22 Stockholm"),
)  # fmt: skip
