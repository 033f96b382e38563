"""The parent's side: tasks out to the workers of a Dask cluster, their messages in order.

Every task is one Dask task at a time, a slice. What is out is bounded, and so is what is fetched
before its turn: the rest waits where it was read. A worker that is lost is Dask's to replace; Dask
does a slice that began a task again by itself, one that went on with a long item is
begun anew here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterator
from concurrent import futures
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

from distributed import Client, Future, KilledWorker

from pdscan import __version__
from pdscan.cluster import Recipe, worker
from pdscan.errors import SourceError, UsageError
from pdscan.model import Reason
from pdscan.numbering import numbered
from pdscan.runner import Watch
from pdscan.scan import Message, Progress, Task
from pdscan.underway import Underway

_AHEAD = 4  # tasks per worker that may be out
_BUFFERED = 64 << 20  # bytes that may be fetched before their turn
_UNSETTLED = 16 << 20  # bytes of findings of one task that may wait for its end
_WORKER_SECONDS = 20.0  # to wait for the first worker
_LOOK_SECONDS = 2.0  # between two looks at which workers there are
_ALONE_SECONDS = 300.0  # to wait for Dask to replace the last worker
_FETCH_SECONDS = 30.0
_LOSSES = 4  # readings of one item that may be lost with their machines


class Cluster:
    """A connection to a scheduler, and the workers it had when they were checked."""

    def __init__(self, address: str) -> None:
        """`address` is that of a scheduler, or the path of a scheduler file. Raises `SourceError`
        where nobody answers or no worker is there.
        """
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # we tell it in our words
        self.address = address
        self.scan = f"pdscan-{uuid4().hex}"
        where: dict[str, Any] = (
            {"address": address} if "://" in address else {"scheduler_file": address}
        )
        if "address" not in where and not Path(address).is_file():
            raise UsageError(
                f"--cluster {address}: neither an address such as tcp://scheduler:8786 nor a "
                "scheduler file that is there"
            )
        try:
            self.client = Client(**where, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise SourceError(
                f"the Dask scheduler at {address} does not answer ({type(error).__name__}); see "
                "whether it runs and may be reached from here"
            ) from None
        try:
            self.client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError:
            self.client.close()
            raise SourceError(f"the Dask cluster at {address} has no workers; start some") from None

    @property
    def workers(self) -> int:
        """How many workers there are now."""
        return len(self.client.nthreads())

    def prepare(self, recipe: Recipe) -> None:
        """Brings the scan of `recipe` to the workers. Raises `UsageError` where one of them has
        another pdscan, or would find something else than this process.
        """
        installed: dict[str, object] = self.client.run(version, "pdscan", on_error="return")
        told = {
            address: f"pdscan {found}" if isinstance(found, str) else "no pdscan is installed"
            for address, found in installed.items()
            if found != __version__
        }
        if not told:
            self.client.register_plugin(
                worker.Reading(self.scan, recipe, recipe.deciding(recipe.plan()))
            )
            checks = {
                address: self.client.submit(worker.check, self.scan, workers=[address], pure=False)
                for address in installed
            }
            told = {
                address: said for address, future in checks.items() if (said := future.result())
            }
        if told:
            examples = {said: address for address, said in sorted(told.items(), reverse=True)}
            shown = "; ".join(f"{address}: {said}" for said, address in list(examples.items())[:5])
            raise UsageError(
                f"{len(told)} of {len(installed)} workers of {self.address} would not find what "
                f"this machine finds. {shown}. Install and configure them alike, see docs/scale.md"
            )

    def run(
        self, work: Iterator[Task], watch: Watch = lambda _worker, _progress: None, first: int = 0
    ) -> Iterator[Message]:
        """The messages of all tasks in order, numbered from `first`, read by the workers. Raises
        `SourceError` where the cluster goes away.
        """
        pool = _Pool(self, work, watch)
        try:
            yield from numbered(pool.tasks(), first)
        finally:
            pool.stop()

    def close(self) -> None:
        """Ends the scan on the workers, which go on."""
        with suppress(Exception):
            self.client.unregister_worker_plugin(self.scan)
        with suppress(Exception):
            self.client.close(timeout=5)


@dataclass(eq=False, slots=True)
class _Call:
    """A slice that was asked for."""

    run: Underway
    future: Future
    part: int
    first: int  # step that the reading began with
    items: int  # of the steps before
    worker: str = ""  # that has to answer; any one may begin a task


class _Pool:
    def __init__(self, cluster: Cluster, work: Iterator[Task], watch: Watch) -> None:
        self._address, self._name, self._client = cluster.address, cluster.scan, cluster.client
        self._work = work
        self._watch = watch
        self._seen: dict[str, int] = {}  # numbers of workers by their address
        self._alive = set(self._client.nthreads())
        self._looked = self._inhabited = time.monotonic()
        self._runs: deque[Underway] = deque()  # in order, the head is handed on
        self._out: dict[int, _Call] = {}  # by the number of the task
        self._answered: SimpleQueue[_Call] = SimpleQueue()
        self._ready: list[_Call] = []  # that have an answer to be fetched
        self._losses: dict[int, int] = {}  # of the step at hand, by the number of the task
        self._exhausted = False
        self._asked = 0

    def tasks(self) -> Iterator[Iterator[Message]]:
        while True:
            self._feed()
            if not self._runs:
                return
            yield self._head()
            self._losses.pop(self._runs.popleft().task.number, None)

    def stop(self) -> None:
        """Ends what is still out."""
        with suppress(Exception):
            self._client.cancel([call.future for call in self._out.values()])

    def _head(self) -> Iterator[Message]:
        run = self._runs[0]
        while True:
            yield from run.ready()
            if run.done:
                return
            self._feed()
            self._receive(run)

    def _feed(self) -> None:
        """Gives the cluster as much to do as may be out."""
        while not self._exhausted and len(self._runs) < _AHEAD * max(len(self._alive), 1):
            task = next(self._work, None)
            if task is None:
                self._exhausted = True
                return
            run = Underway(task)
            self._runs.append(run)
            self._begin(run, careful=False)

    def _begin(self, run: Underway, *, careful: bool) -> None:
        """Has the next step of `run` read, or all that are left if none made trouble."""
        last = run.settled + 1 if careful else len(run.task.steps)
        steps = run.task.steps[run.settled : last]
        self._ask(run, 0, run.settled, run.items, steps, careful=careful)

    def _ask(
        self, run: Underway, part: int, first: int, items: int, steps: tuple[Any, ...] = (),
        *, careful: bool = False, at: str = "",
    ) -> None:  # fmt: skip
        self._asked += 1
        number = run.task.number
        future = self._client.submit(
            worker.read, self._name, number, part, steps, careful=careful,
            key=f"{self._name}-{number}-{self._asked}", priority=-number,
            workers=[at] if at else None,
        )  # fmt: skip
        call = self._out[number] = _Call(run, future, part, first, items, at)
        future.add_done_callback(lambda _future: self._answered.put(call))

    def _receive(self, head: Underway) -> None:
        """Waits for an answer that may be fetched."""
        self._look()
        if not self._fetch(head):
            with suppress(Empty):
                self._ready.append(self._answered.get(timeout=0.5))
        with suppress(Empty):
            while True:
                self._ready.append(self._answered.get_nowait())

    def _fetch(self, head: Underway) -> bool:
        """Fetches what is ready and whose turn it is, or for which there is room."""
        ready, self._ready = self._ready, []
        any_taken = False
        for call in sorted(ready, key=lambda call: call.run.task.number):
            if self._out.get(call.run.task.number) is not call:
                continue  # its worker was lost meanwhile
            ahead = sum(run.size for run in self._runs) - head.size
            if call.run is not head and ahead >= _BUFFERED:
                self._ready.append(call)
                continue
            any_taken = True
            self._take(call)
        return any_taken

    def _take(self, call: _Call) -> None:
        number, run = call.run.task.number, call.run
        try:
            answer: worker.Slice = call.future.result(timeout=_FETCH_SECONDS)
        except TimeoutError:
            self._check_connection()
            self._ready.append(call)  # Dask may do it again; if it cannot, _look sees that
            return
        except (asyncio.CancelledError, futures.CancelledError):
            self._check_connection()
            self._lost(run)  # the scheduler has forgotten it
            return
        except KilledWorker:
            self._died(run, Reason.CRASHED)
            return
        except UsageError as error:  # of a worker that came later
            raise UsageError(f"a worker of {self._address}: {error}") from None
        except Exception:  # a bug outside of reading and matching
            self._died(run, Reason.BUG)
            return
        del self._out[number]
        if answer.lost:
            self._lost(run)
            return
        who = self._seen.setdefault(answer.worker, len(self._seen))
        for message in answer.messages:
            if isinstance(message, Progress):
                self._watch(who, message)
            else:
                run.take(message, call.first, call.items)
        if run is self._runs[0] and run.size > _UNSETTLED:
            run.hand_on()
        if answer.more:
            self._ask(run, call.part + 1, call.first, call.items, at=answer.worker)
        elif run.settled < len(run.task.steps):
            self._losses.pop(number, None)
            self._begin(run, careful=True)
        else:
            run.done = True

    def _died(self, run: Underway, reason: Reason) -> None:
        """A step has ended the workers that read it, or made the reader fail."""
        self._out.pop(run.task.number, None)
        run.deaths += 1
        if run.deaths == 1:
            run.forget()
        else:
            run.give_up(reason)
        if run.settled < len(run.task.steps):
            self._begin(run, careful=True)
        else:
            run.done = True

    def _lost(self, run: Underway) -> None:
        """The reading of a long item was lost with its worker: that may be nobody's fault."""
        number = run.task.number
        self._losses[number] = self._losses.get(number, 0) + 1
        if self._losses[number] >= _LOSSES:
            self._died(run, Reason.CRASHED)
            return
        run.forget()
        self._begin(run, careful=self._losses[number] > 1)

    def _look(self) -> None:
        """Now and then: which workers there are, and which of them took a reading with them."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._check_connection()
        try:
            self._alive = set(self._client.nthreads())
        except Exception:  # whatever the connection broke with
            self._check_connection()
            return
        self._looked = now
        if self._alive:
            self._inhabited = now
        elif now - self._inhabited > _ALONE_SECONDS:
            raise SourceError(
                f"the Dask cluster at {self._address} has had no workers for "
                f"{_ALONE_SECONDS / 60:.0f} minutes"
            )
        for call in list(self._out.values()):
            if call.worker and call.worker not in self._alive:
                self._client.cancel([call.future])
                del self._out[call.run.task.number]
                self._lost(call.run)

    def _check_connection(self) -> None:
        if self._client.status != "running":
            raise SourceError(f"the Dask scheduler at {self._address} went away")
