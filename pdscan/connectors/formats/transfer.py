"""Content-Transfer-Encodings of mail parts undone (RFC 2045): damage never loses text."""

from __future__ import annotations

import binascii
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pybase64

from pdscan.connectors.formats.contents import HEAD

_PADDING = re.compile(rb"=[=\s]*")
_FOREIGN = re.compile(rb"[^A-Za-z0-9+/=\s]")
_UU_BEGIN = re.compile(rb"^begin(-base64)? [0-7]{3,4} ([^\r\n]+)\r?\n", re.M)
_UU_END = re.compile(rb"^(?:end|====)[ \t]*\r?$", re.M)


def undone(body: bytes, encoding: str, *, is_text: bool = False) -> bytes:
    """`body` with its transfer `encoding` (lower case) undone; unknown ones are left as they are.

    What stands in base64 `is_text` but is not base64 (the footer of a mailing list) follows as it
    stands.
    """
    if encoding == "base64":
        return _base64(body, is_text=is_text)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(body) if b"=" in body else body
    if encoding in ("x-uuencode", "x-uue", "uuencode"):
        files = list(uu_files(body))
        return files[0][1] if files else body
    return body


def _base64(body: bytes, *, is_text: bool) -> bytes:
    padding = body.find(b"=")
    if padding < 0 or not body[padding:].strip(b"= \t\r\n"):
        decoded = _quads(body)
    else:  # Several pieces one after the other, each with padding of its own.
        decoded = b"".join(_quads(piece) for piece in _PADDING.split(body))
    if is_text and _FOREIGN.search(body):
        return decoded + b"\n" + body
    return decoded


def _quads(data: bytes) -> bytes:
    try:
        return pybase64.b64decode(data)
    except binascii.Error:  # padding is missing, or one sign too many stands for nothing
        signs = _FOREIGN.sub(b"", data).translate(None, b" \t\r\n\v\f=")
        return binascii.a2b_base64(signs[: len(signs) - (len(signs) % 4 == 1)] + b"==")


def uu_files(text: bytes) -> Iterator[tuple[str, bytes]]:
    """The files uuencoded within `text` (POSIX uuencode), as (name, bytes)."""
    at = 0
    while (begin := _UU_BEGIN.search(text, at)) is not None:
        end = _UU_END.search(text, begin.end())
        stop, at = (end.start(), end.end()) if end else (len(text), len(text))
        body = text[begin.end() : stop]
        data = _base64(body, is_text=False) if begin[1] else _uu(body)
        if data:
            yield begin[2].decode("utf-8", "replace").strip(), data


def _uu(body: bytes) -> bytes:
    parts = []
    for line in body.split(b"\n"):
        line = line.rstrip(b"\r")
        if not line:
            continue
        try:
            parts.append(binascii.a2b_uu(line))
        except binascii.Error:
            # Encoders that count wrongly: as many signs as the length byte asks for.
            size = ((line[0] - 32 & 63) * 4 + 5) // 3
            try:
                parts.append(binascii.a2b_uu(line[:size]))
            except binascii.Error:
                return b"".join(parts)
    return b"".join(parts)


@dataclass(frozen=True, slots=True)
class EncodedContent:
    """A part of a mail whose transfer encoding is undone when it is opened."""

    name: str
    body: bytes = field(repr=False)
    encoding: str
    size: int | None = None
    path: Path | None = None

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        front = self.body[: HEAD * 3 // 2]
        if len(front) < len(self.body) and self.encoding == "base64":
            front = front[: front.rfind(b"\n") + 1] or front
        return undone(front, self.encoding)[:HEAD]

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        return io.BytesIO(undone(self.body, self.encoding))
