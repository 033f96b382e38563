"""What the tests of the readers share: read a file, and see what an engine would see."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pdscan.connectors.files import Files
from pdscan.connectors.interface import Connector, ReadOptions, Unit
from pdscan.connectors.peel import NAME
from pdscan.connectors.reopen import text_at
from pdscan.model import Block, Entry, Item, Locator, Outcome, place_name


@dataclass(frozen=True)
class Read:
    """One item as it was read."""

    item: Item
    outcome: Outcome
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        return b"".join(block.text for block in self.blocks).decode()

    def cell(self, wanted: str) -> tuple[str, str, str, int]:
        """(part, field, key, record) of the first place where `wanted` stands."""
        for block in self.blocks:
            at = block.text.find(wanted.encode())
            if at < 0:
                continue
            if block.layout is None:
                return block.part, block.label, "", -1
            places = block.layout.place(np.array([at]))
            assert places.cell_start[0] <= at
            assert places.cell_end[0] >= at + len(wanted.encode()), "the cell cuts the text"
            key = places.keys[0].as_py() if places.keys is not None else ""
            return block.part, places.fields[places.field[0]], key, int(places.record[0])
        raise AssertionError(f"{wanted!r} was not read")


def read_all(connector: Connector, unit: Unit) -> list[Read]:
    """The items of a unit in the order in which they end."""
    opened: list[tuple[Item, list[Block]]] = []
    closed: list[Read] = []
    for event in connector.read(unit):
        if isinstance(event, Item):
            opened.append((event, []))
        elif isinstance(event, Outcome):
            item, blocks = opened.pop()
            closed.append(Read(item, event, tuple(blocks)))
        elif isinstance(event, Block) and event.part != NAME:
            opened[-1][1].append(event)
    assert not opened, "an item was not closed"
    return closed


def read_path(path: Path, options: ReadOptions | None = None) -> list[Read]:
    """The items of one file."""
    files = Files("here", str(path), options=options or ReadOptions())
    (unit,) = files.walk()
    assert isinstance(unit, Unit)
    return read_all(files, unit)


def read_one(path: Path, options: ReadOptions | None = None) -> Read:
    """The outermost item of one file."""
    return read_path(path, options)[-1]


def outcomes(files: Files) -> dict[str, tuple[str, str]]:
    """State and reason of everything below a root, by path."""
    found: dict[str, tuple[str, str]] = {}
    for entry in files.walk():
        if isinstance(entry, Entry):
            found["!/".join(entry.item.path)] = entry.outcome.state, entry.outcome.reason
            continue
        for read in read_all(files, entry):
            found["!/".join(read.item.path)] = read.outcome.state, read.outcome.reason
    return found


def places_of(read: Read, count: int, seed: int = 7) -> Iterator[tuple[Locator, str]]:
    """Some places in an item: their locators as the program would write them, and their texts."""
    chance = random.Random(seed)
    base: dict[str, int] = {}
    for block in read.blocks:
        text = block.text
        begin = base.get(block.part, 0)
        base[block.part] = begin + len(text.decode())
        offsets = [n for n, code in enumerate(text) if code & 0xC0 != 0x80 and code != 10]
        for at in sorted(chance.sample(offsets, min(count, len(offsets)))):
            cell, field, key, own = (0, len(text)), block.label, "", False
            if block.layout is not None:
                places = block.layout.place(np.array([at]))
                cell = int(places.cell_start[0]), int(places.cell_end[0])
                field, own = places.fields[places.field[0]], places.own_text
                key = places.keys[0].as_py() if places.keys is not None else ""
            value = (
                text[at : min(at + 40, cell[1])].decode("utf-8", "ignore") or text[at:].decode()[:1]
            )
            start = len(text[cell[0] : at].decode()) if own else begin + len(text[:at].decode())
            name = place_name(block.part, field)
            written = str(Locator(read.item.source, read.item.path, (), name))
            fields, _, rest = written.partition("#")
            parts = [f"key={pair}" for pair in key.split("&") if key] if own else []
            parts += [rest] if rest else []
            parts.append(f"span={start}-{start + len(value)}")
            yield Locator.parse(f"{fields}#{'&'.join(parts)}"), value


def assert_round_trip(path: Path, count: int = 4) -> None:
    """Every place that is checked is found again from its written locator, with the same text."""
    files = Files("here", str(path))
    checked = 0
    for read in read_path(path):
        for locator, value in places_of(read, count):
            assert text_at(files, Locator.parse(str(locator))) == value, str(locator)
            checked += 1
    assert checked, "nothing to check"
