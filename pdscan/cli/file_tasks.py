"""From a manifest to the list of what to do in files (see `pdscan.exports.executors.files`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pdscan.cli.looking import Sources
from pdscan.connectors.fetch import Original, Row, content_fingerprint, fetch_many
from pdscan.connectors.files import Files
from pdscan.errors import UnreadableError
from pdscan.exports.executors.files import Task
from pdscan.exports.manifest import REMOVES, Action, Entry, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator

LeftOut = list[tuple[Entry, str]]


def tasks(
    manifest: Manifest, sources: Sources, fingerprinter: Fingerprinter
) -> tuple[list[Task], LeftOut]:
    """What is to be done, file by file, and what is left out and why.

    Entries that are blocked wait, and rows of databases have statements.
    """
    wanted: dict[str, list[Entry]] = {}
    for entry in manifest.entries:
        if entry.action in REMOVES and not entry.blocked:
            wanted.setdefault(entry.holding, []).append(entry)
    by_source: dict[str, list[Locator]] = {}
    for holding in wanted:
        place = Locator.parse(holding)
        if sources.table(place) is None:
            by_source.setdefault(place.source, []).append(place)
    found: list[Task] = []
    left_out: LeftOut = []
    for name, places in by_source.items():
        files = _Files(sources, name)
        for place, content in fetch_many(sources.connector(name), places, fingerprinter):
            entries = wanted[str(place)]
            if isinstance(content, UnreadableError):
                left_out += [(entry, str(content)) for entry in entries]
            elif content_fingerprint(fingerprinter, content) != entries[0].fingerprint:
                left_out += [(e, "it has changed since it was planned for") for e in entries]
            else:
                found += _tasks(entries, place, content, files, left_out)
    return sorted(found, key=_place), left_out


def _place(task: Task) -> tuple[object, ...]:
    return task.file, task.inside, task.lines or (0, 0), task.row or 0, task.pointer, task.entry


class _Files:
    """The files of a source, and what they are now."""

    def __init__(self, sources: Sources, name: str) -> None:
        self._connector = sources.connector(name)
        self._address = sources.source(name).address
        self._digests: dict[str, str] = {}

    def path(self, step: str) -> str:
        """Where the file is."""
        if "://" in self._address:
            return f"{self._address.rstrip('/')}/{step}"
        root = Path(self._address)
        return str(root if root.is_file() else root / step)

    def digest(self, step: str) -> str:
        """Its SHA-256."""
        if step not in self._digests and isinstance(self._connector, Files):
            with self._connector.content([step]).open() as stream:
                digest = hashlib.sha256()
                while piece := stream.read(1 << 20):
                    digest.update(piece)
                self._digests[step] = digest.hexdigest()
        return self._digests.get(step, "")


def _tasks(
    entries: list[Entry], place: Locator, content: Row | Original, files: _Files, left_out: LeftOut
) -> Iterable[Task]:
    """One for each entry; of a holding that stays, only for its places."""
    goes = any(entry.is_whole and entry.action is Action.ERASE for entry in entries)
    for entry in entries:
        if entry.is_whole != goes:
            continue  # what goes as a whole has no parts left; what stays has only parts to do
        span = entry.place.span
        spot = content.spot if isinstance(content, Row) else None
        yield Task(
            entry.number,
            "remove" if goes else "empty" if span is None else "cut",
            files.path(place.path[0]), files.digest(place.path[0]), place.path[1:],
            spot.lines if spot and spot.lines[0] else None,
            spot.row if spot and spot.row else None,
            spot.pointer if spot else "",
            "" if goes else entry.place.field, None if goes else span,
            tuple(f"{d.kind} {d.preview}" for d in entry.data if d.theirs), entry.reason,
        )  # fmt: skip
    if not goes and all(entry.is_whole for entry in entries):
        left_out += [(entry, "no place in it can be pointed to: do it by hand")
                     for entry in entries]  # fmt: skip
