"""Archives of web pages (WARC, ISO 28500): what was asked, what came back, record by record.

Headers of the record and of the HTTP message in it are cells named after their field; what was
carried (a page, a picture, a form that was sent) is an item of its own, named by its address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pdscan.connectors.formats.contents import BarredContent, HeldContent, Names, read_up_to
from pdscan.connectors.formats.fields import cell_blocks
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.mime_headers import Field, decoded, split_fields
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_LINE = 64 << 10  # bytes of a header line
_HEAD = 1 << 20  # bytes of a record's header
_OPENED = ("", "identity", "gzip", "x-gzip", "deflate")  # gzip is an item of its own


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The records in order."""
    names = Names()
    number = 0
    with content.open() as stream:
        while (fields := _record(stream)) is not None:
            number += 1
            found = {name.lower(): value for name, value in fields}
            length = found.get("content-length", b"")
            if not length.isdigit():
                raise UnreadableError(Reason.CORRUPT, f"record {number} has no length")
            size = int(length)
            block = read_up_to(stream, min(size, options.limits.member_memory))
            part = f"record {number}"
            if size > len(block) == options.limits.member_memory:
                yield Gap(Reason.LIMIT, part)
                _skip(stream, size - len(block))
            elif size > len(block):
                yield Gap(Reason.TRUNCATED, part)
            if found.get("content-type", b"").startswith(b"application/http"):
                inner, block = _http(block)
                fields = fields + inner
            cells = ((name, decoded(value)) for name, value in fields)
            yield from cell_blocks(cells, part, options.block_size)
            if block.strip():
                address = decoded(found.get("warc-target-uri", b"")).strip("<>") or part
                yield _carried(names(address), fields, block)


def _record(stream: BinaryIO) -> list[Field] | None:
    """The header fields of the next record; None at the end."""
    line = stream.readline(_LINE)
    while line in (b"\r\n", b"\n"):
        line = stream.readline(_LINE)
    if not line:
        return None
    if not line.startswith(b"WARC/"):
        raise UnreadableError(Reason.CORRUPT, "no record where one should begin")
    lines: list[bytes] = []
    size = 0
    while (line := stream.readline(_LINE)).strip() and size < _HEAD:
        lines.append(line)
        size += len(line)
    return _fields(b"".join(lines))


def _fields(head: bytes) -> list[Field]:
    fields = split_fields(head)
    if fields is None:  # a line without a colon: what the others say still counts
        good = [line for line in head.split(b"\n") if b":" in line[1:]]
        fields = split_fields(b"\n".join(good)) or []
    return fields


def _http(block: bytes) -> tuple[list[Field], bytes]:
    """The header fields of an HTTP message (RFC 9112) and its body; the request line is a field."""
    head, separator, body = block.partition(b"\r\n\r\n")
    if not separator:
        head, separator, body = block.partition(b"\n\n")
    first, _, rest = head.partition(b"\n")
    fields = [("HTTP", first.strip()), *_fields(rest)]
    if any(name.lower() == "transfer-encoding" and b"chunked" in value for name, value in fields):
        body = _unchunked(body)
    return fields, body


def _unchunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while (end := body.find(b"\r\n", at)) >= 0:
        try:
            size = int(body[at:end].split(b";", 1)[0], 16)
        except ValueError:
            break
        if size <= 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
    return b"".join(parts) or body  # many are archived with the chunks undone already


def _carried(name: str, fields: list[Field], body: bytes) -> Nested:
    coded = [value for key, value in fields if key.lower() == "content-encoding"]
    encoding = coded[-1].decode("latin-1").strip().lower() if coded else ""
    if encoding not in _OPENED:
        return Nested(name, BarredContent(name, Reason.UNSUPPORTED, f"Content-Encoding {encoding}"))
    return Nested(name, HeldContent(name, body))


def _skip(stream: BinaryIO, size: int) -> None:
    while size > 0 and (chunk := stream.read(min(size, 1 << 20))):
        size -= len(chunk)
