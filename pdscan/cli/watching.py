"""What can be seen of a scan while it runs: the bar, a line a minute, a status file, figures for
Prometheus, a log. None of it tells a value that was found.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

from pdscan.cli.terminal import Meter, tell
from pdscan.errors import UsageError
from pdscan.model import State
from pdscan.scan import Closed, Found, Message, Progress

_STATUS_SECONDS = 1.0
_METRICS_SECONDS = 5.0
_LINE_SECONDS = 60.0
_METRICS = (
    ("bytes", "pdscan_read_bytes_total", "counter", "Bytes read."),
    ("total", "pdscan_known_bytes", "gauge", "Bytes that are known to be there to read."),
    ("findings", "pdscan_findings_total", "counter", "Findings."),
    ("updated", "pdscan_updated_seconds", "gauge", "When this was written, since the epoch."),
)


class Watch:
    """One scan as it is watched. `status` and `metrics` are files that are replaced, `log` is one
    that grows.
    """

    def __init__(
        self, meter: Meter, status: Path | None = None, metrics: Path | None = None,
        log: Path | None = None,
    ) -> None:  # fmt: skip
        """Raises `UsageError` where the log cannot be written."""
        self.is_shown = meter.is_shown
        self._meter = meter
        self._status, self._metrics = status, metrics
        self._log = _opened(log)
        self._states: Counter[str] = Counter()
        self._figures: dict[str, float] = {"bytes": 0, "total": 0, "findings": 0, "updated": 0}
        self._reading: dict[int, str] = {}
        self._begin = time.monotonic()
        self._due = {"status": 0.0, "metrics": 0.0, "line": self._begin + _LINE_SECONDS}

    def total(self, size: int) -> None:
        """Sets how many bytes there are to read."""
        self._figures["total"] = size
        self._meter.total(size)

    def reading(self, worker: int, progress: Progress) -> None:
        """Takes down what a worker has read, and is at."""
        self._figures["bytes"] += progress.size
        self._reading[worker] = str(progress.item.locator)
        self._meter.reading(worker, progress)
        self._tick()

    def seen(self, messages: Iterable[Message]) -> Iterator[Message]:
        """`messages`, counted; what was not wholly read is logged."""
        for message in messages:
            if isinstance(message, Found):
                self._figures["findings"] += len(message.batch)
            elif isinstance(message, Closed):
                outcome = message.entry.outcome
                self._states[str(outcome.state)] += 1
                if outcome.state != State.READ:
                    self.log(
                        "not wholly read", locator=str(message.entry.item.locator),
                        state=str(outcome.state), reason=str(outcome.reason),
                        detail=outcome.detail,
                    )  # fmt: skip
            yield message
            self._tick()

    def log(self, event: str, **facts: Any) -> None:
        """Adds a line to the log."""
        if self._log is not None:
            when = datetime.now(UTC).isoformat(timespec="milliseconds")
            self._log.write(json.dumps({"time": when, "event": event, **facts}) + "\n")
            self._log.flush()

    @contextmanager
    def running(self, **facts: Any) -> Iterator[None]:
        """Logs beginning and end; SIGUSR1 prints a line meanwhile."""
        self.log("begin", **facts)
        has_signal = hasattr(signal, "SIGUSR1") and (
            threading.current_thread() is threading.main_thread()
        )
        before = signal.signal(signal.SIGUSR1, self._asked) if has_signal else None
        ended = "stopped"
        try:
            yield
            ended = "end"
        finally:
            if has_signal:
                signal.signal(signal.SIGUSR1, before)
            self._write_metrics()
            figures = {name: int(self._figures[name]) for name in ("bytes", "findings")}
            self.log(ended, **figures, items=dict(self._states))
            if self._log is not None:
                self._log.close()

    def snapshot(self) -> dict[str, Any]:
        """What the status file says."""
        self._figures["updated"] = time.time()
        return {
            "pid": os.getpid(), "seconds": round(time.monotonic() - self._begin, 1),
            **self._figures, "items": dict(self._states),
            "reading": [self._reading[worker] for worker in sorted(self._reading)],
        }  # fmt: skip

    def _tick(self) -> None:
        now = time.monotonic()
        if now > self._due["status"]:
            self._due["status"] = now + _STATUS_SECONDS
            if self._status is not None:
                _replace(self._status, json.dumps(self.snapshot()))
        if now > self._due["metrics"]:
            self._due["metrics"] = now + _METRICS_SECONDS
            self._write_metrics()
        if now > self._due["line"] and not self.is_shown:
            self._due["line"] = now + _LINE_SECONDS
            tell(line(self.snapshot()))

    def _asked(self, _number: int, _frame: FrameType | None) -> None:
        tell(line(self.snapshot()))

    def _write_metrics(self) -> None:
        if self._metrics is None:
            return
        said = self.snapshot()
        lines = []
        for key, name, kind, text in _METRICS:
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}", f"{name} {said[key]:.15g}"]
        name = "pdscan_items_total"
        lines += [f"# HELP {name} Items by what became of them.", f"# TYPE {name} counter"]
        lines += [f'{name}{{state="{state}"}} {self._states[state]}' for state in State]
        _replace(self._metrics, "\n".join(lines) + "\n")


def line(said: dict[str, Any]) -> str:
    """A snapshot in one line, for people."""
    size, total, seconds = said["bytes"], said["total"], max(said["seconds"], 0.1)
    rate = size / seconds
    left = f", {_time((total - size) / rate)} left" if rate and total > size else ""
    text = (
        f"pdscan: {_time(seconds)}: {size / 1e6:,.1f} of {total / 1e6:,.1f} MB read "
        f"({rate / 1e6:.1f} MB/s{left}), {sum(said['items'].values()):,} items, "
        f"{said['findings']:,.0f} findings"
    )
    return f"{text}; now at {', '.join(said['reading'])}" if said["reading"] else text


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


def _opened(path: Path | None) -> TextIO | None:
    if path is None:
        return None
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise UsageError(f"{path}: the log cannot be written ({error.strerror})") from None
    return os.fdopen(descriptor, "a", encoding="utf-8")


def _replace(path: Path, text: str) -> None:
    """Writes a file in one move. Watching is not worth ending a scan for."""
    part = path.with_name(f".{path.name}.part")
    with suppress(OSError):
        part.write_text(text, encoding="utf-8")
        part.replace(path)
