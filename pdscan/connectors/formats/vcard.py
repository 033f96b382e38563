"""Contacts and calendars as text: vCard 2.1 to 4.0 (RFC 6350) and iCalendar (RFC 5545).

Each property is a field under its own name; folded lines are joined, encoded values decoded;
pictures, keys and attachments inside are nested items. A contact or an event is a record.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.prose import Text
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_LONGEST = 16 << 20  # bytes of one property with its folded lines: a picture
_NAME = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:\"]*(?:\"[^\"]*\"[^:\"]*)*)?):(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\([nN\\,;:])")
_BINARY = re.compile(r"data:([\w/+.-]*)(?:;[\w=-]+)*;base64,(.*)", re.DOTALL)
_COMPOUND = ("N", "ADR", "ORG")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The properties of contacts, events and tasks; binary values as nested items."""
    text = Text("", options.block_size)
    record = broken = pictures = 0
    for line in _unfolded(content):
        found = _NAME.match(line)
        if found is None:
            broken += bool(line.strip())
            text.line(line)
            continue
        name, parameters, value = found[1].upper(), found[2], found[3]
        if name == "BEGIN":
            record += value.strip().upper() not in ("VCALENDAR", "VALARM", "DAYLIGHT", "STANDARD")
            continue
        if name in ("END", "VERSION", "PRODID"):
            continue
        binary = _binary(parameters, value)
        if binary is not None:
            pictures += 1
            unique = f"{name.lower()} {pictures}"
            yield Nested(unique, HeldContent(unique, binary))
            continue
        cells = [(_ESCAPED.sub(_unescape, piece), name) for piece in _pieces(name, value)]
        cells += [(given, name) for given in re.findall(r"(?:CN|EMAIL|SENT-BY)=\"?([^;:\"]+)",
                                                        parameters, re.IGNORECASE)]  # fmt: skip
        text.row(cells, record)
        yield from text.full_blocks()
    yield from text.blocks()
    if not record:
        raise UnreadableError(Reason.CORRUPT, "no BEGIN line")
    if broken:
        yield Gap(Reason.ROWS, f"{broken} lines")


def _unfolded(content: Content) -> Iterator[str]:
    """Whole properties: continuations begin with a blank, or follow an ``=`` where quoted-printable
    goes on.
    """
    held = b""
    soft = False
    with content.open() as stream:
        for line in stream:
            line = line.rstrip(b"\r\n")
            if len(held) < _LONGEST and held and (line[:1] in (b" ", b"\t") or soft):
                held = held[:-1] + line if soft else held + line[1:]
            else:
                if held:
                    yield _decoded(held)
                held = line
            soft = held.endswith(b"=") and b"QUOTED-PRINTABLE" in held[:200].upper()
    if held:
        yield _decoded(held)


def _decoded(line: bytes) -> str:
    head, colon, value = line.partition(b":")
    encoding = "utf-8"
    found = re.search(rb"CHARSET=\"?([\w-]+)", head, re.IGNORECASE)
    if found:
        encoding = found[1].decode("ascii")
    if b"QUOTED-PRINTABLE" in head.upper():
        value = quopri.decodestring(value)
    line = head + colon + value
    try:
        return line.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return line.decode("cp1252", "replace")


def _binary(parameters: str, value: str) -> bytes | None:
    found = _BINARY.match(value)
    encoded = found[2] if found else value
    if not found and not re.search(r"ENCODING=(B|BASE64)\b", parameters, re.IGNORECASE):
        return None
    try:
        return base64.b64decode("".join(encoded.split()) + "==")
    except (binascii.Error, ValueError):
        return None


def _pieces(name: str, value: str) -> list[str]:
    return re.split(r"(?<!\\);", value) if name in _COMPOUND else [value]


def _unescape(found: re.Match[str]) -> str:
    return "\n" if found[1] in "nN" else found[1]
