"""Texts in the parts of iWork documents since 2013 (IWA): Snappy blocks of Protocol Buffers.

The format is not documented by its maker, and its messages have no schema here: whatever is a text
by its bytes is one. What is not body text (names of fonts and styles) comes along with it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from pdscan.errors import UnreadableError
from pdscan.model import Reason

_BLOCK = 1 << 20  # bytes of an unpacked block; writers make them of 64 KiB
_DEPTH = 24  # messages within messages
_SHORTEST = 2  # bytes of a text
_CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
_OBJECT = "\ufffc"  # stands in a text for a picture or a footnote


def texts(data: bytes) -> Iterator[str]:
    """The texts in the part `data`; raises UnreadableError (CORRUPT) where it is none."""
    stream = b"".join(_blocks(data))
    at = 0
    while at < len(stream):
        # An archive: a description of its messages, then the messages.
        size, at = _varint(stream, at)
        lengths = [
            length
            for number, value in _fields(stream[at : at + size])
            if number == 2 and isinstance(value, bytes)
            for name, length in _fields(value)
            if name == 3 and isinstance(length, int)
        ]
        at += size
        for length in lengths:
            yield from _said(stream[at : at + length], 0)
            at += length


def _blocks(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 4 <= len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4], "little")
        packed = data[at + 4 : at + 4 + size]
        length, _ = _varint(packed, 0)
        if kind != 0 or len(packed) < size or length > _BLOCK:
            raise UnreadableError(Reason.CORRUPT, "not an IWA block")
        try:
            yield pa.decompress(packed, length, codec="snappy", asbytes=True)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableError(Reason.CORRUPT, "a Snappy block") from error
        at += 4 + size


def _said(message: bytes, depth: int) -> Iterator[str]:
    """The texts in a message and in those within it."""
    try:
        values = [value for _, value in _fields(message) if isinstance(value, bytes)]
    except UnreadableError:
        return  # bytes that are no message after all
    for value in values:
        text = _text(value)
        if text:
            yield text
        elif text is None and depth < _DEPTH:
            yield from _said(value, depth + 1)


def _text(value: bytes) -> str | None:
    """What `value` says; None where it is no text."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.translate(_CONTROLS) != text:
        return None
    text = text.replace(_OBJECT, " ")
    return text if len(text) >= _SHORTEST else ""


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field (protobuf.dev/programming-guides/encoding)."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if wire == 2:
            size, at = _varint(message, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise UnreadableError(Reason.CORRUPT, "not a message")
        if number == 0 or size > len(message) - at:
            raise UnreadableError(Reason.CORRUPT, "not a message")
        if wire == 2:
            yield number, message[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    for position in range(at, min(at + 10, len(data))):
        value |= (data[position] & 0x7F) << shift
        if data[position] < 0x80:
            return value, position + 1
        shift += 7
    raise UnreadableError(Reason.CORRUPT, "ends within a number")
