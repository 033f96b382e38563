"""Just enough of BER (ITU-T X.690) to find what is wrapped in a signed message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pdscan.errors import UnreadableError
from pdscan.model import Reason

_DEPTH = 32
SEQUENCE, SET, OCTETS, OID = 0x30, 0x31, 0x04, 0x06
CONTEXT = 0xA0  # the first context-specific constructed tag; the number is added


@dataclass(frozen=True, slots=True)
class Value:
    """One value: its tag byte, and its content at [start, end) of ``data``.

    ``stop`` is where the next value begins: beyond the end marks of an indefinite length.
    """

    data: bytes
    tag: int
    start: int
    end: int
    stop: int

    @property
    def is_constructed(self) -> bool:
        """Whether the content is values."""
        return bool(self.tag & 0x20)

    @property
    def content(self) -> bytes:
        """The bytes of the content."""
        return self.data[self.start : self.end]

    @property
    def whole(self) -> bytes:
        """The content with a definite length and the tag before it."""
        size = self.end - self.start
        length = size.to_bytes((size.bit_length() + 7) // 8, "big")
        prefix = bytes((size,)) if size < 0x80 else bytes((0x80 | len(length),)) + length
        return bytes((self.tag,)) + prefix + self.content

    def __iter__(self) -> Iterator[Value]:
        at = self.start
        while at < self.end:
            value = parse(self.data, at, self.end)
            yield value
            at = value.stop


def parse(data: bytes, at: int = 0, end: int | None = None) -> Value:
    """The value at offset `at`; raises UnreadableError where there is none."""
    return _parse(data, at, len(data) if end is None else end, 0)


def _parse(data: bytes, at: int, end: int, depth: int) -> Value:
    if at + 2 > end:
        raise UnreadableError(Reason.TRUNCATED)
    tag, length = data[at], data[at + 1]
    if tag & 0x1F == 0x1F or depth > _DEPTH:
        raise UnreadableError(Reason.CORRUPT, "not the structure of a signed message")
    start = at + 2
    if length == 0x80:
        return _indefinite(data, tag, start, end, depth)
    if length > 0x80:
        size = length & 0x7F
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > end:
        raise UnreadableError(Reason.TRUNCATED)
    return Value(data, tag, start, start + length, start + length)


def _indefinite(data: bytes, tag: int, start: int, end: int, depth: int) -> Value:
    at = start
    while data[at : at + 2] != b"\0\0":
        at = _parse(data, at, end, depth + 1).stop
    return Value(data, tag, start, at, at + 2)


def octets(value: Value) -> bytes:
    """The bytes of an octet string, put together where it is in pieces."""
    parts: list[bytes] = []
    todo = [value]
    while todo:
        piece = todo.pop()
        if piece.is_constructed:
            todo += reversed(list(piece))
        else:
            parts.append(piece.content)
    return b"".join(parts)
