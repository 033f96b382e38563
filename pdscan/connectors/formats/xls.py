"""Excel workbooks of 1993 to 2003 (XLS): cells by calamine, the rest from the records ([MS-XLS]).

What stands beside the cells: comments with their authors, text boxes, charts, page headers and
footers, hyperlinks, names, properties, embedded objects and pictures.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import python_calamine as calamine

from pdscan.connectors.formats import compound
from pdscan.connectors.formats.compound_writer import write_compound
from pdscan.connectors.formats.encryption import decrypted
from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.officeart import pictures
from pdscan.connectors.formats.prose import named
from pdscan.connectors.formats.sheets import read_sheets
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

_BOF, _EOF, _CONTINUE, _FILEPASS, _CODEPAGE = 0x809, 0x0A, 0x3C, 0x2F, 0x42
_HEADER, _FOOTER, _NOTE, _TXO, _HLINK, _TOOLTIP = 0x14, 0x15, 0x1C, 0x1B6, 0x1B8, 0x800
_SERIES_TEXT, _DRAWINGS, _SHEET, _WRITER, _NAME, _VALIDATION = 0x100D, 0xEB, 0x85, 0x5C, 0x18, 0x1BE
_DIMENSIONS, _STRINGS = 0x200, 0xFC
_SEVERAL = (0xBD, 0xBE)  # a row of numbers, a row of blanks
_CELLS = frozenset({
    0x06, 0x206, 0x406, 0x201, 0x203, 0x204, 0x205, 0x27E, 0x7E, 0xFD, 0xD6, 0x02, 0x03, 0x04, 0x05,
    *_SEVERAL,
})  # fmt: skip
_MOST_CELLS = 65_536 * 256 + 1  # of a sheet in this format
_HEADERS_8 = 0x89C
_WIDE = 0x600
_LONGEST = 64 << 20  # bytes of one record with its continuations


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The cells of a binary workbook, what stands beside them, embedded objects as nested items."""
    with compound.open_compound(content, options) as ole:
        name = next((n for n in ("Workbook", "Book") if ole.exists(n)), "")
        if not name:
            raise UnreadableError(Reason.CORRUPT, "no Workbook stream")
        book = compound.stream(ole, name, options)
        if _is_encrypted(book):
            yield from read(decrypted(content, options), options)
            return
        yield from _cells(book, name)
        drawings: list[bytes] = []
        yield from named("beside the cells", _beside(book, drawings))
        yield from compound.properties(ole, options)
        for storage in sorted({
            entry[0] for entry in ole.listdir() if entry[0].upper().startswith(("MBD", "LNK"))
        }):  # fmt: skip
            yield from compound.embedded(ole, (storage,), options)
        yield from pictures(b"".join(drawings))


def _cells(book: bytes, name: str) -> Iterator[Block | Gap]:
    """The cells. calamine gets a compound file of our own writing with nothing but the workbook:
    it ends the process where sizes in its input are wrong, so none is left that was not looked at.
    """
    if not is_sound(book):
        yield Gap(Reason.LIMIT, "cells or strings beyond all measure; no cell was read")
        return
    yield from read_sheets(lambda: calamine.CalamineWorkbook.from_filelike(
        io.BytesIO(write_compound({name: book}))
    ))  # fmt: skip


def is_sound(book: bytes) -> bool:
    """Whether the rectangles around the cells of the sheets, and the number of strings, are such
    as memory can be had for ([MS-XLS] 2.4.90, 2.4.265, and the records of cells); and whether the
    sheets begin where records do, since calamine jumps there.
    """
    begins: set[int] = set()
    sheets: set[int] = set()
    top, bottom, left, right = 1 << 30, 0, 1 << 30, 0
    at, size = 0, len(book)
    strings = room = 0
    head = struct.Struct("<HH").unpack_from
    while at + 4 <= size:
        kind, count = head(book, at)
        body = at + 4
        at = body + count
        if kind in _CELLS and count >= 4 and at <= size:
            row, column = head(book, body)
            last = struct.unpack_from("<H", book, at - 2)[0] if kind in _SEVERAL else column
            if top <= row <= bottom and left <= column and last <= right:
                continue
            top, bottom = min(top, row), max(bottom, row)
            left, right = min(left, column), max(right, column, last)
        elif kind == _SHEET and count >= 4 and at <= size:
            sheets.update(struct.unpack_from("<I", book, body))
        elif kind in (_BOF, _EOF):
            begins.add(body - 4)
            top, bottom, left, right = 1 << 30, 0, 1 << 30, 0
        elif kind == _DIMENSIONS and count >= 8 and at <= size:
            form = "<IIHH" if count >= 14 else "<HHHH"
            first, after, west, east = struct.unpack_from(form, book, body)
            if after < first or east < west:
                return False  # what calamine takes for an immense number
            if (after - first) * (east - west) > _MOST_CELLS:
                return False
        elif kind == _CONTINUE:
            room += count
        elif kind == _STRINGS and count >= 8 and at <= size:
            room += count
            strings += struct.unpack_from("<I", book, body + 4)[0]
        if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS and bottom >= top:
            return False
    return strings <= room and sheets <= begins


def _records(book: bytes) -> Iterator[tuple[int, bytes]]:
    """The records that are no cells, with their continuations joined."""
    at, size = 0, len(book)
    kind, pieces, length = 0, [b""], 0
    head = struct.Struct("<HH").unpack_from
    while at + 4 <= size:
        number, count = head(book, at)
        at += 4 + count
        if number in _CELLS:
            continue
        body = book[at - count : at]
        if number == _CONTINUE and length < _LONGEST:
            pieces.append(body)
            length += count
            continue
        yield kind, b"".join(pieces) if kind != _TXO else _box(pieces)
        kind, pieces, length = number, [body], count
    yield kind, b"".join(pieces) if kind != _TXO else _box(pieces)


def _box(pieces: list[bytes]) -> bytes:
    """The text of a text box as UTF-16LE: it stands in the continuations of its record."""
    if len(pieces) < 2 or len(pieces[0]) < 12:
        return b""
    (left,) = struct.unpack_from("<H", pieces[0], 10)
    text = ""
    for piece in pieces[1:]:
        if len(text) >= left or not piece:
            break
        wide = piece[0] & 1
        text += piece[1:].decode("utf-16-le" if wide else "latin-1", "replace")
    return text[:left].encode("utf-16-le", "replace")


def _is_encrypted(book: bytes) -> bool:
    at = 0
    for _ in range(8):
        if at + 4 > len(book):
            break
        number, count = struct.unpack_from("<HH", book, at)
        if number == _FILEPASS:
            return True
        at += 4 + count
    return False


def _beside(book: bytes, drawings: list[bytes]) -> Iterator[tuple[str, str]]:
    """Texts outside of cells with a name each; drawings, which hold pictures, go to `drawings`."""
    wide, encoding = True, "cp1252"
    for kind, body in _records(book):
        try:
            if kind == _BOF:
                wide = struct.unpack_from("<H", body)[0] >= _WIDE
            elif kind == _CODEPAGE:
                encoding = _encoding(struct.unpack_from("<H", body)[0])
            elif kind in (_HEADER, _FOOTER) and body:
                label = "header" if kind == _HEADER else "footer"
                yield label, _string(body, 0, wide, encoding)
            elif kind == _HEADERS_8:
                yield "header", body[38:].decode("utf-16-le", "replace").replace("\0", "\n")
            elif kind == _NOTE:
                yield from _note(body, wide, encoding)
            elif kind == _TXO:
                yield "text box", body.decode("utf-16-le", "replace").replace("\r", "\n")
            elif kind in (_HLINK, _TOOLTIP):
                yield "link", _letters(body)
            elif kind == _DRAWINGS:
                drawings.append(body)
            elif kind == _SERIES_TEXT:
                yield "chart", _short(body, 2, wide, encoding)
            elif kind == _SHEET:
                yield "sheet", _short(body, 6, wide, encoding)
            elif kind == _WRITER:
                is_string = wide and len(body) > 2 and body[2] < 2
                text = _string(body, 0, True, encoding) if is_string else _raw(body, encoding)
                yield "last writer", text.strip()
            elif kind == _VALIDATION:
                yield "validation", _letters(body)
        except (struct.error, IndexError):
            continue  # a damaged record; the cells have been read by calamine


def _encoding(page: int) -> str:
    name = {1200: "utf-16-le", 32768: "mac-roman", 32769: "cp1252"}.get(page, f"cp{page}")
    try:
        "".encode(name)
    except LookupError:
        return "cp1252"
    return name


def _string(body: bytes, at: int, wide: bool, encoding: str) -> str:
    if not wide:
        return body[at + 1 : at + 1 + body[at]].decode(encoding, "replace")
    count, flags = struct.unpack_from("<HB", body, at)
    return _decode(body[at + 3 :], count, flags)


def _short(body: bytes, at: int, wide: bool, encoding: str) -> str:
    if not wide:
        return body[at + 1 : at + 1 + body[at]].decode(encoding, "replace")
    return _decode(body[at + 2 :], body[at], body[at + 1])


def _decode(data: bytes, count: int, flags: int) -> str:
    if flags & 1:
        return data[: 2 * count].decode("utf-16-le", "replace")
    return data[:count].decode("latin-1")


def _raw(body: bytes, encoding: str) -> str:
    """A name in a fixed field: old writers put its length before it, some do not."""
    name = body.rstrip(b"\0 ")
    return (name[1:] if name and name[0] == len(name) - 1 else name).decode(encoding, "replace")


def _note(body: bytes, wide: bool, encoding: str) -> Iterator[tuple[str, str]]:
    if wide:
        yield "comment author", _string(body, 8, wide, encoding)
    else:
        yield "comment", body[6:].decode(encoding, "replace")


def _letters(body: bytes) -> str:
    """The readable runs in a record that mixes text with numbers: targets of links, messages."""
    runs: list[str] = []
    for text in (body.decode("latin-1"), body[: len(body) // 2 * 2].decode("utf-16-le", "replace")):
        run = ""
        for character in text + "\0":
            if character.isprintable() and (ord(character) < 0x250):
                run += character
                continue
            if len(run) > 3:
                runs.append(run)
            run = ""
    return "\n".join(runs)
