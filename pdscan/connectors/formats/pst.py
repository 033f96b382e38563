"""Outlook's mailboxes, PST and OST ([MS-PST]), by libpff.

Messages, contacts, appointments, tasks and notes alike are read by their properties, and so are
items that were deleted but are still in the file. An item is named by its folder and Message-ID.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import pairwise
from typing import Any

import pypff

from pdscan.connectors.formats import mapi
from pdscan.connectors.formats.contents import HeldContent, Names, seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.mapi import Attachment, Message, Property
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_DEPTH = 20  # messages within messages, which are all in memory together
_DELETED = "deleted items without a folder"
_MANY = 0x1000  # the flag of a list


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The items of all folders, in the order of the file."""
    limit = options.limits.member_memory
    mailbox = pypff.file()
    with ExitStack() as stack:
        try:
            if content.path is not None:
                mailbox.open(str(content.path))
            else:
                mailbox.open_file_object(stack.enter_context(seekable_stream(content, limit)))
        except OSError:
            raise UnreadableError(Reason.CORRUPT, "not a whole PST or OST file") from None
        stack.callback(mailbox.close)
        yield from _items(mailbox, limit)


def _items(mailbox: Any, limit: int) -> Iterator[Yield]:
    names = Names()
    broken = 0
    for folder, item in _walk(mailbox):
        message = None if item is None else _whole(item, limit)
        if message is None:
            broken += 1
            continue
        data = mapi.encoded(message)
        own = message.message_id or f"sha256:{hashlib.sha256(data).hexdigest()[:32]}"
        name = names(f"{folder}/{own}" if folder else own)
        yield Nested(name, HeldContent(name, data), mapi.MEDIA_TYPE)
    if broken:
        yield Gap(Reason.CORRUPT, f"{broken:,} folders or items")


def _walk(mailbox: Any) -> Iterator[tuple[str, Any]]:
    """Every item with the path of its folder; None for one that cannot be had."""
    root = _got(mailbox, "root_folder")
    todo = [("", root)]
    seen: set[int] = set()
    while todo:
        path, folder = todo.pop()
        number = None if folder is None else _got(folder, "identifier")
        if number is None:
            yield path, None
            continue
        if number in seen:  # a folder within itself
            continue
        seen.add(number)
        for item in _each(folder, "sub_message"):
            yield path, item
        inner = []
        for child in _each(folder, "sub_folder"):
            name = "" if child is None else _got(child, "name") or ""
            inner.append((f"{path}/{name}" if path else name, child))
        todo += reversed(inner)
    for item in _each(mailbox, "orphan_item"):
        yield _DELETED, item


def _each(owner: Any, what: str) -> Iterator[Any]:
    """The things of the kind `what` that `owner` has; None for one that cannot be had."""
    count = _got(owner, f"number_of_{what}s")
    if count is None:
        yield None
        return
    for position in range(count):
        yield _got(owner, f"get_{what}", position)


def _got(owner: Any, name: str, *arguments: int) -> Any:
    """An attribute of a thing of libpff's, called with `arguments` if there are any.

    None where libpff finds damage, which it may at any access.
    """
    try:
        value = getattr(owner, name)
        return value(*arguments) if arguments else value
    except (OSError, ValueError, MemoryError, SystemError, AttributeError):
        return None  # the last: damage makes folders of messages


def _whole(item: Any, limit: int, depth: int = 0) -> Message | None:
    """The item as a message, with what is attached to it up to `limit` bytes."""
    gaps: list[tuple[str, str]] = []
    properties = _properties(item, gaps)
    if not properties:
        return None
    people = _got(item, "recipients")
    sets = () if people is None else _each(people, "record_set")
    recipients = [list(_of_set(records, gaps)) for records in sets]
    charset = mapi.codepage(properties)
    attachments = list(_attachments(item, charset, limit, gaps, depth))
    return mapi.assemble(properties, recipients, attachments, gaps)


def _properties(item: Any, gaps: list[tuple[str, str]]) -> list[Property]:
    return [found for records in _each(item, "record_set") for found in _of_set(records, gaps)]


def _of_set(records: Any, gaps: list[tuple[str, str]]) -> Iterator[Property]:
    count = None if records is None else _got(records, "number_of_entries")
    if count is None:
        gaps.append((Reason.CORRUPT, "some properties"))
        return
    for position in range(count):
        entry = _got(records, "get_entry", position)
        if entry is None:
            gaps.append((Reason.CORRUPT, "some properties"))
            continue
        number, kind, data = (_got(entry, name) for name in ("entry_type", "value_type", "data"))
        if number is None or kind is None or not data:
            continue
        if kind & _MANY and kind & ~_MANY in (mapi.STRING8, mapi.UNICODE):
            yield from ((number, kind & ~_MANY, value) for value in _list(data))
        else:
            yield number, kind, data


def _list(data: bytes) -> Iterator[bytes]:
    """The values of a list of strings ([MS-PST] 2.3.3.4.2): how many, where each begins, they."""
    count = int.from_bytes(data[:4], "little")
    if not 0 < count <= len(data) // 4:
        return
    starts = [int.from_bytes(data[at : at + 4], "little") for at in range(4, 4 + 4 * count, 4)]
    for start, end in pairwise([*starts, len(data)]):
        yield data[start:end]


def _attachments(
    item: Any, charset: str, limit: int, gaps: list[tuple[str, str]], depth: int
) -> Iterator[Attachment]:
    left = limit
    for attached in _each(item, "attachment"):
        if attached is None:
            gaps.append((Reason.CORRUPT, "an attachment"))
            continue
        texts = mapi.texts(_properties(attached, gaps), charset)
        inner = next(_each(attached, "sub_item"), None)
        if inner is not None and depth < _DEPTH:
            yield Attachment(texts, message=_whole(inner, limit, depth + 1))
            continue
        size = _got(attached, "size") or 0
        left -= size
        if left < 0 or inner is not None:
            gaps.append((Reason.LIMIT, f"attachments beyond {limit >> 20} MiB, or nested too deep"))
            yield Attachment(texts)
            continue
        data = _got(attached, "read_buffer", size) if size else b""
        if data is None:
            gaps.append((Reason.CORRUPT, "an attachment"))
        yield Attachment(texts, data or b"")
