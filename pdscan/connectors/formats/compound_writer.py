"""Writes a compound file ([MS-CFB] version 3) in memory: for objects cut out of documents."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TypeAlias

_SECTOR, _MINI, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_LIST_SECTOR = 0xFFFFFFFC
_PER_SECTOR = _SECTOR // 4  # numbers of a table
_IN_HEADER = 109  # sectors of the allocation table that the header lists

#: What a storage holds, by name: streams as bytes, storages as further dictionaries.
Storage: TypeAlias = "dict[str, bytes | Storage]"


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int  # 1 storage, 2 stream, 5 root
    data: bytes = b""
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE
    start: int = _END
    size: int = 0


def write_compound(root: Storage) -> bytes:
    """A compound file with the streams and storages of `root`."""
    entries = [_Entry("Root Entry", 5)]
    entries[0].child = _add(root, entries)
    sectors: list[bytes] = []
    table: list[int] = []

    def chain(data: bytes) -> int:
        if not data:
            return _END
        first = len(sectors)
        for at in range(0, len(data), _SECTOR):
            sectors.append(data[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            table.append(len(sectors))
        table[-1] = _END
        return first

    mini = bytearray()
    mini_table: list[int] = []
    for entry in entries[1:]:
        entry.size = len(entry.data)
        if entry.size >= _CUTOFF:
            entry.start = chain(entry.data)
        elif entry.size:
            entry.start = len(mini) // _MINI
            mini += entry.data.ljust(-(-entry.size // _MINI) * _MINI, b"\0")
            mini_table += range(len(mini_table) + 1, len(mini) // _MINI)
            mini_table.append(_END)
    entries[0].start, entries[0].size = chain(bytes(mini)), len(mini)
    mini_start = chain(_words(mini_table))
    mini_count = -(-len(mini_table) * 4 // _SECTOR)
    directory = chain(b"".join(map(_directory_entry, entries)))
    # The tables list their own sectors too, and those of the lists of tables.
    tables = lists = 0
    while tables * _PER_SECTOR < len(table) + tables + lists:
        tables += 1
        lists = -(-max(tables - _IN_HEADER, 0) // (_PER_SECTOR - 1))
    first = len(sectors)
    table += [_FAT_SECTOR] * tables + [_LIST_SECTOR] * lists
    places = [*range(first, first + tables)]
    head, rest = places[:_IN_HEADER], places[_IN_HEADER:]
    listing: list[int] = []
    for number in range(lists):
        some = rest[number * (_PER_SECTOR - 1) :][: _PER_SECTOR - 1]
        after = first + tables + number + 1 if number + 1 < lists else _END
        listing += [*some, *[_FREE] * (_PER_SECTOR - 1 - len(some)), after]
    head += [_FREE] * (_IN_HEADER - len(head))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0,
        tables, directory, 0, _CUTOFF, mini_start, mini_count,
        first + tables if lists else _END, lists, head[0],
    )  # fmt: skip
    return b"".join([
        header, struct.pack(f"<{_IN_HEADER - 1}I", *head[1:]), *sectors, _words(table),
        _words(listing),
    ])  # fmt: skip


def _words(values: list[int]) -> bytes:
    padded = values + [_FREE] * (-len(values) % _PER_SECTOR)
    return struct.pack(f"<{len(padded)}I", *padded)


def _add(storage: Storage, entries: list[_Entry]) -> int:
    """Appends the members of `storage` as a balanced tree; the index of its root."""
    first = len(entries)
    names = sorted(storage, key=lambda name: (len(name), name.upper()))
    for name in names:
        value = storage[name]
        entries.append(_Entry(name, 2, value) if isinstance(value, bytes) else _Entry(name, 1))
    for index, name in enumerate(names, first):
        value = storage[name]
        if not isinstance(value, bytes):
            entries[index].child = _add(value, entries)

    def link(low: int, high: int) -> int:
        if low >= high:
            return _NONE
        middle = (low + high) // 2
        entries[middle].left = link(low, middle)
        entries[middle].right = link(middle + 1, high)
        return middle

    return link(first, first + len(names))


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")[:62]
    start = 0 if entry.kind == 1 else entry.start
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ", name, len(name) + 2, entry.kind, 1, entry.left, entry.right,
        entry.child, 0, start, entry.size,
    )  # fmt: skip
