"""What a scan finds in a database is what the database itself counts."""

from __future__ import annotations

import re
import sqlite3
import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from pdscan.connectors.interface import Unit
from pdscan.connectors.sql.classes import Nature, classify, to_toml
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.opening import open_database
from pdscan.detectors import email, fi_hetu
from pdscan.matching.engine import Engine
from pdscan.matching.findings import SCHEMA_WITH_VALUES
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Locator
from tests.connectors.sql.conftest import Database

ROWS = 3_000
EMAIL = r"[a-z0-9]+@example\.(com|org)"
HETU_KIND = fi_hetu.DETECTOR.kind
HETU = r"131052-308T|010101-0101"  # the registry's published samples


def plant(run: object, insert: str) -> None:
    """Rows with identifiers in some of the columns of some of the rows."""
    assert callable(run)
    run("CREATE TABLE people (id int PRIMARY KEY, mail varchar(80), ssn varchar(20), note text)")
    for start in range(0, ROWS, 500):
        rows = []
        for i in range(start, start + 500):
            mail = f"'user{i}@example.com'" if i % 3 else "NULL"
            ssn = ("'131052-308T'", "'010101-0101'", "'no number'", "NULL", "'131052-308U'")[i % 5]
            note = f"'Åsa: write to u{i % 40}@example.org\nor call'" if i % 7 == 0 else "'nothing'"
            rows.append(f"({i}, {mail}, {ssn}, {note})")
        run(f"{insert} INTO people VALUES {', '.join(rows)}")


def scan(connector: SqlConnector) -> tuple[pa.Table, int]:
    scanner = Scanner(
        Engine([email.DETECTOR, fi_hetu.DETECTOR]), Fingerprinter(bytes(32)), values=True
    )
    batches = []
    for unit in connector.walk():
        if isinstance(unit, Unit):
            blocks = (event for event in connector.read(unit) if isinstance(event, Block))
            batches += list(scanner.scan(blocks))
    connector.close()
    unified = [pa.Table.from_batches([batch]) for batch in batches]
    return pa.concat_tables(unified).unify_dictionaries().cast(SCHEMA_WITH_VALUES), ROWS


def found(table: pa.Table) -> set[tuple[str, str, str, str, int]]:
    columns = (table[name].to_pylist() for name in ("kind", "field", "key", "value", "start"))
    return set(zip(*columns, strict=True))


def expected(rows: list[tuple[object, ...]]) -> set[tuple[str, str, str, str, int]]:
    """By the regular expressions of Python over what the database says it holds."""
    found = set()
    for key, *cells in rows:
        for field, cell in zip(("mail", "ssn", "note"), cells, strict=True):
            for kind, pattern in (("email", EMAIL), (HETU_KIND, HETU)):
                for match in re.finditer(pattern, str(cell)):
                    found.add((kind, field, f"id:{key}", match[0], match.start()))
    return found


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_findings_are_what_the_database_counts(server: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(server)
    plant(database.run, "INSERT")
    # Several ranges, of several batches each.
    if server == "mysql":
        database.run("ANALYZE TABLE people")
    table, _ = scan(database.open(range_bytes=100_000))
    assert table.num_rows == len(found(table))
    like = "~" if server == "postgres" else "REGEXP"
    for kind, field, pattern in (
        ("email", "mail", EMAIL), ("email", "note", EMAIL), (HETU_KIND, "ssn", HETU)
    ):  # fmt: skip
        escaped = pattern.replace("\\", "\\\\") if server == "mysql" else pattern
        ((count,),) = database.run(f"SELECT count(*) FROM people WHERE {field} {like} '{escaped}'")
        assert count == sum(f[:2] == (kind, field) for f in found(table))
        assert count != 0
    assert found(table) == expected(database.run("SELECT id, mail, ssn, note FROM people"))
    # Each is found again at its key.
    for kind, field, key, value, start in sorted(found(table))[::500]:
        ((_, number),) = Locator.parse(f"s:people#key={key}").key
        ((cell,),) = database.run(f"SELECT {field} FROM people WHERE id = {number}")
        assert str(cell)[start:].startswith(value), kind


def test_findings_in_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as file:
        plant(file.execute, "INSERT")
        file.commit()
        table, _ = scan(open_database("shop", sa.URL.create("sqlite", database=str(path))))
        rows = file.execute("SELECT id, mail, ssn, note FROM people").fetchall()
    file.close()
    assert found(table) == expected(rows)


# -- column classes ----------------------------------------------------------------------------


def test_columns_are_classed_by_what_they_hold(postgres: Database) -> None:
    plant(postgres.run, "INSERT")
    postgres.run("COMMENT ON COLUMN people.mail IS 'where to write\nto'")
    connector = postgres.open()
    (described,) = connector.structure().tables
    findings, rows = scan(connector)
    classes = classify(findings, rows, described)
    assert [(c.column, c.nature, [k.kind for k in c.kinds]) for c in classes] == [
        ("mail", Nature.IDENTIFIER, ["email"]),
        ("note", Nature.FREE_TEXT, ["email"]),
        ("ssn", Nature.IDENTIFIER, [HETU_KIND]),
    ]
    mail, note, ssn = (c.kinds[0] for c in classes)
    assert [mail.rows, mail.share, mail.distinct] == pytest.approx([2000, 2 / 3, 1.0])
    assert [note.rows, note.distinct] == pytest.approx([429, 40 / 429])
    assert [ssn.rows, ssn.distinct] == pytest.approx([1200, 2 / 1200])
    assert mail.evidence[0] == "data: 2,000 of 3,000 rows"
    assert "name" in mail.evidence
    assert "type: varchar(80)" in mail.evidence
    written = tomllib.loads(to_toml('sh"op', classes))
    assert written["sources"]['sh"op']["columns"][0] == {
        "table": "public.people", "column": "mail", "nature": "identifier", "kinds": ["email"],
    }  # fmt: skip
    assert to_toml("s", ()) == ""


def test_chance_makes_no_class(postgres: Database) -> None:
    plant(postgres.run, "INSERT")
    connector = postgres.open()
    (described,) = connector.structure().tables
    findings, rows = scan(connector)
    assert classify(findings.slice(0, 2), rows, described) == ()
    assert classify(findings.slice(0, 0), rows, described) == ()
