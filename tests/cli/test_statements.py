"""Statements for servers: planned, written and carried out on real ones."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from pdscan.exports import manifest
from tests.cli.command import run_here
from tests.connectors.sql.conftest import (  # noqa: F401 - fixtures
    Database,
    mysql,
    mysql_database,
    mysql_port,
    postgres,
    postgres_database,
    postgres_port,
)

SCHEMA = (
    "CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(80),"
    " updated TIMESTAMP NULL, photo {binary})",
    "CREATE TABLE visit (id INTEGER PRIMARY KEY, customer_id INTEGER, at DATE, email VARCHAR(80),"
    " FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE)",
    "INSERT INTO customer VALUES (1, 'Åsa 100% Testinen', 'asa.testinen@example.net',"
    " '2026-01-01 10:00:00', {bytes}), (2, 'Bo', 'bo.mallinen@example.net', NULL, NULL),"
    " (3, 'Lea', 'lea.malli@example.net', NULL, NULL), (4, 'Ida', 'ida.malli@example.net', NULL, NULL)",
    "INSERT INTO visit VALUES (20, 1, '2026-11-01', 'asa.testinen@example.net'),"
    " (21, 2, '2026-11-01', NULL), (22, 3, '2026-11-02', NULL), (23, 4, '2026-11-03', NULL)",
)


@pytest.mark.parametrize("kind", ["postgres", "mysql"])
def test_rows_of_a_server_go_by_its_own_client(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    database: Database = request.getfixturevalue(kind)
    types = {"binary": "BYTEA", "bytes": r"'\x00ff'"} if kind == "postgres" else {
        "binary": "BLOB", "bytes": "x'00ff'"}  # fmt: skip
    for statement in SCHEMA:
        database.run(statement.format(**types))
    url = database.url.render_as_string(hide_password=False)
    (tmp_path / "pdscan.toml").write_text(
        f'key_file = "keys/k"\njobs = 1\n[[source]]\nname = "shop"\nurl = "{url}"\n'
    )
    (tmp_path / "retention.toml").write_text("")
    for arguments in (
        ("scan", "-o", "inventory"),
        ("subject", "inventory", "--id", "email=asa.testinen@example.net", "-o", "s.json"),
        ("erase", "s.json", "-o", "m.jsonl"),
        ("manifest", "sql", "m.jsonl", "-o", "out"),
    ):
        result = run_here(*arguments, cwd=tmp_path)
        # The photo is no text: what could not be read wholly is told each time.
        assert result.code in (0, 3), result.err + result.out
    assert result.code == 0
    known = manifest.read(tmp_path / "m.jsonl")
    assert [e.action for e in known.entries] == ["erase", "erase"]
    assert known.entries[1].takes[0].endswith("(customer_id: deleted along)")
    (script,) = (tmp_path / "out").glob("*.sql")
    assert "asa.testinen" not in script.read_text("utf-8")
    server = database.url
    command = (
        ["psql", "-q", "-h", str(server.host), "-p", str(server.port), "-U", "root", database.name]
        if kind == "postgres" else
        ["mariadb", "--no-defaults", "--protocol=tcp", "-h", str(server.host), "-P",
         str(server.port), "-u", "root", database.name]
    )  # fmt: skip
    done = subprocess.run(
        command, input=script.read_text("utf-8"), text=True, capture_output=True, check=False,
        env=os.environ | {"PGTZ": "Asia/Tokyo"},
    )  # fmt: skip
    assert done.stderr == ""
    assert database.run("SELECT id FROM customer ORDER BY id") == [(2,), (3,), (4,)]
    assert database.run("SELECT id FROM visit ORDER BY id") == [(21,), (22,), (23,)]
    database.run("DROP TABLE visit")  # the child first: MariaDB drops no referred table
    database.run("DROP TABLE customer")
