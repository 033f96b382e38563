"""Columns are told what they hold, and what the user then says of them is honoured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pdscan.model import Locator
from tests.cli.command import run_here
from tests.connectors.sql.conftest import Database

_ROWS = 40


@pytest.fixture(params=["postgres", "mysql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Database, str]:
    """A database with a source for it in pdscan.toml, and how the path of its table begins."""
    database: Database = request.getfixturevalue(request.param)
    database.run("CREATE TABLE people (id int PRIMARY KEY, email varchar(99), note text, c text)")
    for i in range(_ROWS):
        note = f"'called, then wrote to p{i}@example.org, see there'" if i % 2 else "'nothing'"
        database.run(f"INSERT INTO people VALUES ({i}, 'p{i}@example.com', {note}, '192.0.2.{i}')")
    (tmp_path / "pdscan.toml").write_text(
        f'[[source]]\nname = "shop"\nurl = "{database.url.render_as_string()}"\n'
    )
    return database, "public" if request.param == "postgres" else database.name


def test_classes_are_printed_written_and_honoured(
    shop: tuple[Database, str], tmp_path: Path
) -> None:
    file = tmp_path / "pdscan.toml"
    before = file.read_text()
    done = run_here("classify", "shop", "--write", cwd=tmp_path, COLUMNS="300")
    assert done.code == 0, done.err
    free, identifiers = done.out.split("Columns: identifier")
    assert "note" in free
    assert "50.0%" in free
    assert f"data: {_ROWS} of {_ROWS} rows; name; type: varchar(99)" in identifiers
    written = file.read_text()
    assert written.startswith(before.rstrip())
    assert written.count("[[column]]") == 3
    assert run_here("classify", "shop", "--write", cwd=tmp_path).code == 0
    assert file.read_text() == written  # what the user has is not written again

    first = run_here("scan", "shop", "-o", "i", cwd=tmp_path)
    assert first.code == 0, first.err
    assert set(found(tmp_path, "i")) == {
        ("email", "email"), ("note", "email"), ("c", "ipv4")
    }  # fmt: skip
    # An inventory gives the same classes, without the database.
    again = run_here("classify", "i", cwd=tmp_path, COLUMNS="300")
    assert done.out.startswith(again.out)

    corrected = written.replace('nature = "free text"', 'nature = "ignored"\nreason = "a joke"')
    file.write_text(corrected.replace('kinds = ["ipv4"]', 'kinds = ["imei"]'))
    second = run_here("scan", "shop", "-o", "j", cwd=tmp_path)
    assert second.code == 0, second.err
    assert set(found(tmp_path, "j")) == {("email", "email")}
    assert found(tmp_path, "j")["email", "email"] == {"very_likely"}
    ledger = [
        json.loads(line)
        for line in run_here("inventory", "ledger", "j", "-f", "ndjson", cwd=tmp_path)
        .out.splitlines()
    ]  # fmt: skip
    place = f"shop:{shop[1]}!/people"
    assert [(row["locator"], row["state"]) for row in ledger] == [
        (f"{place}!/note", "skipped"), (place, "read"),
    ]  # fmt: skip
    assert "a joke" in ledger[0]["detail"]
    run = json.loads((tmp_path / "j" / "run.json").read_text())
    assert [column["nature"] for column in run["columns"]].count("ignored") == 1


def found(folder: Path, inventory: str) -> dict[tuple[str, str], set[str]]:
    """The likelihoods of what was found, by column and kind."""
    done = run_here("inventory", "find", inventory, "-f", "ndjson", cwd=folder)
    by_place: dict[tuple[str, str], set[str]] = {}
    for line in done.out.splitlines():
        row = json.loads(line)
        field = Locator.parse(row["locator"]).field
        by_place.setdefault((field, row["kind"]), set()).add(row["likelihood"])
    return by_place


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('source = "s"\ntable = "t"\ncolumn = "c"\nnature = "ignored"', "needs a reason"),
        ('source = "s"\ntable = "t"\ncolumn = "c"\nnature = "fretext"', "did you mean free text?"),
        ('source = "s"\ncolumn = "c"\nnature = "ignored"', "table is missing"),
        ('source = "s"\ntable = 3', "table is a text in quotes"),
        ('souce = "s"', "did you mean source?"),
    ],
)
def test_wrong_columns_are_told(table: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pdscan.toml").write_text(f"[[column]]\n{table}\n")
    done = run_here("scan", ".", cwd=tmp_path)
    assert done.code == 2
    assert said in done.err


def test_a_source_that_cannot_be_read_has_no_classes(tmp_path: Path) -> None:
    done = run_here("classify", "postgresql://x@127.0.0.1:1/d", cwd=tmp_path)
    assert done.code == 3
    assert "no database could be read" in done.err
