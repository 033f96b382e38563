"""The parts of a mail (RFC 2045, 2046), cut out of its bytes without parsing line by line.

`parts` walks the message with searches for headers' ends and boundaries, which is many times as
fast as a line-wise parser. Where something stands that it is not made for (a header line without a
colon, a boundary that never comes) it gives up, and the standard library's parser, which has a rule
for every such case, does the message instead.
"""

from __future__ import annotations

import email.message
import email.parser
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from pdscan.connectors.formats.mime_headers import (
    ENVELOPE,
    Field,
    parameters,
    split_fields,
    unfolded,
)

#: How deep multiparts may be nested; what lies deeper is one part.
DEPTH = 100
#: How many parts a message may have; what follows is one part.
PARTS = 20_000
_PADDING = 1024  # bytes of white space that may follow a delimiter on its line

if TYPE_CHECKING:
    _Message = email.message.Message[str, str]


@dataclass(slots=True)
class Part:
    """A part as it lies in the message: ``body`` is still encoded.

    ``number`` counts as IMAP does (``1``, ``2.1``); the message's own header has an empty one and,
    with a single body, that body. A multipart's body is the text before its first boundary.
    ``is_cut`` where a limit left what is in it unwalked.
    """

    number: str
    fields: list[Field] = field(default_factory=list)
    body: bytes = b""
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    is_cut: bool = False


class AnomalyError(Exception):
    """The message is not as the fast walker expects."""


def parts(data: bytes) -> list[Part]:
    """The parts of the message `data` in order; never raises for what it holds."""
    try:
        return fast_parts(data)
    except AnomalyError:
        pass
    try:
        return library_parts(data)
    except Exception:  # the library's parser has bugs of its own on hostile mail
        return [Part("", body=data, is_cut=True)]


def fast_parts(data: bytes) -> list[Part]:
    """The parts of `data`; raises AnomalyError where only a lenient parser can tell them."""
    found: list[Part] = []
    # (number, start, end, type of a part that names none, depth); the last one is next.
    todo: list[tuple[str, int, int, str, int]] = [("", 0, len(data), "text/plain", 0)]
    while todo:
        number, start, end, default, depth = todo.pop()
        part, body = _head(data, number, start, end, default)
        found.append(part)
        boundary = part.parameters.get("boundary", "")
        if not part.media_type.startswith("multipart/"):
            part.body = data[body:end]
            continue
        if depth >= DEPTH or len(found) + len(todo) >= PARTS:
            part.body, part.is_cut = data[body:end], True
            continue
        if not boundary:
            raise AnomalyError
        lines = _delimiters(data, body, end, boundary.encode("latin-1", "replace"))
        part.body = data[body : max(body, _before_break(data, lines[0][0]))]
        child = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
        prefix = f"{number}." if number else ""
        if data[lines[-1][1] : end].strip():
            found.append(Part(f"{prefix}epilogue", body=data[lines[-1][1] : end]))
        spans = [(a[1], b[0]) for a, b in pairwise(lines) if a[1] < b[0]]
        for position in range(len(spans), 0, -1):
            first, last = spans[position - 1]
            last = max(first, _before_break(data, last))
            todo.append((f"{prefix}{position}", first, last, child, depth + 1))
    return found


def library_parts(data: bytes) -> list[Part]:
    """The parts of `data` as the standard library's parser cuts them."""
    envelope = b""
    if data.startswith(b"From "):
        envelope, _, data = data.partition(b"\n")
    parser = email.parser.BytesParser(policy=email.policy.compat32)
    found = list(_library_walk(parser.parsebytes(data), "", 0))
    if envelope:
        found[0].fields.insert(0, (ENVELOPE, envelope[5:].rstrip(b"\r")))
    return found


def _library_walk(message: _Message, number: str, depth: int) -> Iterator[Part]:
    fields = [(name, unfolded(_raw(value)).strip(b" \t\r")) for name, value in message.raw_items()]
    part = Part(number, fields, media_type=message.get_content_type())
    for name, value in fields:
        if name.lower() == "content-type":
            _, part.parameters = parameters(value)
            break
    prefix = f"{number}." if number else ""
    payload = message.get_payload()
    if isinstance(payload, str):
        part.body = _raw(payload)
        yield part
    elif part.media_type.startswith("message/"):
        part.body = b"\n".join(map(_serialised, payload))
        yield part
    elif depth >= DEPTH:
        part.body, part.is_cut = _serialised(message), True
        yield part
    else:
        part.body = _raw(message.preamble or "")
        yield part
        for position, child in enumerate(payload or (), 1):
            yield from _library_walk(child, f"{prefix}{position}", depth + 1)
        if message.epilogue and message.epilogue.strip():
            yield Part(f"{prefix}epilogue", body=_raw(message.epilogue))


def _serialised(message: _Message) -> bytes:
    return message.as_bytes(policy=email.policy.compat32.clone(max_line_length=0))


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _head(data: bytes, number: str, start: int, end: int, default: str) -> tuple[Part, int]:
    """The part that starts at `start`, without its body, and where that begins."""
    fields: list[Field] = []
    if data.startswith(b"\n", start, end):
        body = start + 1
    elif data.startswith(b"\r\n", start, end):
        body = start + 2
    else:
        stop, body = _head_end(data, start, end)
        split = split_fields(data[start:stop])
        if split is None:
            raise AnomalyError
        fields = split
    part = Part(number, fields, media_type=default)
    for name, value in fields:
        if name.lower() == "content-type":
            media_type, part.parameters = parameters(value)
            part.media_type = media_type if media_type.count("/") == 1 else "text/plain"
            break
    return part, body


def _head_end(data: bytes, start: int, end: int) -> tuple[int, int]:
    plain = data.find(b"\n\n", start, end)
    crlf = data.find(b"\n\r\n", start, end if plain < 0 else plain)
    if crlf >= 0:
        return crlf, crlf + 3
    if plain >= 0:
        return plain, plain + 2
    return end, end


def _delimiters(data: bytes, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
    """The delimiter lines from `start` on: where each begins, and where the line after it does.

    The closing one is the last; raises AnomalyError where there is none.
    """
    delimiter = b"--" + boundary
    lines: list[tuple[int, int]] = []
    at = start if data.startswith(delimiter, start, end) else _next(data, start, end, delimiter)
    while at >= 0:
        after = at + len(delimiter)
        line_end = data.find(b"\n", after, min(after + _PADDING, end))
        if line_end < 0 and end - after <= _PADDING:
            line_end = end
        rest = data[after:line_end].strip(b" \t\r") if line_end >= 0 else b"-"
        if rest in (b"", b"--"):
            lines.append((at, min(line_end + 1, end)))
            if rest:
                return lines
        at = _next(data, after, end, delimiter)
    raise AnomalyError


def _before_break(data: bytes, end: int) -> int:
    """Where the line before `end` ends: the line break belongs to the delimiter."""
    if data.endswith(b"\r\n", 0, end):
        return end - 2
    return end - 1


def _next(data: bytes, start: int, end: int, delimiter: bytes) -> int:
    at = data.find(b"\n" + delimiter, start, end)
    return at + 1 if at >= 0 else -1
