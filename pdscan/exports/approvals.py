"""Approvals of a manifest: who, in which role, when, and the digest of what was approved, signed.

They stand in a file of JSON Lines beside the manifest. A signature (Ed25519, RFC 8032) covers the
canonical form (RFC 8785) of all else in its line, the manifest's digest too: whoever changes the
manifest loses all approvals. Keys that the controller names in ``retention.toml`` ([[approver]])
are the only ones that count where it names any.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pdscan import private
from pdscan.errors import AccessError
from pdscan.retention.model import Approver

SUFFIX = ".approvals"
KEY_NAME = "approval.key"  # beside the fingerprint key
_CONTEXT = "pdscan/approval/1"


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval. ``public_key`` and ``signature`` are hexadecimal."""

    manifest: str
    digest: str
    by: str
    role: str
    at: str
    note: str = ""
    public_key: str = ""
    signature: str = ""

    @property
    def signed(self) -> bytes:
        """What the signature covers."""
        fields = msgspec.to_builtins(self)
        del fields["signature"]
        return rfc8785.dumps({"context": _CONTEXT, **fields})


@dataclass(frozen=True, slots=True)
class Checked:
    """An approval, and why it does not count ("" where it does)."""

    approval: Approval
    fault: str


def path_of(manifest: Path) -> Path:
    """The file of a manifest's approvals."""
    return manifest.with_name(manifest.name + SUFFIX)


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The approver's private key in `path`, made first if there is none. Raises `AccessError`."""
    try:
        if not path.exists():
            private.create(path, Ed25519PrivateKey.generate().private_bytes_raw())
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise AccessError(f"{path}: others may read the key; close it with: chmod 600 {path}")
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
    except OSError as error:
        raise AccessError(f"{path}: the approval key cannot be read: {error.strerror}") from None
    except ValueError:
        raise AccessError(f"{path}: not an approval key (32 bytes expected)") from None


def public_key(key: Ed25519PrivateKey) -> str:
    """The public key that goes with `key`, as ``retention.toml`` names it."""
    return key.public_key().public_bytes_raw().hex()


def approve(
    manifest_id: str, digest: str, by: str, role: str, key: Ed25519PrivateKey, note: str = ""
) -> Approval:
    """A new approval, signed now."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    draft = Approval(manifest_id, digest, by, role, at, note, public_key(key))
    return msgspec.convert(
        {**msgspec.to_builtins(draft), "signature": key.sign(draft.signed).hex()}, Approval
    )


def add(path: Path, approval: Approval) -> None:
    """Adds `approval` to the file `path`; raises `AccessError`."""
    private.append(path, rfc8785.dumps(msgspec.to_builtins(approval)))


def read(path: Path) -> tuple[Approval, ...]:
    """The approvals in `path`, unchecked; none where there is no such file.

    Raises `AccessError`, `UsageError`.
    """
    data = private.read_or_nothing(path)
    return tuple(private.json_lines(path, data, Approval, "an approval"))


def check(
    approvals: Iterable[Approval], manifest_id: str, digest: str, approvers: Iterable[Approver]
) -> tuple[Checked, ...]:
    """Each of `approvals` with what is wrong with it, for the manifest that has `digest` now."""
    trusted = {approver.public_key: approver for approver in approvers}
    return tuple(Checked(a, _fault(a, manifest_id, digest, trusted)) for a in approvals)


def _fault(approval: Approval, manifest_id: str, digest: str, trusted: dict[str, Approver]) -> str:
    try:
        known = Ed25519PublicKey.from_public_bytes(bytes.fromhex(approval.public_key))
        known.verify(bytes.fromhex(approval.signature), approval.signed)
    except (InvalidSignature, ValueError):
        return "the signature is not that of the key it names"
    if approval.manifest != manifest_id:
        return "it is for another manifest"
    if approval.digest != digest:
        return "the manifest was changed after it was approved"
    if not trusted:
        return ""
    approver = trusted.get(approval.public_key)
    if approver is None:
        return "its key is not one that retention.toml names"
    if (approver.name, approver.role) != (approval.by, approval.role):
        return "its key belongs to somebody else in retention.toml"
    return ""
