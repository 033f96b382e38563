"""What a connector is: something that walks one source and reads its items.

Core opens and closes connectors; they travel to worker processes by pickling, so they hold
settings, not open connections.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from pdscan.connectors.structure import Structure
from pdscan.model import Block, Entry, Item, Outcome

#: What reading yields. An `Item` opens an item, the blocks that follow belong to the innermost open
#: item, an `Outcome` closes it. Items nest: the members of an archive come between the archive's
#: own `Item` and `Outcome`. A `Structure` tells of the tables in the innermost open item.
Event = Item | Block | Outcome | Structure


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of work: an item, or a range of a large one, that a worker can read by itself.

    ``cost`` is about the number of bytes to read, for balance and progress. ``range`` is the
    connector's own (byte offsets, a range of keys); None: all of it. ``modified`` is in seconds
    since the epoch; ``marker`` is that of the item (see `pdscan.model.Item`).
    """

    source: str
    path: tuple[str, ...]
    cost: int
    modified: float | None = None
    range: Any = None
    marker: str = ""


#: What walking yields: what is to be read, what will not be, and how tables hang together.
Step = Unit | Entry | Structure


class Connector(Protocol):
    """One source."""

    @property
    def source(self) -> str:
        """The name of the source, the first part of its locators."""

    def walk(self) -> Iterator[Step]:
        """Everything there is, in an order that is the same every time: units to read, and ledger
        entries for what will not be read, and the structure of a database. Raises
        `pdscan.errors.SourceError` or `AccessError` where the source itself cannot be walked.
        """

    def read(self, unit: Unit) -> Iterator[Event]:
        """Reads a unit. Trouble with an item is an `Outcome`, not an exception."""

    def close(self) -> None:
        """Lets go of what this process holds open for it; it may be walked and read again."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single item may cost. What reaches a limit is partial in the ledger."""

    depth: int = 12  # containers within containers
    expanded: int = 4 << 30  # bytes unpacked from one outermost item
    ratio: int = 1000  # of unpacked to packed bytes, beyond the first 10 MiB
    members: int = 1_000_000  # of one outermost item
    member_memory: int = 256 << 20  # bytes of a member that has to be held in memory whole
    pages: int = 20_000
    seconds: float = 600.0  # for one outermost item
    memory: int = 2 << 30  # bytes of a worker process


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How items are read, the same for all connectors."""

    limits: Limits = field(default_factory=Limits)
    block_size: int = 2 << 20  # bytes of a table in a block, about
    text_size: int = 16 << 20  # bytes of running text in a block
    passwords: tuple[str, ...] = field(default=(), repr=False)  # for encrypted members
