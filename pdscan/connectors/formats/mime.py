"""One mail: its headers, its text, and what is attached to it (RFC 5322, 2045-2047, 2183, 2231).

Headers are cells named after their field, with encoded words decoded. Text and HTML parts without
a file name are the message's own text, each a ``part`` with its number; all other parts are items
within the message.
"""

from __future__ import annotations

from collections.abc import Iterator

from pdscan.connectors.formats.bodies import BOM, body_events
from pdscan.connectors.formats.charsets import to_text, to_utf8
from pdscan.connectors.formats.contents import BarredContent, HeldContent, Names, read_whole
from pdscan.connectors.formats.fields import cell_blocks, text_blocks
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.mime_headers import decoded, parameters
from pdscan.connectors.formats.mime_walk import Part, parts
from pdscan.connectors.formats.transfer import EncodedContent, undone, uu_files
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Reason

_TEXT = frozenset({
    "text/plain", "text/enriched", "text/x-amp-html", "text/watch-html", "text/rfc822-headers",
    "message/delivery-status", "message/disposition-notification", "message/feedback-report",
})  # fmt: skip
_HTML = frozenset({"text/html", "application/xhtml+xml", "text/x-amp-html", "text/watch-html"})
_MAIL = frozenset({"message/rfc822", "message/global", "message/news"})
_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_PGP = b"-----BEGIN PGP MESSAGE-----"


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The headers, texts and attachments of the mail in `content`.

    Raises UnreadableError(LIMIT) for one larger than ``limits.member_memory``.
    """
    data = read_whole(content, options.limits.member_memory)
    yield from read_mail(data, options)


def read_mail(data: bytes, options: ReadOptions) -> Iterator[Yield]:
    """The headers, texts and attachments of the mail `data`."""
    found = parts(data)
    top = found[0]
    head = ((name, decoded(value)) for name, value in top.fields)
    yield from cell_blocks(head, "headers", options.block_size)
    names = Names()
    is_sealed = top.media_type == "multipart/encrypted"
    for part in found:
        yield from _part(part, names, options, is_sealed=is_sealed)
    yield from cell_blocks(_part_cells(found), "part headers", options.block_size)
    if any(part.is_cut for part in found):
        yield Gap(Reason.LIMIT, "parts nested too deep, or too many: read as one text")


def _part_cells(found: list[Part]) -> Iterator[tuple[str, str]]:
    """The header fields of the parts, and what stands around the parts."""
    for part in found:
        if part is not found[0]:
            for name, value in part.fields:
                yield f"{part.number} {name}", decoded(value)
        if _is_around(part):
            around = part.body.strip()
            yield part.number or "preamble", to_text(around)


def _is_around(part: Part) -> bool:
    return part.number.endswith("epilogue") or (
        part.media_type.startswith("multipart/") and not part.is_cut
    )


def _part(part: Part, names: Names, options: ReadOptions, *, is_sealed: bool) -> Iterator[Yield]:
    if _is_around(part):
        return
    disposition, encoding, file_name = _fields(part)
    number = part.number or "1"
    is_attached = disposition == "attachment" or bool(file_name)
    name = file_name or f"part {number}"
    if (part.media_type in _TEXT | _HTML and not is_attached) or part.is_cut:
        data = undone(part.body, encoding, is_text=True)
        text = to_utf8(data, part.parameters.get("charset", ""))
        if part.media_type in _HTML:
            yield from body_events("text/html", BOM + text, f"part {number}", options)
        else:
            yield from text_blocks(text, f"part {number}", options.block_size)
            if b"\nbegin" in text or text.startswith(b"begin"):
                for inner, uu_data in uu_files(data):
                    yield _nested(names, HeldContent(inner, uu_data))
        if _PGP in text:
            yield Gap(Reason.ENCRYPTED, f"part {number}: a PGP message")
    elif is_sealed and part.media_type == "application/octet-stream":
        yield _nested(names, BarredContent(name, Reason.ENCRYPTED, "PGP/MIME"))
    else:
        media_type = "message/rfc822" if part.media_type in _MAIL else ""
        if part.media_type in _SMIME:
            media_type = "application/pkcs7-mime"
        yield _nested(names, EncodedContent(name, part.body, encoding), media_type)


def _nested(names: Names, content: Content, media_type: str = "") -> Nested:
    return Nested(names(content.name), content, media_type)


def _fields(part: Part) -> tuple[str, str, str]:
    """How the part is presented, its transfer encoding, and its file name."""
    disposition, encoding, file_name = "", "", part.parameters.get("name", "")
    for name, value in part.fields:
        key = name.lower()
        if key == "content-disposition":
            disposition, given = parameters(value)
            file_name = given.get("filename", "") or file_name
        elif key == "content-transfer-encoding":
            encoding = value.split(b";", 1)[0].strip().lower().decode("latin-1")
    return disposition, encoding, file_name
