"""The statements, run by each database's own client: all of it happens, or nothing does."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pdscan.exports.executors import sql
from pdscan.exports.executors.sql import Change, Cut
from tests.connectors.sql.conftest import Database

NAME = 'Åsa O\'Brien \\ "x"'
SCHEMA = (
    "CREATE TABLE customer (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, email VARCHAR(80),"
    " note VARCHAR(200))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, total INTEGER,"
    " FOREIGN KEY (customer_id) REFERENCES customer (id))",
)
ROWS = (
    ("customer", (1, NAME, "asa@example.se", "Åsa ringer 070-123 till 🙂 Bo 040-5 sen")),
    ("customer", (2, "Bo", None, "x")),
    ("orders", (10, 1, 990)),
    ("orders", (11, 2, 100)),
)
COLUMNS = {"customer": ("id", "name", "email", "note"), "orders": ("id", "customer_id", "total")}


@dataclass
class Shop:
    """A database with two people in it, and the client that runs scripts."""

    dialect: str
    ask: Callable[[str], list[tuple[object, ...]]]
    client: Callable[[str], subprocess.CompletedProcess[str]]

    def make(self) -> None:
        to = sql.writer(self.dialect)
        for statement in SCHEMA:
            self.ask(statement)
        for table, row in ROWS:
            cells = ", ".join(
                "NULL" if v is None else to.literal(v) if isinstance(v, str) else str(v)
                for v in row
            )
            self.ask(f"INSERT INTO {table} VALUES ({cells})")

    def rows(self, table: str) -> list[tuple[object, ...]]:
        return [tuple(row) for row in self.ask(f"SELECT * FROM {table} ORDER BY id")]

    def change(self, entry: int, table: str, key: int, *cuts: Cut) -> Change:
        change = Change((entry,), (table,), (("id", str(key)),), COLUMNS[table], cuts=cuts)
        ((digest,),) = self.ask(sql.hash_query(sql.writer(self.dialect), change, "s1"))
        return replace(change, hash=str(digest))

    def run(self, *changes: Change) -> subprocess.CompletedProcess[str]:
        return self.client(sql.write(self.dialect, changes, "s1", ["manifest m1\n; DROP TABLE x"]))


def sha3(text: str, size: int) -> bytes:
    assert size == 256
    return hashlib.sha3_256(text.encode()).digest()


@pytest.fixture
def sqlite(tmp_path: Path) -> Shop:
    path = tmp_path / "shop.db"

    def ask(statement: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.create_function("sha3", 2, sha3, deterministic=True)
            return connection.execute(statement).fetchall()

    def client(script: str) -> subprocess.CompletedProcess[str]:
        # Without -bail: the shell goes on after an error, and still nothing may be done.
        assert shutil.which("sqlite3"), "the sqlite3 shell is needed: apt-get install sqlite3"
        return subprocess.run(
            ["sqlite3", str(path)], input=script, text=True, capture_output=True, check=False
        )

    return Shop("sqlite", ask, client)


@pytest.fixture
def postgresql(postgres: Database) -> Shop:
    url = postgres.url

    def client(script: str) -> subprocess.CompletedProcess[str]:
        # In another time zone, and going on after errors, as psql does by default.
        command = [
            "psql",
            "-q",
            "-h",
            str(url.host),
            "-p",
            str(url.port),
            "-U",
            "root",
            postgres.name,
        ]
        zone = os.environ | {"PGTZ": "Asia/Tokyo"}
        return subprocess.run(
            command, input=script, text=True, capture_output=True, check=False, env=zone
        )

    return Shop("postgresql", postgres.run, client)


@pytest.fixture
def mariadb(mysql: Database) -> Shop:
    url = mysql.url

    def client(script: str) -> subprocess.CompletedProcess[str]:
        command = ["mariadb", "--no-defaults", "--protocol=tcp", "-h", str(url.host), "-P",
                   str(url.port), "-u", "root", "--force", "--default-character-set=utf8mb4",
                   mysql.name]  # fmt: skip
        return subprocess.run(command, input=script, text=True, capture_output=True, check=False)

    return Shop("mysql", mysql.run, client)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    made: Shop = request.getfixturevalue(request.param)
    made.make()
    yield made
    for table in ("orders", "customer"):  # the child first: MariaDB drops no referred table
        made.ask(f"DROP TABLE {table}")


def test_rows_go_and_fields_are_emptied(shop: Shop) -> None:
    note = "Åsa ringer 070-123 till 🙂 Bo 040-5 sen"
    first, last = note.index("070-123"), note.index("040-5")
    cuts = (Cut("name", text="[removed]"), Cut("email"),
            Cut("note", ((last, last + 5), (0, 3), (first, first + 4), (first + 4, first + 7)),
                "[removed]"))  # fmt: skip
    result = shop.run(shop.change(1, "orders", 10), shop.change(2, "customer", 1, *cuts))
    assert result.stderr == ""
    assert result.returncode == 0
    assert shop.rows("orders") == [(11, 2, 100)]
    assert shop.rows("customer") == [
        (1, "[removed]", None, "[removed] ringer [removed] till 🙂 Bo [removed] sen"),
        (2, "Bo", None, "x"),
    ]


FAULTS: dict[str, tuple[str, ...]] = {
    "a field changed since": ("UPDATE customer SET email = 'b@example.se' WHERE id = 1",),
    "an empty field filled": ("UPDATE customer SET email = '' WHERE id = 2",),
    "the row is gone": ("DELETE FROM orders WHERE id = 10",),
    "another row refers to it": ("INSERT INTO orders VALUES (12, 1, 5)",),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_if_one_guard_fails_nothing_is_done(shop: Shop, fault: str) -> None:
    changes = (
        shop.change(1, "orders", 11), shop.change(2, "customer", 2),
        shop.change(3, "orders", 10), shop.change(4, "customer", 1),
    )  # fmt: skip
    for statement in FAULTS[fault]:
        shop.ask(statement)
    before = shop.rows("orders"), shop.rows("customer")
    result = shop.run(*changes)
    assert (shop.rows("orders"), shop.rows("customer")) == before
    assert "row" in result.stderr or "foreign key" in result.stderr.lower()


def test_everything_of_two_people(shop: Shop) -> None:
    result = shop.run(
        shop.change(1, "orders", 10), shop.change(2, "orders", 11),
        shop.change(3, "customer", 1), shop.change(4, "customer", 2),
    )  # fmt: skip
    assert result.stderr == ""
    assert (shop.rows("orders"), shop.rows("customer")) == ([], [])


def test_a_script_does_not_tell_what_it_deletes(shop: Shop) -> None:
    script = sql.write(
        shop.dialect, [shop.change(1, "customer", 1, Cut("note", ((0, 3),), "[removed]"))], "s1", []
    )
    for secret in ("Åsa", "Brien", "asa@", "ringer", "c385"):
        assert secret not in script


@pytest.mark.parametrize(
    ("spans", "merged"),
    [
        ([(3, 5), (0, 2)], [(0, 2), (3, 5)]),
        ([(0, 3), (2, 5)], [(0, 5)]),
        ([(0, 3), (3, 5)], [(0, 5)]),
        ([(0, 9), (2, 5)], [(0, 9)]),
        ([], []),
    ],
)
def test_spans_apart(spans: list[tuple[int, int]], merged: list[tuple[int, int]]) -> None:
    assert sql.apart(spans) == merged
