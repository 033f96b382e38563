"""The same tasks in this process or in worker processes; the messages come in the same order.

A worker may die (a native parser crashes, memory runs out, somebody kills it) or hang: that costs
the item it was reading, never the run. Its task is taken up again after the steps that were
settled, each remaining step alone; the step that a worker dies on a second time is given up, with
what was found until then, and what was being read is named. Workers stop sending when nobody reads,
so memory stays flat whatever the order in which they finish.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from queue import Queue
from typing import Any

import cloudpickle

from pdscan.model import Reason
from pdscan.numbering import numbered
from pdscan.scan import Message, Plan, Progress, Task, Worker
from pdscan.underway import Underway, size_of

_LEAVE_SECONDS = 2.0  # for idle workers to say goodbye to their servers
_AHEAD = 4  # tasks per worker that may be done before their turn
_BUFFERED = 64 << 20  # bytes that workers may be ahead with before they have to wait
_UNSETTLED = 16 << 20  # bytes of findings of one task that may wait for its end
_PARCEL = 64 << 10  # bytes of messages that travel together
_IN_FLIGHT = 2  # parcels that wait in a worker
_PARCEL_SECONDS = 0.05
_BROKEN = 70  # exit code: a bug in pdscan, as opposed to a crash

#: Told what is going on while it goes on: the number of the worker, and what it has read.
Watch = Callable[[int, Progress], None]


def run(
    plan: Plan, work: Iterator[Task], jobs: int,
    watch: Watch = lambda _worker, _progress: None, *, first: int = 0,
) -> Iterator[Message]:  # fmt: skip
    """The messages of all tasks in order, read by `jobs` worker processes (0: by this one).

    Items are numbered through from `first`; one that is read in ranges is opened and closed once.
    """
    if jobs == 0:
        worker = Worker(plan)
        each = (_watched(worker.run(task.steps), watch) for task in work)
        yield from numbered(each, first)
        return
    pool = _Pool(plan, work, jobs, watch)
    try:
        yield from numbered(pool.tasks(), first)
    finally:
        pool.stop()


def _watched(messages: Iterator[Message], watch: Watch) -> Iterator[Message]:
    for message in messages:
        if isinstance(message, Progress):
            watch(0, message)
        else:
            yield message


@dataclass(slots=True)
class _Process:
    process: Any
    pipe: Connection
    run: Underway | None = None
    offset: int = 0  # items of the run that the worker did not number
    first: int = 0  # step of the run that the worker began with
    since: float = 0.0


class _Pool:
    def __init__(self, plan: Plan, work: Iterator[Task], jobs: int, watch: Watch) -> None:
        # A forked worker starts in milliseconds with everything imported; this process starts no
        # threads that could hold a lock meanwhile. Where forking is unsafe, workers start anew.
        method = "fork" if sys.platform == "linux" else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        self._plan = cloudpickle.dumps(plan)  # without connections that the walk may hold later
        self._limits = plan.limits
        self._work = work
        self._watch = watch
        self._processes: list[_Process] = []
        for _ in range(jobs):
            self._processes.append(self._start())
        self._runs: deque[Underway] = deque()  # in order, the head is handed on
        self._again: deque[Underway] = deque()  # to go on with a step alone
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
            yield from run.ready()
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
                run = self._again.popleft()
                self._give(process, run, run.settled + 1, careful=True)
                continue
            if self._exhausted or len(self._runs) >= _AHEAD * len(self._processes):
                continue
            task = next(self._work, None)
            if task is None:
                self._exhausted = True
                continue
            run = Underway(task)
            self._runs.append(run)
            self._give(process, run, len(task.steps), careful=False)

    def _give(self, process: _Process, run: Underway, last: int, *, careful: bool) -> None:
        process.run, process.first, process.offset = run, run.settled, run.items
        process.since = time.monotonic()
        with suppress(OSError):  # it died idle: _receive sees that and starts another
            process.pipe.send((run.task.steps[run.settled : last], careful))

    def _receive(self, head: Underway) -> None:
        """Waits for something to come from the workers that may send."""
        ahead = sum(run.size for run in self._runs) - head.size
        ready: dict[Any, _Process] = {
            p.pipe: p
            for p in self._processes
            if p.run is not None and (p.run is head or ahead < _BUFFERED)
        }
        for pipe in wait(list(ready), timeout=1.0):
            process = ready[pipe]
            try:
                self._take(process, process.pipe.recv())
            except (EOFError, OSError):
                self._died(process, Reason.CRASHED)
        now = time.monotonic()
        for process in ready.values():
            if process.run is not None and now - process.since > self._limits.seconds:
                self._died(process, Reason.TIMEOUT)

    def _take(self, process: _Process, messages: list[Message | None]) -> None:
        run = process.run
        assert run is not None  # noqa: S101 - only busy workers are listened to
        process.since = time.monotonic()
        for message in messages:
            match message:
                case None:
                    process.run = None
                    self._go_on(run)
                case Progress():
                    self._watch(self._processes.index(process), message)
                case _:
                    run.take(message, process.first, process.offset)
        if run is self._runs[0] and run.size > _UNSETTLED:
            run.hand_on()

    def _died(self, process: _Process, reason: Reason) -> None:
        run = process.run
        assert run is not None  # noqa: S101 - only busy workers are listened to
        process.process.kill()
        process.process.join()
        process.pipe.close()
        if process.process.exitcode == _BROKEN:
            reason = Reason.BUG
        self._processes[self._processes.index(process)] = self._start()
        run.deaths += 1
        if run.deaths == 1:
            run.forget()
            self._again.appendleft(run)
        else:
            run.give_up(reason)
            self._go_on(run)

    def _go_on(self, run: Underway) -> None:
        """After a death the steps that are left are done one by one."""
        if run.settled < len(run.task.steps):
            self._again.appendleft(run)
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


def _serve(pickled: bytes, pipe: Connection, inherited: list[Connection]) -> None:
    """The life of a worker: tasks in, messages out in parcels, None after each task."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interrupt means
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for other in inherited:
        other.close()  # or the death of another worker would not be seen
    try:
        plan: Plan = cloudpickle.loads(pickled)
        _limit_memory(plan.limits.memory)
        worker = Worker(plan)
        sender = _Sender(pipe)
        with suppress(EOFError, OSError):  # nobody listens any more
            while True:
                steps, careful = pipe.recv()
                _send(sender, worker.run(steps, careful=careful), parcels=not careful)
        worker.close()
    except Exception:  # a bug outside of reading and matching; the parent names the item
        os._exit(_BROKEN)


class _Sender:
    """Sends from a thread of its own: the worker goes on while the parent is busy, by a few
    parcels.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._parcels: Queue[list[Message | None]] = Queue(_IN_FLIGHT)
        self._is_heard = True
        threading.Thread(target=self._run, daemon=True).start()

    def put(self, parcel: list[Message | None], *, at_once: bool) -> None:
        """Hands a parcel over; with `at_once` it is sent when this returns. Raises OSError where
        nobody listens any more.
        """
        self._parcels.put(parcel)
        if at_once:
            self._parcels.join()
        if not self._is_heard:
            raise BrokenPipeError

    def _run(self) -> None:
        while True:
            parcel = self._parcels.get()
            try:
                self._pipe.send(parcel)
            except OSError:
                self._is_heard = False
            finally:
                self._parcels.task_done()


def _send(sender: _Sender, messages: Iterator[Message], *, parcels: bool) -> None:
    """Sends a task's messages, many small ones together: a message by itself costs a wake-up.

    Without `parcels` each goes at once, so that all of them are there if this process dies.
    """
    parcel: list[Message | None] = []
    size, sent = 0, time.monotonic()
    for message in messages:
        parcel.append(message)
        size += size_of(message)
        is_due = isinstance(message, Progress) or time.monotonic() - sent > _PARCEL_SECONDS
        if not parcels or is_due or size > _PARCEL:
            sender.put(parcel, at_once=not parcels)
            parcel, size, sent = [], 0, time.monotonic()
    sender.put([*parcel, None], at_once=not parcels)


def _limit_memory(size: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + size, resource.RLIM_INFINITY))
