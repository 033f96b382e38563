"""Legal holds: a file of JSON Lines to which holds and releases are only ever added.

A hold names a place (a locator in which ``*`` stands for anything) or a person (the kind and keyed
fingerprint of an identifier). Nothing it bears on may be erased until it is released. The file
tells who added and released what, when and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from pdscan import private
from pdscan.errors import UsageError

FILE_NAME = "retention-holds.jsonl"


@dataclass(frozen=True, slots=True)
class Hold:
    """One hold, with its release if there is one.

    ``on`` is a locator pattern, or ``kind/fingerprint``.
    """

    id: str
    on: str
    reason: str
    author: str
    at: str
    law: str = ""
    released_by: str = ""
    released_at: str = ""
    release_reason: str = ""

    @property
    def in_force(self) -> bool:
        """Whether it was not released."""
        return not self.released_at

    def bears_on(self, locator: str, identifiers: Iterable[tuple[str, str]]) -> bool:
        """Whether it is on the place, or on a person with one of `identifiers` (kind, hex)."""
        return fnmatchcase(locator, self.on) or self.on in {f"{k}/{f}" for k, f in identifiers}


@dataclass(frozen=True, slots=True)
class _Event:
    """A line of the file."""

    event: str
    id: str
    reason: str
    author: str
    at: str
    on: str = ""
    law: str = ""


@dataclass(frozen=True, slots=True)
class Holds:
    """All holds, and the digest (SHA-256) of the file; "" where there is none."""

    holds: tuple[Hold, ...] = ()
    digest: str = ""

    @property
    def in_force(self) -> tuple[Hold, ...]:
        """Those that were not released."""
        return tuple(hold for hold in self.holds if hold.in_force)


def read(path: Path) -> Holds:
    """The holds in `path`; none where there is no such file. Raises `AccessError`, `UsageError`."""
    data = private.read_or_nothing(path)
    if not data:
        return Holds()
    holds: dict[str, Hold] = {}
    for number, event in enumerate(private.json_lines(path, data, _Event, "a hold or release"), 1):
        if event.event == "add" and event.id not in holds and event.on:
            holds[event.id] = Hold(
                event.id, event.on, event.reason, event.author, event.at, event.law
            )
        elif event.event == "release" and event.id in holds and holds[event.id].in_force:
            holds[event.id] = _released(holds[event.id], event)
        else:
            raise UsageError(f"{path}: line {number}: does not follow from the lines before it")
    return Holds(tuple(holds.values()), hashlib.sha256(data).hexdigest())


def add(path: Path, on: str, reason: str, author: str, law: str = "") -> Hold:
    """Adds a hold and returns it; raises `AccessError`, `UsageError`."""
    _require(reason=reason, author=author, on=on)
    number = len(read(path).holds) + 1
    event = _Event("add", f"hold-{number}", reason, author, _now(), on, law)
    _append(path, event)
    return Hold(event.id, on, reason, author, event.at, law)


def release(path: Path, name: str, reason: str, author: str) -> Hold:
    """Releases the hold `name`; raises `UsageError` where there is none in force of that name."""
    _require(reason=reason, author=author)
    hold = next((hold for hold in read(path).in_force if hold.id == name), None)
    if hold is None:
        raise UsageError(f"{name}: no such hold in force; see pdscan retention hold list")
    event = _Event("release", name, reason, author, _now())
    _append(path, event)
    return _released(hold, event)


def _released(hold: Hold, event: _Event) -> Hold:
    return Hold(
        hold.id, hold.on, hold.reason, hold.author, hold.at, hold.law,
        event.author, event.at, event.reason,
    )  # fmt: skip


def _require(**given: str) -> None:
    for name, value in given.items():
        if not value.strip():
            raise UsageError(f"{name}: is missing")


def _append(path: Path, event: _Event) -> None:
    private.append(path, msgspec.json.encode(event))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
