"""Archives that libarchive reads: 7z, RAR, CAB, ISO 9660, cpio, ar, LHA, RPM, damaged ZIP.

Members come in the archive's order and are read as they pass by, in libarchive's own small buffers.
Only formats that are read from the archive alone are allowed: libarchive also knows one that names
files on the disk (mtree), and filters that start programs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO

from pdscan.connectors.formats import sevenzip
from pdscan.connectors.formats.contents import (
    Chunks,
    Names,
    PassingContent,
    as_binary,
    seekable_stream,
)
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.formats.libarchive import Archive, is_available
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_7Z = b"7z\xbc\xaf\x27\x1c"


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The members of the archive, in order.

    Raises UnreadableError: EXTRA where libarchive is not installed, ENCRYPTED where not even the
    names can be read.
    """
    if content.head.startswith(_7Z) and (not is_available() or _needs_password(content, options)):
        try:
            yield from sevenzip.read(content, options)
        except UnreadableError as error:
            if error.reason != Reason.ENCRYPTED or not is_available():
                raise
        else:
            return
    names = Names()
    with ExitStack() as stack:
        archive = stack.enter_context(_opened(content, options))
        for index, entry in enumerate(archive):
            if not entry.is_file:
                continue
            name = names(entry.name)
            again = partial(_again, content, options, index)
            member = PassingContent(name, archive.chunks(), again, entry.size)
            yield Nested(name, member, modified=entry.modified)
            member.pass_by()


def _opened(content: Content, options: ReadOptions) -> Archive:
    needs_seeking = content.head.startswith(_7Z)
    limit = options.limits.member_memory
    stream = seekable_stream(content, limit) if needs_seeking else content.open()
    return Archive(stream, options.passwords)


def _again(content: Content, options: ReadOptions, index: int) -> BinaryIO:
    """The member number `index`, looked for from the beginning."""
    archive = _opened(content, options)
    for position, _ in enumerate(archive):
        if position == index:
            return as_binary(Chunks(archive.chunks(), on_close=archive.close))
    archive.close()
    raise UnreadableError(Reason.CHANGED)


def _needs_password(content: Content, options: ReadOptions) -> bool:
    """Whether there are passwords to try and something to try them on: libarchive cannot."""
    if not options.passwords:
        return False
    try:
        with _opened(content, options) as archive:
            for entry in archive:
                if entry.is_file and next(archive.chunks(), b""):
                    return False
    except UnreadableError as error:
        return error.reason == Reason.ENCRYPTED
    return False
