"""The messages of all tasks as one stream: items numbered through, the ranges of one item joined.

A large item is read in ranges, each of which opens and closes it. Ranges follow one another, so the
first opening stands for all, the last closing for all, and their outcomes are joined: the ledger
has one line, the same however many workers there were. An item is settled when all of it is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from pdscan.model import Entry, Locator
from pdscan.scan import Closed, Described, Found, Message, Opened, Settled


def numbered(tasks: Iterable[Iterable[Message]], first: int = 0) -> Iterator[Message]:
    """The messages of `tasks`, whose items are numbered from 0 in each, with numbers of the whole,
    from `first` on.

    The outermost item that was opened last is closed when the next one opens, or at the end.
    """
    outermost = _Outermost()
    count = first
    for messages in tasks:
        numbers: list[int] = []  # by their number in the task
        for message in messages:
            match message:
                case Opened(_, item, depth):
                    if depth == 0 and outermost.goes_on(item.locator):
                        numbers.append(outermost.number)
                        continue
                    if depth == 0:
                        yield from outermost.opened(count, item.locator)
                    numbers.append(count)
                    yield Opened(count, item, depth)
                    count += 1
                case Closed(number, entry):
                    yield from outermost.closed(Closed(numbers[number], entry))
                case Found(batch):
                    items = np.array(numbers, np.int32)[batch.column("item").to_numpy()]
                    yield Found(batch.set_column(0, batch.schema.field(0), pa.array(items)))
                case Settled():
                    yield from outermost.settled(message)
                case Described():
                    yield message
    yield from outermost.opened(-1, None)


@dataclass(slots=True)
class _Outermost:
    """The items that lie in no other, and were not closed yet."""

    number: int = -1  # of the one that was opened last: more of it may come
    locator: Locator | None = None
    openings: dict[int, int] = field(default_factory=dict)  # that were not closed, by item
    ends: dict[int, Closed] = field(default_factory=dict)
    waiting: list[Settled] = field(default_factory=list)

    def goes_on(self, locator: Locator) -> bool:
        """Whether `locator` is that of the item that was opened last, which then goes on."""
        if locator != self.locator:
            return False
        self.openings[self.number] += 1
        return True

    def opened(self, number: int, locator: Locator | None) -> Iterator[Message]:
        """The next item begins, or there is none: the one before it may end."""
        before, self.number, self.locator = self.number, number, locator
        self.openings[number] = 1
        yield from self._ended(before)
        yield from self._settled()

    def closed(self, message: Closed) -> Iterator[Message]:
        """A range of an item, or an item that lies in another, was closed."""
        number = message.number
        if number not in self.openings:
            yield message
            return
        end = self.ends.get(number)
        self.ends[number] = message if end is None else _joined(end, message.entry)
        self.openings[number] -= 1
        if number != self.number:
            yield from self._ended(number)

    def settled(self, message: Settled) -> Iterator[Message]:
        """Hands `message` on when what was settled is closed."""
        self.waiting.append(message)
        yield from self._settled()

    def _ended(self, number: int) -> Iterator[Message]:
        if self.openings.get(number) == 0:
            del self.openings[number]
            yield self.ends.pop(number)

    def _settled(self) -> Iterator[Message]:
        if not self.ends:
            yield from self.waiting
            self.waiting.clear()


def _joined(held: Closed, entry: Entry) -> Closed:
    return replace(held, entry=Entry(held.entry.item, held.entry.outcome.joined(entry.outcome)))
