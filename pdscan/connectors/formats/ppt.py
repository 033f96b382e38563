"""PowerPoint presentations of 1997 to 2003: [MS-PPT].

The stream is a row of records; those that the latest save refers to are the presentation, numbered
by the order of the show. What earlier saves left in the file is read too, as "earlier version".
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import olefile

from pdscan.connectors.formats import compound
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.encryption import Decrypted, decrypted
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.officeart import pictures
from pdscan.connectors.formats.prose import Text
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_DOCUMENT, _SLIDE, _NOTES, _MASTER, _HANDOUT = 1000, 1006, 1008, 1016, 4041
_KINDS = {_DOCUMENT: "presentation", _SLIDE: "slide", _NOTES: "notes", _MASTER: "master",
          _HANDOUT: "handout master"}  # fmt: skip
_SLIDE_LIST, _SLIDE_PERSIST, _NOTES_ATOM = 4080, 1011, 1009
_CHARS, _BYTES, _STRING = 4000, 4008, 4026
_TAG_DATA = 5003  # an atom by its header, yet it holds records: comments among them
_OBJECT, _USER_EDIT, _DIRECTORY = 4113, 4085, 6002
_ENCRYPTED_TOKEN = 0xF3D1C4DF
_MOST_EDITS = 10_000
_DEEPEST = 64
_SIGNS = str.maketrans({"\r": "\n", "\x0b": "\n", "\x00": None})


@dataclass(slots=True)
class _Order:
    """The live records of the stream, and the place of slides in the show."""

    live: set[int] = field(default_factory=set)
    offsets: dict[int, int] = field(default_factory=dict)  # by persist id
    numbers: dict[int, int] = field(default_factory=dict)  # slide numbers, by offset
    by_slide_id: dict[int, int] = field(default_factory=dict)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of a binary presentation, its embedded objects and pictures as nested items."""
    with compound.open_compound(content, options) as ole:
        if _token(ole, options) == _ENCRYPTED_TOKEN and not isinstance(content, Decrypted):
            yield from read(decrypted(content, options), options)
            return
        if not ole.exists("PowerPoint Document"):
            raise UnreadableError(Reason.UNSUPPORTED, "a presentation of before 1997")
        data = compound.stream(ole, "PowerPoint Document", options)
        order = _order(data, ole, options)
        yield from _records(data, order, options)
        yield from compound.properties(ole, options)
        if ole.exists("Pictures"):
            yield from pictures(compound.stream(ole, "Pictures", options))


def _token(ole: olefile.OleFileIO[Any], options: ReadOptions) -> int:
    user = compound.stream(ole, "Current User", options) if ole.exists("Current User") else b""
    return int(struct.unpack_from("<I", user, 12)[0]) if len(user) >= 16 else 0


def _order(data: bytes, ole: olefile.OleFileIO[Any], options: ReadOptions) -> _Order:
    """Follows the saves back from the latest; an order without live records where that fails."""
    order = _Order()
    user = compound.stream(ole, "Current User", options) if ole.exists("Current User") else b""
    try:
        (at,) = struct.unpack_from("<I", user, 16)
        for _ in range(_MOST_EDITS):
            if not at:
                break
            _, kind, _ = struct.unpack_from("<HHI", data, at)
            if kind != _USER_EDIT:
                raise ValueError("not a save")
            at, directory, document = struct.unpack_from("<8xIII", data, at + 8)
            _persist(data, directory, order.offsets)
            if len(order.numbers) == 0 and document in order.offsets:
                _show(data, order.offsets[document], order)
    except (struct.error, ValueError):
        return _Order()
    order.live = set(order.offsets.values())
    return order


def _persist(data: bytes, at: int, offsets: dict[int, int]) -> None:
    _, kind, length = struct.unpack_from("<HHI", data, at)
    if kind != _DIRECTORY:
        raise ValueError("not a directory")
    at, end = at + 8, at + 8 + length
    while at < end:
        (head,) = struct.unpack_from("<I", data, at)
        first, count = head & 0xFFFFF, head >> 20
        for number, offset in enumerate(struct.unpack_from(f"<{count}I", data, at + 4), first):
            offsets.setdefault(number, offset)  # the latest save comes first
        at += 4 + 4 * count


def _show(data: bytes, document: int, order: _Order) -> None:
    for _, instance, kind, start, end in _children(data, document + 8, _end(data, document)):
        if kind == _SLIDE_LIST and instance == 0:
            for _, _, inner, at, _ in _children(data, start, end):
                if inner == _SLIDE_PERSIST:
                    persist, slide = struct.unpack_from("<I8xI", data, at)
                    number = len(order.numbers) + 1
                    order.numbers[order.offsets.get(persist, -number)] = number
                    order.by_slide_id[slide] = number


def _end(data: bytes, at: int) -> int:
    return min(at + 8 + int(struct.unpack_from("<I", data, at + 4)[0]), len(data))


def _children(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """The records in [at, end) as (version, instance, type, start of the body, end of the body)."""
    while at + 8 <= end:
        head, kind, length = struct.unpack_from("<HHI", data, at)
        stop = min(at + 8 + length, end)
        yield head & 0xF, head >> 4, kind, at + 8, stop
        at = stop


def _records(data: bytes, order: _Order, options: ReadOptions) -> Iterator[Yield]:
    texts: dict[str, Text] = {}
    objects = 0
    for version, instance, kind, start, end in _children(data, 0, len(data)):
        if kind == _OBJECT:
            objects += 1
            yield from _object(data[start:end], instance, objects, options)
            continue
        if order.live and start - 8 not in order.live:
            part = "earlier version"
        else:
            part = _KINDS.get(kind, "presentation")
            if kind == _SLIDE:
                number = order.numbers.get(start - 8)
                part = f"slide {number}" if number else "slide outside the show"
            elif kind == _NOTES:
                part = _notes(data, start, end, order)
        text = texts.setdefault(part, Text(part, options.block_size))
        if version == 0xF:
            _collect(data, start, end, text, kind == _DOCUMENT, texts, options, 0)
    for text in texts.values():
        yield from text.blocks()


def _notes(data: bytes, start: int, end: int, order: _Order) -> str:
    for _, _, kind, at, stop in _children(data, start, end):
        if kind == _NOTES_ATOM and stop - at >= 4:
            number = order.by_slide_id.get(struct.unpack_from("<I", data, at)[0])
            return f"notes {number}" if number else "notes"
    return "notes"


def _collect(
    data: bytes, start: int, end: int, text: Text, top: bool, texts: dict[str, Text],
    options: ReadOptions, depth: int,
) -> None:  # fmt: skip
    """The text atoms in a container; those in the list of slides belong to the slide before."""
    slide = text
    for version, instance, kind, at, stop in _children(data, start, end):
        if kind in (_CHARS, _STRING):
            even = at + (stop - at) // 2 * 2
            _add(slide, data[at:even].decode("utf-16-le", "replace"))
        elif kind == _BYTES:
            _add(slide, data[at:stop].decode("latin-1"))
        elif (version == 0xF or kind == _TAG_DATA) and depth < _DEEPEST:
            if top and kind == _SLIDE_LIST and instance == 0 and text.part == "presentation":
                _outline(data, at, stop, texts, options)
            else:
                _collect(data, at, stop, text, False, texts, options, depth + 1)


def _outline(
    data: bytes, start: int, end: int, texts: dict[str, Text], options: ReadOptions
) -> None:
    number = 0
    for _, _, kind, at, stop in _children(data, start, end):
        if kind == _SLIDE_PERSIST:
            number += 1
        elif kind in (_CHARS, _BYTES):
            part = f"slide {number}"
            encoding = "utf-16-le" if kind == _CHARS else "latin-1"
            text = texts.setdefault(part, Text(part, options.block_size))
            _add(text, data[at:stop].decode(encoding, "replace"))


def _add(text: Text, value: str) -> None:
    if not value.startswith("___PPT"):  # names of the program's own extensions
        text.lines(value.translate(_SIGNS).split("\n"))


def _object(
    data: bytes, instance: int, number: int, options: ReadOptions
) -> Iterator[Nested | Gap]:
    """An embedded object: a compound file, packed where the instance says so."""
    name = f"embedded object {number}"
    if instance == 1:
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(data[4:], options.limits.member_memory)
        except zlib.error:
            yield Gap(Reason.CORRUPT, name)
            return
        if unpacker.unconsumed_tail:
            yield Gap(Reason.LIMIT, name)
            return
    yield Nested(name, HeldContent(name, data))
