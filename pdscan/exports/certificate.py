"""The certificate of an erasure: what was checked, how, what it proves, and what it does not.

Canonical JSON (RFC 8785) under a signature with Ed25519 (RFC 8032), and the same as a page. It
holds no personal data: no identifier, no fingerprint, no preview and no locator, which may hold a
name; entries are counted. The manifest is named by its digest.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pdscan.errors import UsageError

FORMAT = "pdscan/certificate/1"

LIMITS = (
    "It speaks of the sources that are named here, as they were when they were read. Other systems,"
    " paper, and what people remember were not looked at.",
    "Backups are not looked into unless they are among the sources. A restored backup brings the"
    " data back: check with pdscan verify --replay.",
    "The person is known by the identifiers of the manifest. A record that names the person by none"
    " of them is not found.",
    "Hashes and encodings are found where they were made in the usual ways. A digest under a secret"
    " key, an image of a text, and encrypted data cannot be recognised.",
    "Space that a system has set free may hold remnants until it is written over.",
)


@dataclass(frozen=True, slots=True)
class Scanned:
    """One source: its name, how many items were read, how many could not be."""

    source: str
    items: int
    gaps: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is certified.

    ``actions`` counts the entries of the manifest by action, ``open`` the problems by cause,
    ``retained`` the entries that stay, by rule and last day. ``identifiers`` says what became of
    the identifiers that were kept for the check.
    """

    manifest: str
    request: str
    verdict: str
    issued: str
    checked_before: str
    program: str
    sources: tuple[Scanned, ...]
    actions: Mapping[str, int]
    open: Mapping[str, int]
    retained: Mapping[str, int]
    detectors: tuple[str, ...]
    disguises: bool
    identifiers: str
    approved_by: tuple[str, ...] = ()
    limits: tuple[str, ...] = LIMITS
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate, the key it was signed with and the signature, both in hexadecimal digits."""

    certificate: Certificate
    public_key: str
    signature: str


def sign(certificate: Certificate, key: Ed25519PrivateKey) -> bytes:
    """The signed certificate as a file."""
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    signature = key.sign(_body(certificate)).hex()
    return rfc8785.dumps(msgspec.to_builtins(Signed(certificate, public, signature))) + b"\n"


def read(data: bytes, name: str, *, public_key: str = "") -> Certificate:
    """The certificate in `data`; raises UsageError where it is none, where it was changed, or where
    it was signed with another key than `public_key` (hexadecimal digits; "": any).
    """
    try:
        signed = msgspec.json.decode(data, type=Signed)
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.public_key))
        key.verify(bytes.fromhex(signed.signature), _body(signed.certificate))
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError, InvalidSignature):
        raise UsageError(
            f"{name}: not a certificate as it was signed: it was changed, or is none"
        ) from None
    if public_key and public_key != signed.public_key:
        raise UsageError(f"{name}: signed with another key than the one expected")
    if rfc8785.dumps(msgspec.to_builtins(signed)) + b"\n" != data:
        raise UsageError(f"{name}: not written as pdscan writes: it was edited by hand")
    return signed.certificate


def key_of(data: bytes) -> str:
    """The key (hexadecimal digits) that the certificate in `data` names, which `read` has read."""
    return msgspec.json.decode(data, type=Signed).public_key


def _body(certificate: Certificate) -> bytes:
    return rfc8785.dumps(msgspec.to_builtins(certificate))


VERDICTS = {
    "verified": "Nothing of the person was found in the sources named here.",
    "verified_with_retained": "Nothing of the person was found in the sources named here but what a"
    " rule requires to be kept.",
    "residual": "Not everything is gone. This is no proof of erasure.",
    "incomplete": "Not everything could be checked. This is no proof of erasure.",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#1a1a1a;background:#fff}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem .3rem 0;"
    "border-bottom:1px solid #bbb;vertical-align:top}td.n{text-align:right}"
    "p.verdict{border:2px solid;padding:1rem;font-size:1.15rem}"
    "code{overflow-wrap:anywhere;font-size:.85rem}@media print{body{margin:0}}"
)


def page(data: bytes, name: str) -> str:
    """The same for people: one page, which fetches nothing. Raises as `read` does."""
    certificate = read(data, name)
    signed = msgspec.json.decode(data, type=Signed)
    facts = {
        "Manifest (SHA-256)": certificate.manifest, "Request": certificate.request or "none",
        "Checked before the deletion": certificate.checked_before or "no",
        "Issued": certificate.issued,
        "Approved by": ", ".join(certificate.approved_by) or "not recorded",
        "Identifiers kept for the check": certificate.identifiers,
        "Hashes and encodings looked for": "yes" if certificate.disguises else "no",
        "Program": certificate.program,
    }  # fmt: skip
    verdict = certificate.verdict.replace("_", " ")
    parts = [
        f'<p class="verdict"><strong>{html.escape(verdict.capitalize())}.</strong> '
        f"{html.escape(VERDICTS.get(certificate.verdict, ''))}</p>",
        _table("Facts", facts),
        _table("What the manifest said", certificate.actions),
        _table("Kept, by rule and last day", certificate.retained),
        _table("What stands against it", certificate.open),
        _table(
            "Sources",
            {s.source: f"{s.items:,} items read, {s.gaps:,} not" for s in certificate.sources},
        ),
        "<h2>What it does not say</h2><ul>"
        + "".join(f"<li>{html.escape(limit)}</li>" for limit in certificate.limits) + "</ul>",
        _table("Signature (Ed25519)", {"Key": signed.public_key, "Signature": signed.signature}),
    ]  # fmt: skip
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Certificate of erasure</title><style>{_STYLE}</style></head><body>"
        "<h1>Certificate of erasure</h1>" + "".join(parts) + "</body></html>\n"
    )


def _table(title: str, rows: Mapping[str, object]) -> str:
    if not rows:
        return ""
    written = "".join(
        f'<tr><th scope="row">{html.escape(str(name))}</th>'
        f"<td>{f'<code>{value}</code>' if _is_digest(value) else html.escape(str(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f"<h2>{html.escape(title)}</h2><table>{written}</table>"


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and len(value) >= 64 and value.isalnum()
