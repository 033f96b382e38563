"""The messages of all tasks as one stream: items numbered through, the ranges of one item joined.

A large item is read in ranges, each of which opens and closes it. Ranges follow one another, so the
first opening stands for all, the last closing for all, and their outcomes are joined: the ledger
has one line, the same however many workers there were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from pdscan.model import Entry
from pdscan.scan import Closed, Found, Message, Opened, Settled


def numbered(tasks: Iterable[Iterable[Message]]) -> Iterator[Message]:
    """The messages of `tasks`, whose items are numbered from 0 in each, with numbers of the whole.

    An item that was opened at the top is closed when the next one opens, or at the end.
    """
    count = 0
    held: Closed | None = None
    for messages in tasks:
        numbers: list[int] = []  # by their number in the task
        depth = 0
        for message in messages:
            match message:
                case Opened(_, item):
                    depth += 1
                    if depth == 1 and held is not None:
                        if held.entry.item.locator == item.locator:
                            numbers.append(held.number)
                            continue
                        yield held
                        held = None
                    numbers.append(count)
                    yield Opened(count, item)
                    count += 1
                case Closed(number, entry):
                    depth -= 1
                    closed = Closed(numbers[number], entry)
                    if depth:
                        yield closed
                    else:
                        held = closed if held is None else _joined(held, entry)
                case Found(batch):
                    items = np.array(numbers, np.int32)[batch.column("item").to_numpy()]
                    yield Found(batch.set_column(0, batch.schema.field(0), pa.array(items)))
                case Settled():
                    yield message
    if held is not None:
        yield held
        yield Settled(0)


def _joined(held: Closed, entry: Entry) -> Closed:
    return replace(held, entry=Entry(held.entry.item, held.entry.outcome.joined(entry.outcome)))
