"""Transport-neutral encapsulation, winmail.dat ([MS-OXTNEF]): what Outlook attaches to its mail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pdscan.connectors.formats import mapi
from pdscan.connectors.formats.contents import read_whole
from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.formats.mapi import Attachment, Message, Property
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

SIGNATURE = b"\x78\x9f\x3e\x22"
_DEPTH = 20  # messages within messages
_RENDERING, _DATA, _TITLE, _PROPERTIES = 0x9002, 0x800F, 0x8010, 0x9005
_MESSAGE_PROPERTIES, _RECIPIENTS, _CODEPAGE = 0x9003, 0x9004, 0x9007
#: Attributes of old clients as the properties they became.
_OLD = {0x8004: 0x0037, 0x800C: 0x1000, 0x8005: 0x0C1A, 0x8009: 0x1035, 0x0006: 0x0042}
_FIXED = {
    0x0002: 4, 0x0003: 4, 0x0004: 4, 0x0005: 8, 0x0006: 8, 0x0007: 8, 0x000A: 4, 0x000B: 4,
    0x0014: 8, 0x0040: 8, 0x0048: 16,
}  # fmt: skip
_VARIABLE = (mapi.STRING8, mapi.UNICODE, mapi.BINARY, mapi.OBJECT)
_MANY = 0x1000
_NAMED = 0x8000
_IID = 16  # bytes before an embedded message: its interface


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The texts, people and attachments of the message that is encapsulated."""
    data = read_whole(content, options.limits.member_memory)
    yield from mapi.events(_message(data, 0), options)


@dataclass(slots=True)
class _File:
    """An attachment while it is put together."""

    properties: list[Property] = field(default_factory=list)
    data: bytes = b""
    title: bytes = b""


def _message(data: bytes, depth: int) -> Message:
    if not data.startswith(SIGNATURE):
        raise UnreadableError(Reason.CORRUPT)
    gaps: list[tuple[str, str]] = []
    properties: list[Property] = []
    recipients: list[list[Property]] = []
    files: list[_File] = []
    for number, value in _attributes(data, gaps):
        try:
            if number == _RENDERING:
                files.append(_File())
            elif number == _DATA and files:
                files[-1].data = value
            elif number == _TITLE and files:
                files[-1].title = value
            elif number == _PROPERTIES and files:
                files[-1].properties += _Stream(value).properties()
            elif number == _MESSAGE_PROPERTIES:
                properties += _Stream(value).properties()
            elif number == _RECIPIENTS:
                stream = _Stream(value)
                recipients += [stream.properties() for _ in range(stream.count())]
            elif number == _CODEPAGE:
                properties.append((0x3FFD, mapi.LONG, value[:4]))
            elif number in _OLD:
                properties.append((_OLD[number], mapi.STRING8, value))
        except UnreadableError as error:
            gaps.append((error.reason, f"attribute {number:04x}"))
    charset = mapi.codepage(properties)
    attachments = [_attachment(file, charset, depth, gaps) for file in files]
    return mapi.assemble(properties, recipients, attachments, gaps)


def _attachment(file: _File, charset: str, depth: int, gaps: list[tuple[str, str]]) -> Attachment:
    texts = mapi.texts(file.properties, charset)
    if file.title:
        texts += mapi.texts([(0x3704, mapi.STRING8, file.title)], charset)
    data = file.data
    for number, kind, value in file.properties:
        if number == mapi.ATTACHED_DATA and kind in (mapi.OBJECT, mapi.BINARY):
            inner = value[_IID:]
            if inner.startswith(SIGNATURE):
                if depth < _DEPTH:
                    return Attachment(texts, message=_message(inner, depth + 1))
                gaps.append((Reason.LIMIT, "messages nested too deep"))
            data = data or inner
    return Attachment(texts, data)


def _attributes(data: bytes, gaps: list[tuple[str, str]]) -> Iterator[tuple[int, bytes]]:
    """The attributes by number, up to where the data ends."""
    at = len(SIGNATURE) + 2
    while at + 9 <= len(data):
        number = int.from_bytes(data[at + 1 : at + 3], "little")
        size = int.from_bytes(data[at + 5 : at + 9], "little")
        at += 9
        if at + size > len(data):
            gaps.append((Reason.TRUNCATED, ""))
        yield number, data[at : at + size]
        at += size + 2  # a checksum follows


class _Stream:
    """Properties one after the other ([MS-OXTNEF] 2.1.3.4)."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def count(self) -> int:
        """The next number."""
        return int.from_bytes(self._take(4), "little")

    def properties(self) -> list[Property]:
        """The next list of properties."""
        found: list[Property] = []
        for _ in range(self.count()):
            tag = self.count()
            kind, number = tag & 0xFFFF, tag >> 16
            if number >= _NAMED:
                self._take(16)
                if self.count():
                    self._padded()
                else:
                    self._take(4)
            found += [(number, kind & ~_MANY, value) for value in self._values(kind)]
        return found

    def _values(self, kind: int) -> list[bytes]:
        single = kind & ~_MANY
        if single in _VARIABLE:
            return [self._padded() for _ in range(self.count())]
        if single not in _FIXED:
            raise UnreadableError(Reason.UNSUPPORTED, "a property of unknown type")
        repeats = self.count() if kind & _MANY else 1
        return [self._take(_FIXED[single]) for _ in range(repeats)]

    def _padded(self) -> bytes:
        size = self.count()
        value = self._take(size)
        self._at += -size % 4
        return value

    def _take(self, size: int) -> bytes:
        if self._at + size > len(self._data):
            raise UnreadableError(Reason.TRUNCATED)
        self._at += size
        return self._data[self._at - size : self._at]
