"""What a scan was begun with: going on with it gives the result of one scan only if that is the
same.
"""

from __future__ import annotations

import errno
import json
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from pdscan.config import Source
from pdscan.errors import InventoryError, UsageError
from pdscan.inventory import unfinished

#: Error numbers that mean: the inventory cannot be written any more, for lack of room or otherwise.
UNWRITABLE = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO, errno.ENOENT,
    errno.ESTALE,
)  # fmt: skip
_FILE = "begun.json"
#: Settings that do not change what is found.
_FREE = ("jobs", "cluster", "fail_on", "key_file", "verdicts")


@dataclass(frozen=True, slots=True)
class Begun:
    """The record of a scan that was begun, as the inventory keeps it."""

    directory: Path
    record: Mapping[str, Any]

    @classmethod
    def load(cls, directory: Path) -> Begun:
        """The scan into `directory`; raises `InventoryError` where there is none to go on with."""
        journal = unfinished(directory)
        try:
            if journal is None:
                raise FileNotFoundError
            return cls(directory, json.loads((journal / _FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            raise InventoryError(
                f"{directory}: there is no scan to go on with; begin one with -o {directory}"
            ) from None

    @staticmethod
    def save(journal: Path, record: Mapping[str, Any]) -> None:
        """Keeps `record` beside the journal."""
        (journal / _FILE).write_text(json.dumps(record), encoding="utf-8")

    def targets(self, configured: Iterable[Source]) -> tuple[str, ...]:
        """What was walked: the names of sources that are `configured`, addresses of others."""
        names = {source.name for source in configured}
        sources = self.record["sources"]
        return tuple(s["name"] if s["name"] in names else s["address"] for s in sources)

    @property
    def since(self) -> Path | None:
        """The earlier inventory that was built upon."""
        return Path(self.record["since"]) if "since" in self.record else None

    def flags(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`given`, and the flags of then where they are not given anew."""
        flags = dict(given)
        for key, setting in self.record["settings"].items():
            if setting["origin"].startswith("--") and flags.get(key) in (None, ()):
                flags[key] = setting["value"]
        return flags

    def check(self, record: Mapping[str, Any]) -> None:
        """Raises `UsageError` where `record`, that of now, differs in what decides the result."""
        now, then = deciding(record), deciding(self.record)
        differs = [
            f"{name} (was {_shown(then.get(name))}, is {_shown(now.get(name))})"
            for name in sorted(now.keys() | then.keys())
            if now.get(name) != then.get(name)
        ]
        if differs:
            raise UsageError(
                f"{self.directory} was begun otherwise: {'; '.join(differs)}. Call as then, or "
                f"begin anew with -o {self.directory} --replace"
            )


def deciding(record: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the result, by name."""
    record = json.loads(json.dumps(record))
    settings = {key: s["value"] for key, s in record["settings"].items() if key not in _FREE}
    detectors = {f"detector {d['kind']}": d["version"] for d in record["detectors"]}
    sources = {f"source {s['name']}": s["address"] for s in record["sources"]}
    rest = {"version": record["program"]["version"], "fingerprint key": record["key"]}
    rest["columns"] = record.get("columns", [])
    return {**settings, **detectors, **sources, **rest}


def _shown(value: Any) -> str:
    return "none" if value in (None, "", []) else json.dumps(value, ensure_ascii=False)


@contextmanager
def terminated_as_interrupt() -> Iterator[None]:
    """A request to end (SIGTERM, by a service manager) stops as cleanly as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
