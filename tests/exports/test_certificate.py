"""A certificate says what was signed, and nothing else can be read as one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pdscan.errors import UsageError
from pdscan.exports import certificate
from pdscan.exports.certificate import Certificate, Scanned

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
CERTIFICATE = Certificate(
    manifest="ab" * 32, request="R-1", verdict="residual", issued="2026-11-22T12:00:00+00:00",
    checked_before="2026-11-22T11:00:00+00:00", program="pdscan 1", actions={"erase": 2},
    sources=(Scanned("<script>", 1200, 0),), open={"copy elsewhere": 1}, retained={"law & order": 1},
    detectors=("email/1",), disguises=True, identifiers="destroyed with their key",
)  # fmt: skip


def test_what_is_signed_is_read() -> None:
    data = certificate.sign(CERTIFICATE, KEY)
    assert certificate.read(data, "c") == CERTIFICATE
    assert certificate.sign(CERTIFICATE, KEY) == data
    public = KEY.public_key().public_bytes_raw().hex()
    assert certificate.read(data, "c", public_key=public) == CERTIFICATE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"residual"', b'"verified"'), (b'"erase":2', b'"erase":3'), (b"R-1", b"R-2"),
        (b'"copy elsewhere":1', b""), (b"pdscan/certificate/1", b"pdscan/certificate/2"),
        (b"{", b"{ "), (b"\n", b""), (b'"signature":"', b'"signature":"00'),
        (b'{"certificate"', b'{"added":1,"certificate"'),
    ],
)  # fmt: skip
def test_what_was_changed_is_refused(old: bytes, new: bytes) -> None:
    data = certificate.sign(CERTIFICATE, KEY)
    assert old in data
    with pytest.raises(UsageError):
        certificate.read(data.replace(old, new, 1), "c")


def test_another_key_is_refused() -> None:
    data = certificate.sign(replace(CERTIFICATE, verdict="verified"), OTHER)
    with pytest.raises(UsageError, match="another key"):
        certificate.read(data, "c", public_key=KEY.public_key().public_bytes_raw().hex())


def test_the_page_fetches_nothing_and_escapes() -> None:
    page = certificate.page(certificate.sign(CERTIFICATE, KEY), "c")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "law &amp; order" in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "no proof of erasure" in page
    for limit in CERTIFICATE.limits:
        assert limit.split(";")[0][:40] in page
