"""The records of an item that is a table or a list: rows of CSV, sheets and Parquet files, elements
of JSON, lines of logs.

Such records seldom have a key that stays, so they get one made of what they hold: a keyed
fingerprint, ``#``. Of those that are alike the second has ``~2`` behind it, and so on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pdscan.connectors.contents import read_again
from pdscan.connectors.formats.logs import LogLayout
from pdscan.connectors.interface import Connector
from pdscan.errors import UnreadableError
from pdscan.model import Block, Ints, Item, Locator, Outcome, Reason

CONTENT_KEY = "#"
_PURPOSE = "record content"
_NEWLINE = 0x0A
#: A cell begins at the beginning of the text or behind a sign that is neither letter nor digit.
_WORD = np.frombuffer(bytes(c > 127 or chr(c).isalnum() for c in range(256)), np.bool_)


class Fingerprints(Protocol):
    """What makes keyed fingerprints (see `pdscan.matching.fingerprints.Fingerprinter`)."""

    def column(
        self, kind: str, values: npt.NDArray[np.uint8], lengths: Ints
    ) -> npt.NDArray[np.uint8]:
        """Those of many values."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a record stands now, for whoever opens the file: this changes with every edit, and is
    no address.

    ``lines`` are its first and last line in a text, ``row`` its number in a table, a header
    included, both from 1 (0: it has none); ``pointer`` leads to it in JSON (RFC 6901), or to its
    first cell in a sheet or document.
    """

    lines: tuple[int, int] = (0, 0)
    row: int = 0
    pointer: str = ""


@dataclass(slots=True)
class Record:
    """One record: the part of the item it is in, its number there, its cells in order."""

    part: str
    number: int
    values: list[tuple[str, str]]
    key: str = ""
    spot: Spot = Spot()

    @property
    def digest(self) -> bytes:
        """Of all it holds."""
        text = "\x1e".join(f"{name}\x1f{value}" for name, value in self.values)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def records(
    connector: Connector, path: tuple[str, ...], fingerprints: Fingerprints | None = None
) -> Iterator[Record]:
    """The records of an item, part by part, as its reader finds them; with `fingerprints` each has
    its ``#`` key. Few are in memory at a time. Raises `UnreadableError`.
    """
    pending: dict[int, Record] = {}
    part = ""
    seen: dict[tuple[str, bytes], int] = {}
    lines = 0  # of the part before the block
    for block in blocks(connector, path):
        done: list[Record] = []
        if block.part != part:
            done, pending, part, lines = list(pending.values()), {}, block.part, 0
        cells = list(_cells(block, lines))
        lines += block.text.count(b"\n")
        if cells and not done:
            # Blocks of one column each come again to the rows of the last; others go on from it.
            first = min(number for number, _, _, _ in cells)
            done = [pending.pop(number) for number in list(pending) if number < first]
        yield from _keyed(done, fingerprints, seen)
        for number, name, value, spot in cells:
            record = pending.get(number)
            if record is None:
                pending[number] = record = Record(part, number, [], spot=spot)
            elif spot.lines[1] > record.spot.lines[1]:
                record.spot = replace(spot, lines=(record.spot.lines[0], spot.lines[1]))
            record.values.append((name, value))
    yield from _keyed(list(pending.values()), fingerprints, seen)


def _keyed(
    found: list[Record], fingerprints: Fingerprints | None, seen: dict[tuple[str, bytes], int]
) -> list[Record]:
    if not found or fingerprints is None:
        return found
    digests = np.frombuffer(b"".join(r.digest for r in found), np.uint8).reshape(len(found), -1)
    lengths = np.full(len(found), digests.shape[1], np.int64)
    for record, mac in zip(found, fingerprints.column(_PURPOSE, digests, lengths), strict=True):
        place = record.part, mac.tobytes()
        seen[place] = seen.get(place, 0) + 1
        record.key = mac.tobytes().hex() + (f"~{seen[place]}" if seen[place] > 1 else "")
    return found


def blocks(connector: Connector, path: tuple[str, ...]) -> Iterator[Block]:
    """The blocks of the item itself, not of those in it. Raises `UnreadableError`."""
    open_items: list[tuple[str, ...]] = []
    seen = False
    for event in read_again(connector, path):
        if isinstance(event, Item):
            open_items.append(event.path)
            seen = seen or event.path == path
        elif isinstance(event, Outcome):
            if open_items.pop() == path:
                if event.reason and not event.characters:
                    raise UnreadableError(event.reason, event.detail)
                return
        elif isinstance(event, Block) and open_items[-1] == path:
            yield event
    if not seen:
        raise UnreadableError(Reason.VANISHED)


def blocks_within(
    connector: Connector, step: str
) -> Iterator[tuple[tuple[str, ...], Block]]:  # fmt: skip
    """The blocks of the item ``(step,)`` and of all items in it, each with its item's path; read in
    one pass. What cannot be read of them yields none: the ledger says so.
    """
    open_items: list[tuple[str, ...]] = []
    for event in read_again(connector, (step,)):
        if isinstance(event, Item):
            open_items.append(event.path)
        elif isinstance(event, Outcome):
            open_items.pop()
        elif isinstance(event, Block):
            yield open_items[-1], event


def _cells(block: Block, above: int) -> Iterator[tuple[int, str, str, Spot]]:
    """(record, field, text, spot) of all cells that have a record; a line of a log is one cell.
    `above` are the lines of the part before the block.
    """
    if block.layout is None:
        return
    codes = np.frombuffer(block.text, np.uint8)
    if isinstance(block.layout, LogLayout):
        first = int(block.layout.place(np.zeros(1, np.int64)).record[0])
        for number, line in enumerate(block.text.split(b"\n"), first):
            if line:
                at = above + number - first + 1
                yield number, "", line.decode("utf-8", "replace"), Spot((at, at), at)
        return
    starts = np.concatenate([[0], np.flatnonzero(~_WORD[codes]) + 1])
    places = block.layout.place(starts[starts < len(codes)])
    begins = np.diff(places.cell_start, prepend=-1) != 0
    kept = np.flatnonzero(begins & (places.record >= 0) & (places.cell_end > places.cell_start))
    breaks = np.flatnonzero(codes == _NEWLINE)
    first_lines = above + 1 + np.searchsorted(breaks, places.cell_start)
    last_lines = above + 1 + np.searchsorted(breaks, places.cell_end)
    for row in kept.tolist():
        text = block.text[places.cell_start[row] : places.cell_end[row]]
        number = int(places.record[row])
        if not places.own_text:
            spot = Spot((int(first_lines[row]), int(last_lines[row])), number + 1)
        elif places.keys is None:
            spot = Spot(row=number + 1)
        else:
            spot = _spot(places.keys[row].as_py(), number)
        yield number, places.fields[places.field[row]], text.decode("utf-8", "replace"), spot


def _spot(written: str, record: int) -> Spot:
    """From a cell's key to where its record is."""
    ((name, key),) = Locator.parse(f":#key={written}").key
    if name != "pointer":
        return Spot(pointer=key)
    steps = key.split("/")
    index = next((n for n, step in enumerate(steps) if step.isdigit()), 0)
    if not index:
        return Spot()  # what stands outside all lists
    if index == 1 and int(steps[1]) == record:  # one value a line: numbered from 1, as lines are
        return Spot((record, record), record)
    return Spot(pointer="/".join(steps[: index + 1]))  # what follows is within the record


def parts(connector: Connector, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The parts of an item, with their texts. Raises `UnreadableError`."""
    texts: dict[str, list[str]] = {}
    for block in blocks(connector, path):
        texts.setdefault(block.part or block.label, []).append(
            block.text.decode("utf-8", "replace")
        )
    for part, pieces in texts.items():
        yield part, "".join(pieces)
