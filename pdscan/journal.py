"""What a scan has done so far, on disk: a scan that was killed goes on where it was.

A folder of numbered segments, each two Arrow IPC streams in a row: what was opened, closed and
settled (see `_EVENTS`), and findings. A segment is written beside its place, forced to the disk and
renamed, so that those that are there are whole. Findings that came before their item was settled
are in them too, so that memory stays flat; they count only if the item was settled.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.interface import Step
from pdscan.connectors.structure import Structure
from pdscan.matching.findings import SCHEMA
from pdscan.model import Entry, Item, Locator, Outcome, State
from pdscan.scan import Closed, Described, Found, Message, Opened, Settled, Task

_SECONDS = 2.0  # between two segments: what is lost at most
_BYTES = 16 << 20
_OPENED, _CLOSED, _SETTLED, _DESCRIBED = 0, 1, 2, 3
_OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")

#: What happened, in order. ``number`` is that of an item; for a step that is settled, how many
#: items were opened up to it. Of a structure that was described ``detail`` is its JSON.
_EVENTS = pa.schema(
    [
        pa.field("event", pa.int8(), nullable=False),
        pa.field("number", pa.int32(), nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("media_type", pa.string()),
        pa.field("size", pa.int64()),
        pa.field("modified", pa.float64()),
        pa.field("marker", pa.string()),
        pa.field("state", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("detail", pa.string()),
        pa.field("encoding", pa.string()),
        pa.field("characters", pa.int64()),
        pa.field("rows", pa.int64()),
        pa.field("counts", pa.string()),  # as JSON
    ]
)


@dataclass(frozen=True, slots=True)
class _Segment:
    path: Path
    events: pa.Table
    findings: tuple[pa.RecordBatch, ...]

    @classmethod
    def read(cls, path: Path) -> _Segment:
        with pa.memory_map(str(path)) as file:
            events = pa.ipc.open_stream(file).read_all()
            findings = tuple(pa.ipc.open_stream(file))
        return cls(path, events, findings)

    def below(self, count: int) -> _Segment:
        """Only what belongs to the first `count` items."""
        number = self.events["number"]
        is_step = pc.equal(self.events["event"], _SETTLED)
        kept = pc.if_else(is_step, pc.less_equal(number, count), pc.less(number, count))
        findings = (batch.filter(pc.less(batch["item"], count)) for batch in self.findings)
        return _Segment(
            self.path, self.events.filter(kept), tuple(batch for batch in findings if len(batch))
        )

    def write(self) -> None:
        part = self.path.with_suffix(".part")
        with part.open("wb") as file:
            with pa.ipc.new_stream(file, _EVENTS, options=_OPTIONS) as stream:
                stream.write_table(self.events)
            with pa.ipc.new_stream(file, SCHEMA, options=_OPTIONS) as stream:
                for batch in self.findings:
                    stream.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
        part.rename(self.path)
        _sync(self.path.parent)


class Journal:
    """The journal in `folder`, made where it is not there. Files are made with mode 0600 where the
    process' mask says so; the folder is the owner's only.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, exist_ok=True)
        self._issued: deque[Task] = deque()  # whose messages are still to come
        self._steps = 0  # of the first of them that were settled
        self._events: list[dict[str, Any]] = []
        self._findings: list[pa.RecordBatch] = []
        self._size = 0
        self._written = time.monotonic()
        self._opened = self._cut()
        self._number = int(paths[-1].stem) + 1 if (paths := self._paths()) else 0

    def tasks(self, work: Iterable[Task]) -> Iterator[Task]:
        """`work` without what was done."""
        done = _Done(self._done())
        for task in work:
            steps = tuple(step for step in task.steps if not done.has(_locator(step)))
            if steps:
                left = Task(task.number, steps)
                self._issued.append(left)
                yield left

    def replayed(self) -> Iterator[Message]:
        """The messages of what was done before."""
        for segment in self._segments():
            rows = segment.events.to_pylist()
            for row in rows:
                if row["event"] == _OPENED:
                    yield Opened(row["number"], _item(row))
                elif row["event"] == _DESCRIBED:
                    yield Described(Structure.from_json(row["detail"].encode()))
            yield from map(Found, segment.findings)
            for row in rows:
                if row["event"] == _CLOSED:
                    outcome = Outcome(
                        State(row["state"]), row["reason"], row["detail"], row["encoding"],
                        row["characters"], row["rows"],
                        tuple((count, what) for count, what in json.loads(row["counts"])),
                    )  # fmt: skip
                    yield Closed(row["number"], Entry(_item(row), outcome))
            yield Settled(0)

    def kept(self, messages: Iterable[Message]) -> Iterator[Message]:
        """`messages` of the tasks that `tasks` gave, numbered after those replayed; each is kept
        before it is handed on.
        """
        for message in messages:
            self._keep(message)
            is_due = time.monotonic() - self._written > _SECONDS
            if self._size > _BYTES or (is_due and isinstance(message, Settled)):
                self.flush()
            yield message
        self.flush()

    def flush(self) -> None:
        """Brings to the disk what is not there yet. Raises OSError where that is not possible."""
        if self._events or self._findings:
            events = pa.Table.from_pylist(self._events, schema=_EVENTS)
            path = self._folder / f"{self._number:08}.arrow"
            _Segment(path, events, tuple(self._findings)).write()
            self._number += 1
        self._events, self._findings, self._size = [], [], 0
        self._written = time.monotonic()

    @property
    def items(self) -> int:
        """How many items were opened in what was done."""
        return self._opened

    def remove(self) -> None:
        """Removes the journal: the scan is done."""
        shutil.rmtree(self._folder)

    def _keep(self, message: Message) -> None:
        match message:
            case Opened(number, item, _):
                self._opened = number + 1
                self._event(_OPENED, number, item)
            case Closed(number, Entry(item, outcome)):
                self._event(
                    _CLOSED, number, item, state=str(outcome.state), reason=str(outcome.reason),
                    detail=outcome.detail, encoding=outcome.encoding,
                    characters=outcome.characters, rows=outcome.rows,
                    counts=json.dumps(outcome.counts),
                )  # fmt: skip
            case Found(batch):
                self._findings.append(batch.select(SCHEMA.names))
                self._size += batch.nbytes
            case Described(structure):
                text = structure.to_json().decode()
                self._events.append({
                    "event": _DESCRIBED, "number": self._opened - 1, "locator": _locator(structure),
                    "detail": text,
                })  # fmt: skip
                self._size += len(text)
            case Settled(steps):
                task = self._issued[0]
                for step in task.steps[self._steps : steps]:
                    self._events.append({
                        "event": _SETTLED, "number": self._opened, "locator": _locator(step),
                    })  # fmt: skip
                self._steps = steps
                if steps == len(task.steps):
                    self._issued.popleft()
                    self._steps = 0

    def _event(self, event: int, number: int, item: Item, **outcome: Any) -> None:
        self._events.append({
            "event": event, "number": number, "locator": str(item.locator),
            "media_type": item.media_type, "size": item.size, "modified": item.modified,
            "marker": item.marker, **outcome,
        })  # fmt: skip
        self._size += 300

    def _cut(self) -> int:
        """Forgets what came of steps that were not settled; how many items are left."""
        whole = 0
        for row in self._settled():
            whole = row["number"]
        for path in self._folder.glob("*.part"):
            path.unlink()
        for path in reversed(self._paths()):
            segment = _Segment.read(path)
            kept = segment.below(whole)
            if len(kept.events) == len(segment.events) and (
                sum(map(len, kept.findings)) == sum(map(len, segment.findings))
            ):
                break
            if len(kept.events) or kept.findings:
                kept.write()
            else:
                path.unlink()
        return whole

    def _done(self) -> Iterator[str]:
        return (row["locator"] for row in self._settled())

    def _settled(self) -> Iterator[dict[str, Any]]:
        for segment in self._segments():
            steps = segment.events.filter(pc.equal(segment.events["event"], _SETTLED))
            yield from steps.select(["number", "locator"]).to_pylist()

    def _segments(self) -> Iterator[_Segment]:
        return map(_Segment.read, self._paths())

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob("*.arrow"))


class _Done:
    """The locators that were done, asked for in the order of the walk.

    As long as the walk meets the same as before only one is held; once it differs, all the rest.
    """

    def __init__(self, locators: Iterator[str]) -> None:
        self._locators = locators
        self._next = next(locators, None)
        self._rest: set[bytes] | None = None
        self._last = ""

    def has(self, locator: str) -> bool:
        """Whether `locator` was done."""
        if self._rest is not None:
            return _digest(locator) in self._rest
        if self._next is None:
            return locator == self._last
        if locator == self._next:
            self._last, self._next = locator, next(self._locators, None)
            return True
        if locator == self._last:
            return True
        rest = chain([self._last, self._next], self._locators)
        self._rest = set(map(_digest, rest))
        return _digest(locator) in self._rest


def _digest(locator: str) -> bytes:
    return blake2b(locator.encode(), digest_size=8).digest()


def _locator(step: Step) -> str:
    if isinstance(step, Structure):
        return f"{Locator(step.source, step.path)}#structure"
    return str(step.item.locator if isinstance(step, Entry) else Locator(step.source, step.path))


def _item(row: dict[str, Any]) -> Item:
    locator = Locator.parse(row["locator"])
    return Item(
        locator.source, locator.path, row["media_type"], row["size"], row["modified"], row["marker"]
    )


def _sync(folder: Path) -> None:
    """Forces the names in `folder` to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
