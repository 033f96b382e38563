"""The demo estate: the same every time, valid identifiers, and a truth that is true."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
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
    readers = {".sqlite": _tables, ".csv": _csv, ".json": _text}
    contents: dict[str, Callable[[str, str], str]] = {}
    for person in everybody:
        for place in person["places"]:
            file = place["file"]
            if file not in contents:
                contents[file] = readers.get(Path(file).suffix, _lines)(folder / file)
            record = contents[file](place["table"], place["key"])
            for kind, text in place["holds"].items():
                found = text in record or text in record.replace(" ", "")
                assert found, (file, place["key"], kind)
                if kind in ORACLES:
                    ORACLES[kind](text)
                checked[kind] += 1
    assert set(checked) >= {*ORACLES, "email", "phone", "ipv4", "ipv6", "fi.passport"}


def test_a_scan_finds_what_the_truth_says(
    made: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    folder, everybody = made
    result = run_here("scan", str(folder), "-f", "ndjson", cwd=tmp_path)
    assert result.code == 3, "one log is cut off"
    found = Counter(_file_and_kind(json.loads(line)) for line in result.out.splitlines())
    expected = Counter(
        (place["file"], kind)
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
    return Locator.parse(row["item"]).path[0], row["kind"]


def _tables(path: Path) -> Callable[[str, str], str]:
    def record(table: str, key: str) -> str:
        column, _, value = key.partition("=")
        with closing(sqlite3.connect(path)) as connection:
            (row,) = connection.execute(
                f"SELECT * FROM {table} WHERE {column} = ?", (value,)
            ).fetchall()
        return "\n".join(map(str, row))

    return record


def _csv(path: Path) -> Callable[[str, str], str]:
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))

    def record(_table: str, key: str) -> str:
        column, _, value = key.partition("=")
        return "\n".join(str(v) for row in rows if row[column] == value for v in row.values())

    return record


def _text(path: Path) -> Callable[[str, str], str]:
    text = path.read_text("utf-8")
    return lambda _table, _key: text


def _lines(path: Path) -> Callable[[str, str], str]:
    data = path.read_bytes()
    lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().splitlines()
    return lambda _table, key: lines[int(key.removeprefix("line=")) - 1]
