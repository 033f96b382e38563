"""Contents that readers hand out for what lies inside a container, opened only when asked for."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from pdscan.connectors.formats.interface import Content
from pdscan.errors import UnreadableError
from pdscan.model import Reason

if TYPE_CHECKING:
    from typing_extensions import Buffer  # collections.abc.Buffer from Python 3.12 on

HEAD = 64 << 10
#: Members of sequential containers up to this size are held once read, so that opening them again
#: does not begin the container anew.
HELD = 4 << 20


@dataclass(frozen=True, slots=True)
class HeldContent:
    """Bytes that are in memory already."""

    name: str
    data: bytes | memoryview = field(repr=False)
    path: Path | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        return bytes(self.data[:HEAD])

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        return io.BytesIO(self.data)


@dataclass(frozen=True, slots=True)
class LazyContent:
    """Bytes that `opened` delivers anew each time; it may raise `UnreadableError`."""

    name: str
    opened: Callable[[], BinaryIO] = field(repr=False)
    size: int | None = None
    path: Path | None = None

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.opened() as stream:
            return read_up_to(stream, HEAD)

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        return self.opened()


@dataclass(frozen=True, slots=True)
class BarredContent:
    """Something that is there, with a name, but cannot be opened."""

    name: str
    reason: Reason
    detail: str = ""
    size: int | None = None
    path: Path | None = None

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        self._refuse()

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UnreadableError(self.reason, self.detail)


class Chunks(io.RawIOBase):
    """An iterator of byte strings as a stream."""

    def __init__(self, chunks: Iterator[bytes], on_close: Callable[[], None] | None = None) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")
        self._on_close = on_close

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """The next bytes, as many as the chunk at hand has and the buffer takes."""
        target = memoryview(buffer).cast("B")
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def close(self) -> None:
        """Closes what the chunks come from."""
        if not self.closed and self._on_close is not None:
            self._on_close()
        super().close()


class PassingContent:
    """A member of a container that can only be read in order, as it passes by.

    The first to open it gets the passing bytes; a small one is held meanwhile, a larger one opened
    a second time is looked for in the container again (`again`). What stands before a damaged place
    is delivered before the error is.
    """

    def __init__(
        self,
        name: str,
        passing: Iterator[bytes],
        again: Callable[[], BinaryIO],
        size: int | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.path: Path | None = None
        self._passing: Iterator[bytes] | None = passing
        self._again = again
        self._front = b""
        self._is_whole = False

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""
        self._fill(HEAD)
        return self._front[:HEAD]

    def open(self) -> BinaryIO:
        """A new stream from the beginning."""
        self._fill(HELD)
        if self._is_whole:
            return io.BytesIO(self._front)
        passing, self._passing = self._passing, None
        if passing is None:
            return self._again()
        return as_binary(Chunks(_chain(self._front, passing)))

    def pass_by(self) -> None:
        """The container moves on: what was not read by now has to be looked for again."""
        self._passing = None

    def _fill(self, size: int) -> None:
        if self._passing is None or self._is_whole or len(self._front) >= size:
            return
        parts = [self._front]
        length = len(self._front)
        try:
            while length < size:
                chunk = next(self._passing, None)
                if chunk is None:
                    self._is_whole = True
                    break
                parts.append(chunk)
                length += len(chunk)
        except UnreadableError as error:
            if length == 0:
                raise
            self._passing = _raising(error)
        finally:
            self._front = b"".join(parts)


def _raising(error: Exception) -> Iterator[bytes]:
    raise error
    yield b""


def as_binary(raw: io.RawIOBase) -> BinaryIO:
    """A buffered stream over `raw`."""
    return cast(BinaryIO, io.BufferedReader(raw, 128 << 10))


def _chain(front: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield front
    yield from rest


def read_up_to(stream: BinaryIO, size: int) -> bytes:
    """The next `size` bytes, fewer only at the end: `read` of a raw stream may fall short."""
    parts = []
    # By the piece: a buffered stream reserves memory for all that it is asked for.
    while size > 0 and (chunk := stream.read(min(size, 1 << 20))):
        parts.append(chunk)
        size -= len(chunk)
    return b"".join(parts)


def read_whole(content: Content, limit: int) -> bytes:
    """All bytes of `content`; raises UnreadableError(LIMIT) where there are more than `limit`."""
    if isinstance(content, HeldContent) and isinstance(content.data, bytes):
        data = content.data
    else:
        with content.open() as stream:
            data = read_up_to(stream, limit + 1)
    if len(data) > limit:
        raise UnreadableError(
            Reason.LIMIT, f"larger than the {limit >> 20} MiB that one item may hold in memory"
        )
    return data


def seekable_stream(content: Content, limit: int) -> BinaryIO:
    """A stream that can seek: the content's own, else its bytes held in memory up to `limit`."""
    stream = content.open()
    if stream.seekable():
        return stream
    with suppress(OSError):
        stream.close()
    return io.BytesIO(read_whole(content, limit))


class Names:
    """Makes the names of members unique: ``name``, ``name~2``, ..."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def __call__(self, name: str) -> str:
        """`name`, or the next free variant of it."""
        count = self._seen.get(name, 0) + 1
        self._seen[name] = count
        if count == 1:
            return name
        return self(f"{name}~{count}")
