"""Mailboxes in one file (RFC 4155, and what Thunderbird, mutt and Google Takeout write).

The file is cut where a blank line is followed by a ``From`` line with a time and a year; the words
"From here on" in a text cut nothing. Each message is an item named by its Message-ID, which stays
the same wherever the message moves in the mailbox.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import BinaryIO

from pdscan.connectors.formats.contents import HeldContent, Names
from pdscan.connectors.formats.interface import Content, Gap, Nested
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Reason

_CHUNK = 8 << 20
_LINE = 4096  # bytes of a From line, at most
_FROM = re.compile(rb"\nFrom ")  # searched for by an expression: twice as fast as by find
_TIME = re.compile(rb"\d{1,2}:\d\d")
_YEAR = re.compile(rb"\b(?:19|20)\d\d\b")
_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<?([^\s>]+)", re.I | re.M)


def read(content: Content, options: ReadOptions) -> Iterator[Nested | Gap]:
    """The messages of the mailbox, in order, one at a time in memory."""
    seen: set[bytes] = set()
    doubles = Names()
    cut = 0
    limit = options.limits.member_memory
    with content.open() as stream:
        for message, is_whole in split(stream, limit):
            cut += not is_whole
            if message.strip():
                name = _name(message, seen, doubles)
                yield Nested(name, HeldContent(name, message), "message/rfc822")
    if cut:
        yield Gap(Reason.LIMIT, f"{cut:,} messages longer than {limit >> 20} MiB, read up to there")


def split(stream: BinaryIO, limit: int, chunk_size: int = _CHUNK) -> Iterator[tuple[bytes, bool]]:
    """The messages in `stream`, each from its From line to the next one, and whether it is whole.

    Put together they are the file, but for what is beyond `limit` bytes in one message.
    """
    pending = _Pending(limit)
    window, at = b"", 0
    while True:
        chunk = stream.read(chunk_size)
        window += chunk
        horizon = len(window) - _LINE if chunk else len(window)
        start = 0
        for found in _FROM.finditer(window, at):
            at = found.start()
            if at >= horizon:
                break
            if _is_border(window, at):
                pending.add(window[start : at + 1])
                yield pending.take()
                start = at + 1
        done = max(start, horizon - 4)  # leaves the blank line in sight
        pending.add(window[start:done])
        window = window[done:]
        at = max(horizon - done, 0)
        if not chunk:
            pending.add(window)
            yield pending.take()
            return


class _Pending:
    """The message that is being put together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> None:
        if self._size < self._limit:
            self._parts.append(data[: self._limit - self._size])
        self._size += len(data)

    def take(self) -> tuple[bytes, bool]:
        message, is_whole = b"".join(self._parts), self._size <= self._limit
        self._parts, self._size = [], 0
        return message, is_whole


def _is_border(window: bytes, at: int) -> bool:
    if at < 1 or (window[at - 1] != 0x0A and window[max(at - 2, 0) : at] != b"\n\r"):
        return False
    line = window[at + 1 : at + _LINE].split(b"\n", 1)[0]
    time = _TIME.search(line)
    return time is not None and _YEAR.search(line, time.end()) is not None


def _name(message: bytes, seen: set[bytes], doubles: Names) -> str:
    """The Message-ID; where there is none, or it was there before, a fingerprint of the content."""
    end = message.find(b"\n\n")
    crlf = message.find(b"\n\r\n", 0, end if end >= 0 else len(message))
    stop = crlf if crlf >= 0 else end if end >= 0 else len(message)
    found = _MESSAGE_ID.search(message, 0, min(stop, 1 << 20))
    if found is not None:
        # Eight bytes of digest: a mailbox of a million messages costs 60 MB, not their names.
        digest = hashlib.blake2b(found[1], digest_size=8).digest()
        if digest not in seen:
            seen.add(digest)
            return found[1].decode("utf-8", "replace")
    return doubles(fingerprint(message))


def fingerprint(message: bytes) -> str:
    """``sha256:`` and half the digest of a message without its From line: the same anywhere."""
    start = message.find(b"\n") + 1 if message.startswith(b"From ") else 0
    return f"sha256:{hashlib.sha256(message[start:].rstrip()).hexdigest()[:32]}"
