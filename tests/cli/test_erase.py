"""One person's erasure by the commands alone: scan, subject, erase, approve, statements, after."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from pdscan.exports import manifest
from pdscan.exports.manifest import Action, Manifest
from tests.cli.command import Result, run_here

RULES = """
[[rule]]
name = "vouchers"
kind = "statutory_min"
law = "Kirjanpitolaki 1336/1997"
table = ["orders"]
anchor = "ordered_at"
start = "calendar_year"
period = "P6Y"
keep = ["id", "customer_id", "ordered_at", "total"]
confirmed_by = "DPO, 2026-11-01"

[[rule]]
name = "visits"
kind = "policy_max"
table = ["visit"]
anchor = "at"
period = "P6M"
confirmed_by = "DPO, 2026-11-01"

[[recipient]]
name = "Letters Ltd"
sources = ["shop"]
opendsr = "https://letters.example/requests"

[[recipient]]
name = "Elsewhere Ltd"
sources = ["other"]

[[backup]]
name = "nightly"
keeps = "P35D"
"""
SCHEMA = """
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, email TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer,
                     ordered_at TEXT, total INTEGER, ip TEXT);
CREATE TABLE visit (id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, at TEXT,
                    email TEXT);
INSERT INTO customer VALUES (1, 'Matti Testinen', 'matti.testinen@example.net'),
                            (2, 'Liisa Mallinen', 'liisa.mallinen@example.net');
INSERT INTO orders VALUES (10, 1, '2024-05-01', 990, '192.0.2.7'), (11, 2, '2024-05-01', 1, '192.0.2.8');
INSERT INTO visit VALUES (20, 1, '2026-11-01', 'matti.testinen@example.net'),
                         (21, 2, '2026-01-01', 'liisa.mallinen@example.net'), (22, 2, NULL, NULL);
"""
DAY = ("--day", "2026-11-22")


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop's systems, scanned, and one person's holdings found; to be copied by each test."""
    folder = tmp_path_factory.mktemp("estate")
    with closing(sqlite3.connect(folder / "shop.db")) as connection, connection:
        connection.executescript(SCHEMA)
    (folder / "mail").mkdir()
    (folder / "mail" / "letter.txt").write_text("Write to matti.testinen@example.net please.\n")
    (folder / "mail" / "both.txt").write_text(
        "liisa.mallinen@example.net wrote: ask matti.testinen@example.net\n"
    )
    (folder / "pdscan.toml").write_text(
        'key_file = "keys/fingerprint.key"\njobs = 1\n'
        '[[source]]\nname = "shop"\npath = "shop.db"\nentity = "Testi Oy"\n'
        '[[source]]\nname = "mail"\npath = "mail"\nentity = "Testi Oy"\n'
    )
    (folder / "retention.toml").write_text(RULES)
    ran(run_here("scan", "-o", "inventory", cwd=folder))
    ran(run_here("subject", "inventory", "--id", "email=matti.testinen@example.net",
                 "-o", "subject.json", cwd=folder))  # fmt: skip
    return folder


def ran(result: Result, code: int = 0) -> Result:
    assert result.code == code, result.err + result.out
    return result


@pytest.fixture
def shop(estate: Path) -> Iterator[Path]:
    """The estate in its place, as it was; what a test makes goes away with it."""
    before = {path: path.read_bytes() for path in estate.rglob("*") if path.is_file()}
    yield estate
    for path in estate.rglob("*"):
        if path.is_file() and path not in before:
            path.unlink()
    for path, data in before.items():
        path.write_bytes(data)


def erase(folder: Path, *more: str) -> Manifest:
    ran(run_here("erase", "subject.json", "-o", "m.jsonl", *DAY, *more, cwd=folder))
    return manifest.read(folder / "m.jsonl")


def by_place(known: Manifest) -> dict[str, Action]:
    return {entry.locator: entry.action for entry in known.entries}


def rows(folder: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "shop.db")) as connection:
        return connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def execute(folder: Path) -> subprocess.CompletedProcess[str]:
    (script,) = (folder / "out").glob("*.sql")
    assert shutil.which("sqlite3"), "the sqlite3 shell is needed: apt-get install sqlite3"
    return subprocess.run(
        ["sqlite3", str(folder / "shop.db")], input=script.read_text("utf-8"), text=True,
        capture_output=True, check=False,
    )  # fmt: skip


def test_the_whole_way(shop: Path) -> None:
    known = erase(shop)
    assert by_place(known) == {
        "shop:shop.db#key=id:20&field=visit": "erase",
        "shop:shop.db#key=id:10&field=orders": "retain",
        "shop:shop.db#key=id:10&field=orders%2Fip": "erase",
        "shop:shop.db#key=id:1&field=customer": "anonymise",
        "shop:shop.db#key=id:1&field=customer%2Fname": "erase",
        "shop:shop.db#key=id:1&field=customer%2Femail": "erase",
        "mail:letter.txt": "erase",
        "mail:both.txt": "redact",
        "mail:both.txt#span=38-64": "redact",
    }
    kept = next(e for e in known.entries if e.action == "retain")
    assert (kept.until, kept.keep) == ("2030-12-31", ("id", "customer_id", "ordered_at", "total"))
    assert [r.name for r in known.header.recipients] == ["Letters Ltd"]
    assert known.header.backups[0].expires == "2026-12-27"
    everything = (shop / "m.jsonl").read_bytes() + (shop / "m.jsonl.identifiers").read_bytes()
    assert b"matti.testinen" not in everything

    ran(run_here("approve", "m.jsonl", "--role", "dpo", "--by", "Maija", cwd=shop))
    assert "Approved by Maija (dpo)" in ran(run_here("manifest", "show", "m.jsonl", cwd=shop)).out

    ran(run_here("manifest", "sql", "m.jsonl", "-o", "out", cwd=shop))
    done = execute(shop)
    assert (done.returncode, done.stderr) == (0, "")
    assert rows(shop, "customer") == [
        (1, None, None), (2, "Liisa Mallinen", "liisa.mallinen@example.net")
    ]  # fmt: skip
    assert rows(shop, "orders") == [
        (10, 1, "2024-05-01", 990, None), (11, 2, "2024-05-01", 1, "192.0.2.8")
    ]  # fmt: skip
    assert [row[0] for row in rows(shop, "visit")] == [21, 22]


def test_a_row_that_changed_after_the_statements_were_written_stops_them_all(shop: Path) -> None:
    erase(shop)
    ran(run_here("manifest", "sql", "m.jsonl", "-o", "out", cwd=shop))
    with closing(sqlite3.connect(shop / "shop.db")) as connection, connection:
        connection.execute("UPDATE orders SET total = 1990 WHERE id = 10")
    before = {table: rows(shop, table) for table in ("customer", "orders", "visit")}
    assert "gone or has changed" in execute(shop).stderr
    assert {table: rows(shop, table) for table in before} == before


def test_a_row_that_changed_before_is_left_out_and_named(shop: Path) -> None:
    erase(shop)
    with closing(sqlite3.connect(shop / "shop.db")) as connection, connection:
        connection.execute("UPDATE visit SET at = '2026-11-02' WHERE id = 20")
    result = ran(run_here("manifest", "sql", "m.jsonl", "-o", "out", cwd=shop), 3)
    assert "key=id:20&field=visit: it has changed since" in result.err
    assert "DELETE FROM" not in next((shop / "out").glob("*.sql")).read_text("utf-8")


def test_files_come_as_a_list_with_checksums(shop: Path) -> None:
    erase(shop)
    ran(run_here("manifest", "files", "m.jsonl", "-o", "out", cwd=shop))
    tasks = list(csv.DictReader((shop / "out" / "files.csv").open(newline="")))
    letter = shop / "mail" / "letter.txt"
    (whole,) = (task for task in tasks if task["file"] == str(letter))
    assert (whole["do"], whole["where"]) == ("remove", "the whole file")
    assert whole["sha256"] == hashlib.sha256(letter.read_bytes()).hexdigest()
    both = [task for task in tasks if task["file"].endswith("both.txt")]
    text = (shop / "mail" / "both.txt").read_text("utf-8")
    lines = (shop / "out" / "files.jsonl").read_text("ascii").splitlines()
    spans = [json.loads(line)["span"] for line in lines if "both.txt" in line]
    assert {task["do"] for task in both} == {"cut"}
    assert [text[first:last] for first, last in spans] == ["matti.testinen@example.net"]
    assert "testinen" not in (shop / "out" / "files.csv").read_text("utf-8")
    check = ["sha256sum", "--check", "--strict", str(shop / "out" / "SHA256SUMS")]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    letter.write_text("changed")
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1


def test_processors_get_requests_with_hashes_or_values(shop: Path) -> None:
    erase(shop)
    digest = hashlib.sha256(b"matti.testinen@example.net").hexdigest()
    bodies = []
    for form, value in (("sha256", digest), ("raw", "matti.testinen@example.net")):
        ran(run_here("manifest", "opendsr", "m.jsonl", "-o", "out", "--identity-format", form,
                     cwd=shop))  # fmt: skip
        (path,) = (shop / "out").glob("request-*.json")
        bodies.append(json.loads(path.read_text("utf-8")))
        (identity,) = bodies[-1]["subject_identities"]
        assert identity == {
            "identity_type": "email", "identity_value": value, "identity_format": form
        }  # fmt: skip
        assert path.stat().st_mode & 0o777 == 0o600
    assert bodies[0]["subject_request_id"] == bodies[1]["subject_request_id"]


def test_views_show_every_entry(shop: Path) -> None:
    known = erase(shop)
    for form in ("csv", "xlsx", "html"):
        ran(run_here("manifest", "show", "m.jsonl", "-f", form, "-o", f"v.{form}", cwd=shop))
    lines = list(csv.DictReader(io.StringIO((shop / "v.csv").read_text("utf-8"))))
    assert [line["locator"] for line in lines] == [e.locator for e in known.entries]
    sheet = openpyxl.load_workbook(shop / "v.xlsx").active
    assert sheet.max_row == len(known.entries) + 1
    page = (shop / "v.html").read_text("utf-8")
    assert page.count("<tr") == len(known.entries) + 1
    assert "<script" not in page
    number = next(e.number for e in known.entries if e.action is Action.RETAIN)
    shown = ran(run_here("manifest", "show", "m.jsonl", "--entry", str(number), cwd=shop)).out
    assert "Kirjanpitolaki" in shown
    assert "Led here" in shown


def test_without_rules_nothing_is_planned(shop: Path) -> None:
    (shop / "retention.toml").rename(shop / "elsewhere.toml")
    result = run_here("erase", "subject.json", "-o", "m.jsonl", cwd=shop)
    (shop / "elsewhere.toml").rename(shop / "retention.toml")
    assert result.code == 2
    assert "pdscan retention init" in result.err
    assert not (shop / "m.jsonl").exists()


def test_a_hold_stops_it_and_a_release_opens_it(shop: Path) -> None:
    ran(run_here("retention", "hold", "add", "shop:*", "--reason", "lawsuit", cwd=shop))
    known = erase(shop)
    assert {e.action for e in known.entries if e.source == "shop"} == {Action.RETAIN}
    (shop / "m.jsonl").unlink()
    assert (
        "m.jsonl.identifiers exists"
        in run_here("erase", "subject.json", "-o", "m.jsonl", cwd=shop).err
    )
    (shop / "m.jsonl.identifiers").unlink()
    ran(run_here("retention", "hold", "release", "hold-1", "--reason", "settled", cwd=shop))
    assert {e.action for e in erase(shop).entries if e.source == "shop"} > {Action.ERASE}


def test_overdue_is_what_the_database_says(shop: Path) -> None:
    result = ran(run_here("retention", "overdue", "shop", *DAY, cwd=shop), 1)
    with closing(sqlite3.connect(shop / "shop.db")) as connection:
        ((late,),) = connection.execute(
            "SELECT count(*) FROM visit WHERE date(at, '+6 months') < '2026-11-22'"
        )
    (line,) = (line for line in result.out.splitlines() if "visits" in line)
    assert line.split() == ["shop", "shop.db!/visit", "visits", str(late), "2026-07-01", "1"]
    listed = ran(run_here("retention", "overdue", "shop", *DAY, "--list", cwd=shop), 1).out
    assert "shop:shop.db#key=id:21&field=visit: visits" in listed


def test_explain_says_the_law_the_date_and_the_fields(shop: Path) -> None:
    out = ran(
        run_here("retention", "explain", "shop:shop.db#key=id:10&field=orders", *DAY, cwd=shop)
    ).out
    assert "P6Y from the end of the calendar year of ordered_at 2024-05-01" in out
    assert "2030-12-31" in out
    out = ran(run_here("retention", "explain", "mail:letter.txt", *DAY, cwd=shop)).out
    assert "No rule and no hold bears on it" in out


def test_templates_are_checked_until_somebody_stands_for_them(tmp_path: Path) -> None:
    ran(run_here("retention", "init", "finland", "sweden", "promises", cwd=tmp_path))
    assert "NOBODY" in ran(run_here("retention", "check", cwd=tmp_path), 1).out
    path = tmp_path / "retention.toml"
    path.write_text(path.read_text("utf-8").replace("period =", 'confirmed_by = "DPO"\nperiod ='))
    text = path.read_text("utf-8").replace(
        'kind = "consent"', 'kind = "consent"\nconfirmed_by = "x"'
    )
    path.write_text(text)
    ran(run_here("retention", "check", cwd=tmp_path))


def test_who_was_erased_is_found_in_an_import(shop: Path) -> None:
    erase(shop)
    ran(run_here("suppress", "add", "m.jsonl", "--basis", "objection", cwd=shop))
    assert b"matti" not in (shop / "suppressions.jsonl").read_bytes()
    (shop / "new.csv").write_text(
        "name,email\nM T,MATTI.TESTINEN@example.net\nLiisa,liisa.mallinen@example.net\n"
    )
    result = ran(run_here("suppress", "check", "new.csv", cwd=shop), 1)
    assert result.out.count("new.csv:") == 1
    listed = ran(run_here("suppress", "list", cwd=shop)).out
    name = next(word for word in listed.split() if word.startswith("email/"))
    ran(run_here("suppress", "release", name, "--reason", "came back", cwd=shop))
    ran(run_here("suppress", "check", "new.csv", cwd=shop))
    assert "1 removed, 0 kept" in ran(run_here("suppress", "purge", cwd=shop)).out
