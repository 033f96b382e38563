"""What runs on a Dask worker: one scan's reader, and the slices it delivers.

A slice is what came of some seconds of reading. The reading of a long item stays open between two
slices; if the process is lost with it, the next slice says so and the item is begun anew.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import cloudpickle
from distributed import WorkerPlugin, get_worker

from pdscan.cluster import Recipe, differences
from pdscan.connectors.interface import Step
from pdscan.errors import PdscanError, UsageError
from pdscan.scan import Message, Progress, Worker
from pdscan.underway import size_of

_SECONDS = 3.0  # of reading in a slice
_BYTES = 8 << 20  # of messages in a slice


@dataclass(frozen=True, slots=True)
class Slice:
    """What came of some seconds; `more` is to come, or the reading it goes on with was `lost`."""

    messages: tuple[Message, ...]
    worker: str
    more: bool = False
    lost: bool = False


class Reading(WorkerPlugin):  # type: ignore[misc] # distributed is typed in part
    """One scan on one Dask worker; Dask brings it to workers that come later too."""

    def __init__(self, name: str, recipe: Recipe, deciding: Mapping[str, object]) -> None:
        self.name = name
        self._recipe = recipe
        self._deciding = deciding

    def setup(self, worker: object) -> None:
        """The reader itself is made when it is first needed: here it would hold up the worker."""
        # Native parsers are not made for threads: those of a worker take turns.
        self._turn = threading.Lock()
        self._first: Worker
        self._plan = b""  # pickled before anything was opened
        # A connector reads one thing at a time, so what stays open between slices has a reader.
        self._idle: list[Worker] = []
        self._open: dict[int, tuple[Worker, Iterator[Message]]] = {}

    def teardown(self, worker: object) -> None:
        """The scan is over."""
        with self._turn:
            for reader, messages in self._open.values():
                with suppress(Exception):
                    messages.close()  # type: ignore[attr-defined] # a generator
                self._idle.append(reader)
            self._open.clear()
            for reader in self._idle:
                reader.close()
            self._idle.clear()

    def check(self) -> None:
        """Makes the reader. Raises `UsageError` where this machine would find something else."""
        with self._turn:
            self._idle.append(self._made())

    def slice(self, task: int, part: int, steps: Sequence[Step], *, careful: bool) -> Slice:
        """The next slice of a task: `part` 0 begins it."""
        worker = get_worker().address
        with self._turn:
            if part == 0:
                reader = self._idle.pop() if self._idle else self._made()
                messages = reader.run(steps, careful=careful)
            elif task not in self._open:
                return Slice((), worker, lost=True)
            else:
                reader, messages = self._open.pop(task)
            try:
                taken, more = self._some(messages)
            except Exception as error:  # a bug; what it says may hold values, and Dask logs it
                reader.close()
                raise RuntimeError(type(error).__name__) from None
            if more:
                self._open[task] = reader, messages
            else:
                self._idle.append(reader)
            return Slice(tuple(taken), worker, more)

    def _some(self, messages: Iterator[Message]) -> tuple[list[Message], bool]:
        taken: list[Message] = []
        size, end = 0, time.monotonic() + _SECONDS
        with _Watchdog(self._seconds) as watchdog:
            for message in messages:
                taken.append(message)
                size += size_of(message)
                if isinstance(message, Progress):
                    watchdog.begin()
                if size > _BYTES or time.monotonic() > end:
                    return taken, True
        return taken, False

    def _made(self) -> Worker:
        """Another reader; all of them share what the first has compiled."""
        if self._plan:
            reader = Worker(cloudpickle.loads(self._plan), self._first.engine)
        else:
            plan = self._recipe.plan()
            differs = differences(self._deciding, self._recipe.deciding(plan))
            if differs:
                raise UsageError("; ".join(differs))
            self._plan, self._seconds = cloudpickle.dumps(plan), plan.limits.seconds
            reader = self._first = Worker(plan)
        return reader


class _Watchdog:
    """Ends this process if a native parser hangs: Dask starts another one.

    It is kept outside of Python, whose lock a parser that hangs may hold.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._nowhere = os.open(os.devnull, os.O_WRONLY)

    def __enter__(self) -> _Watchdog:
        self.begin()
        return self

    def begin(self) -> None:
        """Counts from now on."""
        faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._nowhere)

    def __exit__(self, *_: object) -> None:
        faulthandler.cancel_dump_traceback_later()
        os.close(self._nowhere)


def check(name: str) -> str:
    """Checks scan `name` on the worker that this runs on; empty, or what is wrong."""
    try:
        _reading(name).check()
    except PdscanError as error:
        return str(error)
    return ""


def read(name: str, task: int, part: int, steps: Sequence[Step], *, careful: bool) -> Slice:
    """The next slice of a task of scan `name`, on the worker that this runs on."""
    return _reading(name).slice(task, part, steps, careful=careful)


def _reading(name: str) -> Reading:
    reading: Reading = get_worker().plugins[name]
    return reading
