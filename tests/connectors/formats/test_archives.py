"""Archives of every kind, written by the libraries that own the formats."""

from __future__ import annotations

import io
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import inflate64
import libarchive
import py7zr
import pytest
import pyzipper

from pdscan.connectors.formats import archives, tars, zips
from pdscan.connectors.formats import libarchive as bound
from pdscan.connectors.formats.contents import Chunks, HeldContent, LazyContent, as_binary
from pdscan.connectors.formats.interface import Content, Gap, Nested, Reader
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

OPTIONS = ReadOptions()
FILES = {
    "a.txt": b"hello 900101-2384\n",
    "folder/Åsa Öberg.txt": "på svenska\n".encode(),
    "empty": b"",
    "../../etc/passwd": b"root\n",
    "large.bin": b"0123456789abcdef" * (350 << 10),  # larger than what is held: 5.6 MB
    "last.txt": b"the end\n",
}


def zipped(files: dict[str, bytes] = FILES) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        archive.comment = b"packed by asa@example.com"
    return target.getvalue()


def tarred(files: dict[str, bytes] = FILES, style: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=style) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return target.getvalue()


def by_libarchive(kind: str, files: dict[str, bytes] = FILES, **settings: str) -> bytes:
    parts = io.BytesIO()
    with libarchive.custom_writer(parts.write, kind, **settings) as archive:
        for name, data in files.items():
            if kind.startswith("ar_") and "/" in name:
                continue  # ar knows no folders
            archive.add_file_from_memory(name, len(data), data)
    return parts.getvalue()


KINDS: dict[str, tuple[Reader, Callable[[], bytes]]] = {
    "zip": (zips.read, zipped),
    "tar pax": (tars.read, tarred),
    "tar gnu": (tars.read, lambda: tarred(style=tarfile.GNU_FORMAT)),
    "tar ustar": (tars.read, lambda: tarred(style=tarfile.USTAR_FORMAT)),
    "7z": (archives.read, lambda: by_libarchive("7zip")),
    "cpio": (archives.read, lambda: by_libarchive("cpio")),
    "cpio new": (archives.read, lambda: by_libarchive("cpio_newc")),
    "ar bsd": (archives.read, lambda: by_libarchive("ar_bsd")),
    "ar gnu": (archives.read, lambda: by_libarchive("ar_svr4")),
    "iso": (archives.read, lambda: by_libarchive("iso9660")),
    "zip in order": (archives.read, zipped),
}


def streamed(name: str, data: bytes) -> Content:
    """A content that cannot seek, as a member of another archive."""

    def opened() -> BinaryIO:
        pieces = (data[at : at + 5000] for at in range(0, len(data), 5000))
        return as_binary(Chunks(pieces))

    return LazyContent(name, opened)


def members(
    reader: Reader, content: Content, options: ReadOptions = OPTIONS, times: int = 1
) -> dict[str, bytes | Reason]:
    """Name -> bytes, or the reason why there are none; each opened several times, as drivers do."""
    found: dict[str, bytes | Reason] = {}
    for event in reader(content, options):
        if not isinstance(event, Nested):
            continue
        try:
            head = event.content.head
            for _ in range(times):
                with event.content.open() as stream:
                    found[event.name] = data = stream.read()
                assert data.startswith(head)
        except UnreadableError as error:
            found[event.name] = Reason(error.reason)
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("can_seek", [True, False], ids=["file", "stream"])
def test_every_member_is_read_as_often_as_asked(kind: str, can_seek: bool) -> None:
    reader, write = KINDS[kind]
    data = write()
    content = HeldContent("x", data) if can_seek else streamed("x", data)
    expected = {n: d for n, d in FILES.items() if "/" not in n or not kind.startswith("ar")}
    found = members(reader, content, times=2)
    if kind == "iso":  # ISO 9660 has no way up
        expected["etc/passwd"] = expected.pop("../../etc/passwd")
    assert found == expected


def test_members_not_opened_cost_nothing() -> None:
    bomb = zipped({"bomb": bytes(60 << 20), "a.txt": b"hello"})
    started = time.monotonic()
    names = [
        e.name for e in zips.read(HeldContent("x.zip", bomb), OPTIONS) if isinstance(e, Nested)
    ]
    assert names == ["bomb", "a.txt"]
    assert time.monotonic() - started < 0.5


def test_a_name_that_is_there_twice_is_told_apart() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"2")
    assert members(zips.read, HeldContent("x", target.getvalue())) == {"a": b"1", "a~2": b"2"}


def with_method(method: int, packed: bytes, size: int) -> bytes:
    """A ZIP of two members, the first of which claims that `packed` was made by `method`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("old.txt", packed)
        archive.writestr("new.txt", b"hello")
    data = bytearray(target.getvalue())
    for signature, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):  # local header and directory
        start = data.find(signature)
        struct.pack_into("<H", data, start + at, method)
        struct.pack_into("<I", data, start + at + 14, size)
    return bytes(data)


def test_deflate64_is_undone() -> None:
    text = b"".join(b"%d hello 900101-2384\n" % number for number in range(50_000))
    deflater = inflate64.Deflater()
    packed = deflater.deflate(text) + deflater.flush()
    assert members(zips.read, HeldContent("a.zip", with_method(9, packed, len(text)))) == {
        "old.txt": text, "new.txt": b"hello",
    }  # fmt: skip


@pytest.mark.parametrize(("method", "name"), [(1, "shrunk"), (6, "imploded"), (77, "unknown")])
def test_methods_of_old_are_named(method: int, name: str) -> None:
    content = HeldContent("a.zip", with_method(method, b"xx", 9))
    old, _ = (event for event in zips.read(content, OPTIONS) if isinstance(event, Nested))
    with pytest.raises(UnreadableError) as caught:
        old.content.open().read()
    assert caught.value.reason == Reason.UNSUPPORTED
    assert caught.value.detail == f"compression method {method} ({name})"


def test_comments_of_a_zip_are_text() -> None:
    events = list(zips.read(HeldContent("x", zipped()), OPTIONS))
    assert any(getattr(event, "text", b"") == b"packed by asa@example.com" for event in events)


def aes_zipped(password: str, encryption: int | None) -> bytes:
    target = io.BytesIO()
    with pyzipper.AESZipFile(target, "w", compression=pyzipper.ZIP_DEFLATED) as archive:
        archive.writestr("open.txt", b"hello")
        archive.setpassword(password.encode())
        archive.setencryption(encryption, nbits=256)
        archive.writestr("sealed.txt", b"secret words")
    return target.getvalue()


def seven_zipped(password: str, *, names_too: bool) -> bytes:
    target = io.BytesIO()
    with py7zr.SevenZipFile(target, "w", password=password, header_encryption=names_too) as archive:
        archive.writestr(b"hello", "open.txt")
        archive.writestr(b"secret words", "sealed.txt")
    return target.getvalue()


@pytest.mark.parametrize(
    ("passwords", "sealed"),
    [
        ((), Reason.ENCRYPTED),
        (("wrong", "also wrong"), Reason.ENCRYPTED),
        (("wrong", "Pä55"), b"secret words"),
    ],
)
def test_encrypted_members(passwords: tuple[str, ...], sealed: bytes | Reason) -> None:
    options = ReadOptions(passwords=passwords)
    data = aes_zipped("Pä55", pyzipper.WZ_AES)
    assert members(zips.read, HeldContent("x", data), options) == {
        "open.txt": b"hello",
        "sealed.txt": sealed,
    }
    data = seven_zipped("Pä55", names_too=False)
    found = members(archives.read, HeldContent("x", data), options)
    assert found["sealed.txt"] == sealed
    data = seven_zipped("Pä55", names_too=True)
    if sealed == Reason.ENCRYPTED:
        with pytest.raises(UnreadableError) as caught:
            members(archives.read, HeldContent("x", data), options)
        assert caught.value.reason == Reason.ENCRYPTED
    else:
        assert members(archives.read, HeldContent("x", data), options)["sealed.txt"] == sealed


def test_the_traditional_encryption_of_zip() -> None:
    sealing = {"options": "encryption=traditional", "passphrase": "tiger"}
    data = by_libarchive("zip", {"a.txt": b"secret words"}, **sealing)
    content = HeldContent("x", data)
    many = tuple(map(str, range(300)))  # of which one, about, looks right at first
    assert members(zips.read, content) == {"a.txt": Reason.ENCRYPTED}
    assert members(zips.read, content, ReadOptions(passwords=many)) == {"a.txt": Reason.ENCRYPTED}
    options = ReadOptions(passwords=(*many, "tiger"))
    assert members(zips.read, content, options) == {"a.txt": b"secret words"}


@pytest.mark.parametrize("kind", ["zip", "tar pax", "cpio", "ar bsd", "iso"])
@pytest.mark.parametrize("can_seek", [True, False], ids=["file", "stream"])
def test_what_stands_before_a_cut_is_read_and_the_cut_is_said(kind: str, can_seek: bool) -> None:
    reader, write = KINDS[kind]
    data = write()
    cut = data[: data.rindex(b"the end") if kind != "zip" else len(data) // 2]
    found: dict[str, bytes] = {}
    said = []
    try:
        for event in reader(HeldContent("x", cut) if can_seek else streamed("x", cut), OPTIONS):
            if isinstance(event, Nested):
                try:
                    with event.content.open() as stream:
                        found[event.name] = stream.read()
                except UnreadableError as error:
                    said.append(error.reason)
            elif isinstance(event, Gap):
                said.append(event.reason)
    except UnreadableError as error:
        said.append(error.reason)
    assert found["a.txt"] == FILES["a.txt"]
    assert set(found.values()) <= set(FILES.values())
    assert "last.txt" not in found
    assert set(said) & {Reason.TRUNCATED, Reason.CORRUPT}


def test_a_damaged_header_of_a_tar_costs_its_member_and_is_said() -> None:
    data = bytearray(tarred({"a": b"1", "b": b"2", "c": b"3"}, tarfile.USTAR_FORMAT))
    data[1024 + 150] ^= 0xFF  # the checksum of the second header
    events = list(tars.read(HeldContent("x", bytes(data)), OPTIONS))
    assert [e.name for e in events if isinstance(e, Nested)] == ["a", "c"]
    assert [e.reason for e in events if isinstance(e, Gap)] == [Reason.CORRUPT]


def test_two_tars_one_after_the_other_are_read_both() -> None:
    data = tarred({"a": b"1"}) + tarred({"b": b"2"})
    assert members(tars.read, HeldContent("x", data)) == {"a": b"1", "b": b"2"}


def test_a_tar_header_cannot_ask_for_memory() -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    data = header.tobuf(tarfile.GNU_FORMAT) + tarred({"a": b"1"})
    assert members(tars.read, HeldContent("x", data)) == {"a": b"1"}


def test_a_7z_in_a_stream_is_held_only_within_the_limit() -> None:
    options = ReadOptions(Limits(member_memory=1000))
    data = by_libarchive("7zip")
    with pytest.raises(UnreadableError) as caught:
        members(archives.read, streamed("x.7z", data), options)
    assert caught.value.reason == Reason.LIMIT


def test_without_libarchive_the_ledger_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:

    monkeypatch.setattr(bound, "_library", lambda: None)
    with pytest.raises(UnreadableError, match="libarchive13") as caught:
        members(archives.read, HeldContent("x", by_libarchive("cpio")))
    assert caught.value.reason == Reason.EXTRA
    assert (
        members(archives.read, HeldContent("x", by_libarchive("7zip")))["a.txt"] == FILES["a.txt"]
    )


def test_an_archive_on_disk_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(tarred())
    content = LazyContent("x.tar", lambda: path.open("rb"), path.stat().st_size, path)
    assert members(tars.read, content, times=2) == FILES
