"""Kills scans at random and goes on with them: the inventory has to be that of a scan in peace.

``python -m bench.chaos [--rounds N] [--seed N]`` kills a worker or the whole scan at a random time,
again and again, until the scan is through, and compares the bytes of the two tables. Exit code 1
where one differs.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import click

from bench.corpora import CUSTOMER_HEADER, customer, prose

_SCAN = [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "--key-file", "k"]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
_PATIENCE = 300.0  # seconds for one call


@dataclass(frozen=True, slots=True)
class Round:
    """How one scan went: how often what was killed, and whether it ended as it should."""

    workers: int
    parents: int
    calls: int
    same: bool


def main_rounds(folder: Path, rounds: int, seed: int) -> list[Round]:
    """Scans in `folder`, disturbed `rounds` times with the random numbers of `seed`."""
    rng = random.Random(seed)
    _corpus(folder / "data", rng)
    begin = time.monotonic()
    command = [*_SCAN, "data", "-o", "whole"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, env=_ENVIRONMENT)
    lasts = time.monotonic() - begin
    wanted = _hashes(folder / "whole")
    return [_round(folder, f"inv{number}", rng, lasts, wanted) for number in range(rounds)]


def _corpus(folder: Path, rng: random.Random) -> None:
    """Small files, and some large ones."""
    for number in range(300):
        path = folder / f"{number % 10}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(prose(rng), encoding="utf-8")
    for name in ("a.csv", "5/b.csv", "z.csv"):
        rows = "".join(customer(rng) for _ in range(12_000))
        (folder / name).write_text(CUSTOMER_HEADER + rows, encoding="utf-8")


def _round(folder: Path, name: str, rng: random.Random, lasts: float, wanted: list[str]) -> Round:
    workers = parents = calls = 0
    command = [*_SCAN, "--jobs", "2", "data", "-o", name]
    while not (folder / name / "run.json").exists():
        calls += 1
        process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
        )  # fmt: skip
        kills_parent = calls <= 2 and rng.random() < 0.6
        kills_worker = rng.random() < 0.7
        moment = rng.uniform(0.3, lasts)
        if kills_worker:
            time.sleep(moment / 2)
            workers += _kill_one(process.pid, rng)
        time.sleep(moment / 2)
        if kills_parent and process.poll() is None:
            process.kill()
            parents += 1
        process.wait(_PATIENCE)
        has_begun = (folder / f".{name}.part/journal/begun.json").exists()
        command = [*_SCAN, "--resume", name] if has_begun else [*command, "--replace"]
    return Round(workers, parents, calls, _hashes(folder / name) == wanted)


def _kill_one(parent: int, rng: random.Random) -> int:
    """Kills one of the workers of `parent`; how many it were."""
    with suppress(OSError):
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        if children:
            os.kill(int(rng.choice(children)), signal.SIGKILL)
            return 1
    return 0


def _hashes(folder: Path) -> list[str]:
    names = ("findings.parquet", "items.parquet")
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]


@click.command()
@click.option("--rounds", default=20, show_default=True, help="Scans that are disturbed.")
@click.option("--seed", default=1, show_default=True, help="Of the random numbers.")
def main(rounds: int, seed: int) -> None:
    """Kills scans at random; each has to end with the inventory of an undisturbed one."""
    with tempfile.TemporaryDirectory() as name:
        done = main_rounds(Path(name), rounds, seed)
    kills = sum(one.workers + one.parents for one in done)
    same = sum(one.same for one in done)
    click.echo(
        f"{len(done)} scans, {kills} kills ({sum(one.workers for one in done)} workers, "
        f"{sum(one.parents for one in done)} whole scans), {sum(one.calls for one in done)} calls; "
        f"{same} inventories equal to the undisturbed one"
    )
    sys.exit(same != len(done))


if __name__ == "__main__":
    main()
