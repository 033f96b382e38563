"""What is remembered from the check before a deletion for the one after it.

A file beside the manifest, mode 0600, without personal data: keyed fingerprints of fields that are
kept and of records that must be seen again, and who accepted which gap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pdscan import private
from pdscan.errors import UsageError
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
    private.write(path, msgspec.json.format(msgspec.json.encode(before), indent=1) + b"\n")


def load(path: Path, manifest: str) -> Before | None:
    """The state, None where there is none for the manifest of that digest.

    Raises `AccessError` where it cannot be read, `UsageError` where it is damaged.
    """
    data = private.read_or_nothing(path)
    if not data:
        return None
    try:
        found = msgspec.json.decode(data, type=Before)
    except (msgspec.DecodeError, msgspec.ValidationError):
        raise UsageError(
            f"{path}: damaged; check again before the deletion with pdscan verify --before"
        ) from None
    return found if found.manifest == manifest and found.format == FORMAT else None
