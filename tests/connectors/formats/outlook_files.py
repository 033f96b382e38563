"""Writes what Outlook writes, as far as tests need it: OLE files ([MS-CFB]), MSG, TNEF."""

from __future__ import annotations

import struct
from typing import TypeAlias

Tree: TypeAlias = "dict[str, bytes | Tree]"

_END, _FREE, _NONE, _FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFD
_SECTOR, _MINI, _CUTOFF = 512, 64, 4096


class _Ole:
    def __init__(self) -> None:
        self.sectors: list[bytes] = []
        self.fat: list[int] = []
        self.mini = bytearray()
        self.mini_fat: list[int] = []
        self.entries: list[bytes | None] = []

    def stream(self, data: bytes) -> int:
        """Stores `data` in sectors of its own; the first one's number."""
        start = len(self.sectors)
        for at in range(0, len(data), _SECTOR):
            self.sectors.append(data[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            self.fat.append(len(self.sectors))
        if len(self.sectors) == start:
            return _END
        self.fat[-1] = _END
        return start

    def small(self, data: bytes) -> int:
        start = len(self.mini) // _MINI
        for at in range(0, len(data), _MINI):
            self.mini += data[at : at + _MINI].ljust(_MINI, b"\0")
            self.mini_fat.append(len(self.mini) // _MINI)
        if len(self.mini) // _MINI == start:
            return _END
        self.mini_fat[-1] = _END
        return start

    def folder(self, tree: Tree) -> int:
        """Stores what is in `tree`; the number of the first entry, the others to its right."""
        following = _NONE
        for name, value in reversed(tree.items()):
            number = len(self.entries)
            self.entries.append(None)
            if isinstance(value, bytes):
                start = self.small(value) if len(value) < _CUTOFF else self.stream(value)
                entry = _entry(name, 2, following, _NONE, start, len(value))
            else:
                entry = _entry(name, 1, following, self.folder(value), 0, 0)
            self.entries[number] = entry
            following = number
        return following


def _entry(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
    return head + struct.pack("<III16sIQQIQ", _NONE, right, child, b"", 0, 0, 0, start, size)


def ole(tree: Tree) -> bytes:
    """An OLE file with the streams and storages of `tree`."""
    made = _Ole()
    made.entries.append(None)
    child = made.folder(tree)
    mini = made.stream(bytes(made.mini))
    made.entries[0] = _entry("Root Entry", 5, _NONE, child, mini, len(made.mini))
    directory = made.stream(b"".join(entry for entry in made.entries if entry))
    table = b"".join(struct.pack("<I", number) for number in made.mini_fat)
    mini_table = made.stream(table + b"\xff" * (-len(table) % _SECTOR))
    count = 1
    while (len(made.fat) + count) > count * (_SECTOR // 4):
        count += 1
    first = len(made.sectors)
    fat = [*made.fat, *[_FAT] * count]
    fat += [_FREE] * (-len(fat) % (_SECTOR // 4))
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6,
        b"", 0, count, directory, 0, _CUTOFF, mini_table, -(-len(table) // _SECTOR), _END, 0,
    )  # fmt: skip
    places = [first + n for n in range(count)] + [_FREE] * (109 - count)
    return (
        header[:76] + struct.pack("<109I", *places) + b"".join(made.sectors)
        + b"".join(struct.pack("<I", number) for number in fat)
    )  # fmt: skip


def msg(
    properties: dict[tuple[int, int], bytes],
    recipients: list[dict[tuple[int, int], bytes]] | None = None,
    attachments: list[dict[tuple[int, int], bytes] | Tree] | None = None,
    header: int = 32,
) -> Tree:
    """The streams of a message; `(id, type) -> value`, an attachment may be streams as they are."""
    tree: Tree = _streams(properties, header)
    for number, people in enumerate(recipients or ()):
        tree[f"__recip_version1.0_#{number:08X}"] = _streams(people, 8)
    for number, attached in enumerate(attachments or ()):
        keys_are_tags = all(isinstance(key, tuple) for key in attached)
        inner = _streams(attached, 8) if keys_are_tags else attached  # type: ignore[arg-type]
        tree[f"__attach_version1.0_#{number:08X}"] = inner  # type: ignore[assignment]
    return tree


def _streams(properties: dict[tuple[int, int], bytes], header: int) -> Tree:
    fixed = bytes(header)
    tree: Tree = {}
    for (number, kind), value in properties.items():
        if kind in (0x1E, 0x1F, 0x102):
            tree[f"__substg1.0_{number:04X}{kind:04X}"] = value
            fixed += struct.pack("<HHII4s", kind, number, 6, len(value), b"")
        else:
            fixed += struct.pack("<HHI8s", kind, number, 6, value)
    tree["__properties_version1.0"] = fixed
    return tree


def tnef(
    properties: list[tuple[int, int, bytes]],
    recipients: list[list[tuple[int, int, bytes]]],
    files: list[tuple[bytes, bytes, list[tuple[int, int, bytes]]]],
) -> bytes:
    """A TNEF stream; a file is its title, its bytes and its properties."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += _attribute(1, 0x9003, _stream(properties))
    rows = struct.pack("<I", len(recipients)) + b"".join(map(_stream, recipients))
    out += _attribute(1, 0x9004, rows)
    for title, data, extra in files:
        out += _attribute(2, 0x9002, bytes(14)) + _attribute(2, 0x8010, title + b"\0")
        out += _attribute(2, 0x800F, data) + _attribute(2, 0x9005, _stream(extra))
    return out


def _attribute(level: int, number: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(data)) + data + struct.pack(
        "<H", sum(data) & 0xFFFF
    )  # fmt: skip


def _stream(properties: list[tuple[int, int, bytes]]) -> bytes:
    out = struct.pack("<I", len(properties))
    for number, kind, value in properties:
        out += struct.pack("<HH", kind, number)
        if number >= 0x8000:
            name = "Email1Address\0".encode("utf-16-le")
            out += bytes(16) + struct.pack("<II", 1, len(name)) + name + bytes(-len(name) % 4)
        if kind in (0x1E, 0x1F, 0x102, 0x0D):
            out += struct.pack("<II", 1, len(value)) + value + bytes(-len(value) % 4)
        else:
            out += value
    return out
