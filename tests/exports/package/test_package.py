from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import bagit
import openpyxl
import pytest
from frictionless import Checklist, Package, system

from pdscan.exports.package.check import check
from pdscan.exports.package.disclosure import Basis, Disclosure, Origin, Processing
from pdscan.exports.package.model import Content, Form, Missing, Record, Right, WholeDecision
from pdscan.exports.package.tables import neutral, restored
from pdscan.model import Likelihood
from pdscan.subjects.model import Holding, Role
from tests.exports.package.making import (
    HASH,
    MAIL,
    PEKKA,
    build,
    examiner,
    files,
    holding,
    mail,
    row,
    table,
)

CONTENTS: list[tuple[Holding, Content]] = [
    row(1, ("password_hash", HASH), ("note", "=1+1")),
    row(2, ("password_hash", None), ("note", f"soita {PEKKA}"), role=Role.SHARED),
    mail(),
]
CUSTOMERS = "shop-orders-sqlite-customer"


@pytest.mark.parametrize("form", list(Form))
def test_others_read_it_without_us(form: Form, tmp_path: Path) -> None:
    package, _ = build(CONTENTS, form=form)
    zipfile.ZipFile(io.BytesIO(package)).extractall(tmp_path)
    bagit.Bag(str(tmp_path / "package")).validate()
    with system.use_context(trusted=False):
        described = Package(str(tmp_path / "package" / "data" / "datapackage.json"))
        # Of JSON it counts no bytes and makes no digest; the bag's manifest holds them as well.
        skipped = ["byte-count", "hash-count"] if form is Form.JSON else []
        report = described.validate(Checklist(skip_errors=skipped))
        assert report.valid, report.flatten(["title", "message"])
        assert [one.name for one in described.resources] == ["items", CUSTOMERS, "mail-messages"]
        rows = described.get_table_resource(CUSTOMERS).read_rows()
    assert [one["email"] for one in rows] == ["maija@example.fi"] * 2
    fields = {
        f.name: f.to_descriptor().get("rdfType")
        for f in described.get_resource(CUSTOMERS).schema.fields
    }
    assert fields["email"] == "https://w3id.org/dpv/pd#EmailAddress"


def test_the_same_input_gives_the_same_bytes() -> None:
    assert build(CONTENTS)[0] == build(CONTENTS)[0]


def test_nobody_else_and_no_credential_is_in_it() -> None:
    package, summary = build(CONTENTS)
    everything = b"\n".join(files(package).values()).decode("utf-8", "replace")
    sheet = openpyxl.load_workbook(io.BytesIO(files(package)["view.xlsx"]))
    everything += str(
        [[cell.value for cell in line] for page in sheet for line in page.iter_rows()]
    )
    for secret in (PEKKA, "Pekka", HASH):
        assert secret not in everything
    assert "maija@example.fi" in everything
    assert (summary.whole, summary.redacted, summary.items) == (1, 2, 3)
    reasons = {
        (w["why"], w.get("column")) for w in json.loads(files(package)["withheld.json"])["withheld"]
    }
    assert reasons == {
        ("credential", "password_hash"),
        ("other people", "note"),
        ("other people", None),
    }


def test_a_row_of_somebody_else_shows_only_what_is_about_the_person() -> None:
    contents = [row(1, ("secret_plan", "x"), ("remark", "kahvia"), role=Role.MENTIONED)]
    (shown,) = table(build(contents)[0], CUSTOMERS)
    assert shown["email"] == "maija@example.fi"
    assert shown["remark"] == shown["id"] == "██████"


def test_an_item_goes_whole_after_a_decision_that_is_recorded() -> None:
    there = CONTENTS[1][0].locator
    decided = WholeDecision(there, "Anna Virkailija", "Pekka agreed")
    package, _ = build(CONTENTS, whole={there: decided})
    assert table(package, CUSTOMERS)[1]["note"] == f"soita {PEKKA}"
    assert [i["decided"] for i in table(package, "items")] == [
        "",
        "whole: Anna Virkailija: Pekka agreed",
        "",
    ]


DISCLOSED = Disclosure(
    processing=(
        Processing("shop", purpose="orders", basis=Basis.CONTRACT, origin=Origin.PROVIDED),
        Processing("shop", columns=("segment",), origin=Origin.INFERRED),
        Processing("shop", columns=("fraud_*",), basis=Basis.LEGITIMATE_INTERESTS),
    )
)


@pytest.mark.parametrize(
    ("right", "columns", "reasons"),
    [
        (Right.ACCESS, {"segment", "fraud_score"}, {}),
        (Right.PORTABILITY, set(), {"inferred data": 1, "lawful basis": 1}),
    ],
)
def test_portability_leaves_out_what_article_20_does(
    right: Right, columns: set[str], reasons: dict[str, int]
) -> None:
    contents = [row(1, ("segment", "gold"), ("fraud_score", "7"))]
    package, summary = build(contents, right=right, disclosure=DISCLOSED)
    assert columns == set(table(package, CUSTOMERS)[0]) & {"segment", "fraud_score"}
    assert summary.withheld == reasons
    assert ("art15.json" in files(package)) == (right is Right.ACCESS)


def test_what_is_said_and_what_is_not() -> None:
    package, _ = build([row(1, ("segment", "gold")), mail()], disclosure=DISCLOSED)
    told = {
        s["system"]: s["tables"][0] for s in json.loads(files(package)["art15.json"])["systems"]
    }
    assert told["shop"]["purpose"] == "orders"
    assert told["shop"]["columns"]["segment"]["origin"] == "inferred"
    assert told["mail"]["basis"] == told["mail"]["retention"] == "unknown"


@pytest.mark.parametrize(
    ("said", "told"), [((), []), (None, "unknown"), (("a carrier",), ["a carrier"])]
)
def test_that_there_are_no_recipients_can_be_said(
    said: tuple[str, ...] | None, told: object
) -> None:
    disclosure = Disclosure(processing=(Processing("shop", recipients=said),))
    package, _ = build([row(1)], disclosure=disclosure)
    (system,) = json.loads(files(package)["art15.json"])["systems"]
    assert system["tables"][0]["recipients"] == told
    assert check(io.BytesIO(package)) == []


def test_a_row_of_which_nothing_may_leave_is_left_out() -> None:
    basis = Disclosure(processing=(Processing("*", basis=Basis.LEGITIMATE_INTERESTS),))
    contents: list[tuple[Holding, Content]] = [row(1)]
    package, summary = build(contents, right=Right.PORTABILITY, disclosure=basis)
    assert summary.withheld == {"lawful basis": 1}
    assert not [name for name in files(package) if "customer" in name]


def test_what_is_missing_is_told_without_a_name() -> None:
    lost = holding("files:cv/Pekka Virtanen.pdf", media_type="application/pdf")
    perhaps = replace(holding("files:Pekka.txt"), likelihood=Likelihood.POSSIBLE)
    package, summary = build([(lost, Missing("damaged"))], perhaps)
    assert summary.withheld == {"undecided": 1, "unreadable": 1}
    assert b"Pekka" not in b"".join(files(package).values())
    assert json.loads(files(package)["coverage.json"])["not_read"] == [
        {"system": "files", "state": "unreadable", "reason": "damaged", "count": 1}
    ]


@pytest.mark.parametrize(
    "text", ["=1+1", "+358", "-1", "@x", "'=1", "'", "\t=1", " =1", "plain", "", "＝1"]
)
def test_no_cell_begins_a_formula_and_it_can_be_undone(text: str) -> None:
    assert not neutral(text).lstrip().startswith(("=", "+", "-", "@", "\uff1d"))
    assert restored(neutral(text)) == text


def test_csv_cells_are_neutral() -> None:
    package, _ = build(CONTENTS, form=Form.CSV)
    rows = list(csv.DictReader(io.StringIO(files(package)[f"tables/{CUSTOMERS}.csv"].decode())))
    assert rows[0]["note"] == "'=1+1"
    assert rows[0]["phone"] == "'+358 40 1234567"


def test_the_person_is_a_card() -> None:
    given = files(build(CONTENTS)[0])
    card = json.loads(given["person.json"])
    assert card["name"]["full"] == "Maija Meikäläinen"
    assert card["emails"] == {"e1": {"@type": "EmailAddress", "address": "maija@example.fi"}}
    lines = given["person.vcf"].decode().split("\r\n")
    assert lines[0] == "BEGIN:VCARD"
    assert "EMAIL:maija@example.fi" in lines


def test_the_card_tells_what_their_own_records_tell() -> None:
    there, _ = row(1)
    cells = (("id", "1"), ("name", "Maija Johanna Meikäläinen"), ("email", "maija@example.fi"),
             ("request", "GET /confirm?email=maija%40example.fi"))  # fmt: skip
    card = json.loads(files(build([(there, Record(cells)), row(2)])[0])["person.json"])
    assert card["name"]["full"] == "Maija Johanna Meikäläinen"
    assert [one["address"] for one in card["emails"].values()] == ["maija@example.fi"]


def test_a_message_that_is_theirs_alone_is_the_original() -> None:
    package, _ = build([mail(role=Role.SOLE)])
    assert files(package)["originals/mail/00001.eml"] == MAIL


def _changed(package: bytes, path: str, data: bytes | None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            if name != path:
                new.writestr(name, old.read(name))
        if data is not None:
            new.writestr(path, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("package/data/person.vcf", b"BEGIN", "it was changed"),
        ("package/data/person.vcf", None, "not in the bag"),
        ("package/data/more.txt", b"x", "is not in manifest"),
        ("package/data/../../x", b"x", "not safe"),
        ("package/bagit.txt", None, "bagit.txt is missing"),
        ("package/manifest-sha256.txt", b"", "is not in manifest"),
        ("other/x", b"x", "does not hold one bag"),
    ],
)
def test_tampering_is_seen(path: str, data: bytes | None, said: str) -> None:
    package, _ = build(CONTENTS)
    assert check(io.BytesIO(package)) == []
    assert any(said in one for one in check(io.BytesIO(_changed(package, path, data))))


@pytest.mark.parametrize("cut", [0, 10, 1000])
def test_what_is_no_package_is_told(cut: int) -> None:
    assert check(io.BytesIO(build(CONTENTS)[0][:cut]))


def test_what_was_found_tells_its_category() -> None:
    assert examiner().categories["email"] == "EmailAddress"
