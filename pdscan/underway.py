"""A task under way: what came of it, what was handed on, and what is done again after a death.

Whoever reads may die, or be lost with its machine. What came of steps that were settled counts; the
rest is forgotten and read again, and what was handed on already is left out then. The step that
kills a second time is given up, with what was found until then, and what was being read is named.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.interface import Step
from pdscan.connectors.structure import Structure
from pdscan.model import Entry, Item, Outcome, Reason, State
from pdscan.scan import Closed, Found, Message, Opened, Settled, Task

_MESSAGE = 500  # bytes, about, of one without findings


def _renumbered(message: Message, base: int) -> Message:
    match message:
        case Opened() | Closed():
            return replace(message, number=message.number + base)
        case Found(batch):
            items = pc.add(batch.column("item"), pa.scalar(base, pa.int32()))
            return Found(batch.set_column(0, batch.schema.field(0), items))
    return message


@dataclass(slots=True)
class _Count:
    """How many messages, and rows of findings, of steps that are not settled."""

    opened: int = 0
    closed: int = 0
    rows: int = 0


@dataclass(slots=True)
class Underway:
    """A task under way: what came of it and was not handed on yet."""

    task: Task
    messages: deque[Message] = field(default_factory=deque)
    size: int = 0
    done: bool = False
    settled: int = 0  # steps
    items: int = 0  # of the settled steps
    # The messages of settled steps are handed on; those after them wait here, so that they can be
    # forgotten if the worker dies.
    unsettled: list[Message] = field(default_factory=list)
    seen: _Count = field(default_factory=_Count)  # since the last step that settled
    # Findings of one large item cannot wait for its end: they are handed on, and left out when the
    # item is read again.
    handed: _Count = field(default_factory=_Count)
    open_items: dict[int, Item] = field(default_factory=dict)
    deaths: int = 0  # of workers on the step after those that settled

    def ready(self) -> Iterator[Message]:
        """Hands on what is there."""
        while self.messages:
            message = self.messages.popleft()
            self.size -= size_of(message)
            yield message

    def take(self, message: Message, first: int, items: int) -> None:
        """Adds what a worker sent that began with step `first` and `items` items behind it."""
        if isinstance(message, Settled):
            steps = first + message.steps
            self._add(Settled(steps))
            self.settle(steps)
        else:
            self._add(_renumbered(message, items))

    def _add(self, message: Message) -> None:
        """Adds a message, but for what was handed on before it was sent again."""
        match message:
            case Opened(number, item, _):
                self.open_items[number] = item
                self.seen.opened += 1
                if self.seen.opened <= self.handed.opened:
                    return
            case Closed(number):
                self.open_items.pop(number, None)
                self.seen.closed += 1
                if self.seen.closed <= self.handed.closed:
                    return
            case Found(batch):
                known = min(max(self.handed.rows - self.seen.rows, 0), len(batch))
                self.seen.rows += len(batch)
                if known == len(batch):
                    return
                message = Found(batch.slice(known))
        self.unsettled.append(message)
        self.size += size_of(message)

    def settle(self, steps: int) -> None:
        """The first `steps` steps are done; hands on what came of them."""
        self.messages.extend(self.unsettled)
        self.unsettled.clear()
        self.settled = steps
        self.items += self.seen.opened
        for name in ("opened", "closed", "rows"):
            left = getattr(self.handed, name) - getattr(self.seen, name)
            setattr(self.handed, name, max(left, 0))
        self.seen = _Count()
        self.open_items.clear()
        self.deaths = 0

    def hand_on(self) -> None:
        """Hands on what came of a step that is not done."""
        self.messages.extend(self.unsettled)
        self.unsettled.clear()
        self.handed = replace(self.seen)

    def forget(self) -> None:
        """Forgets what came of a step that a worker died on; it is read again."""
        self.size -= sum(map(size_of, self.unsettled))
        self.unsettled.clear()
        self.seen = _Count()
        self.open_items.clear()

    def give_up(self, reason: Reason) -> None:
        """Ends the step that two workers died on: what was found counts, what was open is named."""
        step = self.task.steps[self.settled]
        if not self.open_items and not self.seen.opened:
            self._add(Opened(self.items, _item(step)))
        innermost = max(self.open_items, default=-1)
        for number, item in sorted(self.open_items.items(), reverse=True):
            is_lost = number == innermost and not self.seen.rows
            state = State.UNREADABLE if is_lost else State.PARTIAL
            self._add(Closed(number, Entry(item, Outcome(state, reason))))
        self._add(Settled(self.settled + 1))
        self.settle(self.settled + 1)


def _item(step: Step) -> Item:
    if isinstance(step, Entry):
        return step.item
    if isinstance(step, Structure):
        return Item(step.source, step.path)
    return Item(step.source, step.path, "", step.cost, step.modified, step.marker)


def size_of(message: Message) -> int:
    """About how many bytes `message` holds."""
    return message.batch.nbytes if isinstance(message, Found) else _MESSAGE
