"""Files that are broken, huge or malicious: the run goes on, and the ledger says what happened."""

from __future__ import annotations

import gzip
import json
import os
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.connectors.peel import peel
from pdscan.model import Item, Outcome, Reason, State
from tests.connectors.reading import read_one, read_path
from tests.connectors.test_formats import table, write_json, write_sqlite, write_xlsx

TEXT = b"someone@example.com\n" * 50_000


def test_a_truncated_gzip_keeps_what_can_be_read(tmp_path: Path) -> None:
    data = b"".join(
        b"%d user%d@example.com %s\n" % (n, n, os.urandom(8).hex().encode()) for n in range(90_000)
    )
    packed = gzip.compress(data)
    (tmp_path / "log.gz").write_bytes(packed[: len(packed) * 3 // 4])
    inner, outer = read_path(tmp_path / "log.gz")
    assert (inner.outcome.state, inner.outcome.reason) == (State.PARTIAL, Reason.TRUNCATED)
    assert len(inner.text) > len(data) * 0.6
    assert data.decode().startswith(inner.text)
    assert outer.outcome.state == State.READ


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(300_000)))
    packed[150_000:150_016] = bytes(16)
    (tmp_path / "x.gz").write_bytes(packed)
    assert read_path(tmp_path / "x.gz")[0].outcome.reason == Reason.CORRUPT


def test_a_bomb_stops_at_its_limit(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bytes(16 << 20), 9))
    options = ReadOptions(Limits(ratio=100))
    inner, _ = read_path(tmp_path / "bomb.gz", options)
    assert inner.outcome.reason == Reason.LIMIT
    packed = gzip.compress(b"a line of text\n" * 1_000_000, 9)
    (tmp_path / "text.gz").write_bytes(packed)
    inner, _ = read_path(tmp_path / "text.gz", options)
    assert (inner.outcome.state, inner.outcome.reason) == (State.PARTIAL, Reason.LIMIT)
    limit = (10 << 20) + len(packed) * options.limits.depth  # what is said in _Peeler
    assert inner.outcome.characters == len(inner.text) == limit


def test_containers_within_containers_end(tmp_path: Path) -> None:
    data = b"core@example.com"
    for _ in range(20):
        data = gzip.compress(data)
    (tmp_path / "onion.gz").write_bytes(data)
    reads = read_path(tmp_path / "onion.gz", ReadOptions(Limits(depth=5)))
    assert [read.outcome.reason for read in reads] == [Reason.LIMIT, *[""] * 6]


class PanicException(BaseException):
    pass


@dataclass(frozen=True)
class Panicking(HeldContent):
    def open(self) -> BinaryIO:
        raise PanicException


def test_a_panic_of_a_library_costs_its_item() -> None:
    *_, last = peel(Item("x", ("a.txt",)), Panicking("a.txt", b"text"), ReadOptions())
    assert isinstance(last, Outcome)
    assert (last.state, last.reason) == (State.UNREADABLE, Reason.BUG)
    assert last.detail.endswith("PanicException")


def test_time_runs_out(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT * 10)
    read = read_one(tmp_path / "a.txt", ReadOptions(Limits(seconds=0)))
    assert (read.outcome.state, read.outcome.reason) == (State.PARTIAL, Reason.TIMEOUT)


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    document = (
        f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol@example.com">{lol}'
        '<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&l9;&x;<a>after@example.com</a></r>'
    )
    (tmp_path / "lol.xml").write_text(document)
    started = time.monotonic()
    read = read_one(tmp_path / "lol.xml")
    assert time.monotonic() - started < 5
    assert "root:" not in read.text
    assert len(read.text) < 10_000
    assert "lol@example.com" in read.text
    assert "after@example.com" in read.text


@pytest.mark.parametrize(("name", "data", "reason"), [
    ("a.json", b'{"mail": "a@example.com", "broken": [1, 2', Reason.CORRUPT),
    ("a.json", b'[{"mail": "a@example.com"}, {"mail": }]', Reason.CORRUPT),
    ("a.json", b'{"a":1}\n{"mail": "a@example.com"}\n{"mail": "b@exam\n', Reason.ROWS),
    ("a.xml", b"<?xml version='1.0'?><r><m>a@example.com</m><unclosed></r>", Reason.CORRUPT),
    ("a.xml", b"<?xml version='1.0'?><r><m>a@example.com</m>&undefined;", Reason.CORRUPT),
])  # fmt: skip
def test_damaged_structure_is_read_as_text(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / name).write_bytes(data)
    read = read_one(tmp_path / name)
    assert (read.outcome.state, read.outcome.reason) == (State.PARTIAL, reason)
    assert read.text.count("a@example.com") == 1
    assert read.outcome.characters == len(read.text)


def test_a_large_damaged_structure_keeps_what_was_handed_on(tmp_path: Path) -> None:
    row = '{"mail": "a@example.com", "remark": "' + "x" * 1000 + '"}'
    (tmp_path / "a.json").write_text(f"[{','.join([row] * 12_000)}, {{")
    read = read_one(tmp_path / "a.json")
    assert read.outcome.reason == Reason.CORRUPT
    assert 12_000 < read.text.count("a@example.com") <= 24_000


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.95])
def test_truncated_files_are_never_silent(tmp_path: Path, keep: float) -> None:
    write_sqlite(tmp_path / "s")
    write_xlsx(tmp_path / "x")
    write_json(tmp_path / "j.json")
    parquet.write_table(table(), tmp_path / "p")
    for name in ("s", "x", "j.json", "p"):
        data = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(data[: int(len(data) * keep)])
        read = read_one(tmp_path / name)
        assert read.outcome.reason in (Reason.CORRUPT, Reason.TRUNCATED, Reason.UNSUPPORTED), name
        assert read.outcome.reason != Reason.BUG


@pytest.mark.parametrize("data", [
    b"a@example.com " * 700_000,
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<a>" * 20_000,
    b"<html>" + b"<div>" * 20_000 + b"a@example.com",
    b"INSERT INTO t VALUES (" * 5_000,
    b'"' * 1_000_000,
    b'a,b\n' + b'"x' * 300_000,
    b"\0" * 1_000_000,
    b"From a Mon Jun 01 10:00:00 2009\n\n",
    "ä".encode("utf-16") * 100_000,
])  # fmt: skip
@pytest.mark.parametrize("name", ["x", "x.csv", "x.json", "x.html", "x.sql"])
def test_nothing_hangs_or_escapes(data: bytes, name: str) -> None:
    started = time.monotonic()
    *_, last = peel(Item("x", (name,)), HeldContent(name, data), ReadOptions())
    assert isinstance(last, Outcome)
    assert last.reason != Reason.BUG, last.detail
    assert time.monotonic() - started < 10


STARTS = [
    b"", b"PK\x03\x04", b"SQLite format 3\0", b"PAR1", b"ARROW1\0\0", b"ORC", b"\x1f\x8b\x08",
    b"BZh9", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"<?xml version='1.0'?>", b"<html>", b'{"',
    b"[1,", b"a,b\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\x00\x00\xfe\xff",
    b"INSERT INTO t VALUES (", b"%PDF-1.4\n", b"{\\rtf1", b"\xff\xff\xff\xff\x10\x00\x04\x00",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(STARTS))
def test_any_bytes_end_in_an_outcome(data: bytes, start: bytes) -> None:
    events = list(peel(Item("x", ("x",)), HeldContent("x", start + data), ReadOptions()))
    opened = sum(isinstance(event, Item) for event in events)
    closed = [event for event in events if isinstance(event, Outcome)]
    assert opened == len(closed) > 0
    assert Reason.BUG not in {outcome.reason for outcome in closed}, [o.detail for o in closed]


def test_the_ledger_never_holds_content(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": nonsense-010101-123N}')
    (tmp_path / "a.xml").write_text("<?xml version='1.0'?><r><secret-010101-123N></r>")
    for name in ("a.json", "a.xml"):
        assert "010101" not in read_one(tmp_path / name).outcome.detail


@pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-16-le"])
def test_binaries_are_read_by_their_printable_runs(tmp_path: Path, encoding: str) -> None:
    text = "mail: a@example.com" if encoding == "ascii" else "mail: Äijä a@example.com"
    noise = b"\x7fELF\x02\x01\x01" + bytes(range(7)) * 40
    (tmp_path / "a.bin").write_bytes(noise + text.encode(encoding) + noise)
    read = read_one(tmp_path / "a.bin")
    assert (read.outcome.state, read.outcome.detail) == (State.READ, "by its printable runs")
    assert text in read.text


def test_a_type_without_a_reader_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.avro").write_bytes(b"Obj\x01" + bytes(40) + b"a@example.com" + bytes(40))
    read = read_one(tmp_path / "a.avro")
    assert (read.outcome.state, read.outcome.reason) == (State.PARTIAL, Reason.UNSUPPORTED)
    assert read.outcome.detail == "application/avro; by its printable runs"


def test_zip_entries_of_a_workbook_may_lie(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook")
        archive.writestr("xl/worksheets/sheet1.xml", json.dumps("no xml"))
    assert read_one(tmp_path / "a.xlsx").outcome.reason == Reason.CORRUPT
