"""What fields hold after their value is gone, in columns of every type, on real servers."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pdscan.cli import replacing
from pdscan.connectors.structure import Column, Table
from pdscan.connectors.tables import tables_of
from pdscan.exports.executors import sql
from pdscan.exports.executors.sql import REMOVED, Change, Cut
from tests.connectors.sql.conftest import (  # noqa: F401 - fixtures
    Database,
    mysql,
    mysql_database,
    mysql_port,
    postgres,
    postgres_database,
    postgres_port,
)

COMMON = (
    "login VARCHAR(20) NOT NULL UNIQUE, code CHAR(8) NOT NULL UNIQUE, name VARCHAR(80) NOT NULL, "
    "short VARCHAR(4) NOT NULL, mail VARCHAR(80) UNIQUE, phone VARCHAR(80), pin VARCHAR(6), "
    "born DATE NOT NULL, seen TIMESTAMP NOT NULL, points INTEGER NOT NULL, worth NUMERIC(8,2) "
    "NOT NULL, active BOOLEAN NOT NULL, tiny CHAR(2) NOT NULL UNIQUE"
)
ROWS = [
    "'aino', 'AAAAAAAA', 'Aino', 'AK', 'aino@example.com', '+358401234567', '131052', "
    "'1952-10-13', '2026-11-01 10:00:00', 7, 9.9, {true}, 'AK'",
    "'eero', 'BBBBBBBB', 'Eero', 'EK', 'eero@example.com', '+358401234568', '131053', "
    "'1953-10-13', '2026-11-01 10:00:00', 8, 8.8, {true}, 'EK'",
]  # fmt: skip
CUT = {"login", "mail", "pin"}  # from which a span goes; the others lose all they hold
LEFT = {  # after it; what is not here is random
    "name": REMOVED, "short": "-", "phone": None, "pin": "*2", "born": "1900-01-01",
    "seen": "1970-01-01 00:00:01", "points": "0", "worth": "0", "active": "0", "mail": "removed",
    "login": "removed", "code": "",
}  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres", "mysql"])
def place(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[str, Callable[[str], list[tuple[object, ...]]], Table]]:
    if request.param == "sqlite":
        from pdscan.connectors.sql.opening import open_database

        file = tmp_path / "shop.db"
        with closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.create_function(
                "sha3", 2, lambda t, _: hashlib.sha3_256(t.encode()).digest()
            )

            def run(statement: str) -> list[tuple[object, ...]]:
                return connection.execute(statement).fetchall()

            make(run)
            yield (
                "sqlite",
                run,
                reflected(
                    open_database("shop", sa.URL.create("sqlite", database=str(file))), "person"
                ),
            )
    else:
        database: Database = request.getfixturevalue(request.param)
        make(database.run)
        path = ("public", "person") if request.param == "postgres" else ("person",)
        dialect = "postgresql" if request.param == "postgres" else "mysql"
        yield dialect, database.run, reflected(database.open(), *path)
        database.run("DROP TABLE person")


def make(run: Callable[[str], object]) -> None:
    run(f"CREATE TABLE person (id INTEGER PRIMARY KEY, {COMMON})")
    for number, row in enumerate(ROWS, 1):
        run(f"INSERT INTO person VALUES ({number}, {row.format(true='TRUE')})")


def reflected(connector: object, *path: str) -> Table:
    with tables_of(connector, ()) as tables:  # type: ignore[arg-type]
        return next(table for table in tables.structure.tables if table.name == path[-1])


def chosen(column: Column, table: Table) -> Cut | None:
    token = secrets.token_hex(16)
    if column.name in CUT:
        return replacing.cut(column, table, [(0, 5 if column.name == "pin" else 4)], token)
    return replacing.emptied(column, table, token)


def test_two_people_lose_everything_in_columns_of_every_type(
    place: tuple[str, Callable[[str], list[tuple[object, ...]]], Table],
) -> None:
    dialect, run, table = place
    to = sql.writer(dialect)
    columns = {column.name: column for column in table.columns if column.name != "id"}
    for number in (1, 2):
        cuts = {name: chosen(column, table) for name, column in columns.items()}
        assert cuts.pop("tiny") is None  # two characters are too few to be told apart
        change = Change((1,), ("person",), (("id", str(number)),), ("id", *columns),
                        cuts=tuple(cut for cut in cuts.values() if cut is not None))  # fmt: skip
        assert len(change.cuts) == len(columns) - 1
        run(f"{sql._acting(to, change)} WHERE {sql._where(to, change)}")
    first, second = run("SELECT * FROM person ORDER BY id")
    names = ["id", *columns]
    for row in (first, second):
        held = dict(zip(names, row, strict=True))
        assert not {"aino", "eero", "AAAAAAAA", "BBBBBBBB"} & set(map(str, held.values()))
        for name, value in LEFT.items():
            if value is None:
                assert held[name] is None
            elif name == "pin":
                assert held[name] in ("*2", "*3")
            elif name in ("login", "mail", "code"):
                assert str(held[name]).startswith(value)
            elif name in ("points", "worth", "active"):
                assert not float(held[name])  # type: ignore[arg-type]
            else:
                assert str(held[name]) == value
    for name in ("login", "mail", "code"):
        assert first[names.index(name)] != second[names.index(name)]
