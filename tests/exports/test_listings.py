"""What is printed: valid against the published schema, equal to the findings, harmless."""

from __future__ import annotations

import csv
import io
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.exports import escaping, json_columns, listings
from pdscan.exports.findings import LISTED, Kind, Listing, hexadecimal
from pdscan.matching.findings import SCHEMA, SCHEMA_WITH_VALUES
from pdscan.model import Locator

KINDS = {
    "email": Kind("email", "E-mail address", "EmailAddress"),
    "fi.hetu": Kind("fi.hetu", "Finnish personal identity code", "NationalIdentificationNumber"),
}
ITEMS = [Locator("crm", ("a file; 100%.txt",)), Locator("crm", ("x.zip", "ö/[1].csv"))]
SOURCES = pa.array([item.source for item in ITEMS])
LOCATORS = pa.array([str(item) for item in ITEMS])
NUMBERS = pa.array([3, 70])
FINDING: dict[str, Any] = {
    "item": 3, "record": -1, "key": None, "part": "", "field": "", "kind": "email", "line": 3,
    "column": 7, "start": 40, "end": 61, "likelihood": 4, "evidence": "form; near: mail",
    "preview": "m***@example.fi", "fingerprint": bytes(range(12)),
}  # fmt: skip
CELL = FINDING | {
    "item": 70, "key": "company:2&id:17", "field": "notes & more", "kind": "fi.hetu", "line": 0,
    "column": 0, "likelihood": 2, "evidence": "", "preview": '=1310"\\\x1b[2J\u202e',
}  # fmt: skip


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    schema = SCHEMA_WITH_VALUES if rows and "value" in rows[0] else SCHEMA
    return pa.RecordBatch.from_pylist(list(rows), schema=schema)


def listed(*rows: dict[str, Any]) -> pa.RecordBatch:
    return Listing(KINDS).columns(batch(*rows), NUMBERS, SOURCES, LOCATORS)


def ndjson(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    stream = io.BytesIO()
    listings.write_ndjson(stream, [listed(*rows)])
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def schema() -> Any:
    return json.loads(files("pdscan.exports").joinpath("schemas/finding.schema.json").read_text())


def test_a_finding_is_printed_as_it_is() -> None:
    assert ndjson(FINDING) == [
        {
            "kind": "email",
            "category": "EmailAddress",
            "source": "crm",
            "locator": "crm:a file%3B 100%25.txt#span=40-61",
            "item": "crm:a file%3B 100%25.txt",
            "line": 3,
            "column": 7,
            "start": 40,
            "end": 61,
            "likelihood": "very_likely",
            "evidence": ["form", "near: mail"],
            "preview": "m***@example.fi",
            "fingerprint": "000102030405060708090a0b",
        }
    ]


@pytest.mark.parametrize("row", [FINDING, CELL, FINDING | {"value": "matti@example.fi"}])
def test_output_is_valid_against_the_published_schema(row: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(validator.schema)
    (printed,) = ndjson(row)
    validator.validate(printed)
    assert ("value" in printed) == ("value" in row)
    assert list(printed)[: len(LISTED)] == list(LISTED)


def test_the_schema_refuses_what_is_not_a_finding() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    (good,) = ndjson(FINDING)
    for name in LISTED:
        assert not validator.is_valid({k: v for k, v in good.items() if k != name}), name
    assert not validator.is_valid(good | {"name": "Matti"})
    assert not validator.is_valid(good | {"likelihood": "certain"})


def test_no_key_is_no_key() -> None:
    for key in (None, ""):
        (row,) = ndjson(FINDING | {"key": key, "field": "Message"})
        assert row["locator"] == "crm:a file%3B 100%25.txt#field=Message&span=40-61"


def test_a_part_is_told_before_the_field() -> None:
    for part, field, expected in (
        ("page 3", "", "page 3"), ("page 3", "a&b", "page 3/a&b"), ("", "a&b", "a&b"),
    ):  # fmt: skip
        (row,) = ndjson(FINDING | {"part": part, "field": field})
        assert Locator.parse(row["locator"]).field == expected


def test_locators_parse_back() -> None:
    first, second = (Locator.parse(row["locator"]) for row in ndjson(FINDING, CELL))
    assert first == ITEMS[0].at(40, 61)
    assert second == Locator(
        "crm", ITEMS[1].path, (("company", "2"), ("id", "17")), "notes & more", (40, 61)
    )


@given(st.lists(st.text(), max_size=5))
def test_any_text_is_written_as_json(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    written = json_columns.strings(column)
    assert [json.loads(text) for text in written.to_pylist()] == texts
    spread = json_columns.strings(column.dictionary_encode())
    assert [json.loads(text) for text in spread.to_pylist()] == texts
    data = json_columns.joined(json_columns.objects({"a": written, "b": "1"}, "}\n"))
    assert [json.loads(line)["a"] for line in bytes(data).splitlines()] == texts


@given(st.text())
def test_nothing_shown_can_steer_a_terminal(text: str) -> None:
    for shown in (escaping.for_terminal(text), json_columns.quoted(text)):
        assert not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2066" for c in shown)


TERMINAL = [
    ("Mäkelä, Åsa – 5 €", "Mäkelä, Åsa – 5 €"),
    ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
    ("two\nlines\r", "two\\x0alines\\x0d"),
    ("exe\u202egpj.txt", "exe\\u202egpj.txt"),
    ("\udcff name", "\\udcff name"),
    ("C1 \x9b2J", "C1 \\x9b2J"),
]


@pytest.mark.parametrize(("text", "shown"), TERMINAL)
def test_for_terminal(text: str, shown: str) -> None:
    assert escaping.for_terminal(text) == shown


SPREADSHEET = [
    ("matti@example.fi", "matti@example.fi"),
    ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ("+358 40", "'+358 40"),
    ("-1", "'-1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("  =1", "'  =1"),
    ("＝1", "'＝1"),
    ("", ""),
]


def test_for_spreadsheet() -> None:
    column = pa.array([text for text, _ in SPREADSHEET])
    assert escaping.for_spreadsheet(column).to_pylist() == [shown for _, shown in SPREADSHEET]


def test_csv_is_read_back_by_a_csv_reader() -> None:
    table = listed(FINDING, CELL)
    stream = io.BytesIO()
    listings.write_csv(stream, [table], table.schema)
    rows = list(csv.DictReader(io.StringIO(stream.getvalue().decode(), newline="")))
    assert [row["kind"] for row in rows] == ["email", "fi.hetu"]
    assert rows[1]["preview"] == "'" + CELL["preview"]
    assert rows[0]["start"] == "40"


@pytest.mark.parametrize("sizes", [(), (0,), (2,), (1, 0, 2), (0, 1, 0)])
def test_json_and_sarif_are_documents_at_any_batching(sizes: tuple[int, ...]) -> None:
    batches = [listed(*[FINDING, CELL][:size]) for size in sizes]
    stream = io.BytesIO()
    listings.write_json(stream, batches, name="findings", head={"format": 1})
    document = json.loads(stream.getvalue())
    assert document["format"] == 1
    assert len(document["findings"]) == sum(sizes)
    stream = io.BytesIO()
    listings.write_sarif(stream, batches, version="1", kinds=KINDS)
    assert len(json.loads(stream.getvalue())["runs"][0]["results"]) == sum(sizes)


def test_sarif() -> None:
    stream = io.BytesIO()
    listings.write_sarif(stream, [listed(FINDING, CELL)], version="9.9", kinds=KINDS)
    document = json.loads(stream.getvalue())
    (run,) = document["runs"]
    first, second = run["results"]
    assert document["version"] == "2.1.0"
    assert run["tool"]["driver"]["version"] == "9.9"
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == set(KINDS)
    assert first["level"] == "error"
    assert first["message"]["text"] == "email: very_likely: m***@example.fi"
    physical = first["locations"][0]["physicalLocation"]
    assert physical["region"] == {"startLine": 3, "startColumn": 7}
    assert physical["artifactLocation"]["uri"].startswith("a%20file")
    assert second["level"] == "warning"
    assert "region" not in second["locations"][0]["physicalLocation"]


@given(st.lists(st.binary(min_size=12, max_size=12)), st.integers(0, 3))
def test_hexadecimal(values: list[bytes], skip: int) -> None:
    column = pa.array(values, pa.binary(12)).slice(skip)
    assert hexadecimal(column).to_pylist() == [value.hex() for value in values[skip:]]
