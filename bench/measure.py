"""Whole processes on one core: how long they take and how much memory they need."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall-clock seconds and peak memory in bytes, its children's included."""

    seconds: float
    memory: int


def run(command: Sequence[str | Path], *, cores: int = 1, accept: Sequence[int] = (0,)) -> Run:
    """Runs `command` on `cores` cores with its output thrown away.

    Raises RuntimeError where it ends with another code than those accepted.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        # A process of its own, so that the peak memory is that of this command alone.
        os.close(reader)
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
        begin = time.perf_counter()
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        seconds = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        message = done.stderr[-2000:].decode("utf-8", "replace")
        os.write(writer, f"{done.returncode}\n{seconds}\n{peak}\n{message}".encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        code, seconds_text, peak_text, message = pipe.read().decode().split("\n", 3)
    os.waitpid(child, 0)
    if int(code) not in accept:
        raise RuntimeError(f"{command[0]} ended with {code}: {message}")
    return Run(float(seconds_text), int(peak_text))


def best(command: Sequence[str | Path], times: int = 3, **options: object) -> Run:
    """The quickest of several runs."""
    return min((run(command, **options) for _ in range(times)), key=lambda r: r.seconds)  # type: ignore[arg-type] # as run()


def working(command: Sequence[str | Path], path: Path, tiny: Path, times: int = 3) -> Run:
    """What `command` takes for `path` beyond what it takes to start and do the like of `tiny`.

    For speeds: starting is measured by itself and counts for less the more there is to do.
    """
    whole = best([*command, path], times)
    return Run(whole.seconds - best([*command, tiny], times).seconds, whole.memory)


def pdscan(*arguments: str | Path) -> list[str | Path]:
    """The command line of this pdscan."""
    return [Path(sys.executable).with_name("pdscan"), *arguments]


def scan(path: Path, *, kinds: str = "", times: int = 3) -> Run:
    """A scan of `path` by one worker into an inventory; for all kinds where none are named."""
    with tempfile.TemporaryDirectory() as scratch:
        command = pdscan(
            "scan", path, "-o", Path(scratch, "inventory"), "--replace", "--jobs", "1",
            "--key-file", Path(scratch, "key"), *(("--detectors", kinds) if kinds else ()),
        )  # fmt: skip
        return best(command, times, accept=(0, 3))


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text().splitlines()
        model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }
