"""Workers: the same result however many there are, and whatever happens to them."""

from __future__ import annotations

import hashlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pdscan import detectors, runner
from pdscan.connectors.files import Files
from pdscan.connectors.interface import Event, Limits, Unit
from pdscan.detectors.interface import Candidates, Detector, Judged
from pdscan.inventory import FINDINGS, ITEMS, InventoryWriter
from pdscan.model import Block, Entry, Item, Outcome, State
from pdscan.runner import run
from pdscan.scan import Closed, Found, Opened, Plan, Progress, Settled, Task, tasks
from pdscan.underway import Underway

KINDS = detectors.load(["email", "fi.hetu"])
KEY = b"k" * 32
JOBS = (0, 1, 2, 3)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A connector of texts, one of which does something to the process that reads it."""

    texts: tuple[str, ...]
    at: int = -1
    what: str = ""
    marker: str = ""  # a file: the trouble is over once it is there
    members: bool = False
    skip: tuple[int, ...] = ()
    source: str = "texts"

    def close(self) -> None:
        pass

    def walk(self) -> Iterator[Unit | Entry]:
        for number, text in enumerate(self.texts):
            if number not in self.skip:
                yield Unit(self.source, (f"{number}.txt",), len(text))

    def read(self, unit: Unit) -> Iterator[Event]:
        number = int(unit.path[0].removesuffix(".txt"))
        yield Item(self.source, unit.path)
        if self.members:
            yield Item(self.source, (*unit.path, "first"))
            yield Block(b"first@example.fi")
            yield Outcome(State.READ)
            yield Item(self.source, (*unit.path, "second"))
            self._trouble(number)
            yield Block(b"second@example.fi")
            yield Outcome(State.READ)
        else:
            self._trouble(number)
        yield Block(self.texts[number].encode())
        yield Outcome(State.READ)

    def _trouble(self, number: int) -> None:
        if number != self.at or (self.marker and Path(self.marker).exists()):
            return
        if self.marker:
            Path(self.marker).touch()
        if self.what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.what == "hang":
            time.sleep(60)
        elif self.what == "memory":
            np.zeros(1 << 31, np.uint8)
        elif self.what == "raise":
            raise RuntimeError("a secret")


def plan(
    *connectors: object, kinds: tuple[Detector, ...] = KINDS, limits: Limits | None = None
) -> Plan:
    return Plan(
        connectors=connectors, detectors=kinds, key=KEY, limits=limits or Limits(),  # type: ignore[arg-type]
    )  # fmt: skip


def inventory(folder: Path, the_plan: Plan, jobs: int) -> dict[str, str]:
    """The hashes of the two tables of an inventory."""
    target = folder / f"inventory{jobs}"
    writer = InventoryWriter(target)
    for message in run(the_plan, tasks(the_plan.connectors), jobs):
        match message:
            case Found(batch):
                writer.found(batch)
            case Closed(number, entry):
                writer.closed(number, entry)
            case Settled():
                writer.settle()
    writer.close({})
    return {
        name: hashlib.sha256((target / name).read_bytes()).hexdigest() for name in (FINDINGS, ITEMS)
    }


@dataclass(slots=True)
class Told:
    """What the messages of a run say."""

    outcomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)


def told(the_plan: Plan, jobs: int) -> Told:
    result = Told()
    items: dict[int, str] = {}
    for message in run(the_plan, tasks(the_plan.connectors), jobs):
        match message:
            case Opened(number, item):
                assert number == len(items), "numbered through, in order"
                items[number] = "/".join(item.path)
            case Closed(number, entry):
                assert items[number] not in result.outcomes, "closed once"
                result.outcomes[items[number]] = (str(entry.outcome.state), entry.outcome.reason)
            case Found(batch):
                result.found += [items[number] for number in batch["item"].to_pylist()]
    assert result.outcomes.keys() == set(items.values())
    return result


def texts(count: int) -> tuple[str, ...]:
    return tuple(f"mail a{number}@example.fi, hetu 131052-308T\n" for number in range(count))


READ = ("read", "")


def test_the_same_bytes_whatever_the_number_of_workers(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for number in range(700):
        path = folder / f"{number % 7}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"a{number}@example.fi\n" * (number % 5))
    (folder / "large.txt").write_text(
        "".join(f"a{n}@example.fi and so on\n" for n in range(100_000))
    )
    (folder / "link").symlink_to("/nowhere")
    the_plan = plan(Files("data", str(folder)), Trouble(texts(20)))
    found = [inventory(tmp_path, the_plan, jobs) for jobs in JOBS]
    assert found[0] == found[1] == found[2] == found[3]


# what a connector does -> how its item ends, and whether it does so in this process too
TROUBLES: list[tuple[str, Limits, tuple[str, str], bool]] = [
    ("kill", Limits(), ("unreadable", "the reader died"), False),
    ("hang", Limits(seconds=0.5), ("unreadable", "took too long"), False),
    ("memory", Limits(memory=1 << 30), ("unreadable", "a limit was reached"), False),
    ("raise", Limits(), ("unreadable", "the reader failed"), True),
]


@pytest.mark.parametrize(
    ("what", "limits", "expected", "here"), TROUBLES, ids=[t[0] for t in TROUBLES]
)
def test_trouble_costs_its_item(
    what: str, limits: Limits, expected: tuple[str, str], here: bool,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    the_plan = plan(Trouble(texts(9), at=4, what=what), limits=limits)
    wanted = {f"{number}.txt": READ for number in range(9)} | {"4.txt": expected}
    for jobs in (0, 2) if here else (1, 2):
        result = told(the_plan, jobs)
        assert result.outcomes == wanted
        assert result.found == [f"{n}.txt" for n in range(9) if n != 4 for _ in range(2)]
    assert capfd.readouterr() == ("", ""), "no traceback, and nothing of what was read"


@pytest.mark.parametrize("count", [1, 5])
def test_a_worker_that_is_killed_once_costs_nothing(tmp_path: Path, count: int) -> None:
    marker = str(tmp_path / "killed")
    the_plan = plan(Trouble(texts(count), at=count // 2, what="kill", marker=marker))
    result = told(the_plan, 2)
    assert Path(marker).exists()
    assert set(result.outcomes.values()) == {READ}
    assert len(result.found) == 2 * count


def test_a_member_that_kills_is_named_and_the_others_count() -> None:
    result = told(plan(Trouble(texts(3), at=1, what="kill", members=True)), 2)
    died = "the reader died"
    assert result.outcomes["1.txt/first"] == READ
    assert result.outcomes["1.txt/second"][1] == died
    assert result.outcomes["1.txt"] == ("partial", died)
    assert result.outcomes["2.txt/second"] == READ
    assert result.found.count("1.txt/first") == 1


@dataclass(frozen=True, slots=True)
class Dying:
    """One large text, and a worker that dies in the middle of it, once."""

    marker: str
    blocks: int
    source: str = "large"

    def close(self) -> None:
        pass

    def walk(self) -> Iterator[Unit | Entry]:
        yield Unit(self.source, ("large.txt",), 1 << 30)

    def read(self, unit: Unit) -> Iterator[Event]:
        yield Item(self.source, unit.path)
        for number in range(self.blocks):
            if number == self.blocks - 1 and not Path(self.marker).exists():
                Path(self.marker).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            lines = "".join(f"a{number}x{n}@example.fi\n" for n in range(40_000))
            yield Block(lines.encode(), joins=number < self.blocks - 1)
        yield Outcome(State.READ)


def test_findings_that_were_handed_on_are_not_doubled(tmp_path: Path) -> None:
    """More than may wait for the end of the item: they are out when the worker dies."""
    the_plan = plan(Dying(str(tmp_path / "killed"), 7))
    disturbed = inventory(tmp_path / "one", the_plan, 1)
    assert (tmp_path / "killed").exists()
    assert disturbed == inventory(tmp_path / "two", the_plan, 0)


@pytest.mark.parametrize("jobs", JOBS[:3])
def test_a_bug_in_matching_costs_the_item_that_shows_it(
    jobs: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def judge(candidates: Candidates) -> Judged:
        raise ZeroDivisionError(candidates.texts()[0])

    (hetu,), (email,) = detectors.load(["fi.hetu"]), detectors.load(["email"])
    broken = replace(hetu, judge=judge)
    some = ("a@example.fi", "b@example.fi 131052-308T", "c@example.fi")
    result = told(plan(Trouble(some), kinds=(email, broken)), jobs)
    assert result.outcomes == {
        "0.txt": READ, "1.txt": ("partial", "the reader failed"), "2.txt": READ
    }  # fmt: skip
    assert result.found == ["0.txt", "2.txt"]
    assert capfd.readouterr() == ("", "")


def test_small_files_go_together(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number}.txt").write_text("x")
    (tmp_path / "large").write_bytes(b"x" * (5 << 20))
    sizes = [len(task.steps) for task in tasks([Files("data", str(tmp_path))])]
    assert sum(sizes) == 1001
    assert len(sizes) <= 6


@dataclass(frozen=True, slots=True)
class Slow:
    """The first text takes until `marker` is there, or some seconds."""

    blocks: int
    marker: str = ""
    source: str = "slow"

    def close(self) -> None:
        pass

    def walk(self) -> Iterator[Unit | Entry]:
        for number in range(13):
            yield Unit(self.source, (f"{number}",), 5 << 20)

    def read(self, unit: Unit) -> Iterator[Event]:
        yield Item(self.source, unit.path)
        if unit.path == ("0",):
            end = time.monotonic() + (30 if self.marker else 3)
            while time.monotonic() < end and not (self.marker and Path(self.marker).exists()):
                time.sleep(0.01)
        else:
            lines = "".join(f"a{unit.path[0]}x{n}@example.fi\n" for n in range(20_000)).encode()
            for number in range(self.blocks):
                yield Block(lines, part=f"{number}")
        yield Outcome(State.READ)


def test_memory_is_flat_while_the_first_task_is_slow(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Two million findings come before their turn: no more of them are held than may be. The first
    task waits until that is so, and some time longer.
    """
    monkeypatch.setattr(runner, "_BUFFERED", 4 << 20)
    marker = tmp_path / "full"
    held: list[int] = []
    parcel = 0
    receive = runner._Pool._receive

    def watched(pool: runner._Pool, head: Underway) -> None:
        nonlocal parcel
        before = sum(run.size for run in pool._runs) - head.size
        receive(pool, head)
        held.append(sum(run.size for run in pool._runs) - head.size)
        parcel = max(parcel, held[-1] - before)
        if sum(size >= 4 << 20 for size in held) > 3:  # each has waited for a second
            marker.touch()

    monkeypatch.setattr(runner._Pool, "_receive", watched)
    the_plan = plan(Slow(8, str(marker)))
    rows = sum(
        len(message.batch)
        for message in run(the_plan, tasks(the_plan.connectors), 2)
        if isinstance(message, Found)
    )
    assert rows == 12 * 8 * 20_000
    assert marker.exists(), "the other worker was as far ahead as it may be"
    assert max(held) < (4 << 20) + parcel
    assert parcel < 8 << 20


def test_progress_within_one_large_item() -> None:
    seen: list[tuple[int, int]] = []
    the_plan = plan(Slow(40))
    (first, *_) = tasks(the_plan.connectors)
    steps = tuple(tasks(the_plan.connectors))[1].steps
    work = iter([Task(0, first.steps), Task(1, steps)])

    def watch(worker: int, progress: Progress) -> None:
        seen.append((worker, progress.size))

    for _ in run(the_plan, work, 1, watch):
        pass
    assert sum(size for _, size in seen) == 2 * (5 << 20)
    assert len(seen) > 2


def test_findings_are_arrow_to_the_end() -> None:
    (batch,) = [
        m.batch for m in run(plan(Trouble(texts(2))), tasks([Trouble(texts(2))]), 1)
        if isinstance(m, Found)
    ]  # fmt: skip
    assert isinstance(batch, pa.RecordBatch)
    assert batch["item"].to_pylist() == [0, 0, 1, 1]
