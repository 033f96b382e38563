"""Messages, contacts and appointments as Outlook keeps them ([MS-OXPROPS], [MS-OXCMSG]).

MSG, PST and TNEF store the same properties in three ways; their readers make a `Message` of them,
and this module says what stands in it. An embedded message travels to the driver as the bytes of
such a `Message`, under a media type of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from pdscan.connectors.formats.bodies import BOM, body_events
from pdscan.connectors.formats.charsets import to_text, to_utf8
from pdscan.connectors.formats.contents import HeldContent, Names, read_whole
from pdscan.connectors.formats.fields import cell_blocks, text_blocks
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.mapi_names import NAMES
from pdscan.connectors.formats.mime_headers import decoded, split_fields
from pdscan.connectors.formats.rtf_compressed import decompressed
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

MEDIA_TYPE = "application/vnd.pdscan.mapi"

#: A property as it is stored: its id, its type, and its bytes.
Property = tuple[int, int, bytes]

STRING8, UNICODE, BINARY, LONG, OBJECT = 0x001E, 0x001F, 0x0102, 0x0003, 0x000D
_MANY = 0x1000
_BODY, _RTF, _HTML, _HEADERS = 0x1000, 0x1009, 0x1013, 0x007D
_MESSAGE_ID = 0x1035
_CODEPAGES = (0x3FDE, 0x3FFD)  # of the body on the Internet, of the strings
_FILE_NAMES = (0x3707, 0x3704, 0x3001)  # long, short, displayed
ATTACHED_DATA, MIME_TAG = 0x3701, 0x370E


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file, or a message, within a message."""

    texts: list[tuple[int, str]] = field(default_factory=list)
    data: bytes = b""
    message: Message | None = None

    @property
    def name(self) -> str:
        """Its file name; empty where it has none."""
        known = dict(self.texts)
        return next((known[number] for number in _FILE_NAMES if known.get(number)), "")


@dataclass(frozen=True, slots=True)
class Message:
    """Whatever Outlook keeps as an item: (property id, text) pairs, bodies, people, files."""

    texts: list[tuple[int, str]] = field(default_factory=list)
    headers: str = ""
    body: str = ""
    html: bytes = b""
    rtf: bytes = b""  # compressed as it is stored
    recipients: list[list[tuple[int, str]]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)  # (reason, detail)

    @property
    def message_id(self) -> str:
        """The Message-ID without its angle brackets; empty where there is none."""
        return dict(self.texts).get(_MESSAGE_ID, "").strip(" <>\0")


def codepage(properties: Iterable[Property]) -> str:
    """The charset of the strings that are not Unicode."""
    known = {number: value for number, kind, value in properties if kind == LONG}
    for number in _CODEPAGES:
        page = int.from_bytes(known.get(number, b"")[:4], "little")
        if page == 65001:
            return "utf-8"
        if 28590 < page < 28606:
            return f"iso-8859-{page - 28590}"
        if page not in (0, 20127):
            return f"cp{page}"
    return ""


def texts(properties: Iterable[Property], charset: str) -> list[tuple[int, str]]:
    """The strings among `properties`, bodies and headers too."""
    found = []
    for number, kind, value in properties:
        if kind in (UNICODE, _MANY | UNICODE):
            text = value.decode("utf-16-le", "replace")
        elif kind in (STRING8, _MANY | STRING8):
            text = to_text(value, charset)
        else:
            continue
        if text := text.rstrip("\0"):
            found.append((number, text))
    return found


def assemble(
    properties: list[Property],
    recipients: list[list[Property]],
    attachments: list[Attachment],
    gaps: list[tuple[str, str]],
) -> Message:
    """The message with these `properties`."""
    charset = codepage(properties)
    found = texts(properties, charset)
    known = dict(found)
    binary = {number: value for number, kind, value in properties if kind == BINARY}
    html = to_utf8(binary[_HTML], charset) if _HTML in binary else known.get(_HTML, "").encode()
    return Message(
        texts=[(n, t) for n, t in found if n not in (_BODY, _HTML, _HEADERS)],
        headers=known.get(_HEADERS, ""),
        body=known.get(_BODY, ""),
        html=html,
        rtf=binary.get(_RTF, b""),
        recipients=[texts(recipient, charset) for recipient in recipients],
        attachments=attachments,
        gaps=gaps,
    )


def encoded(message: Message) -> bytes:
    """`message` as the bytes of `MEDIA_TYPE`; the same for the same message."""
    return msgspec.msgpack.encode(message)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """What stands in a message that `encoded` has written."""
    data = read_whole(content, options.limits.member_memory)
    try:
        message = msgspec.msgpack.decode(data, type=Message)
    except (msgspec.DecodeError, ValueError):
        raise UnreadableError(Reason.CORRUPT) from None
    yield from events(message, options)


def events(message: Message, options: ReadOptions) -> Iterator[Yield]:
    """The texts of `message`, and what is attached to it."""
    size = options.block_size
    yield from cell_blocks(_header_cells(message.headers), "headers", size)
    yield from cell_blocks(_named(message.texts), "properties", size)
    people = (pair for recipient in message.recipients for pair in recipient)
    yield from cell_blocks(_named(people), "recipients", size)
    yield from text_blocks(message.body.encode("utf-8", "replace"), "body", size)
    if message.html:
        yield from body_events("text/html", BOM + message.html, "html", options)
    elif message.rtf:
        yield from _rich(message, options)
    names = Names()
    for position, attached in enumerate(message.attachments, 1):
        yield from cell_blocks(_named(attached.texts), f"attachment {position}", size)
        name = names(attached.name or f"attachment {position}")
        if attached.message is not None:
            yield Nested(name, HeldContent(name, encoded(attached.message)), MEDIA_TYPE)
        else:
            yield Nested(name, HeldContent(name, attached.data))
    for reason, detail in message.gaps:
        yield Gap(Reason(reason), detail)


def _rich(message: Message, options: ReadOptions) -> Iterator[Yield]:
    try:
        rtf = decompressed(message.rtf)
    except UnreadableError as error:
        if not message.body:  # else the same text has been read
            yield Gap(Reason(error.reason), "the formatted body")
        return
    yield from body_events("text/rtf", rtf, "rtf", options)


def _header_cells(headers: str) -> Iterator[tuple[str, str]]:
    raw = headers.replace("\r\n", "\n").strip("\n").encode("utf-8", "replace")
    first, _, rest = raw.partition(b"\n")
    if b":" not in first:  # "Microsoft Mail Internet Headers Version 2.0"
        raw = rest
    fields = split_fields(raw.replace(b"\r", b"\n"))
    if fields is None:
        yield "headers", headers
        return
    for name, value in fields:
        yield name, decoded(value)


def _named(pairs: Iterable[tuple[int, str]]) -> Iterator[tuple[str, str]]:
    for number, text in pairs:
        yield NAMES.get(number) or f"property {number:04x}", text
