from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pdscan.errors import AccessError, UsageError
from pdscan.requests import (
    Event,
    Register,
    is_working_day,
    legal_end,
    months_later,
    working_days_after,
)
from tests.cli.command import Result, run_here

KEY = bytes(range(32))


# The day of the event does not count; the period ends on the same date; weekends and public
# holidays move it on (Regulation 1182/71; the examples of EDPB Guidelines 01/2022, section 5.3).
@pytest.mark.parametrize(
    ("received", "months", "country", "due"),
    [
        ("2026-11-20", 1, "fi", "2026-12-21"),  # a Sunday
        ("2026-03-05", 1, "fi", "2026-04-07"),  # Easter Sunday, and the Monday after it
        ("2026-08-31", 1, "fi", "2026-09-30"),  # no 31 September
        ("2026-01-31", 1, "se", "2026-03-02"),  # 28 February is a Saturday
        ("2024-01-31", 1, "se", "2024-02-29"),
        ("2026-11-06", 1, "fi", "2026-12-07"),  # Independence Day, a Sunday
        ("2026-11-06", 1, "se", "2026-12-07"),
        ("2025-05-06", 1, "se", "2025-06-09"),  # Sweden's National Day, a Friday
        ("2025-05-06", 1, "fi", "2025-06-06"),
        ("2026-11-20", 3, "fi", "2027-02-22"),  # extended; a Saturday
        ("2026-11-25", 1, "fi", "2026-12-28"),  # Christmas, then a weekend
    ],
)
def test_due_by_law(received: str, months: int, country: str, due: str) -> None:
    assert str(legal_end(date.fromisoformat(received), months, country)) == due


@pytest.mark.parametrize(
    ("approved", "country", "due"),
    [
        ("2026-11-02", "fi", "2026-11-30"),
        ("2026-12-14", "fi", "2027-01-15"),  # Christmas Eve to Epiphany
        ("2025-05-26", "se", "2025-06-25"),  # Ascension Day, the National Day, Midsummer Eve
    ],
)
def test_due_by_policy(approved: str, country: str, due: str) -> None:
    assert str(working_days_after(date.fromisoformat(approved), 20, country)) == due


# The calendars of sixty years are made on the way, which takes its time on a busy machine.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dates(date(2000, 1, 1), date(2060, 1, 1)), st.integers(1, 3), st.sampled_from(["fi", "se"])
)
def test_it_never_ends_early_nor_on_a_day_off(start: date, months: int, country: str) -> None:
    end = legal_end(start, months, country)
    assert end >= months_later(start, months)
    assert is_working_day(end, country)
    assert 28 * months <= (end - start).days <= 31 * months + 6


@pytest.fixture
def register(tmp_path: Path) -> Register:
    register = Register(tmp_path / "r.jsonl", KEY)
    for day, person in (
        (date(2025, 1, 10), "aa"),
        (date(2026, 1, 9), "aa"),
        (date(2026, 1, 9), "bb"),
    ):
        register.receive(day, right="access", country="fi", persons=[person], asked_by="the person")
    register.tell("2025-0001", Event.APPROVED, date(2025, 1, 12), proof="passport")
    return register


def test_what_happened_to_a_request(register: Register) -> None:
    register.tell("2025-0001", Event.EXTENDED, date(2025, 2, 1), reason="many systems")
    register.tell("2025-0001", Event.DONE, date(2025, 2, 2), what="exported")
    register.tell("2025-0001", Event.CLOSED, date(2025, 3, 3), outcome="sent")
    known = register.get("2025-0001")
    assert (known.proof, known.approved, known.extended) == (
        "passport",
        date(2025, 1, 12),
        "many systems",
    )
    assert known.due_by_law == date(2025, 4, 10)
    assert known.done == ("2025-02-02: exported",)
    with pytest.raises(UsageError, match="was closed on 2025-03-03"):
        register.tell("2025-0001", Event.DONE, date(2025, 3, 4), what="more")


def test_a_second_copy_within_twelve_months_is_known(register: Register) -> None:
    assert [one.id for one in register.earlier_copies(register.get("2026-0002"))] == ["2025-0001"]
    assert register.earlier_copies(register.get("2026-0003")) == []
    later = register.receive(
        date(2027, 1, 10), right="access", country="fi", persons=["aa"], asked_by="x"
    )
    assert register.earlier_copies(later) == []


def _changed(lines: list[str], how: str) -> list[str]:
    match how:
        case "changed":
            entry = json.loads(lines[1])
            entry["said"]["asked_by"] = "somebody"
            return [lines[0], json.dumps(entry), *lines[2:]]
        case "removed":
            return [lines[0], *lines[2:]]
        case "first removed":
            return lines[1:]
        case "moved":
            return [lines[1], lines[0], *lines[2:]]
        case "doubled":
            return [lines[0], *lines]
        case "broken":
            return [lines[0], lines[1][:20], *lines[2:]]
        case "blank":
            return [lines[0], "", *lines[1:]]
        case _:
            return [*lines, "[]"]


@pytest.mark.parametrize(
    "how", ["changed", "removed", "first removed", "moved", "doubled", "broken", "blank", "added"]
)
def test_tampering_is_seen(how: str, register: Register) -> None:
    lines = register.path.read_text("utf-8").splitlines()
    register.path.write_text("\n".join(_changed(lines, how)) + "\n", "utf-8")
    with pytest.raises(AccessError, match="is not as it was written"):
        register.requests()


def test_another_key_cannot_make_the_chain(register: Register) -> None:
    with pytest.raises(AccessError, match="another key"):
        Register(register.path, bytes(32)).entries()


def test_the_register_is_for_its_owner_alone(register: Register) -> None:
    assert register.path.stat().st_mode & 0o777 == 0o600


# -- the command -----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    return tmp_path


def request(folder: Path, *arguments: str) -> Result:
    return run_here("request", *arguments, "--key-file", str(folder / "key"), cwd=folder)


def test_a_request_from_first_to_last(folder: Path) -> None:
    given = ("new", "--id", "email=Maija@Example.fi", "--received", "2026-11-20")
    first = request(folder, *given)
    assert first.out == "2026-0001: to be answered by 2026-12-21\n"
    assert request(folder, "approve", "2026-0001").err.startswith("pdscan: say with --proof")
    approved = request(
        folder, "approve", "2026-0001", "--proof", "bank login", "--on", "2026-11-23"
    )
    assert "promised by 2026-12-21" in approved.out
    second = request(folder, *given[:2], "email=maija@example.fi", "--received", "2026-12-01")
    assert "request 2026-0001 of 2026-11-20, less than 12 months ago" in second.err
    assert second.code == 0
    assert request(folder, "close", "2026-0001", "--outcome", "sent", "--on", "2026-12-22").out == (
        "2026-0001: closed, after it was due\n"
    )
    shown = request(folder, "show", "2026-0001").out
    assert "bank login" in shown
    listed = request(folder, "list").out
    assert "3 entries" not in listed
    assert "4 entries, unbroken" in listed
    kept = (folder / "pdscan-requests.jsonl").read_text("utf-8").casefold()
    assert "maija" not in kept


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("new",), "say whom it is about"),
        (("new", "--id", "x"), "KIND=VALUE expected"),
        (("new", "--id", "email=no address"), "identifier 1 is no email"),
        (("new", "--id", "email=a@example.fi", "--asked-by", "a lawyer"), "--mandate"),
        (("show", "2026-9999"), "no request '2026-9999'"),
    ],
)
def test_wrong_calls(arguments: tuple[str, ...], said: str, folder: Path) -> None:
    result = request(folder, *arguments)
    assert result.code == 2
    assert said in result.err
    assert "no address" not in result.err
