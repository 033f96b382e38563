"""Walk, read, match, judge: from sources to a stream of findings and ledger entries.

A scan is a list of tasks; a task is a few small units or one large one. `Worker` turns a task into
messages, anywhere; `pdscan.runner` brings the messages of all tasks into order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from pdscan.connectors.interface import Connector, Limits, Unit
from pdscan.detectors.interface import Annotator, Detector
from pdscan.errors import AccessError, SourceError
from pdscan.matching.engine import CONTEXT_DISTANCE, Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Entry, Item, Likelihood, Outcome, Reason, State

_TASK_COST = 4 << 20  # bytes of small units that go together
_TASK_UNITS = 256


@dataclass(frozen=True, slots=True)
class Task:
    """Units that one worker reads in a row, and ledger entries that belong between them."""

    number: int
    steps: tuple[Unit | Entry, ...]

    @property
    def cost(self) -> int:
        """About how many bytes there are to read."""
        return sum(step.cost for step in self.steps if isinstance(step, Unit))


@dataclass(frozen=True, slots=True)
class Opened:
    """Item `number` of a task is being read."""

    number: int
    item: Item


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


Message = Opened | Closed | Found | Settled


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
    steps: list[Unit | Entry] = []
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


def _walked(connector: Connector) -> Iterator[Unit | Entry]:
    """What `connector` walks; a source that cannot be walked is a line in the ledger, and costs
    the other sources nothing.
    """
    try:
        yield from connector.walk()
    except (AccessError, SourceError) as error:
        reason = Reason.DENIED if isinstance(error, AccessError) else Reason.IO
        yield Entry(Item(connector.source, ()), Outcome(State.UNREADABLE, reason, str(error)))


class Worker:
    """Reads tasks with one compiled engine."""

    def __init__(self, plan: Plan) -> None:
        self._connectors = {connector.source: connector for connector in plan.connectors}
        self._engine = Engine(
            plan.detectors,
            annotators=plan.annotators,
            minimum=plan.minimum,
            context_distance=plan.context_distance,
        )
        self._fingerprinter = Fingerprinter(plan.key)
        self._values = plan.values

    def run(self, steps: Sequence[Unit | Entry]) -> Iterator[Message]:
        """The messages of a task, in order; items are numbered from 0 as they are opened."""
        scanner = Scanner(self._engine, self._fingerprinter, values=self._values)
        number = 0
        for done, step in enumerate(steps):
            if isinstance(step, Entry):
                yield Opened(number, step.item)
                yield Closed(number, step)
                number += 1
                continue
            stack: list[tuple[int, Item]] = []
            for event in self._events(step):
                if isinstance(event, Item):
                    stack.append((number, event))
                    yield Opened(number, event)
                    number += 1
                elif isinstance(event, Block):
                    for batch in scanner.feed(stack[-1][0], event):
                        yield Found(batch)
                else:
                    mine, item = stack.pop()
                    count = scanner.close(mine)
                    outcome = replace(event, characters=event.characters or count)
                    yield Closed(mine, Entry(item, outcome))
            if scanner.is_empty:
                yield Settled(done + 1)
        for batch in scanner.flush():
            yield Found(batch)
        yield Settled(len(steps))

    def close(self) -> None:
        """Lets go of what the connectors hold open here."""
        for connector in self._connectors.values():
            connector.close()

    def _events(self, unit: Unit) -> Iterator[Item | Block | Outcome]:
        """What the connector reads; every item it opens is closed, whatever happens."""
        open_items = 0
        failure = Outcome(State.UNREADABLE, Reason.BUG)
        try:
            for event in self._connectors[unit.source].read(unit):
                if isinstance(event, Item):
                    open_items += 1
                elif isinstance(event, Outcome):
                    open_items -= 1
                yield event
        except MemoryError:
            failure = Outcome(State.UNREADABLE, Reason.LIMIT, "memory")
        except Exception as error:  # a bug in a connector costs its item, never the run
            failure = Outcome(State.UNREADABLE, Reason.BUG, type(error).__name__)
        else:
            return
        if not open_items:
            yield Item(unit.source, unit.path, size=unit.cost, modified=unit.modified)
            open_items = 1
        for _ in range(open_items):
            yield failure
