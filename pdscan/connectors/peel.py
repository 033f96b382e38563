"""Reads one content to its core: recognise it, read it, and do the same with what lies in it.

Every item that is opened is closed with an `Outcome`, whatever its reader does: what was read
before something went wrong counts, and the reason goes into the ledger. A message of an exception
may hold content, so only its type is ever written down.
"""

from __future__ import annotations

import errno
import lzma
import os
import time
import zlib
from collections.abc import Generator, Iterator
from dataclasses import replace

from pdscan.columns import count_characters
from pdscan.connectors import formats
from pdscan.connectors.formats.interface import Content, Gap, Nested, Note, Reader
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import Event, Limits, ReadOptions
from pdscan.connectors.metered import Metered
from pdscan.connectors.structure import Structure
from pdscan.errors import UnreadableError
from pdscan.model import Block, Item, Outcome, Reason, State

_AT_ONCE = 1 << 30  # bytes for which the time of an item is meant; larger ones get more
NAME = "name"  # the part of an item that its own name is
_UNPACKED_FREELY = 10 << 20  # bytes before the ratio of unpacked to packed bytes counts
_WAITING = 8 << 20  # bytes of text that may turn out to be of a damaged structure
_AS_TEXT = "read as plain text"
_ERRNO = {
    errno.ENOENT: Reason.VANISHED, errno.ESTALE: Reason.VANISHED, errno.ENOTDIR: Reason.VANISHED,
    errno.EACCES: Reason.DENIED, errno.EPERM: Reason.DENIED, errno.ELOOP: Reason.LINK_LOOP,
}  # fmt: skip


def peel(item: Item, content: Content, options: ReadOptions) -> Iterator[Event]:
    """The events of `content` and all that lies in it: the item, its blocks, the items nested in
    it, its outcome. Raises nothing but what closes generators.
    """
    return _Peeler(options, content.size)._open(item, content, 0)


class _Peeler:
    """What the items of one outermost item share: how much they may still cost."""

    def __init__(self, options: ReadOptions, size: int | None) -> None:
        self._options = options
        self._limits: Limits = options.limits
        self._deadline = time.monotonic() + options.limits.seconds
        self._members = 0
        self._expanded = 0
        self._most = options.limits.expanded
        if size is not None:
            self._most = min(self._most, max(_UNPACKED_FREELY, size * options.limits.ratio))
            # Containers that do not compress give each byte once a level: a mailbox of 50 GB is
            # no bomb, and takes its time.
            self._most += size * options.limits.depth
            self._deadline += options.limits.seconds * (size / _AT_ONCE)

    def charge(self, expanded: int) -> int:
        """Counts bytes that were unpacked; how many of them are beyond the limit."""
        self.check_time()
        self._expanded += expanded
        return min(max(self._expanded - self._most, 0), expanded)

    def too_much(self) -> UnreadableError:
        """What to say where there are bytes beyond the limit."""
        most = f"more than {_size(self._most)} unpacked from one file"
        return UnreadableError(Reason.LIMIT, most)

    def check_time(self) -> None:
        """Raises `UnreadableError` where the item has taken too long."""
        if time.monotonic() > self._deadline:
            raise UnreadableError(Reason.TIMEOUT, f"more than {self._limits.seconds:g} s")

    def _open(self, item: Item, content: Content, depth: int) -> Iterator[Event]:
        account = _Account()
        opened = False
        try:
            media_type = item.media_type or identify(content)
            opened = True
            yield Item(item.source, item.path, media_type, item.size, item.modified, item.marker)
            # Names of files and members hold personal data too; those of messages are made up.
            if not media_type.startswith("message/"):
                name = os.fsencode(item.path[-1]).decode("utf-8", "replace")
                yield Block(name.encode(), part=NAME)
            yield from self._read(item, content, media_type, account, depth)
        except BaseException as error:
            if not isinstance(error, Exception) and not _is_panic(error):
                raise
            if not opened:
                yield item
            account.fail(*explain(error))
        if isinstance(content, Metered) and content.error is not None:
            account.fail_first(*explain(content.error))
        yield account.outcome()

    def _read(
        self, item: Item, content: Content, media_type: str, account: _Account, depth: int
    ) -> Iterator[Event]:
        known = formats.format_of(media_type)
        if known is None:
            yield from self._printable_runs(item, content, account, media_type, depth)
            return
        if known.is_text and known.module != "text":
            yield from self._structured(known, item, content, account, depth)
            return
        try:
            yield from self._run(known.load(), item, content, account, depth)
        except UnreadableError as error:
            if error.reason == Reason.EXTRA:
                yield from self._printable_runs(item, content, account, media_type, depth)
            raise

    def _structured(
        self, known: formats.Format, item: Item, content: Content, account: _Account, depth: int
    ) -> Iterator[Event]:
        """What stands in a format that is text too.

        Its first blocks wait: where the structure turns out to be damaged by then they are given
        up, so that the whole is read once, as plain text.
        """
        waiting: list[Event] | None = []
        size = 0
        try:
            for event in self._run(known.load(), item, content, account, depth):
                if waiting is None:
                    yield event
                    continue
                waiting.append(event)
                size += len(event.text) if isinstance(event, Block) else 0
                if size > _WAITING or not isinstance(event, Block | Structure):
                    yield from waiting
                    waiting = None
        except Exception as error:
            reason, detail = explain(error)
            if reason not in _DAMAGED:
                yield from waiting or ()
                raise
            if waiting is not None:
                account.restart()
            account.fail(reason, ", ".join(filter(None, (detail, _AS_TEXT))))
            text = formats.FORMATS_BY_MODULE["text"].load()
            for event in self._run(text, item, content, account, depth):
                yield replace(event, part=_AS_TEXT) if isinstance(event, Block) else event
        else:
            yield from waiting or ()

    def _printable_runs(
        self, item: Item, content: Content, account: _Account, media_type: str, depth: int
    ) -> Iterator[Event]:
        """For a type that nothing reads: names and properties often stand in it in the clear."""
        kind = Reason.NO_TEXT if media_type.startswith("image/") else Reason.UNSUPPORTED
        runs = formats.FORMATS_BY_MODULE["binary"].load()
        yield from self._run(runs, item, content, account, depth)
        account.fail(kind, media_type)

    def _run(
        self, reader: Reader, item: Item, content: Content, account: _Account, depth: int
    ) -> Iterator[Event]:
        events = reader(content, self._options)
        try:
            for event in events:
                if isinstance(event, Block):
                    if event.text:
                        account.characters += count_characters(event.text, 0, len(event.text))
                        yield event
                    self.check_time()
                elif isinstance(event, Nested):
                    account.members += 1
                    yield from self._nested(item, event, depth + 1)
                elif isinstance(event, Structure):
                    yield replace(event, source=item.source, path=item.path)
                elif isinstance(event, Gap):
                    account.fail(event.reason, event.detail)
                else:
                    account.note(event)
        finally:
            if isinstance(events, Generator):
                events.close()

    def _nested(self, parent: Item, nested: Nested, depth: int) -> Iterator[Event]:
        self._members += 1
        item = Item(
            parent.source, (*parent.path, nested.name), nested.media_type,
            nested.content.size, nested.modified,
        )  # fmt: skip
        if self._members > self._limits.members:
            raise UnreadableError(Reason.LIMIT, f"more than {self._limits.members} members")
        if depth > self._limits.depth:
            yield item
            yield Outcome(State.SKIPPED, Reason.LIMIT, f"nested deeper than {self._limits.depth}")
            return
        self.check_time()
        yield from self._open(item, Metered(nested.content, self), depth)


class _Account:
    """What is known about an item while it is read."""

    def __init__(self) -> None:
        self.characters = 0
        self.members = 0
        self._encoding = ""
        self._notes: list[str] = []
        self._reasons: list[tuple[str, str]] = []

    def restart(self) -> None:
        """Forgets what was read, for it is read anew."""
        self.characters = 0
        self._encoding = ""
        self._notes.clear()

    def note(self, note: Note) -> None:
        self._encoding = note.encoding or self._encoding
        if note.detail:
            self._notes.append(note.detail)

    def fail(self, reason: str, detail: str) -> None:
        if (reason, detail) not in self._reasons:
            self._reasons.append((reason, detail))

    def fail_first(self, reason: str, detail: str) -> None:
        """Notes what is the cause of the failures seen so far."""
        self._reasons = [(reason, detail)]

    def outcome(self) -> Outcome:
        """The first reason is the item's; further ones are told in the detail."""
        if not self._reasons:
            detail = "; ".join(self._notes)
            return Outcome(State.READ, "", detail, self._encoding, self.characters)
        (reason, detail), *others = self._reasons
        details = [detail, *(": ".join(filter(None, other)) for other in others), *self._notes]
        return Outcome(
            State.PARTIAL if self.characters or self.members else State.UNREADABLE,
            reason, "; ".join(filter(None, details)), self._encoding, self.characters,
        )  # fmt: skip


def _is_panic(error: BaseException) -> bool:
    """Whether a library written in Rust gave up, which PyO3 tells by a class of its own."""
    return type(error).__name__ == "PanicException"


def explain(error: BaseException) -> tuple[str, str]:
    """The reason and detail that stand in the ledger for `error`."""
    if isinstance(error, UnreadableError):
        return error.reason, error.detail
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, EOFError):
        return Reason.TRUNCATED, ""
    if isinstance(error, MemoryError | RecursionError):
        return Reason.LIMIT, name
    if isinstance(error, OSError) and error.errno is not None:
        return _ERRNO.get(error.errno, Reason.IO), errno.errorcode.get(error.errno, "")
    if isinstance(error, _BROKEN) or name.endswith("ZstdError"):
        return Reason.CORRUPT, name
    return Reason.BUG, name


#: What the decompressors of the standard library raise for bytes that are not theirs; a bad bzip2
#: or gzip stream is an OSError without a number.
_BROKEN = (zlib.error, lzma.LZMAError, OSError)
_DAMAGED = (Reason.CORRUPT, Reason.TRUNCATED, Reason.BUG)


def _size(count: int) -> str:
    return f"{count >> 20} MiB" if count >> 20 else f"{count} bytes"
