"""The demo estate: the same every time, valid identifiers, and a truth that is true."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import stdnum.eu.vat
import stdnum.fi.hetu
import stdnum.fi.ytunnus
import stdnum.iban
import stdnum.luhn
import stdnum.se.orgnr
import stdnum.se.personnummer

from pdscan.connectors.files import Files
from pdscan.connectors.reopen import text_at
from pdscan.demo import estate
from pdscan.demo.people import Person, people
from pdscan.model import Locator
from tests.cli.command import run_here
from tests.demo import reading

# Each kind of identifier by the judgement of a library that is not ours.
ORACLES: dict[str, Callable[[str], object]] = {
    "fi.hetu": lambda text: stdnum.fi.hetu.validate(text, allow_temporary=True),
    "fi.ytunnus": stdnum.fi.ytunnus.validate,
    "se.personnummer": stdnum.se.personnummer.validate,
    "se.orgnr": stdnum.se.orgnr.validate,
    "eu.vat": stdnum.eu.vat.validate,
    "iban": lambda text: stdnum.iban.validate(text, check_country=False),
    "payment_card": lambda text: stdnum.luhn.validate(text.replace(" ", "")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("demo")
    estate.write(folder / "estate", folder / "truth.json")
    return folder / "estate", json.loads((folder / "truth.json").read_text())["people"]


def test_the_same_bytes_every_time(made: tuple[Path, Any], tmp_path: Path) -> None:
    estate.write(tmp_path / "estate", tmp_path / "truth.json")
    files = sorted(p.relative_to(made[0]) for p in made[0].rglob("*") if p.is_file())
    assert files == sorted(
        p.relative_to(tmp_path / "estate") for p in (tmp_path / "estate").rglob("*") if p.is_file()
    )
    for file in files:
        assert (made[0] / file).read_bytes() == (tmp_path / "estate" / file).read_bytes(), file


def test_people_are_as_awkward_as_real_ones() -> None:
    everybody = people()
    names = Counter(person.name for person in everybody)
    doors = Counter((person.street, person.postcode) for person in everybody)
    assert len(everybody) >= 300
    assert sum(person.namesake is not None for person in everybody) >= 5
    assert all(
        person.name == everybody[person.namesake - 1].name
        and person.identity != everybody[person.namesake - 1].identity
        for person in everybody
        if person.namesake is not None
    )
    assert max(names.values()) >= 2
    assert max(doors.values()) >= 3
    assert any(len(person.emails) == 3 for person in everybody)
    assert len({person.identity for person in everybody}) == len(everybody)
    emails = Counter(email for person in everybody for email in person.emails)
    assert set(emails.values()) == {1}
    shared = [person for person in everybody if person.household is None]
    assert max(Counter(person.phone for person in shared).values()) <= 3
    assert max(Counter(person.firm for person in everybody if person.firm).values()) > 3


@pytest.mark.parametrize("person", people()[::7], ids=lambda person: f"{person.number}")
def test_identifiers_are_valid_and_nobody_has_them(person: Person) -> None:
    if person.country == "fi":
        ORACLES["fi.hetu"](person.identity)
        assert int(person.identity[7:10]) >= 900  # the test series
    else:
        ORACLES["se.personnummer"](person.identity)
        assert int(person.identity[7:10]) >= 980
    ORACLES["iban"](person.iban)
    assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))
    assert all(email.endswith((".example", "example.com", "example.org", "example.net"))
               for email in person.emails)  # fmt: skip


def test_all_that_the_truth_says_stands_where_it_says(
    made: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, everybody = made
    checked: Counter[str] = Counter()
    contents: dict[str, reading.Record] = {}
    for person in everybody:
        for place in person["places"]:
            file = place["file"]
            if file not in contents:
                contents[file] = reading.reader(folder, file)
            record = contents[file](place["table"], place["key"])
            for kind, text in place["holds"].items():
                found = text in record or text in record.replace(" ", "")
                assert found, (file, place["key"], kind)
                if kind in ORACLES:
                    ORACLES[kind](text)
                checked[kind] += 1
    assert set(checked) >= {
        *ORACLES, "email", "phone", "ipv4", "ipv6", "fi.passport", "username", "cookie_id",
        "person_name",
    }  # fmt: skip
    assert {name.partition("/")[0] for name in contents} >= {
        "orders.sqlite", "accounts.sqlite", "payments", "forms", "newsletter", "logs", "support",
        "m365", "crm", "cloud", "analytics", "social", "backups", "accounting",
    }  # fmt: skip


def test_a_scan_finds_what_the_truth_says(
    made: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, everybody = made
    result = run_here("scan", str(folder), "-f", "ndjson", cwd=tmp_path)
    assert result.code == 3, "one log is cut off"
    found = Counter(_file_and_kind(json.loads(line)) for line in result.out.splitlines())
    expected = Counter(
        (_file(place["file"].partition("!/")[0]), kind)
        for person in everybody
        for place in person["places"]
        for kind in place["holds"]
    )
    missing = {what: (found[what], n) for what, n in expected.items() if found[what] < 0.85 * n}
    assert not missing


def test_locators_lead_back_to_what_was_found(
    made: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, _ = made
    result = run_here("scan", str(folder), "-f", "ndjson", "--show-values", cwd=tmp_path)
    rows = [json.loads(line) for line in result.out.splitlines()]
    connector = Files(folder.name, str(folder))
    some = {(_file_and_kind(row), row["locator"].split("&")[0]): row for row in rows}
    for row in [row for number, row in enumerate(some.values()) if number % 199 == 0]:
        assert text_at(connector, Locator.parse(row["locator"])) == row["value"], row["locator"]


def _file_and_kind(row: dict[str, Any]) -> tuple[str, str]:
    return _file(Locator.parse(row["item"]).path[0]), row["kind"]


def _file(path: str) -> str:
    """The file, or the folder of those that are one of many."""
    return path if path.count("/") < 2 else path.rpartition("/")[0]
