"""Which rule wins, until when, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest

from pdscan.errors import UsageError
from pdscan.retention import holds as holding
from pdscan.retention.model import Anchor, Policy
from pdscan.retention.reading import parse, read
from pdscan.retention.resolving import Record, overdue, resolve

DAY = date(2026, 11, 22)
HEAD = 'confirmed_by = "DPO, 2026-11-01"\n'
STATUTE = (
    '[[rule]]\nname = "books"\nkind = "statutory_min"\nlaw = "L"\nanchor = "at"\nperiod = "P6Y"\n'
    + HEAD
)
CLAIMS = (
    '[[rule]]\nname = "claims"\nkind = "claims_window"\nanchor = "at"\nperiod = "P10Y"\n' + HEAD
)
LIMIT = '[[rule]]\nname = "limit"\nkind = "policy_max"\nanchor = "at"\nperiod = "P2Y"\n' + HEAD


def policy(text: str) -> Policy:
    return parse(text.encode(), "retention.toml")


def record(values: Mapping[str, str | None] | None = None, **more: object) -> Record:
    given: dict[str, object] = {
        "locator": "orders:orders#key=id:1", "source": "orders", "path": ("orders",),
        "values": values if values is not None else {"id": "1", "at": "2024-05-01", "note": "x"},
    }  # fmt: skip
    return Record(**(given | more))  # type: ignore[arg-type]  # a table of cases


CASES: dict[
    str, tuple[str, Mapping[str, str | None], dict[str, str], dict[str, str], set[str]]
] = {
    # name: (rules, cells, kept by field, until by field, what is manual)
    "a statute keeps": (
        STATUTE, {"at": "2024-05-01"}, {"at": "books"}, {"at": "2030-05-01"}, set()),
    "the day itself counts": (
        STATUTE, {"at": "2020-11-22"}, {"at": "books"}, {"at": "2026-11-22"}, set()),
    "a day later it does not": (STATUTE, {"at": "2020-11-21"}, {}, {}, set()),
    "a statute goes before claims, the later date counts": (
        STATUTE + CLAIMS, {"at": "2024-05-01"}, {"at": "books"}, {"at": "2034-05-01"}, set()),
    "claims go on when the statute has ended": (
        STATUTE + CLAIMS, {"at": "2018-05-01"}, {"at": "claims"}, {"at": "2028-05-01"}, set()),
    "a promise to erase keeps nothing": (LIMIT, {"at": "2026-05-01"}, {}, {}, set()),
    "a promise does not shorten a statute": (
        STATUTE + LIMIT, {"at": "2021-05-01"}, {"at": "books"}, {"at": "2027-05-01"}, set()),
    "only the fields that are needed": (
        STATUTE + 'keep = ["at", "total*"]\n', {"at": "2024-05-01", "total_cents": "1", "note": "x"},
        {"at": "books", "total_cents": "books"}, {"at": "2030-05-01"}, set()),
    "an empty anchor": (STATUTE, {"at": None}, {}, {}, {"at"}),
    "an anchor that is no date": (STATUTE, {"at": "soon"}, {}, {}, {"at"}),
    "no such column": (STATUTE, {"other": "2024-05-01"}, {}, {}, {"other"}),
    "a stand-in for never": (STATUTE, {"at": "9999-12-31"}, {}, {}, {"at"}),
    "the latest of several": (
        STATUTE.replace('"at"', '["at", "changed"]'), {"at": "2019-01-01", "changed": "2024-05-01"},
        {"at": "books", "changed": "books"}, {"at": "2030-05-01"}, set()),
    "one of several unknown might be the latest": (
        STATUTE.replace('"at"', '["at", "changed"]'), {"at": "2024-01-01", "changed": ""},
        {}, {}, {"at", "changed"}),
    "one of several that need not be there": (
        STATUTE.replace('"at"', '["at", { column = "changed", optional = true }]'),
        {"at": "2024-01-01", "changed": ""}, {"at": "books", "changed": "books"},
        {"at": "2030-01-01"}, set()),
    "one known keeps, the other's date leaves the end open": (
        STATUTE + CLAIMS.replace('"at"', '"closed"'), {"at": "2024-01-01", "closed": None},
        {"at": "books", "closed": "books"}, {"at": ""}, set()),
    "two statutes that say different things": (
        STATUTE + STATUTE.replace("books", "aml") + 'then = "anonymise"\n', {"at": "2024-01-01"},
        {}, {}, {"at"}),
    "another table": (STATUTE + 'table = ["invoice*"]\n', {"at": "2024-01-01"}, {}, {}, set()),
    "another entity": (STATUTE + 'entity = ["Nordhandel AB"]\n', {"at": "2024-01-01"}, {}, {}, set()),
    "another class": (STATUTE + 'class = ["iban"]\n', {"at": "2024-01-01"}, {}, {}, set()),
    "no rules": ("", {"at": "2024-01-01"}, {}, {}, set()),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_rules(case: str) -> None:
    rules, cells, kept, until, manual = CASES[case]
    found = resolve(policy(rules), (), record(cells, entity="Nordkauppa Oy"), DAY)
    assert {v.field: v.kept_by.name for v in found.kept if v.kept_by} == kept
    ends = {v.field: v.until.isoformat() if v.until else "" for v in found.kept}
    assert {name: ends[name] for name in until} == until
    assert {v.field for v in found.manual} == manual
    assert all(b.explained(DAY) for b in found.bearings)


def test_a_linked_record_gives_the_date() -> None:
    rules = policy(STATUTE.replace(
        '"at"', '{ table = "orders", key = "customer_id", via = "id", column = "ordered_at" }'))  # fmt: skip
    asked = []

    def linked(anchor: Anchor, value: str) -> Iterable[str | None] | None:
        asked.append((str(anchor), anchor.key, value))
        return {"7": ["2019-01-01", "2024-05-01"], "8": [], "9": None}[value]

    untils = {}
    for key in ("7", "8", "9"):
        found = resolve(rules, (), record({"id": key}, linked=linked), DAY)
        untils[key] = found.fields[0].until, bool(found.fields[0].manual)
    assert untils == {"7": (date(2030, 5, 1), False), "8": (None, True), "9": (None, True)}
    assert asked[0] == ("orders.ordered_at", "customer_id", "7")


def test_entities_with_different_fiscal_years_leave_it_to_a_person() -> None:
    rules = policy(
        '[[entity]]\nname = "A"\nfiscal_year_end = "04-30"\n' + STATUTE + 'start = "fiscal_year"\n'
    )
    by_entity = {
        entity: resolve(rules, (), record({"at": "2024-05-01"}, entity=entity), DAY).fields[0]
        for entity in ("A", "B", "A, B", "")
    }
    assert by_entity["A"].until == date(2031, 4, 30)
    assert by_entity["B"].until == date(2030, 12, 31)
    assert "different fiscal years" in by_entity["A, B"].manual


def test_a_hold_goes_before_everything_until_it_is_released(tmp_path: Path) -> None:
    file = tmp_path / "holds.jsonl"
    place = holding.add(file, "orders:orders#*", "lawsuit 12/345", "DPO")
    person = holding.add(file, "email/abcd", "police", "DPO")
    row, rules = record({"at": "2000-01-01"}), policy(STATUTE)
    other = record(locator="crm:contact#key=id:4", identifiers=frozenset({("email", "abcd")}))
    held = holding.read(file).holds
    for known, hold in ((row, place), (other, person)):
        verdict = resolve(rules, held, known, DAY).fields[0]
        assert (verdict.kept_by and verdict.kept_by.name, verdict.until) == (hold.id, None)
    before = holding.read(file).digest
    holding.release(file, place.id, "settled", "DPO")
    after = holding.read(file)
    assert after.digest != before
    assert not resolve(rules, after.holds, row, DAY).kept
    assert after.holds[0].release_reason == "settled"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="no such hold in force"):
        holding.release(file, place.id, "again", "DPO")
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[-1])
    with pytest.raises(UsageError, match="line 1: does not follow"):
        holding.read(file)


def test_overdue_is_what_a_promise_has_ended_for_and_nothing_keeps() -> None:
    rules = policy(STATUTE + LIMIT)
    for cell, ended in (("2019-01-01", ["limit"]), ("2021-01-01", []), ("2025-01-01", [])):
        late, unknown = overdue(rules, (), record({"at": cell}), DAY)
        assert ([b.name for b in late], unknown) == (ended, ())
    assert overdue(rules, (), record({"at": None}), DAY) == ((), ())  # a law may still keep it
    late, unknown = overdue(policy(LIMIT), (), record({"at": None}), DAY)
    assert (late, [b.name for b in unknown]) == ((), ["limit"])


MALFORMED = {
    "[[rule]]\nnane = 'x'\n": "did you mean name",
    "[[rules]]\n": "did you mean rule",
    '[[rule]]\nname = "x"\n': "kind is missing",
    '[[rule]]\nname = "x"\nkind = "statutory"\n': "did you mean statutory_min",
    '[[rule]]\nname = "x"\nkind = "hold"\n': "pdscan retention hold add",
    '[[rule]]\nname = "x"\nkind = "statutory_min"\nanchor = "a"\nperiod = "P1Y"\n': "names the law",
    '[[rule]]\nname = "x"\nkind = "policy_max"\nperiod = "P1Y"\n': "anchor is missing",
    '[[rule]]\nname = "x"\nkind = "policy_max"\nanchor = "a"\n': "period is missing",
    '[[rule]]\nname = "x"\nkind = "policy_max"\nanchor = "a"\nperiod = "6 years"\n': "such as P6Y",
    '[[rule]]\nname = "x"\nanchor = { table = "t", column = "c" }\n': "table, key and via together",
    '[[rule]]\nname = "x"\nanchor = { colum = "c" }\n': "did you mean column",
    STATUTE + STATUTE: "the name is taken",
    'time_zone = "Europe/Helsingfors"': "Europe/Helsinki",
    'time_zone = "../../etc/passwd"': "Europe/Helsinki",
    '[[entity]]\nname = "x"\nfiscal_year_end = "02-30"\n': "month 2 has no day 30",
    '[[approver]]\nname = "x"\nrole = "dpo"\npublic_key = "00"\n': "64 hexadecimal digits",
    "rule = 3": "[[rule]] tables",
    "[": "not valid TOML",
}  # fmt: skip


@pytest.mark.parametrize("text", MALFORMED)
def test_what_is_malformed_is_told_with_what_was_meant(text: str) -> None:
    with pytest.raises(UsageError) as error:
        policy(text)
    assert MALFORMED[text] in str(error.value)


def test_templates_are_valid_and_nobody_stands_for_them() -> None:
    import pdscan.retention

    files = sorted((Path(pdscan.retention.__file__).parent / "templates").glob("*.toml"))
    assert {f.stem for f in files} == {"finland", "sweden", "promises"}
    for file in files:
        assert all(not rule.confirmed_by for rule in read(file).rules)
