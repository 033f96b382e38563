"""A resolved person on disk: canonical JSON that only its owner can read."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pdscan import private
from pdscan.errors import AccessError, UsageError
from pdscan.subjects.model import Subject

FORMAT = 1


def encode(subject: Subject) -> bytes:
    """The bytes of `subject`: the same for the same."""
    return msgspec.json.format(msgspec.json.encode(subject), indent=1) + b"\n"


def save(subject: Subject, path: Path) -> None:
    """Writes `subject` to `path`, readable by its owner alone. Raises `AccessError`."""
    private.write(path, encode(subject))


def read_text(path: Path) -> str:
    """The text of a file. Raises `AccessError`."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise AccessError(f"{path}: cannot be read as text") from None


def load(path: Path) -> Subject:
    """What `save` wrote. Raises `AccessError` where it cannot be read, UsageError where it is not a
    subject, or one of another version.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AccessError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        subject = msgspec.json.decode(data, type=Subject)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise UsageError(
            f"{path}: not a resolved person as pdscan subject writes it ({type(error).__name__})"
        ) from None
    if subject.format != FORMAT:
        raise UsageError(
            f"{path}: written in format {subject.format}, this program reads {FORMAT}:"
            " resolve again"
        )
    return subject
