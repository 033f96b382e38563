"""What a format reader is: bytes in, blocks of text and nested contents out.

A reader is a function in a module of its own, named in the registry (``__init__``) with the media
types it reads. It is a generator: what it has yielded counts even if it fails later. It raises
`pdscan.errors.UnreadableError` with a `Reason` where it can say what is wrong; any other exception
is caught by the driver and becomes the item's outcome, so readers do not catch what they do not
understand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from pdscan.connectors.interface import ReadOptions
from pdscan.connectors.structure import Structure
from pdscan.model import Block, Reason


class Content(Protocol):
    """The bytes of an item, to be opened as often as a reader needs."""

    @property
    def name(self) -> str:
        """The last step of the item's path, for its extension."""

    @property
    def size(self) -> int | None:
        """Bytes, or None where that is not known before reading."""

    @property
    def path(self) -> Path | None:
        """The file itself where there is one, for parsers that want a path; None for members."""

    @property
    def head(self) -> bytes:
        """The first 64 KiB."""

    def open(self) -> BinaryIO:
        """A new stream from the beginning; the reader closes it. Seekable where ``path`` is set or
        the content is held in memory; `seekable()` tells.
        """


@dataclass(frozen=True, slots=True)
class Nested:
    """An item within the item: a member, an attachment, an embedded object.

    ``name`` becomes the next step of the path; it is the container's own name for it, made unique
    by the reader where the container holds it twice (``name``, ``name~2``). ``media_type`` where
    the container knows it better than the content shows.
    """

    name: str
    content: Content
    media_type: str = ""
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something in the item that was not read; makes the item partial in the ledger.

    ``detail`` tells which and how many ("page 3", "2 of 2,000 rows"), never what it holds.
    """

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """How the item was read, for its line in the ledger; it stays wholly read.

    ``encoding`` is the one the text was decoded with, ``detail`` anything else worth knowing.
    """

    encoding: str = ""
    detail: str = ""


Yield = Block | Nested | Gap | Note | Structure
Reader = Callable[[Content, ReadOptions], Iterator[Yield]]
