"""The same tasks in this process or in worker processes; the messages come in the same order.

A worker may die (a native parser crashes, memory runs out, somebody kills it) or hang: that costs
the item it was reading, never the run. Its task is taken up again after the steps that were
settled, each remaining step alone; the step that kills a worker alone a second time is given up and
named. Workers stop sending when nobody reads, so memory stays flat whatever the order in which they
finish.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pyarrow as pa

from pdscan.connectors.interface import Unit
from pdscan.model import Entry, Item, Outcome, Reason, State
from pdscan.numbering import numbered
from pdscan.scan import Closed, Found, Message, Opened, Plan, Settled, Task, Worker

_AHEAD = 4  # tasks per worker that may be done before their turn
_LEAVE_SECONDS = 2.0  # for idle workers to say goodbye to their servers
_BUFFERED = 32 << 20  # bytes a worker may be ahead with before it has to wait


def run(plan: Plan, work: Iterator[Task], jobs: int) -> Iterator[Message]:
    """The messages of all tasks in order, read by `jobs` worker processes (0: by this one).

    Items are numbered through from 0; one that is read in ranges is opened and closed once.
    """
    if jobs == 0:
        worker = Worker(plan)
        yield from numbered(worker.run(task.steps) for task in work)
        return
    pool = _Pool(plan, work, jobs)
    try:
        yield from numbered(pool.tasks())
    finally:
        pool.stop()


@dataclass(slots=True)
class _Run:
    """A task under way: what came of it and was not handed on yet."""

    task: Task
    messages: deque[Message] = field(default_factory=deque)
    size: int = 0
    done: bool = False
    # The messages of steps that are settled are handed on; those after them wait here, so that
    # they can be forgotten if the worker dies.
    unsettled: list[Message] = field(default_factory=list)
    settled: int = 0
    handed: int = 0  # items numbered in settled steps
    streaming: bool = False  # findings of the step in progress were handed on already
    open_items: list[Opened] = field(default_factory=list)


@dataclass(slots=True)
class _Process:
    process: Any
    pipe: Connection
    run: _Run | None = None
    offset: int = 0  # items of the run that the worker did not number
    first: int = 0  # step of the run that the worker began with
    alone: bool = False
    since: float = 0.0


class _Pool:
    def __init__(self, plan: Plan, work: Iterator[Task], jobs: int) -> None:
        # A forked worker starts in milliseconds with everything imported; this process starts no
        # threads that could hold a lock meanwhile. Where forking is unsafe, workers start anew.
        method = "fork" if sys.platform == "linux" else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        self._plan = plan
        self._work = work
        self._processes: list[_Process] = []
        for _ in range(jobs):
            self._processes.append(self._start())
        self._runs: deque[_Run] = deque()  # in order, the head is handed on
        self._again: deque[tuple[_Run, int]] = deque()  # runs to go on with at a step, alone
        self._exhausted = False

    def tasks(self) -> Iterator[Iterator[Message]]:
        while True:
            self._feed()
            if not self._runs:
                return
            yield self._head()
            self._runs.popleft()

    def stop(self) -> None:
        for process in self._processes:
            process.pipe.close()
            if process.run is not None:
                process.process.kill()
        end = time.monotonic() + _LEAVE_SECONDS
        for process in self._processes:
            process.process.join(max(end - time.monotonic(), 0))
            if process.process.is_alive():
                process.process.kill()
                process.process.join()

    def _head(self) -> Iterator[Message]:
        run = self._runs[0]
        while True:
            while run.messages:
                message = run.messages.popleft()
                run.size -= _size(message)
                yield message
            if run.done:
                return
            self._feed()
            self._receive(run)

    def _feed(self) -> None:
        """Gives every idle worker something to do."""
        for process in self._processes:
            if process.run is not None:
                continue
            if self._again:
                run, step = self._again.popleft()
                self._give(process, run, step, step + 1)
                continue
            if self._exhausted or len(self._runs) >= _AHEAD * len(self._processes):
                continue
            task = next(self._work, None)
            if task is None:
                self._exhausted = True
                continue
            run = _Run(task)
            self._runs.append(run)
            self._give(process, run, 0, len(task.steps))

    def _give(self, process: _Process, run: _Run, first: int, last: int) -> None:
        process.run, process.first, process.offset = run, first, run.handed
        process.alone = last - first == 1
        process.since = time.monotonic()
        with suppress(OSError):  # it died idle: _receive sees that and starts another
            process.pipe.send(run.task.steps[first:last])

    def _receive(self, head: _Run) -> None:
        """Waits for something to come from the workers that may send."""
        ready: dict[Any, _Process] = {
            p.pipe: p
            for p in self._processes
            if p.run is not None and (p.run is head or p.run.size < _BUFFERED)
        }
        for pipe in wait(list(ready), timeout=1.0):
            process = ready[pipe]
            try:
                self._take(process, process.pipe.recv())
            except (EOFError, OSError):
                self._died(process, Reason.CRASHED)
        now = time.monotonic()
        for process in self._processes:
            late = now - process.since > self._plan.limits.seconds
            if late and process.run is not None and process.pipe in ready:
                self._died(process, Reason.TIMEOUT)

    def _take(self, process: _Process, message: Message | None) -> None:
        run = process.run
        assert run is not None  # noqa: S101 - only busy workers are listened to
        process.since = time.monotonic()
        match message:
            case None:
                process.run = None
                self._go_on(run)
                return
            case Opened():
                message = replace(message, number=message.number + process.offset)
                run.open_items.append(message)
            case Closed():
                message = replace(message, number=message.number + process.offset)
                run.open_items = [o for o in run.open_items if o.number != message.number]
            case Found(batch):
                items = pa.compute.add(batch.column("item"), pa.scalar(process.offset, pa.int32()))
                message = Found(batch.set_column(0, batch.schema.field(0), items))
        run.unsettled.append(message)
        run.size += _size(message)
        if isinstance(message, Settled):
            run.settled = process.first + message.steps
            self._hand_on(run)
            run.streaming = False
        elif run.streaming or (process.alone and run.size > _BUFFERED // 2):
            # One large item: its findings cannot wait for its end.
            run.streaming = True
            self._hand_on(run)

    def _hand_on(self, run: _Run) -> None:
        run.handed += sum(isinstance(message, Opened) for message in run.unsettled)
        run.messages.extend(run.unsettled)
        run.unsettled.clear()

    def _died(self, process: _Process, reason: Reason) -> None:
        run = process.run
        assert run is not None  # noqa: S101 - only busy workers are listened to
        process.process.kill()
        process.process.join()
        process.pipe.close()
        self._processes[self._processes.index(process)] = self._start()
        step = run.settled
        if run.streaming:
            for opened in reversed(run.open_items):
                entry = Entry(opened.item, Outcome(State.PARTIAL, reason))
                run.unsettled.append(Closed(opened.number, entry))
            self._hand_on(run)
            run.settled = step + 1
            run.streaming = False
            self._go_on(run)
        elif process.alone:
            run.size -= sum(map(_size, run.unsettled))
            run.unsettled.clear()
            item = _item(run.task.steps[step])
            run.unsettled += (
                Opened(run.handed, item),
                Closed(run.handed, Entry(item, Outcome(State.UNREADABLE, reason))),
            )
            self._hand_on(run)
            run.settled = step + 1
            run.streaming = False
            self._go_on(run)
        else:
            run.size -= sum(map(_size, run.unsettled))
            run.unsettled.clear()
            self._again.appendleft((run, step))
        run.open_items.clear()

    def _go_on(self, run: _Run) -> None:
        """After a death the steps that are left are done one by one."""
        if run.settled < len(run.task.steps):
            self._again.appendleft((run, run.settled))
        else:
            run.done = True

    def _start(self) -> _Process:
        ours, theirs = self._context.Pipe()
        others = [process.pipe for process in self._processes if not process.pipe.closed]
        process = self._context.Process(
            target=_serve, args=(self._plan, theirs, [ours, *others]), daemon=True
        )
        process.start()
        theirs.close()
        return _Process(process, ours)


def _serve(plan: Plan, pipe: Connection, inherited: list[Connection]) -> None:
    """The life of a worker: tasks in, messages out, None after each task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    for other in inherited:
        other.close()  # or the death of another worker would not be seen
    _limit_memory(plan.limits.memory)
    # What a forked connector holds open is the walker's.
    worker = Worker(replace(plan, connectors=tuple(map(copy, plan.connectors))))
    try:
        while True:
            steps = pipe.recv()
            for message in worker.run(steps):
                pipe.send(message)
            pipe.send(None)
    except (EOFError, OSError):  # nobody listens any more
        worker.close()


def _limit_memory(size: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, resource.RLIM_INFINITY))


def _item(step: Unit | Entry) -> Item:
    if isinstance(step, Entry):
        return step.item
    return Item(step.source, step.path, size=step.cost, modified=step.modified)


def _size(message: Message) -> int:
    return message.batch.nbytes if isinstance(message, Found) else 200
