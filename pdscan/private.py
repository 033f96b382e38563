"""Files that only their owner may read (mode 0600): states, manifests, keys, registers."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from pdscan.errors import AccessError, UsageError

_Line = TypeVar("_Line")
_Checked = TypeVar("_Checked")


def write(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Writes a file, whole or not at all; raises `AccessError`."""
    write_checked(path, data, lambda _: None)


def write_checked(
    path: Path, data: bytes | Iterable[bytes], check: Callable[[Path], _Checked]
) -> _Checked:
    """The same, but the file appears only once `check` has read it back; gives what that gives."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        try:
            _create(draft, data)
            checked = check(draft)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
    return checked


def create(path: Path, data: bytes) -> None:
    """Writes a file that must not be there yet, and its folder; raises `AccessError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _create(path, data)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None


def append(path: Path, line: bytes) -> None:
    """Adds a line to a file that is only ever added to; raises `AccessError`."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(line + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None


def read_or_nothing(path: Path) -> bytes:
    """What is in a file, nothing where there is none; raises `AccessError`."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise AccessError(f"{path}: cannot be read: {error.strerror}") from None


def json_lines(path: Path, data: bytes, kind: type[_Line], called: str) -> Iterator[_Line]:
    """The lines of `data`, which was read from `path`, as values.

    Raises `UsageError` that names the line which is not what it is `called`.
    """
    for number, line in enumerate(data.splitlines(), 1):
        try:
            yield msgspec.json.decode(line, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise UsageError(f"{path}: line {number}: not {called}") from None


def _create(path: Path, data: bytes | Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.writelines([data] if isinstance(data, bytes) else data)
        stream.flush()
        os.fsync(stream.fileno())
