"""The records of an item that is a table or a list: rows of CSV, sheets and Parquet files, elements
of JSON, lines of logs.

Such records seldom have a key that stays, so they get one made of what they hold: a keyed
fingerprint, ``#``. Of those that are alike the second has ``~2`` behind it, and so on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pdscan.connectors.formats.logs import LogLayout
from pdscan.connectors.interface import Connector, Unit
from pdscan.errors import UnreadableError
from pdscan.model import Block, Ints, Item, Outcome, Reason

CONTENT_KEY = "#"
_PURPOSE = "record content"
#: A cell begins at the beginning of the text or behind a sign that is neither letter nor digit.
_WORD = np.frombuffer(bytes(c > 127 or chr(c).isalnum() for c in range(256)), np.bool_)


class Fingerprints(Protocol):
    """What makes keyed fingerprints (see `pdscan.matching.fingerprints.Fingerprinter`)."""

    def column(
        self, kind: str, values: npt.NDArray[np.uint8], lengths: Ints
    ) -> npt.NDArray[np.uint8]:
        """Those of many values."""


@dataclass(slots=True)
class Record:
    """One record: the part of the item it is in, its number there, its cells in order."""

    part: str
    number: int
    values: list[tuple[str, str]]
    key: str = ""

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
    for block in blocks(connector, path):
        done: list[Record] = []
        cells = list(_cells(block))
        if block.part != part:
            done, pending, part = list(pending.values()), {}, block.part
        elif cells:
            # Blocks of one column each come again to the rows of the last; others go on from it.
            first = min(number for number, _, _ in cells)
            done = [pending.pop(number) for number in list(pending) if number < first]
        yield from _keyed(done, fingerprints, seen)
        for number, name, value in cells:
            if number not in pending:
                pending[number] = Record(part, number, [])
            pending[number].values.append((name, value))
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
    for event in connector.read(Unit(connector.source, path[:1], 0)):
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


def _cells(block: Block) -> Iterator[tuple[int, str, str]]:
    """(record, field, text) of all cells that have a record; a line of a log is one cell."""
    if block.layout is None:
        return
    codes = np.frombuffer(block.text, np.uint8)
    if isinstance(block.layout, LogLayout):
        first = int(block.layout.place(np.zeros(1, np.int64)).record[0])
        for number, line in enumerate(block.text.split(b"\n"), first):
            if line:
                yield number, "", line.decode("utf-8", "replace")
        return
    starts = np.concatenate([[0], np.flatnonzero(~_WORD[codes]) + 1])
    places = block.layout.place(starts[starts < len(codes)])
    begins = np.diff(places.cell_start, prepend=-1) != 0
    kept = np.flatnonzero(begins & (places.record >= 0) & (places.cell_end > places.cell_start))
    for row in kept.tolist():
        text = block.text[places.cell_start[row] : places.cell_end[row]]
        yield (
            int(places.record[row]), places.fields[places.field[row]],
            text.decode("utf-8", "replace"),
        )  # fmt: skip


def parts(connector: Connector, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The parts of an item, with their texts. Raises `UnreadableError`."""
    texts: dict[str, list[str]] = {}
    for block in blocks(connector, path):
        texts.setdefault(block.part or block.label, []).append(
            block.text.decode("utf-8", "replace")
        )
    for part, pieces in texts.items():
        yield part, "".join(pieces)
