"""The person's identifiers, kept encrypted beside the manifest until the verdict.

To see whether anything is left after a deletion, the values themselves are needed once more, and
the places they stood in are gone by then. They lie in a file beside the manifest, encrypted with
AES-256-GCM under a key of its own that lies with the fingerprint key. Destroying that key destroys
them, in every copy of the file.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pdscan import private
from pdscan.errors import AccessError, UsageError

SUFFIX = ".identifiers"
FOLDER = "identifiers"  # beside the fingerprint key
_MAGIC = b"pdscan identifiers 1\n"
_NONCE = 12


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier of the person, with its value; it never leaves the sealed file but in memory.

    ``fingerprint`` is the keyed one (hexadecimal) by which inventories and manifests know it.
    """

    kind: str
    fingerprint: str
    value: str


def key_path(key_file: Path, manifest_id: str) -> Path:
    """Where the key of a manifest's identifiers lies, for the fingerprint key in `key_file`."""
    return key_file.parent / FOLDER / f"{manifest_id}.key"


def seal(identifiers: Iterable[Identifier], path: Path, key_file: Path, manifest_id: str) -> None:
    """Writes `identifiers` encrypted to `path` (mode 0600), and their key to its own place.

    Raises `AccessError`.
    """
    key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE)
    data = msgspec.json.encode(list(identifiers))
    sealed = AESGCM(key).encrypt(nonce, data, manifest_id.encode())
    private.create(key_path(key_file, manifest_id), key)
    private.create(path, _MAGIC + nonce + sealed)


def unseal(path: Path, key_file: Path, manifest_id: str) -> tuple[Identifier, ...]:
    """The identifiers in `path`.

    Raises `AccessError` where file or key are missing (after a verdict they are gone for good),
    `UsageError` where the file was changed or belongs to another manifest.
    """
    place = key_path(key_file, manifest_id)
    try:
        key, data = place.read_bytes(), path.read_bytes()
    except OSError as error:
        raise AccessError(
            f"{path}: the identifiers, or their key, are not there any more: {error.strerror}"
        ) from None
    start = len(_MAGIC) + _NONCE
    try:
        clear = AESGCM(key).decrypt(data[len(_MAGIC) : start], data[start:], manifest_id.encode())
        return msgspec.json.decode(clear, type=tuple[Identifier, ...])
    except (InvalidTag, ValueError, msgspec.DecodeError):
        raise UsageError(f"{path}: damaged, or not the identifiers of this manifest") from None


def destroy(path: Path, key_file: Path, manifest_id: str) -> None:
    """Destroys the key first, then the file; nothing is wrong if they are gone. Raises
    `AccessError`.
    """
    for file in (key_path(key_file, manifest_id), path):
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise AccessError(f"{file}: cannot be destroyed: {error.strerror}") from None
