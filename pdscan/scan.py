"""Walk, read, match, judge: from sources to a stream of findings and ledger entries.

A scan is a list of tasks; a task is a few small units or one large one. `Worker` turns a task into
messages, anywhere; `pdscan.runner` brings the messages of all tasks into order.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from pdscan.connectors.interface import Connector, Event, Limits, Step, Unit
from pdscan.connectors.structure import Structure
from pdscan.detectors.interface import Annotator, Detector
from pdscan.errors import AccessError, SourceError
from pdscan.matching.engine import CONTEXT_DISTANCE, Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Entry, Item, Likelihood, Outcome, Reason, State

_TASK_COST = 4 << 20  # bytes of small units that go together
_TASK_UNITS = 256
_PROGRESS = 0.25  # seconds between two words of progress


@dataclass(frozen=True, slots=True)
class Task:
    """Units that one worker reads in a row, and what else was walked between them."""

    number: int
    steps: tuple[Step, ...]

    @property
    def cost(self) -> int:
        """About how many bytes there are to read."""
        return sum(step.cost for step in self.steps if isinstance(step, Unit))


@dataclass(frozen=True, slots=True)
class Opened:
    """Item `number` of a task is being read; `depth` tells in how many others it lies."""

    number: int
    item: Item
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Closed:
    """Item `number` of a task is done."""

    number: int
    entry: Entry


@dataclass(frozen=True, slots=True)
class Found:
    """Findings; their ``item`` column holds numbers of items of the task."""

    batch: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class Settled:
    """All findings of the first `steps` steps of the task are out."""

    steps: int


@dataclass(frozen=True, slots=True)
class Described:
    """How the tables of a database hang together."""

    structure: Structure


@dataclass(frozen=True, slots=True)
class Progress:
    """About `size` more bytes were read; `item` is the outermost that is being read now.

    Says nothing about the result: it may come in any order, and is not part of it.
    """

    item: Item
    size: int


Message = Opened | Closed | Found | Settled | Described | Progress


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a worker needs; travels by pickling. `key` makes the fingerprints."""

    connectors: tuple[Connector, ...]
    detectors: tuple[Detector, ...]
    key: bytes = field(repr=False)
    minimum: Likelihood = Likelihood.POSSIBLE
    context_distance: int = CONTEXT_DISTANCE
    values: bool = False
    limits: Limits = field(default_factory=Limits)
    annotators: tuple[Annotator, ...] = ()


def tasks(connectors: Iterable[Connector]) -> Iterator[Task]:
    """All work there is, in an order that is the same every time."""
    number = 0
    steps: list[Step] = []
    cost = 0
    for connector in connectors:
        for step in _walked(connector):
            size = step.cost if isinstance(step, Unit) else 0
            if steps and (cost + size > _TASK_COST or len(steps) >= _TASK_UNITS):
                yield Task(number, tuple(steps))
                number, steps, cost = number + 1, [], 0
            steps.append(step)
            cost += size
    if steps:
        yield Task(number, tuple(steps))


def _walked(connector: Connector) -> Iterator[Step]:
    """What `connector` walks; a source that cannot be walked is a line in the ledger, and costs
    the other sources nothing.
    """
    try:
        yield from connector.walk()
    except (AccessError, SourceError) as error:
        reason = Reason.DENIED if isinstance(error, AccessError) else Reason.IO
        yield Entry(Item(connector.source, ()), Outcome(State.UNREADABLE, reason, str(error)))


class Worker:
    """Reads tasks with one compiled engine, one after the other: connectors may hold a connection
    that serves one reading at a time.
    """

    def __init__(self, plan: Plan, engine: Engine | None = None) -> None:
        """`engine` is that of another worker with the same plan: to compile one takes time."""
        self._connectors = {connector.source: connector for connector in plan.connectors}
        self.engine = engine or Engine(
            plan.detectors,
            annotators=plan.annotators,
            minimum=plan.minimum,
            context_distance=plan.context_distance,
        )
        self._fingerprinter = Fingerprinter(plan.key)
        self._values = plan.values

    def run(self, steps: Sequence[Step], *, careful: bool = False) -> Iterator[Message]:
        """The messages of a task, in order; items are numbered from 0 as they are opened.

        An item is closed when its findings are out. `careful`: each item is matched by itself as
        soon as it was read, so that what kills the process is known by name.
        """
        reading = _Reading(Scanner(self.engine, self._fingerprinter, values=self._values))
        settled = 0
        for done, step in enumerate(steps, 1):
            if isinstance(step, Structure):
                yield Described(step)
                continue
            if isinstance(step, Entry):
                yield from reading.entry(step)
                continue
            yield from reading.progress(step, 0)
            for event in self._events(step):
                yield from reading.event(event, careful=careful)
                if isinstance(event, Block):
                    yield from reading.progress(step, len(event.text))
            yield from reading.progress(step, None, is_last=done == len(steps))
            if reading.is_settled:
                settled = done
                yield Settled(done)
        yield from reading.flush()
        if settled < len(steps):
            yield Settled(len(steps))

    def close(self) -> None:
        """Lets go of what the connectors hold open here."""
        for connector in self._connectors.values():
            connector.close()

    def _events(self, unit: Unit) -> Iterator[Event]:
        """What the connector reads; every item it opens is closed, whatever happens."""
        open_items = 0
        try:
            for event in self._connectors[unit.source].read(unit):
                if isinstance(event, Item):
                    open_items += 1
                elif isinstance(event, Outcome):
                    open_items -= 1
                yield event
        except Exception as error:  # a bug in a connector costs its item, never the run
            failure = Outcome(State.UNREADABLE, *_reason(error))
        else:
            return
        if not open_items:
            yield Item(unit.source, unit.path, "", unit.cost, unit.modified, unit.marker)
            open_items = 1
        for _ in range(open_items):
            yield failure


class _Reading:
    """What is known while the steps of a task are read."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._number = 0
        self._open: list[tuple[int, Item]] = []
        self._read: list[tuple[int, Item, Outcome]] = []  # whose findings are not all out
        self._told = float("-inf")
        self._size = 0  # bytes of the step
        self._untold = 0  # bytes read since progress was told

    @property
    def is_settled(self) -> bool:
        """Whether the findings of all that was read are out."""
        return self._scanner.is_empty

    def entry(self, entry: Entry) -> Iterator[Message]:
        """A line of the ledger that the walk has made."""
        number = self._opened()
        yield Opened(number, entry.item)
        self._read.append((number, entry.item, entry.outcome))
        if self.is_settled:
            yield from self._closed()

    def event(self, event: Event, *, careful: bool) -> Iterator[Message]:
        """What a connector has yielded."""
        if careful and not isinstance(event, Block):
            yield from self.flush()
        if isinstance(event, Item):
            number = self._opened()
            yield Opened(number, event, len(self._open))
            self._open.append((number, event))
            return
        if isinstance(event, Block):
            for batch in self._scanner.feed(self._open[-1][0], event):
                yield Found(batch)
        elif isinstance(event, Structure):
            yield Described(event)
        else:
            number, item = self._open.pop()
            outcome = event
            if not event.characters and (count := self._scanner.characters(number)):
                outcome = replace(event, characters=count)
            self._scanner.close(number)
            self._read.append((number, item, outcome))
            if careful:
                yield from self.flush()
        if self._read and self.is_settled:
            yield from self._closed()

    def flush(self) -> Iterator[Message]:
        """All findings that are not out yet, and the items that waited for them."""
        for batch in self._scanner.flush():
            yield Found(batch)
        yield from self._closed()

    def progress(
        self, unit: Unit, size: int | None, *, is_last: bool = False
    ) -> Iterator[Progress]:
        """Tells now and then that `size` more bytes of `unit` were read; None: all of it was."""
        more = unit.cost - self._size if size is None else min(size, unit.cost - self._size)
        self._size = 0 if size is None else self._size + more
        self._untold += more
        now = time.monotonic()
        if is_last or now - self._told > _PROGRESS:
            yield Progress(Item(unit.source, unit.path, size=unit.cost), self._untold)
            self._told, self._untold = now, 0

    def _opened(self) -> int:
        self._number += 1
        return self._number - 1

    def _closed(self) -> Iterator[Closed]:
        for number, item, outcome in self._read:
            failure = self._scanner.failure(number)
            yield Closed(
                number, Entry(item, outcome if failure is None else _failed(outcome, failure))
            )
        self._read.clear()


def _failed(outcome: Outcome, failure: Exception) -> Outcome:
    """The outcome of an item that was read and could not be matched."""
    reason, detail = _reason(failure)
    said = "; ".join(filter(None, (outcome.reason, outcome.detail, f"while matching: {detail}")))
    state = State.PARTIAL if outcome.state == State.READ else outcome.state
    return replace(outcome, state=state, reason=reason, detail=said)


def _reason(error: Exception) -> tuple[Reason, str]:
    if isinstance(error, MemoryError):
        return Reason.LIMIT, "memory"
    return Reason.BUG, type(error).__name__
