from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from pdscan.connectors.sql.dialect import Options
from pdscan.connectors.sql.opening import open_database
from pdscan.errors import SourceError
from pdscan.model import Reason, State
from tests.connectors.sql.conftest import Database, Read, read_all


def scan(path: Path, **options: object) -> Read:
    url = sa.URL.create("sqlite", database=str(path))
    return read_all(open_database("file", url, Options(**options)))  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "käyttäjät #1.db"
    with sqlite3.connect(path) as file:
        file.executescript("""
            CREATE TABLE t (id INTEGER PRIMARY KEY, n TEXT, d DATETIME, b BLOB, k BIGINT);
            INSERT INTO t VALUES (1, 'a@b.fi', '1981-12-28', x'00ff', 102030405),
                (2, CAST(x'e5e4f6' AS TEXT), NULL, 'text', 12),
                (3, 8112289874, 1.5, NULL, 'x@y.fi');
            CREATE TABLE w (a TEXT, b BLOB, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;
            INSERT INTO w VALUES ('k&1', x'0a', 'v');
            CREATE TABLE keyless (v TEXT);
            INSERT INTO keyless VALUES ('v1'), ('v2');
            CREATE VIEW seen AS SELECT v FROM keyless;
        """)
    file.close()
    return path


def test_any_column_may_hold_anything(path: Path) -> None:
    read = scan(path)
    assert set(read.cells["t"]) == {
        ("n", "id:1", "a@b.fi"), ("n", "id:2", "åäö"), ("n", "id:3", "8112289874"),
        ("d", "id:1", "1981-12-28"), ("b", "id:2", "text"), ("k", "id:1", "102030405"),
        ("k", "id:1", "0102030405"),
    }  # fmt: skip
    outcome = read.outcome("t")
    assert (outcome.state, outcome.reason) == (State.READ, Reason.NONE)
    assert "1 short binary values" in outcome.told
    assert "1 values that are not UTF-8" in outcome.told


def test_keys(path: Path) -> None:
    read = scan(path)
    assert ("v", "a:k%261&b:0A", "v") in read.cells["w"]
    assert read.cells["keyless"] == [("v", "rowid:1", "v1"), ("v", "rowid:2", "v2")]


def test_views_on_request(path: Path) -> None:
    assert scan(path).outcome("seen").state is State.SKIPPED
    assert scan(path, views=True).texts("seen", "v") == ["v1", "v2"]


def test_the_file_is_not_touched(path: Path) -> None:
    before = path.read_bytes(), sorted(path.parent.iterdir())
    scan(path)
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_files_that_are_none(tmp_path: Path) -> None:
    missing, other = tmp_path / "missing.db", tmp_path / "other.db"
    other.write_bytes(b"no database at all " * 100)
    for file in (missing, other):
        with pytest.raises(SourceError, match="file"):
            scan(file)
    assert not missing.exists()


def test_a_lock_is_told(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SourceError, match="lock"):
        scan(path, lock_timeout=0.1)
    other.close()


def test_any_other_dialect_by_reflection(postgres: Database) -> None:
    from pdscan.connectors.sql.connector import SqlConnector
    from pdscan.connectors.sql.generic import Generic

    postgres.run("""CREATE TABLE "t:a%b" (id int PRIMARY KEY, "c:d %s" text, j jsonb, b bytea)""")
    postgres.run("""INSERT INTO "t:a%b" VALUES (1, 'a@b.fi', '{"m": ["c@d.fi"]}', 'x')""")
    options = Options()
    url = postgres.url.set(drivername="postgresql+psycopg")
    read = read_all(SqlConnector("any", Generic(url, options), options))
    assert set(read.cells["t:a%b"]) == {
        ("c:d %s", "id:1", "a@b.fi"),
        ("j.m[0]", "id:1", "c@d.fi"),
        ("b", "id:1", "x"),
    }


def test_a_sample_of_any_other_dialect_ends_early(postgres: Database) -> None:
    from pdscan.connectors.sql.connector import SqlConnector
    from pdscan.connectors.sql.generic import Generic

    postgres.run("CREATE TABLE a (v text); CREATE TABLE b (v text)")
    postgres.run("INSERT INTO a SELECT 'row ' || i FROM generate_series(1, 20000) i")
    postgres.run("INSERT INTO b VALUES ('one')")
    options = Options(sample=30)
    url = postgres.url.set(drivername="postgresql+psycopg")
    read = read_all(SqlConnector("any", Generic(url, options), options))
    assert len(read.texts("a", "v")) == 30
    assert read.texts("b", "v") == ["one"]
    assert read.outcome("a").told == "30 rows"
