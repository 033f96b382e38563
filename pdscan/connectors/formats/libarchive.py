"""The system's libarchive over a stream: entries in order, their bytes, errors by their cause."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO, Self

from pdscan.errors import UnreadableError
from pdscan.model import Reason

# Not all that libarchive knows: its mtree reads files from the disk, some filters start programs.
_FORMATS = ("7zip", "rar", "rar5", "cab", "iso9660", "cpio", "ar", "lha", "zip", "tar")
_FILTERS = ("gzip", "bzip2", "xz", "lzma", "zstd", "rpm")
_CHUNK = 128 << 10
_FATAL = -30
_HINT = "install libarchive (Debian: libarchive13, macOS: brew install libarchive)"
_CAUSES = (
    ("passphrase", Reason.ENCRYPTED),
    ("encrypt", Reason.ENCRYPTED),
    ("truncated", Reason.TRUNCATED),
    ("unsupported", Reason.UNSUPPORTED),
    ("not supported", Reason.UNSUPPORTED),
    ("unrecognized", Reason.UNSUPPORTED),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: ``size`` is None where the archive does not say it beforehand."""

    name: str
    is_file: bool
    size: int | None
    modified: float | None


@cache
def _library() -> Any:
    """libarchive-c, or None where the library it binds is not there."""
    try:
        import libarchive.ffi
        import libarchive.read
    except (ImportError, AttributeError, OSError, TypeError):
        return None  # which of them depends on how the system's loader fails
    # Its warnings quote names and would go to the terminal.
    logging.getLogger("libarchive").setLevel(logging.CRITICAL)
    return libarchive


def is_available() -> bool:
    """Whether the system has libarchive."""
    return _library() is not None


class Archive:
    """An archive to be iterated once; closing it closes the stream."""

    def __init__(self, stream: BinaryIO, passwords: tuple[str, ...] = ()) -> None:
        self._stream = stream
        self._failure: BaseException | None = None
        self._stack = ExitStack()
        self._stack.callback(stream.close)
        library = _library()
        if library is None:
            self.close()
            raise UnreadableError(Reason.EXTRA, _HINT)
        self._ffi = library.ffi
        self._entry = library.read.ArchiveEntry
        self._buffer = ctypes.create_string_buffer(_CHUNK)
        # Held here: libarchive calls them as long as it is open.
        self._callbacks = (
            self._ffi.READ_CALLBACK(self._read),
            self._ffi.SEEK_CALLBACK(self._seek),
        )
        self._pointer = self._ffi.read_new()
        self._stack.callback(self._ffi.read_free, self._pointer)
        try:
            self._open(passwords)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees libarchive's memory and closes the stream."""
        self._stack.close()

    def __iter__(self) -> Iterator[Entry]:
        while True:
            entry = self._entry(self._pointer)
            if self._call(self._ffi.read_next_header2, self._pointer, entry._entry_p) == 1:
                return
            name = entry.pathname
            if isinstance(name, bytes):
                name = name.decode("utf-8", "surrogateescape")
            yield Entry(name or "", entry.isreg, entry.size, entry.mtime)

    def chunks(self) -> Iterator[bytes]:
        """The bytes of the entry that iteration stands at; raises UnreadableError."""
        buffer = ctypes.create_string_buffer(_CHUNK)
        while size := self._call(self._ffi.read_data, self._pointer, buffer, _CHUNK):
            if size < 0:  # what is only a warning to libarchive
                raise UnreadableError(Reason.CORRUPT)
            yield ctypes.string_at(buffer, size)

    def _open(self, passwords: tuple[str, ...]) -> None:
        for name in _FORMATS:
            self._ffi.get_read_format_function(name)(self._pointer)
        for name in _FILTERS:
            self._ffi.get_read_filter_function(name)(self._pointer)
        for password in passwords:
            self._ffi.read_add_passphrase(self._pointer, password.encode())
        read, seek = self._callbacks
        if self._stream.seekable():
            self._ffi.read_set_seek_callback(self._pointer, seek)
        none = self._ffi.NO_OPEN_CB, self._ffi.NO_CLOSE_CB
        self._call(self._ffi.read_open, self._pointer, None, none[0], read, none[1])

    # ctypes swallows what a callback raises: it is kept, and raised when libarchive returns.

    def _read(self, _archive: object, _context: object, target: Any) -> int:
        try:
            size: int = self._stream.readinto(self._buffer)  # type: ignore[attr-defined] # all of io's have it
        except Exception as error:
            self._failure = error
            return _FATAL
        ctypes.cast(target, ctypes.POINTER(ctypes.c_void_p))[0] = ctypes.addressof(self._buffer)
        return size

    def _seek(self, _archive: object, _context: object, offset: int, whence: int) -> int:
        try:
            return self._stream.seek(offset, whence)
        except Exception as error:
            self._failure = error
            return _FATAL

    def _call(self, function: Any, *arguments: Any) -> int:
        """Calls libarchive; only its words tell the cause, and they may quote the archive."""
        try:
            result: int = function(*arguments)
        except self._ffi.ArchiveError as error:
            if self._failure is None:
                said = str(error.msg).lower()
                reason = next((r for word, r in _CAUSES if word in said), Reason.CORRUPT)
                self._failure = UnreadableError(reason)
        else:
            return result
        # A fatal error leaves the archive dead: what is asked of it later has the same cause.
        raise self._failure
