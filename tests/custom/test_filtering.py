from __future__ import annotations

import datetime
import pickle
from typing import Any

import pytest

from pdscan import detectors
from pdscan.custom.allow import allowing
from pdscan.custom.filtering import FindingFilter
from pdscan.custom.verdicts import Verdict
from pdscan.errors import UsageError
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Item
from tests.detectors.columns import Table

FINGERPRINTER = Fingerprinter(b"k" * KEY_SIZE)
KEY = FINGERPRINTER.key_id
HETU, OTHER, MAIL = "131052-308T", "010594Y9032", "matti@example.fi"
ITEMS = {
    3: Item("files", ("exports/old shop/2019.csv",)),
    4: Item("files", ("mail/2019.zip", "exports/a [1].csv")),
    7: Item("crm", ("customers",)),
}


def verdict(**settings: str) -> Verdict:
    return Verdict(
        reason="test", author="Maija", date=datetime.date(2026, 11, 22),
        **{"key": KEY} | settings if "fingerprint" in settings else settings,
    )  # fmt: skip


def of_value(kind: str, value: str) -> str:
    return FINGERPRINTER.one(kind, value).hex()


def left(
    *verdicts: Verdict, tables: list[dict[str, Any]] | None = None, key: str = KEY
) -> tuple[list[tuple[int, str]], FindingFilter]:
    """What is left of a table of three rows in each item, and the filter."""
    chosen = allowing(detectors.load(["fi.hetu", "email"]), tables or [])
    scanner = Scanner(Engine(chosen), FINGERPRINTER, values=True)
    table = Table(("hetu", "mail"), [(HETU, MAIL), (OTHER, "asa@Example.com"), ("", MAIL.upper())])
    found = FindingFilter(verdicts, key)
    rows: list[tuple[int, str]] = []
    for number in ITEMS:
        for batch in scanner.scan([Block(table.text, table)], number):
            kept = found.keep(batch, ITEMS).to_pylist()
            rows += [(row["item"], row["value"]) for row in kept]
    return rows, found


ALL = [
    (item, value) for item in ITEMS
    for value in (HETU, MAIL, OTHER, "asa@Example.com", MAIL.upper())
]  # fmt: skip


def without(*gone: tuple[int, str]) -> list[tuple[int, str]]:
    return [row for row in ALL if row not in gone]


def test_without_verdicts_everything_stays() -> None:
    rows, found = left()
    assert rows == ALL
    assert (found.counts, found.allowed, found.foreign) == ({}, {}, ())


def test_a_verdict_on_a_value_holds_for_all_its_spellings_and_places() -> None:
    mine = verdict(fingerprint=of_value("email", MAIL))
    rows, found = left(mine)
    assert rows == without(*((item, value) for item in ITEMS for value in (MAIL, MAIL.upper())))
    assert found.counts == {mine: 6}


def test_a_verdict_made_with_another_key_is_named_and_leaves_nothing_out() -> None:
    mine = verdict(fingerprint=of_value("email", MAIL))
    rows, found = left(mine, key="another")
    assert rows == ALL
    assert found.foreign == (mine,)


@pytest.mark.parametrize(
    ("place", "kind", "gone"),
    [
        ("files:exports/old shop/2019.csv", "fi.hetu", {(3, HETU), (3, OTHER)}),
        ("files:exports", "fi.hetu", {(3, HETU), (3, OTHER)}),
        ("files:exports/**", "fi.hetu", {(3, HETU), (3, OTHER)}),
        ("files:**/*.csv", "fi.hetu", {(3, HETU), (3, OTHER), (4, HETU), (4, OTHER)}),
        ("files:mail/2019.zip", "fi.hetu", {(4, HETU), (4, OTHER)}),
        ("files:mail/2019.zip!/exports/a [1].csv", "fi.hetu", {(4, HETU), (4, OTHER)}),
        ("files:", "fi.hetu", {(3, HETU), (3, OTHER), (4, HETU), (4, OTHER)}),
        ("crm:customers#field=hetu", "", {(7, HETU), (7, OTHER)}),
        ("crm:customers#field=hetu&span=0-11", "", {(7, HETU), (7, OTHER)}),
        ("crm:customers#field=hetu&span=1-11", "", set()),
        ("crm:customers#key=id:1", "", set()),
        ("crm:customer", "", set()),
        ("*:customers#field=hetu", "", {(7, HETU), (7, OTHER)}),
        ("files:2019.csv", "", set()),
    ],
)
def test_a_verdict_on_a_place_holds_there_and_below(
    place: str, kind: str, gone: set[tuple[int, str]]
) -> None:
    mine = verdict(place=place, kind=kind)
    rows, found = left(mine)
    assert rows == without(*gone)
    assert found.counts == ({mine: len(gone)} if gone else {})


def test_a_finding_is_counted_for_one_verdict() -> None:
    value = verdict(fingerprint=of_value("fi.hetu", HETU))
    place = verdict(place="crm:customers")
    rows, found = left(place, value)
    assert [item for item, _ in rows if item == 7] == []
    assert found.counts == {value: 3, place: 4}


def test_allowed_values_are_left_out_whatever_their_spelling_and_counted_by_kind() -> None:
    tables = [
        {"kind": "email", "values": ["*@EXAMPLE.com"], "reason": "no persons"},
        {"kind": "fi.hetu", "values": [OTHER.lower()], "reason": "test person"},
        {"kind": "iban", "values": ["FI2112345600000785"], "reason": "not looked for here"},
    ]
    rows, found = left(tables=tables)
    assert [row for row in rows if row[0] == 7] == [(7, HETU), (7, MAIL), (7, MAIL.upper())]
    assert found.allowed == {"email": 3, "fi.hetu": 3}


def test_a_beginning_may_be_allowed() -> None:
    rows, _ = left(tables=[{"kind": "email", "values": ["matti@*"], "reason": "x"}])
    assert [value for item, value in rows if item == 7] == [HETU, OTHER, "asa@Example.com"]


def test_detectors_with_an_allow_list_travel_to_worker_processes() -> None:
    tables = [{"kind": "email", "values": ["*@x.fi"], "reason": "x"}]
    chosen = allowing(detectors.load(["email"]), tables)
    assert pickle.loads(pickle.dumps(chosen)) == chosen  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"kin": "email"}, "unknown key 'kin'; did you mean kind?"),
        ({"values": ["a@b.fi"], "reason": "x"}, "kind: a text in quotes expected"),
        ({"kind": "email", "values": ["a@b.fi"]}, "reason: a text in quotes expected"),
        ({"kind": "email", "values": "a@b.fi", "reason": "x"}, "values: a list of texts"),
        ({"kind": "email", "values": ["a@b.fi", "b.fi"], "reason": "x"},
         "values: number 2 is not of kind email"),
        ({"kind": "email", "values": ["a*b@c.fi"], "reason": "x"}, "* may stand at one end only"),
        ({"kind": "email", "values": ["*c*"], "reason": "x"}, "* may stand at one end only"),
    ],
)  # fmt: skip
def test_an_allow_list_that_is_wrong_is_refused(table: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        allowing(detectors.load(["email"]), [table])
    assert says in str(raised.value)
    assert "b.fi" not in str(raised.value)
