"""Tables of texts: what is found in them, how likely, and what only looks like it."""

from __future__ import annotations

import pytest

from pdscan.detectors import load
from pdscan.model import Likelihood
from tests.detectors.harness import find

VU, U, P, L, VL = Likelihood

# Each text with the likelihood of the one finding in it, alone and without label. The numbers are
# those of the issuers' own documentation and of python-stdnum's, or generated.
FOUND = [
    # Skatteverket's test numbers: 19811218-9876 (SKV 704); Bolagsverket, Spotify AB
    ("se.personnummer", "19900101-2385", L), ("se.personnummer", "900101-2385", L),
    ("se.personnummer", "900101+2385", L), ("se.personnummer", "9001012385", P),
    ("se.personnummer", "199001012385", P), ("se.personnummer", "19900101 2385", P),
    ("se.personnummer", "811218-9876", P),  # a test number
    ("se.samordningsnummer", "701063-2391", P), ("se.samordningsnummer", "7010632391", U),  # SKV 707
    ("se.orgnr", "556703-7485", P), ("se.orgnr", "16556703-7485", P), ("se.orgnr", "5567037485", U),
    ("fi.ytunnus", "0737546-2", P), ("fi.ytunnus", "737546-2", P), ("fi.ytunnus", "07375462", U),
    ("eu.vat", "FI07375462", P), ("eu.vat", "FI-0737546-2", P), ("eu.vat", "SE556703748501", L),
    ("eu.vat", "SE 556703-7485 01", L), ("eu.vat", "DE136695976", P), ("eu.vat",
         "DE 136 695 976", P),
    ("eu.vat", "NL4495445B01", None), ("eu.vat", "NL004495445B01", L), ("eu.vat", "EL094259216", P),
    ("eu.vat", "GR 094259216", P), ("eu.vat", "BE0403.019.261", P), ("eu.vat", "GB980780684", P),
    ("eu.vat", "XI980780684", P), ("eu.vat", "NO995525828MVA", L), ("eu.vat", "995 525 828 MVA", L),
    ("eu.vat", "CHE107787577", L), ("eu.vat", "FR40303265045", L), ("eu.vat", "IE6433435F", P),
    ("iban", "FI21 1234 5600 0007 85", L), ("iban", "fi2112345600000785", L),
    ("iban", "GB82 WEST 1234 5698 7654 32", L), ("iban", "NO93 8601 1117 947", L),
    ("iban", "MT84MALT011000012345MTLCAST001S", L), ("iban", "BE68-5390-0754-7034", L),
    ("payment_card", "4111111111111111", L), ("payment_card", "4111-1111-1111-1111", L),
    ("payment_card", "378282246310005", P), ("payment_card", "3782 822463 10005", L),
    ("payment_card", "6011 1111 1111 1117", L), ("payment_card", "3530111333300000", L),
    ("payment_card", "2223003122003222", L), ("payment_card", "4222222222222", U),
    ("no.fodselsnummer", "15108695088", P), ("no.fodselsnummer", "151086 95088", L),
    # Skatteetaten's examples for 2032: the first keeps the old rule too, the second only the new
    ("no.fodselsnummer", "30108299920", P), ("no.fodselsnummer", "30108299939", U),
    ("no.orgnr", "988077917", U), ("dk.cpr", "211062-5629", L), ("dk.cpr", "0107701234", U),
    ("dk.cpr", "2004061600", U), ("se.personnummer", "2004062200", U),  # counted anew each day
    ("ie.pps", "6433435F", P), ("ie.pps", "6433435f", U),
    ("dk.cvr", "13585628", U), ("ee.isikukood", "36805280109", P),
    ("lt.asmens_kodas", "33309240064", P), ("is.kennitala", "120174-3399", P),
    ("is.kennitala", "1201743399", U), ("is.kennitala", "120174-3389", U),  # of 2026, unchecked
    ("is.kennitala", "892350-1739", VU),  # a system number, Þjóðskrá's own example
    ("is.kennitala", "520174-3379", VU),
    ("lv.personas_kods", "161175-19997", L), ("lv.personas_kods", "328673-00679", P),
    ("ipv4", "8.8.8.8", P), ("ipv4", "193.166.3.2", L), ("ipv4", "10.0.0.1", L),
    ("ipv4", "127.0.0.1", L), ("ipv4", "255.255.255.0", U), ("ipv4", "120.0.0.0", U),
    ("ipv6", "2001:DB8:0:0:8:800:200C:417A", L), ("ipv6", "::ffff:192.0.2.1", L),
    ("ipv6", "fe80::1%eth0", L), ("ipv6", "::1", P), ("ipv6", "64:ff9b::192.0.2.33", L),
    ("ipv6", "dead::beef", VU),
    ("phone", "+358401234567", L), ("phone", "+358 (0)40 123 4567", L),
    ("phone", "+46 (0)70-123 45 67", L), ("phone", "00358 40 1234567", P),
    ("phone", "040-1234567", P), ("phone", "040 123 4567", P), ("phone", "0401234567", P), ("phone", "0912345678", U),
    ("phone", "04 0123 4567", U),
    ("phone", "09 1234 5678", P), ("phone", "070-123 45 67", P), ("phone", "08-123 456 78", P),
    ("phone", "+47 22 12 34 56", L), ("phone", "22 12 34 56", U), ("phone", "+45 32 12 34 56", L),
    ("phone", "+372 5123 4567", L), ("phone", "+1 212 555 2368", L), ("phone", "+442079460958", L),
    ("fi.ehic", "80246 80246 0123456789", L), ("fi.driving_licence", "123456-789A", U),
    ("se.bank_account", "6789 123 456 789", U), ("se.bank_account", "8424-4 983 189 224-6", U),
    ("se.bank_account", "3300 000620-5124", U), ("se.bank_account", "97891111113", U),
    ("se.bank_account", "9071 417 23 83", U), ("se.bank_account", "8129-9 043 386 711-6", U),
    ("se.bankgiro", "5050-1055", U), ("se.plusgiro", "4 12 34-6", U),
    ("mac_address", "00:1b:44:11:3a:b7", L), ("mac_address", "02-1B-44-11-3A-B7", P),
    ("imei", "490154203237518", U), ("imei", "35-209900-176148-1", L), ("bic", "NDEAFIHH", U),
]  # fmt: skip

# Near misses: one digit, one day, one sign off.
NOTHING = [
    ("se.personnummer", ["900101-2386", "900229-2383", "19901301-2385", "901332-2385",
         "20990101-2385"]),
    ("se.samordningsnummer", ["701003-2391", "900101-2385"]),
    ("se.orgnr", ["556703-7486", "900101-2385", "17556703-7485"]),
    ("fi.ytunnus", ["0737546-3", "0737546-2-1", "1.0737546-2"]),
    ("eu.vat", ["FI07375463", "SE556703748500", "US123456789", "DE136695977", "SE123",
         "AB12345678"]),
    ("iban", ["FI2112345600000786", "FI211234560000078", "XX2112345600000785",
         "FI21 1234 5600 0007 8"]),
    ("payment_card", ["4111111111111112", "1111111111111117", "0000 0000 0000 0000",
         "41111111111111111"]),
    ("no.fodselsnummer", ["15108695089", "15138695088", "00000000000", "30108299949"]),
    ("no.orgnr", ["988077918", "123456785"]),
    ("dk.cpr", ["321062-5629", "211362-5629", "290201-0000"]),
    ("ee.isikukood", ["36805280108", "36813280109", "96805280109"]),
    ("is.kennitala", ["320174-3399", "120174-3391"]),
    ("ipv4", ["256.1.1.1", "1.2.3", "1.2.3.4.5", "01.02.03.04", "1.2.3.04", "v1.2.3.4"]),
    ("ipv6", ["12:34:56", "2026-11-22T12:34:56", "std::string", "a::b::c", "1:2:3:4:5:6:7:8:9",
         "::"]),
    ("phone", ["2024-01-15", "15.01.2024", "01.02.2024", "01022024", "20240115", "1234567890123",
               "12,50", "6412345678901", "00000000", "+000 000 0000", "040"]),
    ("mac_address", ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "12:34:56", "00:1b:44-11-3a-b7",
                     "00:1b:44:11:3a:b7:01", "0g:1b:44:11:3a:b7"]),
    ("imei", ["490154203237519"]),
    ("bic", ["NDEAXXHH", "ndeafihh", "NDEAFIHHX"]),
    ("fi.passport", ["X8271602", "XP82716021"]),
    ("se.bank_account", ["3300-8112189875", "6789123456788", "9079 417 23 83", "97791111113", "8112189876"]),
    ("se.passport", ["123456789", "A12B3C4DE", "ABCDEFGHI"]),
]  # fmt: skip

SAME = [  # all spellings of a row have one fingerprint
    ("se.personnummer", ["19900101-2385", "900101-2385", "199001012385", "9001012385",
         "900101 2385"]),
    ("se.personnummer", ["18900101-2385", "900101+2385", "18900101+2385"]),
    ("se.orgnr", ["556703-7485", "5567037485", "16556703-7485", "165567037485"]),
    ("fi.ytunnus", ["0737546-2", "737546-2", "07375462"]),
    ("fi.hetu", ["131052-308T", "131052-308t"]),
    ("iban", ["FI2112345600000785", "fi21 1234 5600 0007 85", "FI21-1234-5600-0007-85"]),
    ("eu.vat", ["FI07375462", "FI 0737546-2", "FI-07375462", "fi07375462"]),
    ("eu.vat", ["GR094259216", "EL094259216", "EL 094 259 216"]),
    ("eu.vat", ["NO995525828MVA", "995525828 MVA", "NO 995 525 828", "NO995525828"]),
    ("phone", ["+358 40 123 4567", "0401234567", "040-123 4567", "+358 (0)40 123 4567",
         "00358401234567"]),
    ("phone", ["+46701234567", "070-123 45 67", "0701234567", "+46 (0)70 123 45 67"]),
    ("payment_card", ["4111 1111 1111 1111", "4111111111111111", "4111-1111-1111-1111"]),
    ("ipv6", ["2001:db8::1", "2001:0DB8:0:0:0:0:0:1", "2001:db8:0:0:0:0:0.0.0.1",
         "2001:db8::1%eth0"]),
    ("mac_address", ["00:1B:44:11:3A:B7", "00-1b-44-11-3a-b7", "001b.4411.3ab7"]),
    ("bic", ["NDEAFIHH", "NDEAFIHHXXX"]),
    ("be.nn", ["85.07.30-033.28", "85073003328", "850730 033 28"]),
    ("is.kennitala", ["120174-3399", "1201743399"]),
    ("imei", ["352099001761481", "35-209900-176148-1"]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "likelihood"), FOUND)
def test_is_as_likely_as_its_own_text_makes_it(
    kind: str, text: str, likelihood: Likelihood | None
) -> None:
    hits = find(load([kind]), f"x {text} x")
    expected = [] if likelihood is None else [(text, likelihood)]
    assert [(hit.value, hit.likelihood) for hit in hits] == expected


@pytest.mark.parametrize(
    ("kind", "text"), [(kind, text) for kind, texts in NOTHING for text in texts]
)
def test_a_near_miss_is_nothing(kind: str, text: str) -> None:
    assert find(load([kind]), f"x {text} x") == []


@pytest.mark.parametrize(("kind", "spellings"), SAME)
def test_spellings_share_a_fingerprint(kind: str, spellings: list[str]) -> None:
    prints = {text: [hit.fingerprint for hit in find(load([kind]), text)] for text in spellings}
    assert {len(found) for found in prints.values()} == {1}
    assert len({found[0] for found in prints.values()}) == 1, prints


def test_an_ipv4_mapped_address_is_the_ipv4_address() -> None:
    hits = find(load(["ipv4", "ipv6"]), "::ffff:198.51.100.7 198.51.100.7")
    assert [hit.kind for hit in hits] == ["ipv6", "ipv4"]
    assert hits[0].fingerprint == hits[1].fingerprint


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hetu 131052-308T", "fi.hetu"), ("ajokortin numero 123456-789A", "fi.driving_licence"),
        ("isikukood 36805280109", "ee.isikukood"), ("asmens kodas 36805280109", "lt.asmens_kodas"),
        ("bankgiro 5050-1055", "se.bankgiro"), ("IMEI: 490154203237518", "imei"),
        ("CVR-nr. 13585628", "dk.cvr"), ("Tlf. 22 12 34 56", "phone"), ("Org nr 556703-7485",
             "se.orgnr"),
        ("Orgnr: 988 077 917", "no.orgnr"), ("BIC NDEAFIHH", "bic"), ("BSN 111222333", "nl.bsn"),
        ("passnummer 12345678", "se.passport"), ("passin numero XP8271602", "fi.passport"),
        ("PESEL 44051401359", "pl.pesel"), ("OIB 33392005961", "hr.oib"),
        ("FI21 1234 5600 0007 85", "iban"), ("4111 1111 1111 1111", "payment_card"),
    ],
)  # fmt: skip
def test_words_decide_between_all_kinds(text: str, kind: str) -> None:
    hits = find(load(), text, minimum=Likelihood.POSSIBLE)
    assert [hit.kind for hit in hits] == [kind]


@pytest.mark.parametrize(
    "text",
    ["Order number 10023456", "tilausnumero 1234567890", "EAN 6412345678901", "2024-01-15 12:34:56",
     "version 10.2.14.3", "Chrome/120.0.0.0 Safari/537.36", "1700000000", "build 20240115.3",
     "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8", "60.1699, 24.9384", "12 345,60 €", "00100 Helsinki",
     "faktura 2024-00123", "if (a::b) x[::2]", "#1234567", "ISBN 978-951-0-12345-6"],
)  # fmt: skip
def test_hard_negatives_are_not_likely(text: str) -> None:
    assert find(load(), text, minimum=Likelihood.LIKELY) == []


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("rivi 22 12 34 56\nsoita pian", True), ("rivi 22 12 34 56\n\nsoita pian", False),
        ("rivi 22 12 34 56\r\n\r\nsoita pian", False), ("soita\n\n22 12 34 56", True),
    ],
)  # fmt: skip
def test_words_behind_a_blank_line_say_nothing(text: str, likely: bool) -> None:
    assert bool(find(load(["phone"]), text, minimum=Likelihood.POSSIBLE)) is likely


def test_digits_that_need_a_word_are_not_those_behind_another() -> None:
    text = "CVR-nr. 13585628, ordre nr. 37754897, IBAN DK50 0040 0440 1162 43. Ring 22 12 34 56"
    hits = find(load(["dk.cvr", "iban", "phone"]), text, minimum=Likelihood.POSSIBLE)
    assert [(hit.kind, hit.value) for hit in hits] == [
        ("dk.cvr", "13585628"), ("iban", "DK50 0040 0440 1162 43"), ("phone", "22 12 34 56"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("CPR-nr. 010101-0001, kennitala 120294-0249", "is.kennitala"),
        ("kennitala 120174-3399, CPR-nr. 120294-0249", "dk.cpr"),
    ],
)
def test_a_word_right_before_a_number_decides(text: str, kind: str) -> None:
    # 120294-0249 keeps the rules of both.
    hits = find(load(["dk.cpr", "is.kennitala"]), text, minimum=Likelihood.POSSIBLE)
    assert [hit.kind for hit in hits if hit.value == "120294-0249"] == [kind]
