"""Word documents of 1993 to 2003 (DOC): [MS-DOC] for Word 97 and later, and Word 6 and 95.

The text lies in pieces, one after the other for body, footnotes, headers, comments, endnotes and
text boxes; each becomes a part. Field codes are read beside the text they stand in.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import olefile

from pdscan.connectors.formats import compound
from pdscan.connectors.formats.doc_changes import Piece, changes, versions
from pdscan.connectors.formats.encryption import decrypted
from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.officeart import pictures
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

_WORD97 = 0xA5EC
_WORD6 = 0xA5DC
_COMPLEX, _ENCRYPTED, _TABLE1 = 0x0004, 0x0100, 0x0200
_PARTS = ("", "footnotes", "headers and footers", "macros", "comments", "endnotes", "text boxes",
          "text boxes in headers")  # fmt: skip
_CHARACTERS = 12
_CLX, _OWNERS, _REVISERS, _ASSOCIATED, _VARIABLES, _SAVED_BY = 33, 36, 51, 32, 60, 71
_LISTS = {_REVISERS: "revised by", _SAVED_BY: "saved by", _ASSOCIATED: "associated",
          _VARIABLES: "variable"}  # fmt: skip
_MOST_STRINGS = 10_000

#: Code pages of Word 6 and 95 by the language of the document (LCID); western ones need no entry.
_BY_LANGUAGE = {
    0x0401: "cp1256", 0x0402: "cp1251", 0x0404: "cp950", 0x0405: "cp1250", 0x0408: "cp1253",
    0x040D: "cp1255", 0x040E: "cp1250", 0x0411: "cp932", 0x0412: "cp949", 0x0415: "cp1250",
    0x0418: "cp1250", 0x0419: "cp1251", 0x041A: "cp1250", 0x041B: "cp1250", 0x041E: "cp874",
    0x041F: "cp1254", 0x0422: "cp1251", 0x0424: "cp1250", 0x0425: "cp1257", 0x0426: "cp1257",
    0x0427: "cp1257", 0x0804: "cp936",
}  # fmt: skip
_FIELD_MARKS = re.compile("[\x13\x14\x15]")
_SIGNS = str.maketrans({
    "\x07": "\n", "\x0b": "\n", "\x0c": "\n", "\x0d": "\n", "\x0e": "\n", "\x1e": "-", "\x1f": None,
    "\x00": None, "\x01": None, "\x02": None, "\x03": None, "\x04": None, "\x05": None,
    "\x06": None, "\x08": None,
})  # fmt: skip


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of a binary Word document, its embedded objects and pictures as nested items."""
    with compound.open_compound(content, options) as ole:
        if not ole.exists("WordDocument"):
            raise UnreadableError(Reason.CORRUPT, "no WordDocument stream")
        main = compound.stream(ole, "WordDocument", options)
        if len(main) < 0x60:
            raise UnreadableError(Reason.TRUNCATED, "the WordDocument stream")
        if main[11] & _ENCRYPTED >> 8:
            yield from read(decrypted(content, options), options)
            return
        try:
            yield from _texts(ole, main, options)
        except struct.error as error:
            raise UnreadableError(Reason.TRUNCATED, "the WordDocument stream") from error
        yield from compound.properties(ole, options)
        for name in sorted({
            entry[1] for entry in ole.listdir() if entry[0] == "ObjectPool" and len(entry) > 2
        }):  # fmt: skip
            yield from compound.embedded(ole, ("ObjectPool", name), options)
        if ole.exists("Data"):
            yield from pictures(compound.stream(ole, "Data", options))


def _texts(ole: olefile.OleFileIO[Any], main: bytes, options: ReadOptions) -> Iterator[Block | Gap]:
    magic, version = struct.unpack_from("<HH", main)
    (flags,) = struct.unpack_from("<H", main, 10)
    if magic not in (_WORD97, _WORD6) and (magic & 0xFF) not in (0xEC, 0xDC):
        raise UnreadableError(Reason.UNSUPPORTED, "not a Word 6 to 2003 document")
    if version < 0x6A:
        text, lengths = _word6(main, flags)
        table, tracked = b"", []
    else:
        name = "1Table" if flags & _TABLE1 else "0Table"
        if not ole.exists(name):
            name = "0Table" if name == "1Table" else "1Table"
        table = compound.stream(ole, name, options) if ole.exists(name) else b""
        text, lengths, pieces = _word97(main, table)
        start, size = _place(main, _CHARACTERS)
        tracked = changes(main, table[start : start + size], pieces)
    at = 0
    known = 0
    deleted = Text("deleted text", options.block_size)
    for part, length in zip(_PARTS, lengths, strict=True):
        piece = text[2 * at : 2 * (at + length)]
        known += len(piece) // 2
        piece, former = versions(piece, at, tracked)
        at += length
        for paragraph in former:
            deleted.line(_without_codes(_decode(paragraph), []).translate(_SIGNS))
        yield from _part(_decode(piece), part, options)
    yield from deleted.blocks()
    if known < sum(lengths):
        yield Gap(Reason.TRUNCATED, f"{sum(lengths) - known} of {sum(lengths)} characters")
    if table:
        yield from named("people and variables", _strings(main, table))


def _decode(text: bytes) -> str:
    return text.decode("utf-16-le", "replace")


def _word97(main: bytes, table: bytes) -> tuple[bytes, list[int], list[Piece]]:
    """The text in UTF-16LE, the lengths of its parts, and where its pieces stand."""
    lengths = [max(n, 0) for n in struct.unpack_from("<8i", main, 0x4C)]
    start, size = _place(main, _CLX)
    clx = table[start : start + size]
    if not size or len(clx) < 5:
        # Written in one piece: the FIB says where.
        first, last = struct.unpack_from("<II", main, 0x18)
        return _one_by_one(main[first:last], "cp1252"), lengths, [Piece(0, last - first, first, 1)]
    pieces = _pieces(clx, len(main), wide=True)
    return _joined(main, pieces, "cp1252"), lengths, pieces


def _word6(main: bytes, flags: int) -> tuple[bytes, list[int]]:
    lengths = [max(n, 0) for n in struct.unpack_from("<8i", main, 0x34)]
    (language,) = struct.unpack_from("<H", main, 6)
    encoding = _BY_LANGUAGE.get(language, "cp1252")
    if flags & _COMPLEX:
        start, size = struct.unpack_from("<II", main, 0x160)
        if size:
            pieces = _pieces(main[start : start + size], len(main), wide=False)
            return _joined(main, pieces, encoding), lengths
    first, last = struct.unpack_from("<II", main, 0x18)
    return _one_by_one(main[first:last], encoding), lengths


def _joined(main: bytes, pieces: list[Piece], encoding: str) -> bytes:
    """The text of the pieces; each position is two bytes."""
    texts = []
    for piece in pieces:
        length = min(piece.last - piece.first, len(main)) * piece.width
        data = main[piece.place : piece.place + length]
        texts.append(data if piece.width == 2 else _one_by_one(data, encoding))
    return b"".join(texts)


def _pieces(clx: bytes, most: int, *, wide: bool) -> list[Piece]:
    """The pieces of the text in order ([MS-DOC] 2.9.38, 2.9.177)."""
    at = 0
    while at < len(clx) and clx[at] == 1:
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    if at >= len(clx) or clx[at] != 2:
        raise UnreadableError(Reason.CORRUPT, "the piece table")
    (size,) = struct.unpack_from("<I", clx, at + 1)
    plc = clx[at + 5 : at + 5 + size]
    count = (len(plc) - 4) // 12
    if count < 1:
        raise UnreadableError(Reason.CORRUPT, "the piece table")
    positions = struct.unpack_from(f"<{count + 1}I", plc)
    pieces = []
    for number, (first, last) in enumerate(pairwise(positions)):
        (place,) = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * number + 2)
        width = 1
        if wide and place & 0x40000000:
            place = (place & 0x3FFFFFFF) // 2
        elif wide:
            width = 2
        pieces.append(Piece(first, min(max(last, first), first + most), place, width))
    return pieces


def _one_by_one(data: bytes, encoding: str) -> bytes:
    """Text of one byte a character as UTF-16LE; of two where the code page has such."""
    text = data.decode(encoding, "replace")
    if len(text) < len(data):
        text += "\0" * (len(data) - len(text))  # positions count bytes
    return text.encode("utf-16-le")


def _part(text: str, part: str, options: ReadOptions) -> Iterator[Block]:
    running = Text(part, options.block_size)
    codes: list[str] = []
    for line in _without_codes(text, codes).translate(_SIGNS).split("\n"):
        running.line(line)
        yield from running.full_blocks()
    yield from running.blocks()
    fields = Text(f"{part} field codes".strip(), options.block_size)
    fields.lines(code.translate(_SIGNS) for code in codes)
    yield from fields.blocks()


def _without_codes(text: str, codes: list[str]) -> str:
    """`text` with the results of its fields only; their instructions go to `codes`."""
    if "\x13" not in text:
        return text
    shown: list[str] = []
    open_codes: list[list[str] | None] = []  # a list while in the instruction, None in the result
    at = 0
    for found in _FIELD_MARKS.finditer(text):
        _into(shown, open_codes).append(text[at : found.start()])
        at = found.end()
        if found[0] == "\x13":
            open_codes.append([])
        elif open_codes and open_codes[-1] is not None:
            codes.append("".join(open_codes[-1]))
            open_codes[-1] = None
        if found[0] == "\x15" and open_codes:
            open_codes.pop()
    _into(shown, open_codes).append(text[at:])
    codes += ["".join(code) for code in open_codes if code]
    return "".join(shown)


def _into(shown: list[str], open_codes: list[list[str] | None]) -> list[str]:
    return next((code for code in reversed(open_codes) if code is not None), shown)


def _place(main: bytes, index: int) -> tuple[int, int]:
    """Where in the table stream a structure lies: (offset, size), by its number in the FIB."""
    at = 32
    (words,) = struct.unpack_from("<H", main, at)
    at += 2 + 2 * words
    (longs,) = struct.unpack_from("<H", main, at)
    at += 2 + 4 * longs
    (count,) = struct.unpack_from("<H", main, at)
    if index >= count:
        return 0, 0
    start, size = struct.unpack_from("<II", main, at + 2 + 8 * index)
    return start, size


def _strings(main: bytes, table: bytes) -> Iterator[tuple[str, str]]:
    """Who commented, revised and saved, where to, and the document's variables."""
    for index, label in _LISTS.items():
        start, size = _place(main, index)
        for value in _string_table(table[start : start + size]):
            yield label, value
    start, size = _place(main, _OWNERS)
    owners = table[start : start + size]
    at = 0
    while at + 2 <= len(owners):
        (length,) = struct.unpack_from("<H", owners, at)
        yield "commented by", owners[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
        at += 2 + 2 * length


def _string_table(data: bytes) -> Iterator[str]:
    """The strings of an STTB in two-byte characters ([MS-DOC] 2.2.4); others are of Word 6."""
    if len(data) < 6 or data[:2] != b"\xff\xff":
        return
    count, extra = struct.unpack_from("<HH", data, 2)
    at = 6
    for _ in range(min(count, _MOST_STRINGS)):
        if at + 2 > len(data):
            return
        (length,) = struct.unpack_from("<H", data, at)
        yield data[at + 2 : at + 2 + 2 * length].decode("utf-16-le", "replace")
        at += 2 + 2 * length + extra
