"""tar archives (POSIX.1-2017 pax, ustar, GNU, and older), in one pass.

A damaged header costs its member: reading goes on at the next header that is whole. Links, devices
and folders hold nothing to read.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO, Self

from pdscan.connectors.formats.contents import (
    Chunks,
    LazyContent,
    Names,
    PassingContent,
    as_binary,
)
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_CHUNK = 128 << 10
_EXTENDED = frozenset(b"xgXLK")  # headers whose data says more about the next member
_EXTENDED_SIZE = 1 << 20  # bytes of such data, which tarfile holds in memory


class _Archive(tarfile.TarFile):
    """Keeps count of what was no header, and no list of those that were."""

    members: list[tarfile.TarInfo]  # all headers so far, in stubs private
    damaged = 0


class _Header(tarfile.TarInfo):
    """A header that counts those which are none."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            if isinstance(archive, _Archive) and _is_damage(error):
                archive.damaged += 1
            raise

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.type[0] in _EXTENDED and header.size > _EXTENDED_SIZE:
            # The subclass that makes tarfile look for the next header; stubs leave it out.
            raise tarfile.InvalidHeaderError("too large")  # type: ignore[attr-defined]
        return header


def _is_damage(error: tarfile.HeaderError) -> bool:
    return type(error).__name__ not in ("EmptyHeaderError", "EOFHeaderError")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The files in the archive, in order."""
    names = Names()
    count = 0
    with content.open() as stream:
        archive = _opened(stream)
        while (info := _next(archive)) is not None:
            if info.isreg():
                name = names(info.name)
                modified = float(info.mtime)
                if stream.seekable():
                    opened = partial(_open, archive, info)
                    yield Nested(name, LazyContent(name, opened, info.size), modified=modified)
                else:
                    again = partial(_again, content, count)
                    member = PassingContent(name, _chunks(archive, info), again, info.size)
                    yield Nested(name, member, modified=modified)
                    member.pass_by()
            count += 1
        if archive.damaged and not count:
            raise UnreadableError(Reason.CORRUPT, "no header is whole")
        if archive.damaged:
            yield Gap(Reason.CORRUPT, f"{archive.damaged:,} headers are damaged")


def _opened(stream: BinaryIO) -> _Archive:
    opened = partial(
        _Archive.open, fileobj=stream, tarinfo=_Header, ignore_zeros=True,
        encoding="utf-8", errors="surrogateescape",
    )  # fmt: skip
    try:
        archive: _Archive = opened(mode="r:") if stream.seekable() else opened(mode="r|")
    except tarfile.TarError:
        raise UnreadableError(Reason.CORRUPT, "no header is whole") from None
    return archive


def _next(archive: _Archive) -> tarfile.TarInfo | None:
    try:
        info = archive.next()
    except tarfile.ReadError:
        raise UnreadableError(Reason.TRUNCATED) from None
    except tarfile.TarError as error:
        raise UnreadableError(Reason.CORRUPT, type(error).__name__) from None
    archive.members.clear()  # else all headers stay in memory
    return info


def _open(archive: _Archive, info: tarfile.TarInfo) -> BinaryIO:
    return as_binary(Chunks(_chunks(archive, info)))


def _again(content: Content, index: int) -> BinaryIO:
    """The member number `index`, looked for from the beginning."""
    stream = content.open()
    archive = _opened(stream)
    for _ in range(index):
        _next(archive)
    info = _next(archive)
    if info is None:
        raise UnreadableError(Reason.CHANGED)
    return as_binary(Chunks(_chunks(archive, info), on_close=stream.close))


def _chunks(archive: _Archive, info: tarfile.TarInfo) -> Iterator[bytes]:
    try:
        stream = archive.extractfile(info)
        while stream is not None and (chunk := stream.read(_CHUNK)):
            yield chunk
    except tarfile.ReadError:
        raise UnreadableError(Reason.TRUNCATED) from None
    except tarfile.TarError as error:
        raise UnreadableError(Reason.CORRUPT, type(error).__name__) from None
