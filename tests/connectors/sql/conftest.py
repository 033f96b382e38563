"""Real servers: those on the standard ports, else private ones from installed binaries."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pymysql
import pytest
import sqlalchemy as sa

from pdscan.connectors.cells import CellLayout
from pdscan.connectors.interface import Unit
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.dialect import Options
from pdscan.connectors.sql.opening import open_database
from pdscan.connectors.structure import Structure
from pdscan.model import Block, Entry, Item, Outcome

_HOST = "127.0.0.1"
_WAIT = 30.0


@dataclass(frozen=True)
class Database:
    """One empty database, with an administrator's connection."""

    url: sa.URL
    run: Callable[..., list[tuple[object, ...]]]

    @property
    def name(self) -> str:
        assert self.url.database is not None
        return self.url.database

    def open(self, user: str = "", **options: object) -> SqlConnector:
        url = self.url.set(username=user) if user else self.url
        return open_database("shop", url, Options(retry_wait=0.05, **options))  # type: ignore[arg-type]


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((_HOST, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])


def _private(tmp: Path, port: int, name: str, make: list[str], serve: list[str]) -> Iterator[int]:
    """A server of our own in `tmp`; in CI a missing server is a failure, not a reason to skip."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} does not answer on its standard port")
    if shutil.which(make[0]) is None or shutil.which(serve[0]) is None:
        pytest.skip(f"not run: no {name} on this machine")
    log = (tmp / "log").open("wb")
    made = subprocess.run(make, stdout=log, stderr=log, check=False)
    if made.returncode:
        pytest.skip(f"not run: {make[0]} failed, see {tmp / 'log'}")
    server = subprocess.Popen(serve, stdout=log, stderr=log)
    try:
        end = time.monotonic() + _WAIT
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > end:
                pytest.skip(f"not run: {serve[0]} failed, see {tmp / 'log'}")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()
        log.close()


@pytest.fixture(scope="session")
def postgres_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if _answers(5432):
        yield 5432
        return
    tmp, port = tmp_path_factory.mktemp("postgres"), _free_port()
    data = str(tmp / "data")
    yield from _private(
        tmp, port, "PostgreSQL",
        ["initdb", "-D", data, "-U", "root", "--auth=trust", "--encoding=UTF8"],
        ["postgres", "-D", data, "-h", _HOST, "-p", str(port), "-k", str(tmp)],
    )  # fmt: skip


@pytest.fixture(scope="session")
def mysql_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if _answers(3306):
        yield 3306
        return
    tmp, port = tmp_path_factory.mktemp("mariadb"), _free_port()
    options = ["--no-defaults", f"--datadir={tmp / 'data'}"]
    yield from _private(
        tmp, port, "MariaDB",
        ["mariadb-install-db", *options, "--auth-root-authentication-method=normal"],
        ["mariadbd", *options, f"--port={port}", f"--bind-address={_HOST}",
         f"--socket={tmp / 's'}", "--user=root"],
    )  # fmt: skip


def _name() -> str:
    return f"pdscan_{secrets.token_hex(5)}"


@pytest.fixture(scope="module")
def postgres_database(postgres_port: int) -> Iterator[Database]:
    name = _name()
    address = f"host={_HOST} port={postgres_port} user=root"
    with psycopg.connect(f"{address} dbname=postgres", autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            with psycopg.connect(f"{address} dbname={name}", autocommit=True) as own:

                def run(statement: str) -> list[tuple[object, ...]]:
                    cursor = own.execute(statement.encode())
                    return cursor.fetchall() if cursor.description else []

                yield Database(
                    sa.URL.create("postgresql", "root", None, _HOST, postgres_port, name), run
                )
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres(postgres_database: Database) -> Iterator[Database]:
    """An empty database."""
    yield postgres_database
    schemas = postgres_database.run(
        "SELECT quote_ident(nspname) FROM pg_namespace "
        "WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    )
    postgres_database.run("DROP EXTENSION IF EXISTS hstore, postgres_fdw CASCADE")
    for (schema,) in schemas:
        postgres_database.run(f"DROP SCHEMA {schema} CASCADE")
    postgres_database.run("CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO public")


@pytest.fixture(scope="module")
def mysql_database(mysql_port: int) -> Iterator[Database]:
    name = _name()
    own = pymysql.connect(
        host=_HOST, port=mysql_port, user="root", autocommit=True, charset="utf8mb4"
    )
    with own, own.cursor() as cursor:

        def run(statement: str) -> list[tuple[object, ...]]:
            cursor.execute(statement)
            return list(cursor.fetchall())

        cursor.execute("SET SESSION lock_wait_timeout = 5")
        try:
            yield Database(sa.URL.create("mysql", "root", None, _HOST, mysql_port, name), run)
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture
def mysql(mysql_database: Database) -> Database:
    """An empty database."""
    left = mysql_database.run(
        "SELECT id FROM information_schema.processlist "
        f"WHERE db = '{mysql_database.name}' AND id <> connection_id()"
    )
    for (process,) in left:  # of a test that failed; its locks would be waited for
        with suppress(pymysql.err.OperationalError):  # it has just ended by itself
            mysql_database.run(f"KILL CONNECTION {process}")
    mysql_database.run("SET SESSION foreign_key_checks = 0")
    mysql_database.run(f"CREATE OR REPLACE DATABASE {mysql_database.name} CHARACTER SET utf8mb4")
    mysql_database.run("SET SESSION foreign_key_checks = 1")
    mysql_database.run(f"USE {mysql_database.name}")
    return mysql_database


@pytest.fixture
def role(postgres: Database) -> Iterator[str]:
    name = _name()
    postgres.run(f"CREATE ROLE {name} LOGIN")
    yield name
    postgres.run(f"DROP OWNED BY {name}")
    postgres.run(f"DROP ROLE {name}")


@dataclass(frozen=True)
class Read:
    """All that a scan of a database gave, by table."""

    cells: dict[str, list[tuple[str, str, str]]]  # (field, key, text)
    outcomes: dict[str, list[Outcome]]

    def texts(self, table: str, field: str) -> list[str]:
        return [text for name, _, text in self.cells[table] if name == field]

    def outcome(self, table: str) -> Outcome:
        (only,) = self.outcomes[table]
        return only


def read_unit(connector: SqlConnector, unit: Unit) -> tuple[list[tuple[str, str, str]], Outcome]:
    opened, *events, outcome = connector.read(unit)
    assert isinstance(opened, Item)
    assert isinstance(outcome, Outcome)
    cells = []
    for event in events:
        assert isinstance(event, Block)
        cells += cells_of(event)
    return cells, outcome


def cells_of(block: Block) -> list[tuple[str, str, str]]:
    """The cells of a block as (field, key, text)."""
    assert isinstance(block.layout, CellLayout)
    block.text.decode()  # strict
    places = block.layout.place(block.layout.starts)
    assert places.own_text
    bounds = list(zip(places.cell_start.tolist(), places.cell_end.tolist(), strict=True))
    assert b"\n".join(block.text[start:end] for start, end in bounds) == block.text
    return [
        (places.fields[field], "" if places.keys is None else places.keys[i].as_py(),
         block.text[start:end].decode())
        for i, (field, (start, end)) in enumerate(zip(places.field.tolist(), bounds, strict=True))
    ]  # fmt: skip


def read_all(connector: SqlConnector) -> Read:
    cells: dict[str, list[tuple[str, str, str]]] = {}
    outcomes: dict[str, list[Outcome]] = {}
    try:
        for walked in connector.walk():
            if isinstance(walked, Structure):
                continue
            if isinstance(walked, Entry):
                outcomes.setdefault(walked.item.path[-1], []).append(walked.outcome)
                continue
            found, outcome = read_unit(connector, walked)
            cells.setdefault(walked.path[-1], []).extend(found)
            outcomes.setdefault(walked.path[-1], []).append(outcome)
    finally:
        connector.close()
    return Read(cells, outcomes)
