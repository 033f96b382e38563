"""A single file compressed: gzip (RFC 1952), bzip2, xz, Zstandard (RFC 8878), streamed.

What it unpacks to is one nested item, so that its own type is recognised.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from pdscan.connectors.formats.contents import LazyContent
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.interface import ReadOptions

_ENDINGS = {".tgz": ".tar", ".tbz2": ".tar", ".tbz": ".tar", ".txz": ".tar", ".tzst": ".tar",
            ".svgz": ".svg", ".emz": ".emf", ".wmz": ".wmf"}  # fmt: skip
_DROPPED = (".gz", ".gzip", ".bz2", ".bz", ".xz", ".lzma", ".zst", ".zstd", ".z")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The one nested content."""
    unpack = _unpacker(content.head)

    def opened() -> BinaryIO:
        return unpack(content.open())

    yield Nested(_inner_name(content.name), LazyContent(_inner_name(content.name), opened))


def _unpacker(head: bytes) -> Callable[[BinaryIO], BinaryIO]:
    # Cast: these file objects are binary streams in all but their declared types.
    if head.startswith(b"\x1f\x8b"):
        return lambda packed: cast(BinaryIO, _Owning(gzip.GzipFile(fileobj=packed), packed))
    if head.startswith(b"BZh"):
        return lambda packed: cast(BinaryIO, _Owning(bz2.BZ2File(packed), packed))
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
        return lambda packed: cast(BinaryIO, _Owning(zstd.ZstdFile(packed), packed))
    return lambda packed: cast(BinaryIO, _Owning(lzma.LZMAFile(packed), packed))


class _Owning:
    """A decompressing stream that closes the packed one with itself."""

    def __init__(self, stream: BinaryIO | object, packed: BinaryIO) -> None:
        self._stream = cast(BinaryIO, stream)
        self._packed = packed
        self.read = self._stream.read
        self.read1: Callable[[int], bytes] = getattr(stream, "read1", self._stream.read)

    def seekable(self) -> bool:
        """No: going back would mean to unpack anew."""
        return False

    def close(self) -> None:
        self._stream.close()
        self._packed.close()

    def __enter__(self) -> _Owning:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _inner_name(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    if suffix.lower() in _ENDINGS:
        return name[: -len(suffix)] + _ENDINGS[suffix.lower()]
    return name[: -len(suffix)] if suffix.lower() in _DROPPED else name
