"""Nested contents whose bytes are counted while they are unpacked, so that a bomb stops in time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from pdscan.connectors.formats.contents import HEAD, read_up_to
from pdscan.connectors.formats.interface import Content
from pdscan.errors import UnreadableError


class Budget(Protocol):
    """How much the items within one outermost item may still cost."""

    def charge(self, expanded: int) -> int:
        """Counts bytes that were unpacked; how many of them are beyond the limit. Raises
        `UnreadableError` where time has run out.
        """

    def too_much(self) -> UnreadableError:
        """What to say where there are bytes beyond the limit."""


class Metered:
    """A nested content whose bytes are counted as they are unpacked.

    Where its stream breaks off, what came before is still handed on: the stream just ends, and
    ``error`` tells why.
    """

    def __init__(self, content: Content, budget: Budget) -> None:
        self._content = content
        self._budget = budget
        self._counted = 0
        self.error: Exception | None = None

    @property
    def name(self) -> str:
        """The last step of the item's path."""
        return self._content.name

    @property
    def size(self) -> int | None:
        """Bytes, or None where that is not known."""
        return self._content.size

    @property
    def path(self) -> Path | None:
        """The file itself where there is one."""
        return self._content.path

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        if self._content.path is None and self._content.size is None:
            with self.open() as stream:
                return read_up_to(stream, HEAD)
        return self._content.head

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        return cast(BinaryIO, io.BufferedReader(_Meter(self._content.open(), self), 1 << 18))

    def count(self, start: int, end: int) -> int:
        """Counts the bytes up to `end` that no stream has counted before, none before `start`;
        how many of them are beyond the limit. Raises `UnreadableError` where time has run out.
        """
        fresh = end - max(start, self._counted)
        if fresh <= 0:
            return 0
        self._counted = end
        beyond = self._budget.charge(fresh)
        if beyond:
            self.error = self.error or self._budget.too_much()
        return beyond


class _Meter(io.RawIOBase):
    """A stream that counts what is read from it, and ends where it breaks."""

    def __init__(self, stream: BinaryIO, metered: Metered) -> None:
        self._stream = stream
        self._metered = metered
        self._read = getattr(stream, "read1", stream.read)
        self._counted = 0
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self._stream.seekable()

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what io passes
        try:
            chunk = self._read(len(buffer))
            self._at += len(chunk)
            if self._at > self._counted:
                beyond = self._metered.count(self._counted, self._at)
                self._counted = self._at
                chunk = chunk[: len(chunk) - beyond] if beyond else chunk
        except Exception as error:  # the driver makes it the item's outcome
            self._metered.error = self._metered.error or error
            return 0
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = self._stream.seek(offset, whence)
        self._counted = max(self._counted, self._at) if whence != io.SEEK_SET else self._counted
        return self._at

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()
