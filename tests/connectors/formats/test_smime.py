"""Signed and sealed messages, made by cryptography and as the standard writes them."""

from __future__ import annotations

import base64
import datetime
import zlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from pdscan.connectors.formats import mime, pgp, smime
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Nested, Reader
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

OPTIONS = ReadOptions()
ENTITY = b"Content-Type: text/plain\r\n\r\nhello 900101-2384\r\n"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Åsa Öberg")])
    now = datetime.datetime(2026, 1, 1)
    mail = x509.SubjectAlternativeName([x509.RFC822Name("asa@example.com")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, now)
    builder = builder.not_valid_after(now + datetime.timedelta(days=1))
    return builder.add_extension(mail, critical=False).sign(KEY, hashes.SHA256())


CERTIFICATE = certificate()


def signed(encoding: Encoding, *options: pkcs7.PKCS7Options) -> bytes:
    builder = pkcs7.PKCS7SignatureBuilder().set_data(ENTITY)
    return builder.add_signer(CERTIFICATE, KEY, hashes.SHA256()).sign(encoding, options)


def sealed(encoding: Encoding) -> bytes:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(ENTITY).add_recipient(CERTIFICATE)
    return builder.encrypt(encoding, [])


def read(reader: Reader, data: bytes) -> tuple[str, dict[str, bytes]]:
    """All text, and what is nested."""
    texts, nested = [], {}
    for event in reader(HeldContent("x", data), OPTIONS):
        if isinstance(event, Block):
            texts.append(event.text.decode())
        elif isinstance(event, Nested):
            with event.content.open() as stream:
                nested[event.name] = stream.read()
    return "\n".join(texts), nested


def tlv(tag: int, *parts: bytes, indefinite: bool = False) -> bytes:
    body = b"".join(parts)
    if indefinite:
        return bytes((tag, 0x80)) + body + b"\0\0"
    length = len(body).to_bytes(4, "big")
    return bytes((tag, 0x84)) + length + body


@pytest.mark.parametrize("armoured", [False, True])
def test_a_signed_message_is_read_with_its_certificates(armoured: bool) -> None:
    data = signed(Encoding.PEM if armoured else Encoding.DER, pkcs7.PKCS7Options.Binary)
    text, nested = read(smime.read, data)
    assert nested == {"content": ENTITY}
    assert "Åsa Öberg" in text
    assert "asa@example.com" in text
    if not armoured:
        assert identify(HeldContent("x", data)) == "application/pkcs7-mime"


def test_a_signature_that_stands_apart_has_certificates_only() -> None:
    data = signed(Encoding.DER, pkcs7.PKCS7Options.DetachedSignature)
    text, nested = read(smime.read, data)
    assert not nested
    assert "asa@example.com" in text


def test_streamed_messages_have_no_lengths() -> None:
    pieces = [tlv(0x04, ENTITY[at : at + 7]) for at in range(0, len(ENTITY), 7)]
    inner = tlv(
        0x30,
        bytes.fromhex("06092a864886f70d010701"),
        tlv(0xA0, tlv(0x24, *pieces, indefinite=True), indefinite=True),
        indefinite=True,
    )
    body = tlv(0x30, b"\x02\x01\x01", tlv(0x31), inner, tlv(0x31), indefinite=True)
    oid = bytes.fromhex("06092a864886f70d010702")
    data = tlv(0x30, oid, tlv(0xA0, body, indefinite=True), indefinite=True)
    assert read(smime.read, data)[1] == {"content": ENTITY}
    assert identify(HeldContent("x", data)) == "application/pkcs7-mime"


def test_compressed_messages() -> None:
    packed = tlv(0x04, zlib.compress(ENTITY))
    inner = tlv(0x30, bytes.fromhex("06092a864886f70d010701"), tlv(0xA0, packed))
    algorithm = tlv(0x30, bytes.fromhex("060b2a864886f70d0109100308"))
    body = tlv(0x30, b"\x02\x01\x00", algorithm, inner)
    data = tlv(0x30, bytes.fromhex("060b2a864886f70d0109100109"), tlv(0xA0, body))
    assert read(smime.read, data)[1] == {"content": ENTITY}


def test_what_is_sealed_is_named() -> None:
    for data in (sealed(Encoding.DER), base64.encodebytes(sealed(Encoding.DER))):
        with pytest.raises(UnreadableError) as caught:
            read(smime.read, data)
        assert caught.value.reason == Reason.ENCRYPTED
    with pytest.raises(UnreadableError) as caught:
        read(pgp.read, b"-----BEGIN PGP MESSAGE-----\n")
    assert caught.value.reason == Reason.ENCRYPTED


def test_the_same_within_a_mail() -> None:
    text, nested = read(mime.read, signed(Encoding.SMIME, pkcs7.PKCS7Options.DetachedSignature))
    assert "hello 900101-2384" in text
    (signature,) = nested.values()
    assert "asa@example.com" in read(smime.read, signature)[0]
    (inside,) = read(mime.read, sealed(Encoding.SMIME))[1].values()
    with pytest.raises(UnreadableError):
        read(smime.read, inside)


@pytest.mark.parametrize("data", [
    b"", b"0", b"0\x80" * 60, b"0\x84\xff\xff\xff\xff", b"x" * 100,
    bytes.fromhex("300d06092a864886f70d010702a000"),
])  # fmt: skip
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        read(smime.read, data)
