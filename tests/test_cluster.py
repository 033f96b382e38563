"""A real Dask scheduler and its worker processes: the inventory is that of one machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cloudpickle
import pytest
from dask import config
from distributed import Client

from pdscan import keys
from pdscan.cli.remote import Remote
from pdscan.cluster import Recipe, worker
from pdscan.cluster.client import _AHEAD, Cluster
from pdscan.config import Source, load
from pdscan.connectors.files import Files
from pdscan.connectors.interface import Event, Limits, Unit
from pdscan.errors import SourceError
from pdscan.model import Block, Item, Outcome, Reason, State
from pdscan.scan import Closed, Found, Opened, Plan, Task, tasks
from tests.cli.command import REPOSITORY, pdscan
from tests.cli.test_resume import hashes, wait_for
from tests.test_runner import READ, Dying, Slow, Trouble, plan, texts

SECONDS = 40.0


@dataclass(slots=True)
class Estate:
    """A cluster of processes on this machine."""

    folder: Path
    processes: list[subprocess.Popen[bytes]]
    address: str = ""

    def start(self, *arguments: str, name: str, **environment: str) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:],
             "--no-dashboard"],
            cwd=self.folder, stdout=log, stderr=log,
            env={
                **os.environ, "PYTHONPATH": str(REPOSITORY),
                "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0", **environment,
            },
        )  # fmt: skip
        self.processes.append(process)
        return process

    def add_worker(self, name: str, **environment: str) -> subprocess.Popen[bytes]:
        return self.start(
            "dask_worker", self.address, "--nthreads", "1", "--host", "127.0.0.1",
            name=name, **environment,
        )  # fmt: skip

    def pids(self) -> list[int]:
        """Of the processes that read; their nannies start others in their place."""
        with Client(self.address, set_as_default=False) as client:
            return list(client.run(os.getpid).values())

    def wait(self, count: int) -> None:
        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=SECONDS)


@contextmanager
def estate(folder: Path, workers: int) -> Iterator[Estate]:
    one = Estate(folder, [])
    file = folder / "scheduler.json"
    try:
        one.start(
            "dask_scheduler", "--port", "0", "--host", "127.0.0.1",
            "--scheduler-file", str(file), name="scheduler",
        )  # fmt: skip
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        one.address = json.loads(file.read_text())["address"]
        for number in range(workers):
            one.add_worker(f"worker{number}")
        one.wait(workers)
        yield one
    finally:
        for process in reversed(one.processes):
            process.terminate()
        for process in one.processes:
            process.wait(SECONDS)


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with estate(tmp_path_factory.mktemp("dask"), 2) as one:
        yield one


@dataclass(frozen=True, slots=True)
class Ready:
    """A recipe whose plan is ready; tests have no secrets."""

    ready: Plan
    slices: float = 0.5  # seconds

    def plan(self) -> Plan:
        worker._SECONDS, worker._BYTES = self.slices, 2 << 20
        return self.ready

    def deciding(self, plan: Plan) -> Mapping[str, object]:
        return {"color": "blue"}


def told(
    estate: Estate, recipe: Recipe, work: list[Task]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """What became of which item, and which items the findings lie in."""
    items: dict[int, str] = {}
    outcomes: dict[str, tuple[str, str]] = {}
    found: list[str] = []
    with closing(Cluster(estate.address)) as cluster:
        cluster.prepare(recipe)
        for message in cluster.run(iter(work)):
            match message:
                case Opened(number, item):
                    assert number == len(items), "numbered through, in order"
                    items[number] = "/".join(item.path)
                case Closed(number, entry):
                    assert items[number] not in outcomes, "closed once"
                    outcomes[items[number]] = (str(entry.outcome.state), entry.outcome.reason)
                case Found(batch):
                    found += [items[number] for number in batch["item"].to_pylist()]
    assert outcomes.keys() == set(items.values())
    return outcomes, found


def one_each(the_plan: Plan) -> list[Task]:
    """The steps as tasks of one, so that they are spread."""
    steps = [step for task in tasks(the_plan.connectors) for step in task.steps]
    return [Task(number, (step,)) for number, step in enumerate(steps)]


def corpus(folder: Path, lines: int = 2000) -> None:
    for number in range(60):
        path = folder / f"data/{number % 7}/{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"a{number}x{n}@example.fi\n" for n in range(lines * (number % 3))))
    (folder / "data/link").symlink_to("/nowhere")


def test_the_same_bytes_as_on_one_machine(dask: Estate, tmp_path: Path) -> None:
    corpus(tmp_path)
    scan = ("scan", "data", "--key-file", "k", "--metrics", "m")
    here = pdscan(*scan, "-o", "here", "--jobs", "1", cwd=tmp_path)
    there = pdscan(*scan, "-o", "there", "--cluster", dask.address, cwd=tmp_path)
    file = dask.folder / "scheduler.json"
    named = pdscan(*scan, "-o", "named", "--cluster", file, cwd=tmp_path)
    assert here.code == there.code == named.code == 0, there.err + named.err
    assert hashes(tmp_path / "here") == hashes(tmp_path / "there") == hashes(tmp_path / "named")
    assert there.out == here.out.replace(" here", " there")


def test_workers_that_are_killed_in_the_middle(dask: Estate, tmp_path: Path) -> None:
    corpus(tmp_path, 8000)
    scan = ("scan", "data", "--key-file", "k")
    assert pdscan(*scan, "-o", "whole", cwd=tmp_path).code == 0
    process = subprocess.Popen(
        [sys.executable, "-c", "from pdscan.cli import main; main()", *scan, "-o", "inv",
         "--cluster", dask.address], cwd=tmp_path, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    wait_for(lambda: any((tmp_path / ".inv.part/journal").glob("*.arrow")))
    killed = dask.pids()[0]
    assert process.poll() is None, "killed in the middle"
    os.kill(killed, signal.SIGKILL)
    out, err = process.communicate(timeout=SECONDS)
    assert (process.returncode, err) == (0, b""), out + err
    assert hashes(tmp_path / "inv") == hashes(tmp_path / "whole")
    dask.wait(2)
    assert killed not in dask.pids(), "Dask has replaced it"


def test_what_kills_or_hangs_costs_its_item(dask: Estate) -> None:
    for what, limits in (("kill", Limits()), ("hang", Limits(seconds=1)), ("raise", Limits())):
        the_plan = plan(Trouble(texts(6), at=2, what=what), limits=limits)
        reason = Reason.BUG if what == "raise" else Reason.CRASHED
        outcomes, found = told(dask, Ready(the_plan), list(tasks(the_plan.connectors)))
        assert outcomes == {
            f"{n}.txt": READ if n != 2 else ("unreadable", str(reason)) for n in range(6)
        }, what
        assert found == [f"{n}.txt" for n in range(6) if n != 2 for _ in range(2)]
        dask.wait(2)


def test_a_long_item_whose_worker_dies_is_read_anew(dask: Estate, tmp_path: Path) -> None:
    """Several slices were handed on before; none of their findings is there twice."""
    marker = tmp_path / "killed"
    the_plan = plan(Dying(str(marker), 7))
    outcomes, found = told(dask, Ready(the_plan), list(tasks(the_plan.connectors)))
    assert marker.exists()
    assert outcomes == {"large.txt": READ}
    assert len(found) == 7 * 40_000
    dask.wait(2)


@dataclass(slots=True)
class Single:
    """Long texts of which one is read at a time, as over one connection."""

    count: int
    source: str = "single"
    busy: bool = False

    def close(self) -> None:
        pass

    def walk(self) -> Iterator[Unit]:
        for number in range(self.count):
            yield Unit(self.source, (f"{number}",), 5 << 20)

    def read(self, unit: Unit) -> Iterator[Event]:
        assert not self.busy, "another reading is open"
        self.busy = True
        yield Item(self.source, unit.path)
        for number in range(20):
            yield Block(f"a{number}@example.fi".encode(), part=f"{number}")
            time.sleep(0.005)
        yield Outcome(State.READ)
        self.busy = False


def test_readings_that_stay_open_do_not_share_a_connection(dask: Estate) -> None:
    the_plan = plan(Single(10))
    work = list(tasks(the_plan.connectors))
    assert len(work) == 10
    outcomes, found = told(dask, Ready(the_plan, slices=0.01), work)
    assert set(outcomes.values()) == {READ}
    assert len(found) == 200


def test_what_is_out_is_bounded_while_the_first_task_is_slow(dask: Estate) -> None:
    the_plan = plan(Slow(1))
    work = one_each(the_plan)
    begun: list[int] = []

    def counted() -> Iterator[Task]:
        for task in (*work, *(replace(work[n % 12 + 1], number=n) for n in range(13, 49))):
            begun.append(task.number)
            yield task

    with closing(Cluster(dask.address)) as cluster:
        cluster.prepare(Ready(the_plan))
        messages = cluster.run(counted())
        next(messages)
        next(m for m in messages if isinstance(m, Closed))  # the slow one, after three seconds
        assert 2 <= len(begun) <= _AHEAD * 2 + 1
        assert sum(isinstance(m, Closed) for m in messages) == 48


def test_nothing_secret_travels(tmp_path: Path) -> None:
    key = tmp_path / "key"
    secret, _ = keys.load_or_create(key)
    (tmp_path / "passwords").write_text("open sesame")
    settings = load({"key_file": str(key), "passwords_file": str(tmp_path / "passwords")})
    recipe = Remote.of(settings, (Source("data", str(tmp_path)),), 2)
    the_plan = recipe.plan()
    assert the_plan.key == secret, "it is read where the plan is made"
    travels = cloudpickle.dumps(worker.Reading("scan", recipe, recipe.deciding(the_plan)))
    assert secret not in travels
    assert b"sesame" not in travels


REFUSED = [
    (("--show-values",), "--cluster goes without --show-values: values would travel"),
    (("-",), "--cluster goes without standard input: only this machine has it"),
    (("postgresql://me:secret@nowhere/shop",), "nowhere/shop: the password in its URL would travel"
     " to the cluster; take it out and give it to the workers (see docs/scale.md)"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=["values", "stdin", "password"])
def test_what_does_not_go_with_a_cluster(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    target = () if arguments[0][0] != "-" or arguments == ("-",) else (str(tmp_path),)
    result = pdscan("scan", *target, *arguments, "--cluster", "tcp://127.0.0.1:1", cwd=tmp_path)
    assert (result.code, result.err) == (2, f"pdscan: {said}\n")


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    result = pdscan("scan", ".", "--cluster", "sheduler.json", "-o", "inv", cwd=tmp_path)
    assert result.code == 2
    assert result.err.endswith(
        "--cluster sheduler.json: neither an address such as tcp://scheduler:8786 nor a scheduler "
        "file that is there\n"
    )
    with (
        config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(SourceError, match=r"tcp://127\.0\.0\.1:1 does not answer"),
    ):
        Cluster("tcp://127.0.0.1:1")


def test_sources_out_of_reach_are_in_the_ledger(dask: Estate, tmp_path: Path) -> None:
    """The walk sees the files, the machines that are to read them do not."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here/a.txt").write_text("a@example.fi")
    walked = list(tasks([Files("data", str(tmp_path / "here"))]))
    there = plan(Files("data", str(tmp_path / "there")))
    outcomes, found = told(dask, Ready(there), walked)
    assert outcomes == {"a.txt": ("unreadable", str(Reason.UNREACHABLE))}
    assert not found


def test_workers_that_differ_are_refused(dask: Estate, tmp_path: Path) -> None:
    """One has another key, one has none; then comes one that has another pdscan."""
    other, none = tmp_path / "other", tmp_path / "none"
    keys.load_or_create(other)
    information = tmp_path / "lib/pdscan-9.9.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: pdscan\nVersion: 9.9\n")
    (tmp_path / "data").mkdir()
    scan = ("scan", "data", "--key-file", "k", "--cluster", dask.address, "-o", "inv")
    dask.add_worker("other", PDSCAN_KEY_FILE=str(other))
    dask.add_worker("none", PDSCAN_KEY_FILE=str(none))
    dask.wait(4)
    result = pdscan(*scan, cwd=tmp_path)
    assert result.code == 2
    assert f"2 of 4 workers of {dask.address} would not find what this machine finds" in result.err
    assert ": fingerprint key is " in result.err
    assert f": {none}: no fingerprint key there." in result.err
    dask.add_worker("version", PYTHONPATH=f"{tmp_path / 'lib'}{os.pathsep}{REPOSITORY}")
    dask.wait(5)
    result = pdscan(*scan, cwd=tmp_path)
    assert result.code == 2
    assert ": pdscan 9.9. Install and configure them alike, see docs/scale.md\n" in result.err
    assert not list(tmp_path.glob("*inv*")), "nothing was begun"


def test_a_scheduler_that_dies_leaves_a_scan_to_go_on_with(tmp_path: Path) -> None:
    corpus(tmp_path, 8000)
    scan = ("scan", "data", "--key-file", "k", "-o")
    assert pdscan(*scan, "whole", cwd=tmp_path).code == 0
    (tmp_path / "dask").mkdir()
    with estate(tmp_path / "dask", 1) as one:
        process = subprocess.Popen(
            [sys.executable, "-c", "from pdscan.cli import main; main()", *scan, "inv",
             "--cluster", one.address], cwd=tmp_path, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={
                **os.environ, "PYTHONPATH": str(REPOSITORY),
                "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s",
            },
        )  # fmt: skip
        wait_for(lambda: any((tmp_path / ".inv.part/journal").glob("*.arrow")))
        one.processes[0].kill()
        _, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 3
    assert err.decode() == (
        f"pdscan: the Dask scheduler at {one.address} went away; what was read until then is kept, "
        "go on with: pdscan scan --resume inv\n"
    )
    assert (
        pdscan("scan", "--resume", "inv", "--key-file", "k", "--cluster", "", cwd=tmp_path).code
        == 0
    )
    assert hashes(tmp_path / "inv") == hashes(tmp_path / "whole")
