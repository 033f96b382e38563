"""Encryption of packages, and their way to their final name.

``age`` (https://age-encryption.org/v1) to recipients' keys or under a passphrase, or a zip with
AES-256 (WinZip AE-2), which common programs open. What is written is opened again where the secret
is at hand, and only then gets its name.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from pdscan.errors import AccessError, UsageError
from pdscan.exports.package.bag import pieces_of

_AGE = b"age-encryption.org/v1"
_ENCRYPTED = 0x1  # the bit of a zip member's flags
LEAST = 12  # characters of a passphrase


class Method(StrEnum):
    """How a package is closed."""

    AGE = "age"
    ZIP = "zip"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Seal:
    """How to close a package: to `recipients` (``age1…`` or ``ssh-…`` keys), or under a passphrase.

    Raises UsageError where they do not fit together.
    """

    method: Method
    recipients: tuple[str, ...] = ()
    passphrase: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.method is Method.ZIP and self.recipients:
            raise UsageError("recipients' keys work with --encryption age, not with zip")
        if self.method is Method.NONE:
            return
        if bool(self.recipients) == bool(self.passphrase):
            raise UsageError("give recipients' keys or a passphrase, one of the two")
        if self.passphrase and len(self.passphrase) < LEAST:
            raise UsageError(
                f"a passphrase of {LEAST} characters or more is needed: the package holds "
                "everything that is known of a person"
            )


def close(plain: BinaryIO, path: Path, seal: Seal) -> None:
    """Writes the package `plain` (a zip) to `path`, mode 0600, whole or not at all.

    Raises `AccessError` where it cannot be written, UsageError for recipients that are no keys.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            _write(plain, stream, seal)
            stream.flush()
            os.fsync(descriptor)
            _read_back(plain, stream, seal)
        part.replace(path)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def _write(plain: BinaryIO, stream: BinaryIO, seal: Seal) -> None:
    plain.seek(0)
    if seal.method is Method.NONE:
        shutil.copyfileobj(plain, stream, 1 << 20)
    elif seal.method is Method.ZIP:
        _write_zip(plain, stream, seal.passphrase)
    elif seal.recipients:
        import pyrage

        pyrage.encrypt_io(plain, stream, [_recipient(key) for key in seal.recipients])
    else:
        import pyrage

        # pyrage takes a passphrase for a whole text only: this one case holds the package in
        # memory. Keys and zip do not.
        stream.write(pyrage.passphrase.encrypt(plain.read(), seal.passphrase))


def _write_zip(plain: BinaryIO, stream: BinaryIO, passphrase: str) -> None:
    import pyzipper

    with (
        zipfile.ZipFile(plain) as source,
        pyzipper.AESZipFile(
            stream, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
        ) as target,
    ):
        target.setpassword(passphrase.encode())
        for member in source.infolist():
            info = pyzipper.zipfile_aes.AESZipInfo(member.filename, member.date_time)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = member.external_attr
            with target.open(info, "w", force_zip64=True) as out:
                for piece in pieces_of(source, member.filename):
                    out.write(piece)


def _read_back(plain: BinaryIO, stream: BinaryIO, seal: Seal) -> None:
    """Raises AccessError where what was written does not open to what went in."""
    if seal.recipients:
        stream.seek(0)
        if stream.read(len(_AGE)) != _AGE:
            raise AccessError("the encrypted package is not what it should be; try again")
        return
    stream.seek(0)
    with opened(stream, passphrase=seal.passphrase) as again:
        if _contents(again) != _contents(plain):
            raise AccessError("the encrypted package does not open to what went in; try again")


def _contents(stream: IO[bytes]) -> dict[str, str]:
    found = {}
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        for name in archive.namelist():
            digest = hashlib.sha256()
            for piece in pieces_of(archive, name):
                digest.update(piece)
            found[name] = digest.hexdigest()
    return found


def _recipient(key: str) -> Any:
    import pyrage

    try:
        form = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
        return form.Recipient.from_str(key.strip())
    except (pyrage.RecipientError, ValueError):
        raise UsageError(
            "a recipient is not a public key: age1… (age-keygen) or ssh-ed25519 … expected"
        ) from None


def is_sealed(stream: BinaryIO) -> Method:
    """How the package in `stream` is closed, by its first bytes and its directory."""
    stream.seek(0)
    head = stream.read(len(_AGE))
    stream.seek(0)
    if head == _AGE:
        return Method.AGE
    try:
        with zipfile.ZipFile(stream) as archive:
            closed = any(info.flag_bits & _ENCRYPTED for info in archive.infolist())
    except zipfile.BadZipFile:
        closed = False
    stream.seek(0)
    return Method.ZIP if closed else Method.NONE


@contextmanager
def opened(
    stream: BinaryIO, *, passphrase: str = "", identities: tuple[str, ...] = ()
) -> Iterator[BinaryIO]:
    """The package in `stream` as a plain zip, in a file without a name where it was closed.

    Raises `AccessError` where neither `passphrase` nor `identities` (age secret keys) open it.
    """
    method = is_sealed(stream)
    if method is Method.NONE:
        yield stream
        return
    with tempfile.TemporaryFile() as plain:
        if method is Method.ZIP:
            _open_zip(stream, plain, passphrase)
        else:
            _open_age(stream, plain, passphrase, identities)
        plain.seek(0)
        yield cast(BinaryIO, plain)


def _open_zip(stream: BinaryIO, plain: IO[bytes], passphrase: str) -> None:
    import pyzipper

    try:
        with (
            pyzipper.AESZipFile(stream) as source,
            zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED) as target,
        ):
            source.setpassword(passphrase.encode())
            for info in source.infolist():
                member = zipfile.ZipInfo(info.filename, info.date_time)
                member.compress_type = zipfile.ZIP_DEFLATED
                with source.open(info) as packed, target.open(member, "w", force_zip64=True) as out:
                    shutil.copyfileobj(packed, out, 1 << 20)
    except (RuntimeError, pyzipper.BadZipFile):
        raise AccessError("the passphrase does not open the package, or it was changed") from None


def _open_age(
    stream: BinaryIO, plain: IO[bytes], passphrase: str, identities: tuple[str, ...]
) -> None:
    import pyrage

    try:
        if passphrase:
            plain.write(pyrage.passphrase.decrypt(stream.read(), passphrase))
        else:
            keys = [pyrage.x25519.Identity.from_str(key) for key in identities]
            pyrage.decrypt_io(stream, plain, keys)
    except (pyrage.DecryptError, pyrage.IdentityError, ValueError, OSError):
        raise AccessError(
            "neither passphrase nor key opens the package, or it was changed"
        ) from None
