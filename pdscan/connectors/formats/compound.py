"""Compound files (OLE2, [MS-CFB]): opening, properties ([MS-OLEPS]), and objects embedded in them.

Documents of Office 97 are such files, and so is every object that a newer document embeds as
``oleObject1.bin``. An object in a storage of its own is written out as a compound file again, so
that its reader sees what it would see on disk.
"""

from __future__ import annotations

import datetime
import struct
from collections.abc import Iterator, Sequence
from typing import Any

import olefile

from pdscan.connectors.formats.compound_writer import Storage, write_compound
from pdscan.connectors.formats.contents import HeldContent, seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Nested
from pdscan.connectors.formats.package import read_all
from pdscan.connectors.formats.prose import named
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

#: What broken compound files and the structures in their streams make the parsers raise.
BROKEN = (OSError, ValueError, IndexError, KeyError, struct.error, ArithmeticError, TypeError,
          AttributeError, RecursionError)  # fmt: skip

_PROPERTIES = ("\x05SummaryInformation", "\x05DocumentSummaryInformation")
_SUMMARY = {
    2: "title", 3: "subject", 4: "author", 5: "keywords", 6: "comments", 7: "template",
    8: "last author", 9: "revision", 10: "editing time", 11: "last printed", 12: "created",
    13: "last saved", 18: "application",
}  # fmt: skip
_DOCUMENT = {
    2: "category", 3: "format", 14: "manager", 15: "company", 26: "content type",
    27: "content status", 28: "language", 29: "version",
}  # fmt: skip
_CODEPAGES = {1200: "utf-16-le", 10000: "mac-roman", 65001: "utf-8", 0: "cp1252"}
_MOST = 10_000  # properties or strings of a list; more is damage
_DEEPEST = 32
_MUTE_STREAMS = (
    "\x01CompObj",
    "\x01Ole",
    "\x03ObjInfo",
    "\x03LinkInfo",
    "\x03EPRINT",
    "\x02OlePres",
)


def open_compound(content: Content, options: ReadOptions) -> olefile.OleFileIO[Any]:
    """The compound file in `content`, to be closed. Raises UnreadableError where it is none."""
    stream = seekable_stream(content, options.limits.member_memory)
    try:
        return olefile.OleFileIO(stream)
    except BROKEN as error:
        stream.close()
        raise UnreadableError(Reason.CORRUPT, "the compound file cannot be opened") from error


def stream(ole: olefile.OleFileIO[Any], path: str | Sequence[str], options: ReadOptions) -> bytes:
    """The bytes of a stream; raises UnreadableError where it is missing, broken or too large."""
    try:
        if ole.get_size(path) > options.limits.member_memory:
            raise UnreadableError(Reason.LIMIT, "a stream is too large for memory")
        with ole.openstream(path) as opened:
            return read_all(opened, options.limits)
    except BROKEN as error:
        raise UnreadableError(Reason.CORRUPT, "a stream of the compound file is broken") from error


def properties(ole: olefile.OleFileIO[Any], options: ReadOptions) -> Iterator[Block | Gap]:
    """The document's properties, custom ones under the names their users gave them."""
    found: list[tuple[str, str]] = []
    for name in _PROPERTIES:
        if not ole.exists(name):
            continue
        try:
            names = _SUMMARY if name == _PROPERTIES[0] else _DOCUMENT
            found += _property_set(stream(ole, name, options), names)
        except (*BROKEN, UnreadableError):
            yield Gap(Reason.CORRUPT, f"properties in {name[1:]}")
    yield from named("properties", found)


def _property_set(data: bytes, names: dict[int, str]) -> Iterator[tuple[str, str]]:
    (sections,) = struct.unpack_from("<I", data, 24)
    for number in range(min(sections, 2)):
        (at,) = struct.unpack_from("<I", data, 28 + 20 * number + 16)
        _, count = struct.unpack_from("<II", data, at)
        places = [struct.unpack_from("<II", data, at + 8 + 8 * i) for i in range(min(count, _MOST))]
        known = dict(names) if number == 0 else {}
        codepage = next((_codepage(data, at + o) for key, o in places if key == 1), "cp1252")
        if number:
            for key, offset in places:
                if key == 0:
                    known.update(_dictionary(data, at + offset, codepage))
        for key, offset in places:
            if key > 1:
                for value in _values(data, at + offset, codepage):
                    yield known.get(key, f"property {key}"), value


def _codepage(data: bytes, at: int) -> str:
    kind, number = struct.unpack_from("<IH", data, at)
    name = _CODEPAGES.get(number, f"cp{number}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name if kind == 2 else "cp1252"


def _dictionary(data: bytes, at: int, codepage: str) -> Iterator[tuple[int, str]]:
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    wide = codepage == "utf-16-le"
    for _ in range(min(count, _MOST)):
        key, length = struct.unpack_from("<II", data, at)
        size = length * 2 if wide else length
        yield key, data[at + 8 : at + 8 + size].decode(codepage, "replace").rstrip("\0")
        at += 8 + (size + 3 & ~3 if wide else size)


def _values(data: bytes, at: int, codepage: str) -> Iterator[str]:
    (kind,) = struct.unpack_from("<I", data, at)
    if kind in (0x101E, 0x101F):
        (count,) = struct.unpack_from("<I", data, at + 4)
        at += 8
        for _ in range(min(count, _MOST)):
            text, after = _string(data, at, kind & 0xFF, codepage)
            # In a list, strings of code pages follow one another unpadded ([MS-OSHARED] 2.3.3.1.8).
            at = after if kind == 0x101F else at + 4 + int(struct.unpack_from("<I", data, at)[0])
            yield text
    elif kind in (0x1E, 0x1F):
        yield _string(data, at + 4, kind, codepage)[0]
    elif kind in (3, 5, 20):
        (number,) = struct.unpack_from({3: "<i", 5: "<d", 20: "<q"}[kind], data, at + 4)
        yield f"{number:.15g}" if kind == 5 else str(number)
    elif kind == 64:
        (ticks,) = struct.unpack_from("<Q", data, at + 4)
        if 0 < ticks < 2650467744000000000:
            epoch = datetime.datetime(1601, 1, 1, tzinfo=datetime.UTC)
            yield (epoch + datetime.timedelta(microseconds=ticks // 10)).isoformat()


def _string(data: bytes, at: int, kind: int, codepage: str) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", data, at)
    encoding, size = ("utf-16-le", length * 2) if kind == 0x1F else (codepage, length)
    text = data[at + 4 : at + 4 + size].decode(encoding, "replace").partition("\0")[0]
    return text, at + 4 + (size + 3 & ~3)


def embedded(
    ole: olefile.OleFileIO[Any], storage: Sequence[str], options: ReadOptions
) -> Iterator[Nested | Gap]:
    """The object in `storage` (a path; empty: the whole file) as a nested item."""
    name = "/".join(storage) or "object"
    inside = {
        path[len(storage)]: path
        for path in ole.listdir(streams=True, storages=False)
        if path[: len(storage)] == list(storage) and len(path) == len(storage) + 1
    }
    try:
        if "\x01Ole10Native" in inside:
            label, data = ole10_native(stream(ole, inside["\x01Ole10Native"], options))
            yield Nested(f"{name}/{label}" if label else name, HeldContent(label or name, data))
        elif "Package" in inside:
            yield Nested(name, HeldContent(name, stream(ole, inside["Package"], options)))
        elif "CONTENTS" in inside:
            yield Nested(name, HeldContent(name, stream(ole, inside["CONTENTS"], options)))
        elif storage and not all(key.startswith(_MUTE_STREAMS) for key in inside):
            data = write_compound(_tree(ole, list(storage), options, 0))
            yield Nested(name, HeldContent(name, data))
    except (*BROKEN, UnreadableError) as error:
        reason = error.reason if isinstance(error, UnreadableError) else Reason.CORRUPT
        yield Gap(Reason(reason), f"embedded object {name}")


def _tree(
    ole: olefile.OleFileIO[Any], path: list[str], options: ReadOptions, depth: int
) -> Storage:
    if depth > _DEEPEST:
        raise UnreadableError(Reason.LIMIT, "storages nested too deep")
    node: Storage = {}
    for entry in ole.listdir(streams=True, storages=True):
        if entry[:-1] != path or len(entry) != len(path) + 1:
            continue
        if ole.get_type(entry) == olefile.STGTY_STREAM:
            node[entry[-1]] = stream(ole, entry, options)
        else:
            node[entry[-1]] = _tree(ole, entry, options, depth + 1)
    return node


def ole10_native(data: bytes) -> tuple[str, bytes]:
    """The file name and the bytes of a native object ([MS-OLEDS] 2.3.6); what is no package of a
    file has no name and is handed over as it is.
    """
    (size,) = struct.unpack_from("<I", data, 0)
    try:
        (flags,) = struct.unpack_from("<H", data, 4)
        label_end = data.index(b"\0", 6)
        at = data.index(b"\0", label_end + 1) + 1 + 4
        (length,) = struct.unpack_from("<I", data, at)
        at += 4 + length
        (length,) = struct.unpack_from("<I", data, at)
    except (struct.error, ValueError):
        return "", data[4 : 4 + size]
    if flags != 2 or at + 4 + length > len(data):
        return "", data[4 : 4 + size]
    label = data[6:label_end].decode("cp1252", "replace").replace("\\", "/").rpartition("/")[2]
    return label, data[at + 4 : at + 4 + length]
