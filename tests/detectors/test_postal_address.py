from __future__ import annotations

import random

import pytest
from faker import Faker

from pdscan.detectors.postal_address import DETECTOR
from pdscan.model import Likelihood
from tests.detectors.columns import find, find_in_table

POSSIBLE, LIKELY = Likelihood.POSSIBLE, Likelihood.LIKELY


@pytest.mark.parametrize(
    ("address", "likelihood"),
    [
        ("Mannerheimintie 12 A 5, 00100 Helsinki", LIKELY),
        ("Iso Roobertinkatu 20-22 B 14\n00120 Helsinki", LIKELY),
        ("Kauppakatu 5 as. 12, FI-33100 Tampere", LIKELY),
        ("Itäinen Pitkäkatu 4 B, 20520 TURKU", LIKELY),
        ("Storgatan 5, 111 22 Stockholm", LIKELY),
        ("Västra Hamngatan 12 lgh 1102, SE-411 17 Göteborg", LIKELY),
        ("Kungsgatan 1B\n753 18 Uppsala", LIKELY),
        ("Karl Johans gate 22, 0162 Oslo", LIKELY),
        ("Storgata 7B, 9008 Tromsø", LIKELY),
        ("Nørrebrogade 12, 2. tv, 2200 København N", LIKELY),
        ("Vestergade 3\n5000 Odense C", LIKELY),
        ("Pikk tn 12-4, 10123 Tallinn", LIKELY),
        ("Narva mnt 5, 10117 Tallinn", LIKELY),
        ("221B Baker Street, London, NW1 6XE", LIKELY),
        ("Flat 4, 12 High Street, Oxford, OX1 4BG", LIKELY),
        ("1600 Pennsylvania Avenue, Washington, DC 20500", LIKELY),
        ("PL 123, 00101 Helsinki", LIKELY),
        ("Box 1234, 111 83 Stockholm", LIKELY),
        ("Postboks 456 Sentrum, 0105 Oslo", LIKELY),
        ("Kauppakatu 5 B", POSSIBLE),
        ("Storgatan 12", POSSIBLE),
        ("12 High Street", POSSIBLE),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "Asun täällä: {}.", "Till {} idag", 'x,"{}",y', "({})"])
def test_addresses_in_text(address: str, likelihood: Likelihood, frame: str) -> None:
    (found,) = find([DETECTOR], frame.format(address))
    assert found.text == address
    assert found.likelihood >= likelihood


@pytest.mark.parametrize(
    "text",
    [
        "March 5, 2026 Meeting notes", "Tammikuu 5, 2026 Helsinki", "Version 3, 2024 Release",
        "Table 3, 1500 Items", "Tilaus 5, 00100 Helsinki", "toripäivä 5", "Suunnitelma 12",
        "on tie 5 tai 6", "Valtatie 4", "order 55312 shipped 12.3.2026", "int gata 5;",
        "EAN 6411234567890, 12345 Items", "SHA 4F3A, 99999 X", "ip address: 192.168.1.10",
        "address: A string or integer, the IP address.  Either IPv4 or", "Box 12, size 3",
        "Email address: matti2@example.fi", "address: 0x7fff5fbff8a0", "Wall Street",
        "5 Streets ahead",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    assert find([DETECTOR], text) == []


def test_neighbours_are_told_apart() -> None:
    first, second = "Mannerheimintie 12, 00100 Helsinki", "Aleksanterinkatu 5 A 3, 00170 Helsinki"
    found = find([DETECTOR], f"{first}, {second}; {first}\n{second}")
    assert [one.text for one in found] == [first, second, first, second]


@pytest.mark.parametrize(
    "spelling",
    [
        "Storgatan 5, 111 22 Stockholm", "Storgatan 5\n11122 Stockholm",
        "STORGATAN 5, 11122 STOCKHOLM",
        "Storgatan  5, SE-111 22 Stockholm",
    ],
)  # fmt: skip
def test_all_spellings_are_one(spelling: str) -> None:
    found = find([DETECTOR], f"Adress: {spelling}\n")
    assert [one.canonical for one in found] == ["storgatan 5 11122 stockholm"]


def test_columns() -> None:
    found = find_in_table(
        [DETECTOR], ["id", "katuosoite", "email_address"],
        ["1", "Kauppakatu 5 B", "a1@example.fi"], ["2", "PL 123", "-"], ["3", "Kirkonkylä", ""],
    )  # fmt: skip
    assert [(one.text, one.likelihood >= LIKELY) for one in found] == [
        ("Kauppakatu 5 B", True), ("PL 123", True),
    ]  # fmt: skip


FRAMES = (
    "Asun osoitteessa {} ja odotan pakettia.", "Leverera till {}, tack.",
    "Osoite: {}\nPuhelin: 040 1",
    "Tilaus 1234 lähetettiin 12.3.2026 asiakkaalle, {}; kuitti ohessa.",
    "My address is {}\nRegards",
    "Please ship order 55312 to {} by March 5, 2026.", "{}",
)  # fmt: skip


@pytest.mark.parametrize("locale", ["fi_FI", "sv_SE", "no_NO", "da_DK", "en_GB"])
def test_generated_addresses(locale: str) -> None:
    faker, choice = Faker(locale), random.Random(locale)
    faker.seed_instance(11)
    right = wrong = 0
    for _ in range(30):
        address = faker.address()
        if choice.random() < 0.5:
            address = address.replace("\n", ", ")
        found = find([DETECTOR], choice.choice(FRAMES).format(address))
        right += sum(one.text == address for one in found)
        wrong += sum(one.text != address for one in found)
    assert 2 * right / (right + wrong + 30) >= 0.95
