"""A Dask cluster of processes on this machine, for the time of a measurement."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SECONDS = 60.0
_SCHEDULER, _WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"
_LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
    """The address of a scheduler with `workers` worker processes, and the numbers of the nannies
    that replace them when they die.
    """
    file = folder / "scheduler.json"
    processes = [_start(_SCHEDULER, "--port", "0", "--scheduler-file", str(file), folder=folder)]
    try:
        address = _address(file)
        options = (address, "--nthreads", "1", "--memory-limit", "4GiB")
        processes += [_start(_WORKER, *options, folder=folder) for _ in range(workers)]
        _wait(address, workers)
        yield address, [process.pid for process in processes[1:]]
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(_SECONDS)


def children(pid: int) -> list[int]:
    """The processes that `pid` has started and that are there."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [child for child in map(int, text.split()) if "spawn_main" in _line(child)] or list(
        map(int, text.split())
    )


def _line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _start(module: str, *arguments: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments, *_LOCAL], cwd=folder, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _address(file: Path) -> str:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            address: str = json.loads(file.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.05)
        else:
            return address
    raise TimeoutError("the scheduler did not start")


def _wait(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=_SECONDS)
