"""Births, places, vehicles, passports, card codes, special categories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.detectors import (
    card_expiry_cvv,
    date_of_birth,
    geo_coordinates,
    passport,
    special_categories,
    vehicle_registration,
)
from pdscan.detectors.interface import Detector
from pdscan.model import Likelihood
from tests.detectors.columns import find, find_in_table

UNLIKELY, POSSIBLE = Likelihood.UNLIKELY, Likelihood.POSSIBLE
LIKELY, VERY_LIKELY = Likelihood.LIKELY, Likelihood.VERY_LIKELY
BIRTH, PLACE = date_of_birth.DETECTOR, geo_coordinates.DETECTOR
PLATE, PASSPORT, CARD = vehicle_registration.DETECTOR, passport.DETECTOR, card_expiry_cvv.DETECTOR
# The specimens of ICAO Doc 9303.
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = (
    "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
)


@pytest.mark.parametrize(
    ("detector", "text", "value", "canonical", "likelihood"),
    [
        (BIRTH, "syntynyt 13.10.1952 Turussa", "13.10.1952", "1952-10-13", LIKELY),
        (BIRTH, "född den 1952-10-13.", "1952-10-13", "1952-10-13", LIKELY),
        (BIRTH, "born on March 3, 1980", "March 3, 1980", "1980-03-03", LIKELY),
        (BIRTH, "born 3 March 1980.", "3 March 1980", "1980-03-03", LIKELY),
        (BIRTH, "Syntynyt 3. maaliskuuta 1980", "3. maaliskuuta 1980", "1980-03-03", LIKELY),
        (BIRTH, "Matti, s. 1.2.1970", "1.2.1970", "1970-02-01", LIKELY),
        (BIRTH, "Kaj Ek (f. 1970-02-01)", "1970-02-01", "1970-02-01", LIKELY),
        (BIRTH, "BDAY:1970-02-01", "1970-02-01", "1970-02-01", VERY_LIKELY),
        (BIRTH, "Syntymäaika: 1.2.1970", "1.2.1970", "1970-02-01", VERY_LIKELY),
        (BIRTH, '{"dateOfBirth": "1970-02-01T00:00"}', "1970-02-01", "1970-02-01", VERY_LIKELY),
        (BIRTH, "DOB: 12/31/1980", "12/31/1980", "1980-12-31", VERY_LIKELY),
        (PLACE, "GPS 60.16952, 24.93545.", "60.16952, 24.93545", "60.16952,24.93545", POSSIBLE),
        (PLACE, "maps.example/@60.1699123,24.9384123,15z", "60.1699123,24.9384123",
         "60.16991,24.93841", POSSIBLE),
        (PLACE, "lat/lon -33.86882 151.20930", "-33.86882 151.20930", "-33.86882,151.20930",
         LIKELY),
        (PLACE, "60°10'15\"N 24°56'15\"E", "60°10'15\"N 24°56'15\"E", "60.17083,24.93750", LIKELY),
        (PLATE, "rekisterinumero ABC-123", "ABC-123", "ABC123", POSSIBLE),
        (PLATE, "Auton rekisterinumero on åbc-12.", "åbc-12", "ÅBC12", POSSIBLE),
        (PLATE, "Regnr: ABC 12D", "ABC 12D", "ABC12D", LIKELY),
        (PASSPORT, f"scan:\n{TD3}\n", TD3, "L898902C3", LIKELY),
        (PASSPORT, TD2, TD2, "D23145890", LIKELY),
        (PASSPORT, TD1, TD1, "D23145890", LIKELY),
        (PASSPORT, "Passport number XP1234567.", "XP1234567", "XP1234567", LIKELY),
        (PASSPORT, "passinumero on xp 1234567", "1234567", "1234567", POSSIBLE),
        (CARD, "cvc 1234.", "1234", "1234", POSSIBLE),
        (CARD, "CVV: 123", "123", "123", LIKELY),
        (CARD, "4111111111111111,12/27,x", "12/27", "12/27", POSSIBLE),
        (CARD, "Valid thru: 01/2028", "01/2028", "01/28", LIKELY),
    ],
)  # fmt: skip
def test_found(
    detector: Detector, text: str, value: str, canonical: str, likelihood: Likelihood
) -> None:
    (found,) = find([detector], text)
    assert (found.text, found.canonical) == (value, canonical)
    assert found.likelihood >= likelihood
    assert found.evidence


@pytest.mark.parametrize(
    "text",
    [
        "1.056684, -0.407312", "Eric S. Raymond, 21 Dec 1998", "by S. 1.2.1998", "s. 45-46", "tilaus 1.1.2020", "born 31.2.1980", "airborn 1.1.1980", "born 1.1.1780", "dobby 1.1.1980",
        "price 12.3456, 98.7654 x", "95.12345, 24.12345", "version 1.12345", "0.00000, 0.00000",
        "1.23456,2.34567.8", "ABC-123", "part 12-345-67", "vehicle 2026-11", "fordon 123",
        TD3[:-1] + "1", TD1.replace("7408122F", "7408121F"), "password 12345678",
        "passport issued 12.3.2020", "cvv 12345", "expires in 30 days", "page 1234, 12/27/2026",
        "exp 13/27",
    ],
)  # fmt: skip
def test_not_found(text: str) -> None:
    assert find([BIRTH, PLACE, PLATE, PASSPORT, CARD], text) == []


def test_columns() -> None:
    found = find_in_table(
        [BIRTH, PLACE, PLATE, PASSPORT, CARD],
        ["syntymäaika", "lat", "lng", "regnr", "passport_no", "cvv", "created"],
        ["1.2.1970", "60.16952", "24.93545", "ABC-123", "AB1234567", "123", "1.2.1970"],
        ["x", "0.0", "200.12345", "12", "-", "12", "1.2.1970"],
    )
    assert [one.text for one in found] == [
        "1.2.1970", "60.16952", "24.93545", "ABC-123", "AB1234567", "123",
    ]  # fmt: skip
    assert all(one.likelihood >= LIKELY for one in found)


ZONE = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=9, max_size=9)


@given(ZONE, st.integers(0, 43))
def test_a_zone_is_refused_with_any_digit_changed(number: str, place: int) -> None:
    head = number + passport.check_digit(number)
    tail = "7408122" + "F" + "1204159" + "<" * 14 + "0"
    whole = passport.check_digit(head + "7408122" + "1204159" + "<" * 14 + "0")
    second = head + "UTO" + tail + whole
    first = "P<UTO" + "A" * 39
    assert passport.document_number(f"{first}\n{second}") == number
    if second[place].isdigit():
        changed = str((int(second[place]) + 1) % 10)
        broken = second[:place] + changed + second[place + 1 :]
        assert passport.document_number(f"{first}\n{broken}") is None


@pytest.mark.parametrize(
    ("text", "kind", "word", "likelihood"),
    [
        ("Potilas on sairauslomalla", "special.health", "sairauslomalla", POSSIBLE),
        ("Hon har varit sjukskriven", "special.health", "sjukskriven", POSSIBLE),
        ("The employee is pregnant", "special.health", "pregnant", POSSIBLE),
        ("Diagnoosi: F32.1", "special.health", "F32.1", LIKELY),
        ("Työntekijä kuuluu ammattiliittoon", "special.trade_union", "ammattiliittoon", POSSIBLE),
        ("Hän on muslimi", "special.religion", "muslimi", POSSIBLE),
        ("uskonto: ortodoksi", "special.religion", "ortodoksi", LIKELY),
        ("Kunden har samisk bakgrund", "special.ethnicity", "samisk", POSSIBLE),
        ("The applicant was convicted", "special.criminal_record", "convicted", POSSIBLE),
        ("Diabetes on yleinen", "special.health", "Diabetes", UNLIKELY),
    ],
)
def test_special_categories(text: str, kind: str, word: str, likelihood: Likelihood) -> None:
    found = find(special_categories.DETECTORS, text, minimum=UNLIKELY)
    assert (kind, word, likelihood) in [(one.kind, one.text, one.likelihood) for one in found]
    assert all(one.evidence for one in found)


@pytest.mark.parametrize(
    "text",
    ["LittleEndianUnion = Union", "European Union: x", "diagnostics of a member function",
     "health: ok", "Diabetes on yleinen", "the race condition", "UNION ALL SELECT"],
)  # fmt: skip
def test_no_special_categories(text: str) -> None:
    assert find(special_categories.DETECTORS, text) == []
