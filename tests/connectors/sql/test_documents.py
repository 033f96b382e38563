"""Bytes in columns of real databases: texts are cells, documents are items of their own."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import pyzipper
import sqlalchemy as sa

from pdscan.connectors.contents import held
from pdscan.connectors.fetch import Original, fetch
from pdscan.connectors.interface import Unit
from pdscan.connectors.reopen import text_at
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.dialect import Options
from pdscan.connectors.sql.generic import Generic
from pdscan.connectors.sql.opening import open_database
from pdscan.errors import UnreadableError
from pdscan.model import Locator, Outcome, Reason, State
from tests.connectors.reading import Read, places_of, read_all
from tests.connectors.sql.conftest import Database

Open = Callable[..., SqlConnector]
LETTER = b"Dear Ms. Virtanen, write to aino@example.com.\n"


def _zip(password: bytes = b"") -> bytes:
    stream = io.BytesIO()
    if password:
        with pyzipper.AESZipFile(stream, "w", encryption=pyzipper.WZ_AES) as locked:
            locked.setpassword(password)
            locked.writestr("letter.txt", LETTER)
    else:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("inner/letter.txt", LETTER)
            archive.writestr("more.gz", gzip.compress(LETTER, mtime=0))
    return stream.getvalue()


ROWS: dict[int, bytes | None] = {
    1: _zip(),
    2: b"plain text as bytes: x@example.com",
    3: bytes(range(16)),  # a UUID, a hash
    4: None,
    5: b"",
    6: LETTER.decode().encode("utf-16"),
    7: _zip()[:150],
    8: _zip(b"secret"),
    9: b"\xc7\0" + random.Random(2).randbytes(3000),  # of no known type: what can be read in it is
    10: "Åland".encode("cp1252") + b"\0" * 3,
    11: gzip.compress(b"1,a@example.com", mtime=0),  # shorter than some hashes
}


@pytest.fixture(params=["postgresql", "mysql", "sqlite", "any"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """A table ``scans`` with ``ROWS`` by its id, in a database of each kind."""
    if request.param == "sqlite":
        path = tmp_path / "scans.db"
        with sqlite3.connect(path) as file:
            file.execute("CREATE TABLE scans (id INTEGER PRIMARY KEY, image BLOB)")
            file.executemany("INSERT INTO scans VALUES (?, ?)", ROWS.items())
        file.close()
        url = sa.URL.create("sqlite", database=str(path))
        return lambda **options: open_database("shop", url, Options(**options))
    server: Database = request.getfixturevalue("mysql" if request.param == "mysql" else "postgres")
    kind = "longblob" if request.param == "mysql" else "bytea"
    server.run(f"CREATE TABLE scans (id int PRIMARY KEY, image {kind})")
    for key, value in ROWS.items():
        written = "NULL" if value is None else f"0x{value.hex()}" if value else "''"
        if request.param != "mysql" and value:
            written = f"'\\x{value.hex()}'"
        server.run(f"INSERT INTO scans VALUES ({key}, {written})")
    if request.param == "any":
        url = server.url.set(drivername="postgresql+psycopg")
        return lambda **options: SqlConnector("shop", Generic(url, Options()), Options(**options))
    return server.open


def scanned(connector: SqlConnector) -> dict[str, Read]:
    """What was read, by the locator of its item."""
    units = [step for step in connector.walk() if isinstance(step, Unit)]
    reads = [read for unit in units for read in read_all(connector, unit)]
    connector.close()
    return {str(read.item.locator): read for read in reads}


def told(outcome: Outcome) -> tuple[str, str]:
    return outcome.state, outcome.reason


def test_documents_are_items_of_the_table(database: Open) -> None:
    found = scanned(database())
    (table,) = (locator for locator in found if locator.endswith("scans"))
    outcomes = {locator.removeprefix(table): told(read.outcome) for locator, read in found.items()}
    assert outcomes == {
        "": (State.READ, Reason.NONE),
        "!/id%3A1/image": (State.READ, Reason.NONE),
        "!/id%3A1/image!/inner/letter.txt": (State.READ, Reason.NONE),
        "!/id%3A1/image!/more.gz": (State.READ, Reason.NONE),
        "!/id%3A1/image!/more.gz!/more": (State.READ, Reason.NONE),
        "!/id%3A6/image": (State.READ, Reason.NONE),
        "!/id%3A7/image": (State.PARTIAL, Reason.CORRUPT),
        "!/id%3A7/image!/inner/letter.txt": (State.READ, Reason.NONE),
        "!/id%3A7/image!/more.gz": (State.UNREADABLE, Reason.TRUNCATED),
        "!/id%3A8/image": (State.READ, Reason.NONE),
        "!/id%3A8/image!/letter.txt": (State.UNREADABLE, Reason.ENCRYPTED),
        "!/id%3A11/image": (State.READ, Reason.NONE),
        "!/id%3A11/image!/image": (State.READ, Reason.NONE),
        "!/id%3A9/image": (State.READ, Reason.NONE),
    }
    assert found[table].cell("x@example.com") == ("", "image", "id:2", 1)
    assert "2 short binary values that are no text" in found[table].outcome.told
    assert found[f"{table}!/id%3A6/image"].text == LETTER.decode()


def test_every_place_is_found_again(database: Open) -> None:
    found = scanned(database())
    connector = database()
    checked = 0
    for read in found.values():
        for locator, value in places_of(read, 3):
            if read.item.media_type == "application/x-sql-table":
                continue
            assert text_at(connector, Locator.parse(str(locator))) == value, str(locator)
            checked += 1
    assert checked >= 12


def test_documents_are_fetched_as_they_are(database: Open) -> None:
    connector = database()
    table = Locator("shop", connector.structure().tables[0].path)
    assert fetch(connector, Locator.parse(f"{table}!/id%3A1/image")) == Original(
        "image", "application/zip", ROWS[1] or b""
    )
    inner = fetch(connector, Locator.parse(f"{table}!/id%3A1/image!/inner/letter.txt"))
    assert inner == Original("letter.txt", "text/plain", LETTER)
    for gone in ("id%3A99/image", "id%3A4/image", "id%3A1/photo", "image"):
        with (
            pytest.raises(UnreadableError) as caught,
            held(connector, Locator.parse(f"{table}!/{gone}").path),
        ):
            pass
        assert caught.value.reason is Reason.VANISHED
