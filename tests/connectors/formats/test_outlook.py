"""Outlook's files: MSG and TNEF written for the test, PST through what libpff hands out."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import olefile
import pytest

from bench.mailbox import messages
from pdscan.connectors.formats import mapi, msg, pst, tnef
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested, Reader, Yield
from pdscan.connectors.formats.rtf_compressed import decompressed
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason
from tests.connectors.formats import outlook_files as files
from tests.connectors.reading import assert_round_trip

OPTIONS = ReadOptions()
TEXT8, TEXT16, BINARY, LONG, OBJECT = 0x1E, 0x1F, 0x102, 0x03, 0x0D

# [MS-OXRTFCP] 4.1: the specification's own example.
LZFU = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c09002062770"
    "5b06c647d0a800fa0"
)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def texts_of(events: Iterator[Yield]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for event in events:
        if isinstance(event, Block):
            found[event.part] = found.get(event.part, b"") + event.text + b"\n"
        elif isinstance(event, Nested) and event.media_type == mapi.MEDIA_TYPE:
            inner = texts_of(mapi.read(event.content, OPTIONS))
            found |= {f"{event.name}: {part}": text for part, text in inner.items()}
        elif isinstance(event, Nested):
            found[f"file {event.name}"] = event.content.open().read()
        elif isinstance(event, Gap):
            found[f"gap {event.reason.name}"] = event.detail.encode()
    return found


def read(reader: Reader, data: bytes, options: ReadOptions = OPTIONS) -> dict[str, bytes]:
    return texts_of(reader(HeldContent("x", data), options))


MESSAGE = {
    (0x0037, TEXT16): wide("Tilaus Åsa Öberg"),
    (0x0C1F, TEXT16): wide("asa@example.com"),
    (0x007D, TEXT16): wide("Received: from x ([192.0.2.1])\r\nSubject: =?utf-8?q?=C3=85?=\r\n\r\n"),
    (0x1000, TEXT8): "hälsningar 900101-2384".encode("cp1252"),
    (0x1013, BINARY): "<p>på svenska</p>".encode("cp1252"),
    (0x3FFD, LONG): struct.pack("<Q", 1252),
}


def test_a_message_with_people_files_and_a_message_in_it() -> None:
    inner = files.msg({(0x0037, TEXT16): wide("inner subject")}, header=24)
    attachments: list[Any] = [
        {(0x3707, TEXT16): wide("Åsa.txt"), (0x3701, BINARY): b"x" * 5000},
        {
            **files.msg({(0x3001, TEXT16): wide("Forwarded")}, header=8),
            "__substg1.0_3701000D": inner,
        },
    ]
    people: list[Any] = [{(0x39FE, TEXT16): wide("to@example.com"), (0x3001, TEXT8): b"To"}]
    data = files.ole(files.msg(MESSAGE, people, attachments))
    assert olefile.isOleFile(data)
    found = read(msg.read, data)
    assert "Tilaus Åsa Öberg".encode() in found["properties"]
    assert b"192.0.2.1" in found["headers"]
    assert "Å".encode() in found["headers"]
    assert b"to@example.com" in found["recipients"]
    assert "hälsningar 900101-2384".encode() in found["body"]
    assert any("på svenska".encode() in t for part, t in found.items() if part.startswith("html"))
    assert found["file Åsa.txt"] == b"x" * 5000
    assert b"inner subject" in found["Forwarded: properties"]
    assert not [part for part in found if part.startswith("gap")]


def test_what_a_tnef_holds() -> None:
    embedded = bytes(16) + files.tnef([(0x0037, TEXT16, wide("inner subject"))], [], [])
    data = files.tnef(
        [
            (0x3FFD, LONG, struct.pack("<I", 1252)),
            (0x0037, TEXT8, "Ämne".encode("cp1252")),
            (0x8000, TEXT16, wide("private@example.com")),
            (0x1009, BINARY, LZFU),
        ],
        [[(0x39FE, TEXT16, wide("to@example.com"))], [(0x3001, TEXT16, wide("Second"))]],
        [
            (b"a.txt", b"hello", [(0x3707, TEXT16, wide("long name.txt"))]),
            (b"Forwarded", b"", [(0x3701, OBJECT, embedded)]),
        ],
    )
    found = read(tnef.read, data)
    assert "Ämne".encode() in found["properties"]
    assert b"private@example.com" in found["properties"]
    assert b"to@example.com" in found["recipients"]
    assert b"Second" in found["recipients"]
    assert any(b"hello world" in text for part, text in found.items() if part.startswith("rtf"))
    assert found["file long name.txt"] == b"hello"
    assert b"inner subject" in found["Forwarded: properties"]


def test_rtf_is_decompressed_as_the_specification_says() -> None:
    assert decompressed(LZFU) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    # 4.2: a reference that overlaps what it makes
    crossing = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert decompressed(crossing) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"
    assert decompressed(b"\0" * 8 + b"MELA" + b"\0" * 4 + b"{\\rtf1 x}") == b"{\\rtf1 x}"
    for broken in (b"", LZFU[:10], LZFU[:8] + b"XXXX"):
        with pytest.raises(UnreadableError):
            decompressed(broken)


@pytest.mark.parametrize("reader", [msg.read, tnef.read, pst.read])
def test_what_is_no_such_file_is_said(reader: Reader) -> None:
    for data in (b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"!BDN" + bytes(600), b"x" * 5000):
        with pytest.raises(UnreadableError) as caught:
            list(reader(HeldContent("x", data), OPTIONS))
        assert caught.value.reason == Reason.CORRUPT


def test_a_message_that_unpacks_to_too_much_is_refused() -> None:
    data = files.ole(files.msg({(0x1000, TEXT8): b"x" * 9000, (0x1013, BINARY): b"y" * 9000}))
    options = ReadOptions(Limits(member_memory=10_000))
    with pytest.raises(UnreadableError) as caught:
        read(msg.read, data, options)
    assert caught.value.reason == Reason.LIMIT


# -- PST: nothing but Outlook writes them, so what libpff hands out is played -------------------


class Entry:
    def __init__(self, number: int, kind: int, data: bytes) -> None:
        self.entry_type, self.value_type, self.data = number, kind, data


class Thing:
    """An item, folder, record set or attachment: counts and gets what it is given by kind."""

    def __init__(self, identifier: int = 0, name: str = "", **kinds: list[Any]) -> None:
        self.identifier, self.name = identifier, name
        self.kinds = {
            "record_set": [], "entrie": [], "attachment": [], "sub_item": [], "sub_message": [],
            "sub_folder": [], "orphan_item": [],
        } | kinds  # fmt: skip
        self.recipients: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("number_of_"):
            return len(self.kinds[name.removeprefix("number_of_").removesuffix("s")])
        kind = {"get_entry": "entrie"}.get(name, name.removeprefix("get_"))
        return lambda position: self._get(kind, position)

    def _get(self, kind: str, position: int) -> Any:
        found = self.kinds[kind][position]
        if found is None:
            raise OSError("libpff: damaged")
        return found


def item(**texts: Any) -> Thing:
    entries = [Entry(int(tag[1:], 16), TEXT16, wide(text)) for tag, text in texts.items()]
    return Thing(record_set=[Thing(entrie=entries)])


def test_folders_within_themselves_end_and_damage_is_counted() -> None:
    root = Thing(1)
    inbox = Thing(2, "Inbox", sub_message=[item(x1035="<1@example.com>", x0037="one"), None])
    inbox.kinds["sub_folder"] = [root, inbox, Thing(3, "Contacts", sub_message=[
        item(x3001="Åsa Öberg", x3A1C="+358 40 123 4567"),
    ]), None]  # fmt: skip
    root.kinds["sub_folder"] = [inbox]
    root.root_folder = root  # type: ignore[attr-defined]
    root.kinds["orphan_item"] = [item(x0037="deleted")]
    events = list(pst._items(root, 1 << 20))
    names = [event.name for event in events if isinstance(event, Nested)]
    assert names[0] == "Inbox/1@example.com"
    assert names[1].startswith("Inbox/Contacts/sha256:")
    assert names[2].startswith("deleted items without a folder/sha256:")
    assert [event.detail for event in events if isinstance(event, Gap)] == ["2 folders or items"]
    contact = next(event for event in events if isinstance(event, Nested) and "Cont" in event.name)
    found = texts_of(mapi.read(contact.content, OPTIONS))
    assert b"+358 40 123 4567" in found["properties"]


def test_a_mailbox_without_its_folders_is_not_taken_for_an_empty_one() -> None:
    mailbox = Thing(1)
    mailbox.root_folder = None  # type: ignore[attr-defined]
    assert [event.reason for event in pst._items(mailbox, 1)] == [Reason.CORRUPT]  # type: ignore[union-attr]


def test_a_list_of_strings_is_its_strings() -> None:
    data = struct.pack("<III", 2, 12, 12 + 6) + wide("one") + wide("two")
    records = Thing(entrie=[Entry(0x8001, 0x101F, data), None])
    gaps: list[tuple[str, str]] = []
    assert [value for *_, value in pst._of_set(records, gaps)] == [wide("one"), wide("two")]
    assert gaps == [(Reason.CORRUPT, "some properties")]


@pytest.mark.parametrize("kind", ["mbox", "tnef", "msg"])
def test_places_are_found_again(kind: str, tmp_path: Path) -> None:
    people = [[(0x3001, TEXT16, wide(f"Person {n}"))] for n in range(3)]
    data = {
        "mbox": b"".join(messages(30_000)),
        "tnef": files.tnef([(0x0037, TEXT16, wide("subject"))], people, []),
        "msg": files.ole(files.msg(MESSAGE)),
    }[kind]
    (tmp_path / f"x.{kind}").write_bytes(data)
    assert_round_trip(tmp_path / f"x.{kind}")
