"""S/MIME and other CMS messages (RFC 8551, RFC 5652): what is signed is read, what is sealed named.

The certificates that come with a signature hold names and addresses of people.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator

from cryptography import x509

from pdscan.connectors.formats import ber
from pdscan.connectors.formats.contents import HeldContent, read_whole
from pdscan.connectors.formats.fields import cell_blocks
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_PKCS7 = bytes.fromhex("2a864886f70d0107")
_SMIME = bytes.fromhex("2a864886f70d01091001")
_SIGNED = _PKCS7 + b"\x02"
_DIGESTED = _PKCS7 + b"\x05"
_COMPRESSED = _SMIME + b"\x09"
_SEALED = (_PKCS7 + b"\x03", _PKCS7 + b"\x04", _PKCS7 + b"\x06", _SMIME + b"\x17")
_ARMOUR = re.compile(rb"-----BEGIN (?:PKCS7|PKCS #7 SIGNED DATA|CMS)-----(.+?)-----END", re.S)
_ENTITY = re.compile(rb"(?:content-[a-z-]+|mime-version|received|from|date|subject):", re.I)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """What is wrapped in the message, as an item in it, and the certificates with it.

    Raises UnreadableError(ENCRYPTED) for an encrypted one.
    """
    limit = options.limits.member_memory
    fields = list(ber.parse(_binary(read_whole(content, limit))))
    if not fields or fields[0].tag != ber.OID:
        raise UnreadableError(Reason.CORRUPT)
    kind = fields[0].content
    if kind in _SEALED:
        raise UnreadableError(Reason.ENCRYPTED)
    if kind not in (_SIGNED, _DIGESTED, _COMPRESSED) or len(fields) < 2:
        raise UnreadableError(Reason.UNSUPPORTED, "a kind of CMS message that is not known")
    body = next(iter(fields[1]), None)
    if body is None:
        raise UnreadableError(Reason.TRUNCATED)
    wrapped = _wrapped(body)
    if wrapped is not None:
        if kind == _COMPRESSED:
            wrapped = _inflated(wrapped, limit)
        media_type = "message/rfc822" if _ENTITY.match(wrapped) else ""
        yield Nested("content", HeldContent("content", wrapped), media_type)
    if kind == _SIGNED:
        yield from _certificates(body, options)


def _binary(data: bytes) -> bytes:
    """The message itself where it comes as text."""
    if data.startswith(b"0"):
        return data
    armour = _ARMOUR.search(data)
    try:
        return binascii.a2b_base64(armour[1] if armour else data)
    except binascii.Error:
        raise UnreadableError(Reason.CORRUPT) from None


def _wrapped(body: ber.Value) -> bytes | None:
    """The content in a SignedData or its like; None where the signature stands apart."""
    for field in body:
        if field.tag != ber.SEQUENCE:
            continue
        inner = list(field)
        if len(inner) == 2 and inner[0].tag == ber.OID and inner[1].tag == ber.CONTEXT:
            return b"".join(map(ber.octets, inner[1]))
    return None


def _inflated(data: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(data, limit)
    except zlib.error:
        raise UnreadableError(Reason.CORRUPT) from None
    if inflater.unconsumed_tail:
        raise UnreadableError(Reason.LIMIT, f"more than {limit >> 20} MiB")
    return plain


def _certificates(body: ber.Value, options: ReadOptions) -> Iterator[Yield]:
    cells: list[tuple[str, str]] = []
    broken = 0
    for field in body:
        if field.tag != ber.CONTEXT:
            continue
        for held in field:
            try:
                cells += _named(x509.load_der_x509_certificate(held.whole))
            except Exception:  # its parts are parsed when asked for, with errors of their own
                broken += 1
    yield from cell_blocks(cells, "certificates", options.block_size)
    if broken:
        yield Gap(Reason.CORRUPT, f"{broken} certificates")


def _named(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    yield "subject", certificate.subject.rfc4514_string()
    yield "issuer", certificate.issuer.rfc4514_string()
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    for name in names.get_values_for_type(x509.RFC822Name):
        yield "email", name
