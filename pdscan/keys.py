"""The fingerprint key: 32 random bytes in a file of their own, outside every inventory.

Fingerprints are worth as much as the key is secret: whoever holds it and an inventory can test
whether a given person is in it. Whoever loses it can no longer look persons up in inventories made
with it, nor compare them with later ones; the sources are untouched, so the remedy is to scan
again.
"""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from pdscan.errors import AccessError

SIZE = 32  # bytes
NAME = "fingerprint.key"
LOST = (
    "Without the key an inventory cannot be searched for a person; if it is lost, scan again. "
    "Keep a copy where you keep passwords, never beside an inventory."
)


def default_path() -> Path:
    """The key file in the user's configuration folder."""
    import platformdirs

    return platformdirs.user_config_path("pdscan", appauthor=False) / NAME


def load(path: Path) -> bytes:
    """The key in `path`; raises `AccessError` where it is missing, damaged or open to others."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    except FileNotFoundError:
        raise AccessError(f"{path}: no fingerprint key there. {LOST}") from None
    except OSError as error:
        raise AccessError(f"{path}: the fingerprint key cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as stream:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise AccessError(f"{path}: not a regular file, so not a fingerprint key")
        if os.name == "posix" and mode & 0o077:
            raise AccessError(
                f"{path}: others may read the fingerprint key (mode {stat.S_IMODE(mode):04o}). "
                f"Close it with: chmod 600 {path}"
            )
        key = stream.read(SIZE + 1)
    if len(key) != SIZE:
        raise AccessError(
            f"{path}: not a fingerprint key ({SIZE} bytes expected). "
            "Bring it back from a copy, or name another file with --key-file"
        )
    return key


def load_or_create(path: Path) -> tuple[bytes, bool]:
    """The key in `path`, made first if there is none; and whether it was made now.

    The file appears whole or not at all, also when two processes start at once: the key that
    stands is the one both use. Raises `AccessError`.
    """
    if os.path.lexists(path):
        return load(path), False
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(secrets.token_bytes(SIZE))
                stream.flush()
                os.fsync(stream.fileno())
            os.link(draft, path)
        except FileExistsError:
            return load(path), False
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise AccessError(
            f"{path}: the fingerprint key cannot be made: {error.strerror}. "
            "Name a place you may write to with --key-file or PDSCAN_KEY_FILE"
        ) from None
    return load(path), True
