"""What can be seen of a scan while it runs, and that it tells no values."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pdscan.cli.terminal import Meter
from pdscan.cli.watching import Watch
from pdscan.model import Item
from pdscan.scan import Progress
from tests.cli.command import REPOSITORY, run_here


def test_a_running_scan_is_seen_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("large.txt", "larger.txt"):
        lines = "".join(f"a{n}@example.fi\n" for n in range(700_000))
        (tmp_path / "data" / name).write_text(lines)
    (tmp_path / "data/link").symlink_to("/nowhere")
    process = subprocess.Popen(
        [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "data", "-o", "inv",
         "--key-file", "k", "--metrics", "metrics.prom", "--log", "log.jsonl", "--jobs", "1"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    deadline = time.monotonic() + 40
    status = tmp_path / ".inv.part/status.json"
    while time.monotonic() < deadline:
        if status.exists() and "large.txt" in status.read_text():
            break
        time.sleep(0.02)
    said = run_here("status", "inv", cwd=tmp_path)
    assert said.code == 0, said
    assert "now at data:large" in said.out
    as_json = json.loads(run_here("status", "inv", "-f", "json", cwd=tmp_path).out)
    assert as_json["pid"] == process.pid
    assert 0 <= as_json["bytes"] <= as_json["total"]
    process.send_signal(signal.SIGUSR1)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    (line,) = [line for line in err.decode().splitlines() if "MB read" in line]
    assert "now at data:large" in line
    assert run_here("status", "inv", cwd=tmp_path).code == 2
    assert not (tmp_path / "inv/status.json").exists()
    metrics = (tmp_path / "metrics.prom").read_text()
    assert "\npdscan_findings_total 1400000\n" in metrics
    assert '\npdscan_items_total{state="skipped"} 1\n' in metrics
    size = 2 * (tmp_path / "data/large.txt").stat().st_size
    assert f"\npdscan_read_bytes_total {size}\n" in metrics
    log = (tmp_path / "log.jsonl").read_text()
    events = [json.loads(line) for line in log.splitlines()]
    assert [event["event"] for event in events] == ["begin", "not wholly read", "end"]
    assert events[1]["locator"] == "data:link"
    assert "example.fi" not in log + metrics + err.decode()


def test_a_scan_that_died_is_told(tmp_path: Path) -> None:
    folder = tmp_path / ".inv.part"
    folder.mkdir()
    (folder / "status.json").write_text('{"pid": 1}')
    said = run_here("status", "inv", cwd=tmp_path)
    assert said.code == 2
    assert "has died; go on with: pdscan scan --resume inv" in said.err


def test_a_line_every_minute_where_there_is_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.monotonic()
    with Meter(shown=False) as meter:
        watch = Watch(meter)
        watch.total(40_000_000)
        for second in range(0, 200, 10):
            monkeypatch.setattr("time.monotonic", lambda second=second: now + second)
            watch.reading(0, Progress(Item("data", ("x.txt",)), 1_000_000))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 or len(lines) == 3
    assert lines[0].startswith("pdscan: 0:01:")
    assert "of 40.0 MB read" in lines[0]
    assert "left" in lines[0]
