"""Files: one file, a folder, or standard input."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from pathspec import GitIgnoreSpec

from pdscan.connectors.formats.contents import HEAD, BarredContent, read_up_to
from pdscan.connectors.formats.interface import Content
from pdscan.connectors.interface import Event, ReadOptions, Unit
from pdscan.connectors.peel import explain, peel
from pdscan.errors import AccessError, SourceError, UnreadableError, UsageError
from pdscan.model import Entry, Item, Outcome, Reason, State

IGNORE_FILE = ".pdscanignore"
STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Files:
    """The files below ``root`` (a file, a folder, or ``-`` for standard input).

    ``include`` and ``exclude`` are gitignore patterns on paths relative to the root; with
    ``include`` only matching files are read. A ``.pdscanignore`` in any folder excludes below it.
    Hidden and binary files are read, and ``.gitignore`` is not heeded: personal data lies
    there too.
    Symbolic links are followed within the root only; each folder is entered once.
    """

    source: str
    root: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    options: ReadOptions = field(default_factory=ReadOptions)

    def close(self) -> None:
        """Files are open only while they are read."""

    def walk(self) -> Iterator[Unit | Entry]:
        """The files in the order of their names' bytes, folder by folder.

        Memory is that of the largest folder's names. Raises `SourceError` where the root does not
        exist and `AccessError` where it may not be opened.
        """
        if self.root == STANDARD_INPUT:
            yield Unit(self.source, (STANDARD_INPUT,), 0)
            return
        try:
            status = Path(self.root).stat()
            if stat.S_ISDIR(status.st_mode):
                os.scandir(self.root).close()
        except PermissionError as error:
            raise AccessError(
                f"{self.source}: may not be opened; check the permissions of {self.root}"
            ) from error
        except OSError as error:
            raise SourceError(
                f"{self.source}: cannot be opened ({error.strerror}); check the path {self.root}"
            ) from error
        if stat.S_ISDIR(status.st_mode):
            yield from _Walk(self).folder("", self.root, ())
        elif stat.S_ISREG(status.st_mode):
            name = Path(self.root).absolute().name
            yield _unit(self.source, name, status)
        else:
            yield _left_out(Item(self.source, (Path(self.root).name,)), Reason.SPECIAL)

    def read(self, unit: Unit) -> Iterator[Event]:
        """The events of one file. One that changes while it is read is partial."""
        item = Item(self.source, unit.path, "", unit.cost, unit.modified, unit.marker)
        if self.root == STANDARD_INPUT:
            yield from peel(replace(item, size=None), StreamContent(STANDARD_INPUT), self.options)
            return
        try:
            path, before, content = self._opened(unit.path[0])
        except OSError as error:
            reason, detail = explain(error)
            if not os.path.lexists(self.root):  # on a cluster: not every machine may have it
                reason = Reason.UNREACHABLE
            yield item
            yield Outcome(State.UNREADABLE, reason, detail)
            return
        held: Event | None = None
        for event in peel(item, content, self.options):
            if held is not None:
                yield held
            held = event
        if isinstance(held, Outcome):
            yield _unless_changed(held, path, before)

    def outermost(self, path: Sequence[str]) -> tuple[str, ...]:
        """The file."""
        return tuple(path[:1])

    def content(self, path: Sequence[str]) -> Content:
        """The bytes of the file."""
        if self.root == STANDARD_INPUT:
            raise UnreadableError(Reason.UNSUPPORTED, "standard input can be read only once")
        return FileContent(self._path(path[0]))

    def _opened(self, step: str) -> tuple[str, _Identity, Content]:
        """The file of a step, as it is now: a small one is read with the one opening."""
        path = os.path.join(self.root, step)  # noqa: PTH118 - of many files each
        try:
            number = _open(path)
        except NotADirectoryError:  # the root is the file
            path = self.root
            number = _open(path)
        try:
            status = os.fstat(number)
            if not stat.S_ISREG(status.st_mode):
                return path, _identity(status), BarredContent(Path(path).name, Reason.SPECIAL)
            data = os.read(number, HEAD)
            is_whole = len(data) < HEAD and len(data) == status.st_size
        finally:
            os.close(number)
        content = HeldFile(path, data) if is_whole else FileContent(Path(path))
        return path, _identity(status), content

    def _path(self, step: str) -> Path:
        root = Path(self.root)
        return root / step if root.is_dir() else root


class _Walk:
    """One walk over a folder."""

    def __init__(self, files: Files) -> None:
        self._source = files.source
        self._root = os.path.realpath(files.root)
        self._include = _patterns(files.include) if files.include else None
        self._exclude = _patterns(files.exclude)
        # Only folders that a link has led to can be entered twice: those are remembered.
        self._linked: set[tuple[int, int]] = set()

    def folder(
        self, name: str, path: str, ignored: tuple[tuple[str, GitIgnoreSpec], ...],
        above: tuple[tuple[int, int], ...] = (),
    ) -> Iterator[Unit | Entry]:  # fmt: skip
        """All below one folder; `name` is its path relative to the root."""
        try:
            status = Path(path).stat()
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield _failed(self._item(name or "."), error)
            return
        above = (*above, (status.st_dev, status.st_ino))
        if any(entry.name == IGNORE_FILE for entry in found):
            try:
                ignored = (*ignored, (name, _patterns(_lines(Path(path, IGNORE_FILE)))))
            except OSError as error:
                yield _failed(self._item(_join(name, IGNORE_FILE)), error)
        for entry in found:
            yield from self._entry(entry, _join(name, entry.name), ignored, above)

    def _entry(
        self, entry: os.DirEntry[str], name: str,
        ignored: tuple[tuple[str, GitIgnoreSpec], ...], above: tuple[tuple[int, int], ...],
    ) -> Iterator[Unit | Entry]:  # fmt: skip
        try:
            is_link = entry.is_symlink()
            if is_link and (reason := self._link_trouble(entry.path)):
                yield _left_out(self._item(name), reason)
                return
            status = entry.stat()
        except OSError as error:
            yield _failed(self._item(name), error)
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if self._is_ignored(name + "/" if is_folder else name, ignored):
            yield _left_out(self._item(name), Reason.EXCLUDED)
        elif is_folder:
            identity = status.st_dev, status.st_ino
            if identity in above or (is_link and identity in self._linked):
                yield _left_out(self._item(name), Reason.LINK_LOOP)
                return
            if is_link:
                self._linked.add(identity)
            yield from self.folder(name, entry.path, ignored, above)
        elif not stat.S_ISREG(status.st_mode):
            yield _left_out(self._item(name), Reason.SPECIAL)
        elif self._include is not None and not self._include.match_file(_readable(name)):
            yield _left_out(self._item(name, status), Reason.EXCLUDED)
        else:
            yield _unit(self._source, name, status)

    def _link_trouble(self, path: str) -> Reason | None:
        try:
            target = os.path.realpath(path, strict=True)
        except OSError as error:
            is_loop = explain(error)[0] == Reason.LINK_LOOP
            return Reason.LINK_LOOP if is_loop else Reason.LINK_BROKEN
        inside = target == self._root or target.startswith(self._root.rstrip(os.sep) + os.sep)
        return None if inside else Reason.LINK_OUTSIDE

    def _is_ignored(self, name: str, ignored: tuple[tuple[str, GitIgnoreSpec], ...]) -> bool:
        if self._exclude.match_file(_readable(name)):
            return True
        verdict = False
        for folder, spec in ignored:  # the innermost file that says something has the last word
            below = name[len(folder) + 1 :] if folder else name
            result = spec.check_file(_readable(below))
            verdict = verdict if result.include is None else result.include
        return verdict

    def _item(self, name: str, status: os.stat_result | None = None) -> Item:
        if status is None:
            return Item(self._source, (name,))
        return Item(self._source, (name,), size=status.st_size, modified=status.st_mtime)


class HeldFile:
    """A small file on disk that was read."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self.name = os.path.basename(path)  # noqa: PTH119 - of many files each
        self.head = data
        self.size: int | None = len(data)

    @property
    def path(self) -> Path:
        """The file itself."""
        return Path(self._path)

    def open(self) -> BinaryIO:
        """A stream over what was read."""
        return io.BytesIO(self.head)


@dataclass(frozen=True)
class FileContent:
    """A file on disk."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @cached_property
    def size(self) -> int | None:
        """Bytes."""
        return self.path.stat().st_size

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            return read_up_to(stream, HEAD)

    def open(self) -> BinaryIO:
        """A stream; never waits for a pipe that took the file's place since the walk."""
        number = _open(self.path)
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise UnreadableError(Reason.SPECIAL)
        return os.fdopen(number, "rb")


class StreamContent:
    """Standard input: read once, from the beginning, with the head held back."""

    path = None
    size = None

    def __init__(self, name: str, stream: BinaryIO | None = None) -> None:
        self.name = name
        self._stream = stream or sys.stdin.buffer
        self._is_open = False

    @cached_property
    def head(self) -> bytes:
        """The first 64 KiB."""
        return read_up_to(self._stream, HEAD)

    def open(self) -> BinaryIO:
        """The stream; raises `UnreadableError` the second time."""
        head = self.head
        if self._is_open:
            raise UnreadableError(Reason.UNSUPPORTED, "standard input can be read only once")
        self._is_open = True
        return io.BufferedReader(_Behind(head, self._stream), 1 << 18)


class _Behind(io.RawIOBase):
    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # what io passes
        chunk = self._head[: len(buffer)] or self._stream.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(chunk)] = chunk
        return len(chunk)


_Identity = tuple[int, int, int, int]


def _open(path: str | Path) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | os.O_CLOEXEC)


def _identity(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _unless_changed(outcome: Outcome, path: str, before: _Identity) -> Outcome:
    try:
        after = _identity(os.stat(path))  # noqa: PTH116 - of many files each
    except OSError as error:
        reason, detail = explain(error)
    else:
        if after == before:
            return outcome
        reason, detail = Reason.CHANGED, f"{before[2]:,} bytes before, {after[2]:,} after"
    if outcome.reason:
        detail = "; ".join(filter(None, (f"{outcome.reason}: {outcome.detail}", detail)))
    state = State.PARTIAL if outcome.state == State.READ else outcome.state
    return replace(outcome, state=state, reason=reason, detail=detail)


def _patterns(lines: tuple[str, ...]) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise UsageError(f"not a pattern as .gitignore has them: {error}") from error


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text("utf-8", "surrogateescape").splitlines())


def _readable(name: str) -> str:
    return name.replace(os.sep, "/")


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _unit(source: str, name: str, status: os.stat_result) -> Unit:
    # Neither a copy with the times of the original nor a time that was set back goes unseen.
    marker = f"{status.st_ino:x}.{status.st_ctime_ns:x}"
    return Unit(source, (name,), status.st_size, status.st_mtime, marker=marker)


def _left_out(item: Item, reason: Reason) -> Entry:
    return Entry(item, Outcome(State.SKIPPED, reason))


def _failed(item: Item, error: OSError) -> Entry:
    reason, detail = explain(error)
    return Entry(item, Outcome(State.UNREADABLE, reason, detail))
