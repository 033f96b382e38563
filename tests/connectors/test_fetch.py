"""What a locator of a row, message or file gives back, from real files of each form."""

from __future__ import annotations

import csv
import io
import json
import mailbox
import sqlite3
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa

from pdscan.connectors.fetch import (
    Original,
    Row,
    content_fingerprint,
    fetch,
    fetch_many,
    look_up,
)
from pdscan.connectors.files import Files
from pdscan.connectors.interface import ReadOptions
from pdscan.connectors.records import Spot, records
from pdscan.connectors.sql.opening import open_database
from pdscan.errors import UnreadableError
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator, Reason

FINGERPRINTER = Fingerprinter(bytes(range(32)))


def database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript("""
            CREATE TABLE "odd ""table%s" (a TEXT, b INTEGER, price REAL, PRIMARY KEY (a, b));
            CREATE TABLE plain (email TEXT, picture BLOB);
            CREATE TABLE child (id INTEGER PRIMARY KEY, mail TEXT);
        """)
        connection.execute('INSERT INTO "odd ""table%s" VALUES (?, 7, 49.9)', ("x'; --%",))
        connection.execute("INSERT INTO plain VALUES (?, ?)", ("a@example.com", b"\x01\xff"))
        rows = [(n, f"p{n % 3}@example.com") for n in range(1000)]
        connection.executemany("INSERT INTO child VALUES (?, ?)", rows)
    connection.close()


ODD = 'odd "table%s'


@pytest.fixture
def estate(tmp_path: Path) -> Files:
    database(tmp_path / "shop.sqlite")
    with zipfile.ZipFile(tmp_path / "backup.zip", "w") as archive:
        archive.write(tmp_path / "shop.sqlite", "old/shop.sqlite")
        archive.writestr("letter.txt", "Hei maailma")
    with (tmp_path / "list.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [
                ["name", "email", "note"],
                ["Aino Testaaja", "aino@example.com", "two\nlines, and a comma"],
                ["Eero Testaaja", "eero@example.com", ""],
                ["Eero Testaaja", "eero@example.com", ""],
            ]
        )
    (tmp_path / "people.json").write_text(
        json.dumps([{"email": "aino@example.com", "age": 40}, {"email": "eero@example.com"}])
    )
    box = mailbox.mbox(tmp_path / "inbox.mbox")
    message = EmailMessage()
    message["From"], message["Message-ID"] = "aino@example.com", "<1@example.com>"
    message.set_content("Terveisin, Aino")
    box.add(message)
    box.flush()
    return Files("shares", str(tmp_path))


@pytest.mark.parametrize("path", [("shop.sqlite",), ("backup.zip", "old/shop.sqlite")])
def test_rows_of_sqlite_files_wherever_they_lie(estate: Files, path: tuple[str, ...]) -> None:
    odd = Locator("shares", path, (("a", "x'; --%"), ("b", "7")), ODD)
    assert fetch(estate, odd) == Row(odd.key, (("a", "x'; --%"), ("b", "7"), ("price", "49.9")))
    plain = Locator("shares", path, (("rowid", "1"),), "plain")
    assert fetch(estate, plain).values == (("email", "a@example.com"), ("picture", "01ff"))  # type: ignore[union-attr] # a row
    found = list(look_up(estate, path, "mail", ["p1@example.com"], "child"))
    assert len(found) == 333
    assert {row.values[1] for row in found} == {("mail", "p1@example.com")}


def test_rows_of_a_database(tmp_path: Path) -> None:
    database(tmp_path / "shop.db")
    connector = open_database("shop", sa.make_url(f"sqlite:///{tmp_path / 'shop.db'}"))
    locators = [Locator("shop", ("child",), (("id", str(n)),)) for n in (999, 5, 5000)]
    found = dict(fetch_many(connector, [*locators, *locators]))
    assert found[locators[0]] == Row((("id", "999"),), (("id", "999"), ("mail", "p0@example.com")))
    gone = found[locators[2]]
    assert isinstance(gone, UnreadableError)
    assert gone.reason == Reason.VANISHED
    many = (Locator("shop", ("child",), (("id", str(n)),)) for n in range(1000))
    assert sum(isinstance(row, Row) for _, row in fetch_many(connector, many)) == 1000
    with pytest.raises(UnreadableError):
        fetch(connector, Locator("shop", ("dropped",), (("id", "1"),)))
    connector.close()


@pytest.mark.parametrize("name", ["list.csv", "people.json"])
def test_records_are_found_by_what_they_hold(estate: Files, name: str) -> None:
    before = list(records(estate, (name,), FINGERPRINTER))
    before = before[1:] if name.endswith("csv") else before  # the header is a record too
    locators = [Locator("shares", (name,), (("#", record.key),)) for record in before]
    assert len(set(locators)) == len(before)
    for locator, record in zip(locators, before, strict=True):
        assert fetch(estate, locator, FINGERPRINTER) == Row(locator.key, tuple(record.values))
    path = Path(estate.root, name)
    path.write_text(path.read_text().replace("aino@", "anni@"))
    (_, changed), *same = fetch_many(estate, [locators[-1], locators[0]], FINGERPRINTER)
    assert isinstance(changed, Row)
    assert isinstance(same[0][1], UnreadableError)
    assert same[0][1].reason == Reason.CHANGED


def test_a_quoted_cell_comes_back_whole(estate: Files) -> None:
    row = list(records(estate, ("list.csv",)))[1]
    assert row.values[2] == ("note", "two\nlines, and a comma")


@pytest.mark.parametrize(
    ("name", "text", "spots"),
    [
        ("a.csv", 'name,mail,note\nA,a@example.com,"two\nlines"\nB,b@example.com,\n',
         [Spot((1, 1), 1), Spot((2, 3), 2), Spot((4, 4), 3)]),
        ("a.jsonl", '{"mail":"a@example.com"}\n\n{"mail":"b@example.com"}\n',
         [Spot((1, 1), 1), Spot((3, 3), 3)]),
        ("a.json", '[{"mail":"a@example.com"},{"mail":"b@example.com"}]',
         [Spot(pointer="/0"), Spot(pointer="/1")]),
        ("b.json", '{"n": 1, "list":[{"mail":["a@example.com"]},{"mail":"b@example.com"}]}',
         [Spot(), Spot(pointer="/list/0"), Spot(pointer="/list/1")]),
        ("access.log", '192.0.2.1 - - [01/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 1\n' * 3,
         [Spot((n, n), n) for n in (1, 2, 3)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [16, 2 << 20])
def test_where_a_record_stands(
    tmp_path: Path, name: str, text: str, spots: list[Spot], size: int
) -> None:
    (tmp_path / name).write_text(text)
    options = ReadOptions(block_size=size, text_size=size)
    found = records(Files("a", str(tmp_path), (), (), options), (name,))
    assert [record.spot for record in found] == spots


def test_messages_and_members_come_as_they_are(estate: Files) -> None:
    message = fetch(estate, Locator("shares", ("inbox.mbox", "1@example.com")))
    assert isinstance(message, Original)
    assert message.media_type == "message/rfc822"
    assert message.data.startswith(b"From: aino@example.com\n")
    letter = fetch(estate, Locator("shares", ("backup.zip", "letter.txt")))
    assert letter == Original("letter.txt", "text/plain", b"Hei maailma")
    for path in (("backup.zip", "gone.txt"), ("gone.zip",), ("letter.txt",)):
        with pytest.raises(UnreadableError) as caught:
            fetch(estate, Locator("shares", path))
        assert caught.value.reason == Reason.VANISHED


def test_content_fingerprints_tell_a_changed_value(tmp_path: Path) -> None:
    one: Row | Original = Row((), (("a", "1"), ("b", None)))
    assert content_fingerprint(FINGERPRINTER, one) == content_fingerprint(FINGERPRINTER, one)
    others: list[Row | Original] = [
        Row((), (("a", "1"), ("b", ""))), Row((), (("a", "2"), ("b", None))),
        Row((), (("a", "1b"), ("", None))), Original("a", "", b"1"),
    ]  # fmt: skip
    every = {content_fingerprint(FINGERPRINTER, other) for other in [one, *others]}
    assert len(every) == 5
    other_key = Fingerprinter(bytes(32))
    assert content_fingerprint(other_key, one) not in every


def test_a_damaged_member_is_told(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", "text " * 1000)
    data = bytearray(buffer.getvalue())
    data[40:50] = bytes(10)
    (tmp_path / "bad.zip").write_bytes(data)
    with pytest.raises(UnreadableError) as caught:
        fetch(Files("shares", str(tmp_path)), Locator("shares", ("bad.zip", "a.txt")))
    assert caught.value.reason == Reason.CORRUPT
