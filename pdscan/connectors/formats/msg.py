"""Outlook messages in a file of their own, .msg ([MS-OXMSG]): an OLE file of properties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import olefile

from pdscan.connectors.formats import mapi
from pdscan.connectors.formats.contents import seekable_stream
from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.formats.mapi import Attachment, Message, Property
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_DEPTH = 20  # messages within messages, which are all in memory together
_VALUE = "__substg1.0_"
_FIXED = "__properties_version1.0"
_TOP, _EMBEDDED, _OTHER = 32, 24, 8  # bytes before the fixed properties of each kind of storage
_APART = (mapi.STRING8, mapi.UNICODE, mapi.BINARY, mapi.OBJECT)
_Path = tuple[str, ...]


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The texts, people and attachments of the message."""
    with seekable_stream(content, options.limits.member_memory) as stream:
        try:
            with olefile.OleFileIO(stream) as container:
                message = _Reader(container, options.limits.member_memory).message((), _TOP, 0)
        except UnreadableError:
            raise
        except Exception as error:  # olefile meets damage with errors of many kinds
            raise UnreadableError(Reason.CORRUPT, type(error).__name__) from None
    yield from mapi.events(message, options)


class _Reader:
    """Makes messages of the storages of one file."""

    def __init__(self, container: olefile.OleFileIO[Any], limit: int) -> None:
        self._container = container
        self._left = limit
        self._inside: dict[_Path, list[str]] = {}
        for path in container.listdir(streams=True, storages=True):
            self._inside.setdefault(tuple(path[:-1]), []).append(path[-1])

    def message(self, path: _Path, header: int, depth: int) -> Message:
        """The message in the storage `path`, whose fixed properties stand behind a `header`."""
        gaps: list[tuple[str, str]] = []
        properties = self._properties(path, header, gaps)
        charset = mapi.codepage(properties)
        recipients: list[list[Property]] = []
        attachments: list[Attachment] = []
        for name in sorted(self._inside.get(path, ())):
            inner = (*path, name)
            if name.startswith("__recip_version1.0_"):
                recipients.append(self._properties(inner, _OTHER, gaps))
            elif name.startswith("__attach_version1.0_"):
                attachments.append(self._attachment(inner, charset, depth, gaps))
        return mapi.assemble(properties, recipients, attachments, gaps)

    def _attachment(
        self, path: _Path, charset: str, depth: int, gaps: list[tuple[str, str]]
    ) -> Attachment:
        properties = self._properties(path, _OTHER, gaps)
        embedded = (*path, f"{_VALUE}{mapi.ATTACHED_DATA:04X}000D")
        message = None
        if embedded in self._inside:
            if any(name.startswith(_VALUE) for name in self._inside[embedded]):
                if depth < _DEPTH:
                    message = self.message(embedded, _EMBEDDED, depth + 1)
                else:
                    gaps.append((Reason.LIMIT, "messages nested too deep"))
            else:
                gaps.append((Reason.UNSUPPORTED, "an embedded OLE object"))
        data = next(
            (value for number, kind, value in properties
             if number == mapi.ATTACHED_DATA and kind == mapi.BINARY), b""
        )  # fmt: skip
        return Attachment(mapi.texts(properties, charset), data, message)

    def _properties(self, path: _Path, header: int, gaps: list[tuple[str, str]]) -> list[Property]:
        found: list[Property] = []
        for name in sorted(self._inside.get(path, ())):
            # A value of a list has its position behind a hyphen.
            tag, _, position = name.removeprefix(_VALUE).partition("-")
            if name == _FIXED:
                found += _fixed(self._stream((*path, name), gaps)[header:])
            elif name.startswith(_VALUE) and len(tag) == 8 and (*path, name) not in self._inside:
                number, kind = _number(tag[:4]), _number(tag[4:])
                if not kind & 0x1000 or position:  # else the lengths of the list
                    found.append((number, kind, self._stream((*path, name), gaps)))
        return found

    def _stream(self, path: _Path, gaps: list[tuple[str, str]]) -> bytes:
        try:
            data: bytes = self._container.openstream(list(path)).read()
        except OSError:
            gaps.append((Reason.CORRUPT, "/".join(path)))
            return b""
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableError(Reason.LIMIT, "holds more than may be in memory at a time")
        return data


def _number(digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return 0


def _fixed(table: bytes) -> Iterator[Property]:
    """The properties of fixed size: type, id, flags, value in 16 bytes each."""
    for at in range(0, len(table) - 15, 16):
        kind = int.from_bytes(table[at : at + 2], "little")
        if kind in _APART or kind & 0x1000:
            continue  # the value is in a stream of its own
        yield int.from_bytes(table[at + 2 : at + 4], "little"), kind, table[at + 8 : at + 16]
