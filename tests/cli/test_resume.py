"""``pdscan scan --resume``: a scan that was killed, stopped or ran out of disk is gone on with."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import REPOSITORY, pdscan, run_here

SCAN = [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "--key-file", "k"]
TABLES = ("findings.parquet", "items.parquet")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something that takes some seconds to scan, and the inventory of an undisturbed scan."""
    folder = tmp_path_factory.mktemp("resume")
    for number in range(12):
        path = folder / f"data/{number:02}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(f"a{number}x{n}@example.fi\n" for n in range(120_000)))
    (folder / "data/link").symlink_to("/nowhere")
    assert pdscan("scan", "data", "-o", "whole", "--key-file", "k", cwd=folder).code == 0
    return folder


def hashes(folder: Path) -> list[str]:
    return [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES]


def begin(place: Path, name: str, *arguments: str, limit: int = 0) -> subprocess.Popen[bytes]:
    def limited() -> None:
        if limit:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [*SCAN, "data", "-o", name, *arguments], cwd=place, preexec_fn=limited,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip


def wait_for(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40
    while not what() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert what()


@pytest.mark.parametrize(
    ("sent", "jobs"), [(signal.SIGKILL, "2"), (signal.SIGINT, "1"), (signal.SIGTERM, "0")]
)
def test_the_same_inventory_as_undisturbed(place: Path, sent: signal.Signals, jobs: str) -> None:
    name = f"inv{sent.name}"
    process = begin(place, name, "--jobs", jobs)
    wait_for(lambda: list((place / f".{name}.part/journal").glob("*.arrow")))
    process.send_signal(sent)
    _, err = process.communicate(timeout=30)
    assert b"Traceback" not in err
    refused = run_here("scan", "data", "-o", name, "--key-file", "k", cwd=place)
    assert refused.code == 2
    assert f"go on with pdscan scan --resume {name}" in refused.err
    if sent == signal.SIGKILL:
        assert not (place / name).exists()
    else:
        assert process.returncode == 130
        assert f"go on with: pdscan scan --resume {name}" in err.decode()
        run = json.loads((place / name / "run.json").read_text())
        assert (run["complete"], run["stopped"]) == (False, "interrupted")
        shown = run_here("inventory", "show", name, cwd=place)
        assert "stopped before its end" in shown.out
        assert run_here("inventory", "find", name, cwd=place).code == 0
    result = pdscan("scan", "--resume", name, cwd=place)
    assert result.code == 0, result
    assert hashes(place / name) == hashes(place / "whole")
    run = json.loads((place / name / "run.json").read_text())
    assert run["stopped"] == ""
    assert sorted(path.name for path in (place / name).iterdir()) == sorted(
        (*TABLES, "run.json", "structure.json")
    )
    assert not (place / f".{name}.part").exists()
    assert "1,440,000" in result.out


def test_no_room_to_write(place: Path) -> None:
    process = begin(place, "full", limit=3 << 20)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    last = err.decode().splitlines()[-1]
    assert last == (
        "pdscan: full: cannot be written any more (File too large); see to it, then go on with: "
        "pdscan scan --resume full"
    )
    assert b"Traceback" not in err
    assert pdscan("scan", "--resume", "full", cwd=place).code == 0
    assert hashes(place / "full") == hashes(place / "whole")


def test_what_differs_is_refused(place: Path) -> None:
    process = begin(place, "other", "--min-likelihood", "likely")
    wait_for((place / ".other.part/journal/begun.json").exists)
    wait_for(lambda: "settings" in (place / ".other.part/journal/begun.json").read_text())
    busy = run_here("scan", "--resume", "other", cwd=place)
    assert (busy.code, "is being written by another scan" in busy.err) == (2, True)
    process.kill()
    process.communicate()
    (place / "k2").write_bytes(b"x" * 32)
    (place / "k2").chmod(0o600)
    for arguments, said in (
        (("--min-likelihood", "possible"), 'min_likelihood (was "likely", is "possible")'),
        (("--detectors", "email"), 'detectors (was none, is ["email"])'),
        (("--key-file", "k2"), "fingerprint key"),
        (("whole",), "source data"),
        (("-o", "x"), "--resume goes without"),
    ):
        result = run_here("scan", "--resume", "other", *arguments, cwd=place)
        assert result.code == 2, result
        assert said in result.err
        assert len(result.err.splitlines()) == 1
    assert run_here("scan", "--resume", "none", cwd=place).code == 2
    assert run_here("scan", "--resume", "whole", cwd=place).code == 2


def test_a_scan_since_another_is_gone_on_with(place: Path, tmp_path: Path) -> None:
    """Killed in the middle of what changed: the rest is still carried over, and once."""
    shutil.copytree(place / "data", tmp_path / "data", symlinks=True)
    (tmp_path / "k").write_bytes((place / "k").read_bytes())
    (tmp_path / "k").chmod(0o600)
    assert pdscan("scan", "data", "-o", "monday", "--key-file", "k", cwd=tmp_path).code == 0
    for number in range(0, 12, 2):
        with (tmp_path / f"data/{number:02}.txt").open("a") as file:
            file.write(f"new{number}@example.fi\n")
    (tmp_path / "data/03.txt").unlink()
    since = ("--since", "monday")
    assert pdscan("scan", "data", "-o", "undisturbed", "--key-file", "k", *since, cwd=tmp_path).code == 0  # fmt: skip
    process = begin(tmp_path, "tuesday", *since, "--jobs", "1")
    wait_for(lambda: list((tmp_path / ".tuesday.part/journal").glob("*.arrow")))
    process.kill()
    process.communicate(timeout=30)
    result = pdscan("scan", "--resume", "tuesday", "--key-file", "k", cwd=tmp_path)
    assert result.code == 0, result
    assert hashes(tmp_path / "tuesday") == hashes(tmp_path / "undisturbed")
