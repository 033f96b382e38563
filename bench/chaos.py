"""Kills scans at random and goes on with them: the inventory has to be that of a scan in peace.

``python -m bench.chaos [--kills N] [--seed N]`` scans files and, where PostgreSQL is on 127.0.0.1,
a database, here and on a Dask cluster in turn. A worker, the whole scan, the database's backend of
a worker, or a worker of the cluster is killed at a random time, the scan is gone on with until it
is through, and the bytes of the two tables are compared with those of a scan that nobody disturbed.
Exit code 1 where one differs, after what its ledger says of it.
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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import click
import pyarrow.parquet as pq
import sqlalchemy as sa

from bench.cluster import children, cluster
from bench.corpora import CUSTOMER_HEADER, customer, prose
from bench.databases import HOST, admin, run, statements

_SCAN = [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "--key-file", "k"]
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
_PATIENCE = 600.0  # seconds for one call
_WORKER, _SCAN_ITSELF = "worker", "whole scan"
_BACKEND, _CLUSTER_WORKER = "database backend", "cluster worker"
_ROWS = 15_000  # of each of three tables


@dataclass(slots=True)
class Figures:
    """What was done, and how it ended."""

    kills: Counter[str] = field(default_factory=Counter)
    scans: int = 0
    calls: int = 0
    same: int = 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the scans happen."""

    folder: Path
    rng: random.Random
    database: str  # name; empty: there is no server
    address: str  # of the cluster
    nannies: list[int]

    def victims(self, *, on_cluster: bool) -> list[str]:
        found = [_SCAN_ITSELF, _CLUSTER_WORKER if on_cluster else _WORKER]
        return [*found, _BACKEND] if self.database else found

    def kill(self, victim: str, process: subprocess.Popen[bytes]) -> bool:
        """Kills one of `victim`, if there is any now."""
        if victim == _BACKEND:
            return self._end_backend()
        pids = {
            _WORKER: lambda: children(process.pid),
            _CLUSTER_WORKER: lambda: [pid for nanny in self.nannies for pid in children(nanny)],
            _SCAN_ITSELF: lambda: [process.pid] if process.poll() is None else [],
        }[victim]()
        with suppress(ProcessLookupError):
            if pids:
                os.kill(self.rng.choice(sorted(pids)), signal.SIGKILL)
                return True
        return False

    def _end_backend(self) -> bool:
        """Ends what a worker reads a table from: the walk's session holds the snapshot, and to lose
        that is told in the ledger.
        """
        query = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name "
            "AND query LIKE 'COPY (SELECT \"%' ORDER BY random() LIMIT 1"
        )
        engine = admin("postgresql", "postgres")
        end = time.monotonic() + 2
        while time.monotonic() < end:  # a query is caught in its act, or there is none
            with engine.connect() as connection:
                if connection.execute(query, {"name": self.database}).first():
                    return True
        return False


def disturbed(place: _Place, kills: int) -> Figures:
    """Scans, here and on the cluster in turn, until `kills` kills have happened."""
    (place.folder / "pdscan.toml").write_text(_sources(place.database))
    begin = time.monotonic()
    command = [*_SCAN, "--jobs", "2"]
    subprocess.run(
        [*command, "-o", "whole"], cwd=place.folder, check=True, stdout=subprocess.DEVNULL,
        env=_ENVIRONMENT,
    )  # fmt: skip
    lasts = time.monotonic() - begin
    wanted = _hashes(place.folder / "whole")
    figures = Figures()
    while figures.kills.total() < kills:
        on_cluster = figures.scans % 2 == 1
        where = ["--cluster", place.address] if on_cluster else ["--jobs", "2"]
        _scan(place, f"inv{figures.scans}", where, lasts, figures, on_cluster=on_cluster)
        same = _hashes(place.folder / f"inv{figures.scans}") == wanted
        if not same:
            _tell_not_read(place.folder / f"inv{figures.scans}")
        figures.scans += 1
        figures.same += same
        told = ", ".join(f"{count} × {name}" for name, count in sorted(figures.kills.items()))
        click.echo(f"scan {figures.scans}: {'equal' if same else 'DIFFERS'} ({told})", err=True)
    return figures


def _scan(
    place: _Place, name: str, where: list[str], lasts: float, figures: Figures, *, on_cluster: bool
) -> None:
    """One scan, disturbed a few times, and gone on with until it is through. Of local workers one
    is killed in a call: an item that two of them die on is given up, and named.
    """
    command, left = [*_SCAN, *where, "-o", name], 4
    while not (place.folder / name / "run.json").exists():
        figures.calls += 1
        process = subprocess.Popen(
            command, cwd=place.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
        )  # fmt: skip
        victims = place.victims(on_cluster=on_cluster)
        while left and process.poll() is None:
            left -= 1
            with suppress(subprocess.TimeoutExpired):
                process.wait(place.rng.uniform(0.1, 0.5) * lasts)
            victim = place.rng.choice(victims)
            if process.poll() is None and place.kill(victim, process):
                figures.kills[victim] += 1
                if victim == _WORKER:
                    victims.remove(victim)
        _, said = process.communicate(timeout=_PATIENCE)
        if process.returncode not in (0, 3, -signal.SIGKILL):
            raise RuntimeError(said.decode("utf-8", "replace"))
        has_begun = (place.folder / f".{name}.part/journal/begun.json").exists()
        command = (
            [*_SCAN, *where, "--resume", name] if has_begun else [*_SCAN, *where, "-o", name,
                                                                   "--replace"]
        )  # fmt: skip


def _tell_not_read(inventory: Path) -> None:
    for row in pq.read_table(inventory / "items.parquet").to_pylist():
        if row["state"] != "read":
            said = f"{row['state']}, {row['reason']}, {row['detail']}"
            click.echo(f"  {row['locator']}: {said}", err=True)


def _sources(database: str) -> str:
    text = '[[source]]\nname = "files"\npath = "data"\n'
    if database:
        text += f'[[source]]\nname = "shop"\nurl = "postgresql://root@{HOST}/{database}"\n'
    return text


def _corpus(folder: Path, rng: random.Random) -> None:
    """Small files, and some large ones."""
    for number in range(300):
        path = folder / f"{number % 10}" / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(prose(rng), encoding="utf-8")
    for name in ("a.csv", "5/b.csv", "z.csv"):
        rows = "".join(customer(rng) for _ in range(10_000))
        (folder / name).write_text(CUSTOMER_HEADER + rows, encoding="utf-8")


@contextmanager
def _database() -> Iterator[str]:
    """A database of our own on the server of this machine; empty where there is none."""
    name = f"pdscan_chaos_{os.getpid()}"
    engine = admin("postgresql", "postgres")
    try:
        with engine.connect() as connection:
            run(connection, f"CREATE DATABASE {name}")
    except sa.exc.OperationalError:
        click.echo("no PostgreSQL on this machine: its backends are not killed", err=True)
        yield ""
        return
    try:
        with admin("postgresql", name).connect() as connection:
            for statement in statements("postgresql", _ROWS):
                run(connection, statement)
        yield name
    finally:
        with engine.connect() as connection:
            run(connection, f"DROP DATABASE {name} WITH (FORCE)")


def _hashes(folder: Path) -> list[str]:
    names = ("findings.parquet", "items.parquet")
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]


@click.command()
@click.option("--kills", default=24, show_default=True, help="At least so many.")
@click.option("--seed", default=1, show_default=True, help="Of the random numbers.")
def main(kills: int, seed: int) -> None:
    """Kills scans at random; each has to end with the inventory of an undisturbed one."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as text, _database() as database:
        folder = Path(text)
        _corpus(folder / "data", rng)
        with cluster(folder, 2) as (address, nannies):
            figures = disturbed(_Place(folder, rng, database, address, nannies), kills)
    told = ", ".join(f"{count} × {name}" for name, count in sorted(figures.kills.items()))
    click.echo(
        f"{figures.scans} scans, {figures.kills.total()} kills ({told}), {figures.calls} calls; "
        f"{figures.same} inventories equal to the undisturbed one"
    )
    sys.exit(figures.same != figures.scans)


if __name__ == "__main__":
    main()
