"""What is remembered from the check before a deletion for the one after it.

A file beside the manifest, mode 0600, without personal data: keyed fingerprints of fields that are
kept and of records that must be seen again, and who accepted which gap.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pdscan.errors import AccessError, UsageError
from pdscan.verification.model import Acceptance
from pdscan.verification.rescan import Control

FORMAT = "pdscan/before/1"


@dataclass(frozen=True, slots=True)
class Before:
    """The state at the gate.

    ``manifest`` is the digest of the manifest. ``fields`` maps the locators of holdings that stay
    to the fingerprints of their filled fields, ``content`` to that of all they hold; ``records``
    counts records with findings by item. ``go`` is what the gate said.
    """

    manifest: str
    at: str
    go: bool
    controls: tuple[Control, ...]
    fields: Mapping[str, Mapping[str, str]]
    content: Mapping[str, str]
    records: Mapping[str, int]
    detectors: tuple[str, ...]
    accepted: tuple[Acceptance, ...] = ()
    format: str = field(default=FORMAT)


def path_for(manifest: Path) -> Path:
    """Where the state lies: beside the manifest."""
    return manifest.with_name(f"{manifest.name}.before")


def save(before: Before, path: Path) -> None:
    """Writes it, whole or not at all; raises `AccessError`."""
    write_private(path, msgspec.json.format(msgspec.json.encode(before), indent=1) + b"\n")


def load(path: Path, manifest: str) -> Before | None:
    """The state, None where there is none for the manifest of that digest.

    Raises `AccessError` where it cannot be read, `UsageError` where it is damaged.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Before)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AccessError(f"{path}: cannot be read: {error.strerror}") from None
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise UsageError(
            f"{path}: damaged; check again before the deletion with pdscan verify --before"
        ) from None
    return found if found.manifest == manifest and found.format == FORMAT else None


def write_private(path: Path, data: bytes) -> None:
    """Writes a file of mode 0600, whole or not at all; raises `AccessError`."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
