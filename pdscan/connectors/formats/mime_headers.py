"""Header fields of mail (RFC 5322): cut, unfolded, decoded (RFC 2047), parameters (RFC 2231)."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote_to_bytes

from pdscan.connectors.formats.charsets import to_text, to_utf8

#: A header field as it stands in the message, unfolded but not decoded.
Field = tuple[str, bytes]

#: The envelope line of mailboxes (``From sender date``), which is no header field.
ENVELOPE = "From_"

_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NAME = re.compile(rb"[!-9;-~]+")
_WORD = re.compile(rb"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(rb"(?<=\?=)\s+(?==\?[^?\s]+\?[bBqQ]\?)")
_PARAMETER = re.compile(rb';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_ESCAPED = re.compile(rb"\\(.)")


def unfolded(head: bytes) -> bytes:
    """`head` with the line breaks within its fields taken out (RFC 5322, 2.2.3)."""
    return _FOLD.sub(b"", head) if b"\n " in head or b"\n\t" in head else head


def split_fields(head: bytes) -> list[Field] | None:
    """The fields of a header block in order; None where a line is not part of a field."""
    if b"\r" in head and head.count(b"\r") - head.endswith(b"\r") != head.count(b"\r\n"):
        return None  # a lone carriage return: a line break of old, or damage
    head = unfolded(head)
    fields: list[Field] = []
    for line in head.split(b"\n"):
        name, colon, value = line.partition(b":")
        name = name.rstrip(b" \t")
        if colon and _NAME.fullmatch(name):
            fields.append((name.decode("ascii"), value.strip(b" \t\r")))
        elif not fields and line.startswith((b"From ", b">From ")):
            fields.append((ENVELOPE, line.partition(b" ")[2].rstrip(b"\r")))
        elif line.strip(b"\r"):
            return None
    return fields


def decoded(value: bytes) -> str:
    """The text of a field's value: encoded words decoded, raw bytes read as what they are."""
    if b"=?" not in value:
        return value.decode("ascii") if value.isascii() else to_text(value)
    value = _BETWEEN.sub(b"", value)
    parts: list[bytes] = []
    pending, charset, end = b"", "", 0
    # Words of one charset that touch are joined before decoding: mailers cut within characters.
    for word in _WORD.finditer(value):
        touches = word.start() == end and parts
        own = word[1].decode("latin-1").lower()
        if pending and not (touches and own == charset):
            parts.append(to_utf8(pending, charset))
            pending = b""
        if word.start() > end:
            parts.append(to_utf8(value[end : word.start()]))
        parts.append(b"")
        pending += _word(word[2], word[3])
        charset, end = own, word.end()
    parts += to_utf8(pending, charset), to_utf8(value[end:])
    return b"".join(parts).decode("utf-8", "replace")


def _word(kind: bytes, text: bytes) -> bytes:
    if kind in b"qQ":
        return binascii.a2b_qp(text.replace(b"_", b" ").replace(b"=\n", b""))
    try:
        return binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return text


def parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """The lower-case token a value begins with, and its parameters with RFC 2231 undone."""
    token = value.split(b";", 1)[0].strip(b' \t"').lower().decode("latin-1")
    if b";" not in value:
        return token, {}
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, bytes]]] = {}
    for match in _PARAMETER.finditer(value):
        name = match[1].decode("latin-1").lower()
        text = match[2].strip()
        if text.startswith(b'"'):
            text = _ESCAPED.sub(rb"\1", text[1:-1])
        if "*" not in name:
            plain.setdefault(name, decoded(text))
            continue
        base, _, number = name.partition("*")
        is_encoded = number.endswith("*") or number == ""
        number = number.rstrip("*")
        pieces.setdefault(base, []).append(
            (int(number) if number.isdigit() and len(number) < 6 else 0, is_encoded, text)
        )
    for base, found in pieces.items():
        plain[base] = _joined(sorted(found, key=lambda piece: piece[0]))
    return token, plain


def _joined(pieces: list[tuple[int, bool, bytes]]) -> str:
    charset, data = "", b""
    for position, (_, is_encoded, text) in enumerate(pieces):
        if is_encoded and position == 0 and text.count(b"'") >= 2:
            declared, _, text = text.split(b"'", 2)
            charset = declared.decode("latin-1")
        data += unquote_to_bytes(text) if is_encoded else text
    return to_text(data, charset)
