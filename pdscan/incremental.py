"""A scan that reads again only what changed since another one, and carries the rest over.

What is compared is size, time of change, and the change marker of the source (of a file: inode and
time of its last change of any kind). What has no time, such as a table, is read again. So is what
could not be read then for a reason that may have passed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pdscan.connectors.interface import Step, Unit
from pdscan.connectors.structure import Structure
from pdscan.inventory import FINDINGS, ITEMS, Inventory
from pdscan.matching.findings import SCHEMA
from pdscan.model import Entry, Item, Locator, Outcome, Reason, State
from pdscan.scan import Closed, Described, Found, Message, Opened, Settled, Task

_ROWS = 1 << 16  # items carried over at a time
_LASTING = (  # what another reading would find again
    Reason.NONE, Reason.UNSUPPORTED, Reason.NO_TEXT, Reason.CORRUPT, Reason.TRUNCATED, Reason.ROWS,
    Reason.SPECIAL,
)  # fmt: skip
_MEMBER = "!/"
_CARRIED = "carried over from the scan of "


class Since:
    """The inventory of an earlier scan. Holds some 30 bytes for each of its items."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._when = str(inventory.run["started"])
        items = _Items(inventory)
        self._tops = items.tops
        self._count = items.count
        self._lasting = (
            np.minimum.reduceat(items.lasting, items.tops) if items.count else items.tops
        )
        self._order = np.argsort(items.names)
        self._names = items.names[self._order]
        self._states = items.states
        self._was_there = items.was_there
        self._seen = np.zeros(len(items.tops), np.bool_)
        self._carried = np.zeros(len(items.tops), np.bool_)
        self._unknown: list[str] = []  # what could not be looked into now

    def changed(self, work: Iterable[Task]) -> Iterator[Task]:
        """`work` without what did not change."""
        for task in work:
            steps = tuple(step for step in task.steps if not self._is_known(step))
            if steps:
                yield Task(task.number, steps)

    def carried(self, first: int) -> Iterator[Message]:
        """The messages of what did not change, numbered from `first`, and of what is gone. To be
        asked for when all of the walk went through `changed`.
        """
        lengths = np.diff(self._tops, append=self._count)
        mask = np.repeat(self._carried, lengths)
        numbers = (np.cumsum(mask) - 1 + first).astype(np.int32)
        for low, high in self._stretches():
            if mask[low:high].any():
                yield from self._stretch(low, high, mask, numbers)
        yield from self._gone(first + int(mask.sum()))
        yield from self._structures()

    @property
    def directory(self) -> Path:
        """Where the earlier inventory lies."""
        return self._inventory.directory

    @property
    def counts(self) -> tuple[int, int]:
        """How many outermost items were carried over, and how many are gone."""
        return int(self._carried.sum()), int((self._was_there & ~self._seen).sum())

    def _structures(self) -> Iterator[Message]:
        """How the tables of databases hang together that lie in what was carried over."""
        for said in self._inventory.structures():
            structure = Structure.from_json(json.dumps(said).encode())
            row = self._row(str(Locator(structure.source, structure.path[:1])))
            if structure.path and row is not None and self._carried[row]:
                yield Described(structure)

    def _row(self, locator: str) -> int | None:
        """Which outermost item has `locator`; None where none has."""
        name = _digest(locator)
        at = int(np.searchsorted(self._names, name))
        if at == len(self._names) or self._names[at] != name:
            return None
        return int(self._order[at])

    def _is_known(self, step: Step) -> bool:
        if isinstance(step, Structure):
            return False
        item = step.item if isinstance(step, Entry) else _item(step)
        locator = str(item.locator)
        if isinstance(step, Entry) and step.outcome.state == State.UNREADABLE:
            self._unknown.append(locator)
        row = self._row(locator)
        if row is None:
            return False
        self._seen[row] = True
        if isinstance(step, Entry) or step.range is not None or step.modified is None:
            return False
        same = self._states[row] == _digest(_state(item.size, item.modified, item.marker))
        self._carried[row] = same and self._lasting[row]
        return bool(self._carried[row])

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Ranges of items of about `_ROWS`, each beginning with an outermost one."""
        low = 0
        while low < self._count:
            at = int(np.searchsorted(self._tops, low + _ROWS))
            high = int(self._tops[at]) if at < len(self._tops) else self._count
            yield low, high
            low = high

    def _stretch(
        self, low: int, high: int, mask: npt.NDArray[np.bool_], numbers: npt.NDArray[np.int32]
    ) -> Iterator[Message]:
        within = (pc.field("item") >= low) & (pc.field("item") < high)
        table = _dataset(self._inventory, ITEMS).to_table(filter=within)
        rows = table.filter(pa.array(mask[table["item"].to_numpy()])).to_pylist()
        for row in sorted(rows, key=lambda row: int(row["item"])):
            locator = Locator.parse(row["locator"])
            depth = len(locator.path) - 1
            yield Opened(int(numbers[row["item"]]), _item_of(row, locator), depth)
        for batch in _dataset(self._inventory, FINDINGS).to_batches(filter=within):
            old = batch["item"].to_numpy()
            kept = batch.select(SCHEMA.names).filter(pa.array(mask[old]))
            if len(kept):
                items = pa.array(numbers[old[mask[old]]])
                yield Found(kept.set_column(0, SCHEMA.field(0), items))
        for row in rows:
            detail, count = row["detail"], row["rows"]
            if count is not None:  # it is told in the detail too
                detail = detail.removeprefix(f"{count:,} rows").removeprefix("; ")
            if _CARRIED not in detail:
                detail = "; ".join(filter(None, (detail, _CARRIED + self._when)))
            outcome = Outcome(
                State(row["state"]),
                row["reason"],
                detail,
                row["encoding"],
                row["characters"],
                count,
            )
            item = _item_of(row, Locator.parse(row["locator"]))
            yield Closed(int(numbers[row["item"]]), Entry(item, outcome))
        yield Settled(0)

    def _gone(self, first: int) -> Iterator[Message]:
        missing = self._tops[self._was_there & ~self._seen]
        number = first
        for low in range(0, len(missing), _ROWS):
            some = missing[low : low + _ROWS]
            among = pc.field("item").isin(pa.array(some, pa.int32()))
            table = _dataset(self._inventory, ITEMS).to_table(["item", "locator"], filter=among)
            for text in table.sort_by("item")["locator"].to_pylist():
                locator = Locator.parse(text)
                item = Item(locator.source, locator.path)
                yield Opened(number, item)
                yield Closed(number, Entry(item, self._end(text)))
                number += 1
            yield Settled(0)

    def _end(self, locator: str) -> Outcome:
        """What is told about an item that the walk did not meet."""
        if any(_is_below(locator, place) for place in self._unknown):
            detail = f"what it lies in cannot be read now; known from the scan of {self._when}"
            return Outcome(State.UNREADABLE, Reason.DENIED, detail)
        return Outcome(State.SKIPPED, Reason.GONE, f"known from the scan of {self._when}")


class _Items:
    """What is compared, as columns: one row for each outermost item, but for ``lasting``."""

    def __init__(self, inventory: Inventory) -> None:
        self.count = pq.ParquetFile(inventory.directory / ITEMS).metadata.num_rows
        self.lasting = np.zeros(self.count, np.bool_)
        names = np.zeros(self.count, np.uint64)
        states = np.zeros(self.count, np.uint64)
        is_top = np.zeros(self.count, np.bool_)
        was_there = np.zeros(self.count, np.bool_)
        columns = ["item", "locator", "size", "modified", "marker", "reason"]
        for batch in _dataset(inventory, ITEMS).to_batches(columns=columns):
            item = batch["item"].to_numpy()
            reason = batch["reason"].cast(pa.string())
            lasting = pc.is_in(reason, pa.array([str(r) for r in _LASTING]))
            self.lasting[item] = lasting.to_numpy(zero_copy_only=False)
            was_there[item] = pc.not_equal(reason, Reason.GONE).to_numpy(zero_copy_only=False)
            for row in batch.select(columns[:-1]).to_pylist():
                if _MEMBER not in row["locator"]:
                    number = row["item"]
                    is_top[number] = True
                    names[number] = _digest(row["locator"])
                    states[number] = _digest(_state(row["size"], row["modified"], row["marker"]))
        self.tops = np.flatnonzero(is_top)
        self.names, self.states = names[self.tops], states[self.tops]
        self.was_there = was_there[self.tops]


def _dataset(inventory: Inventory, name: str) -> ds.Dataset:
    return ds.dataset(inventory.directory / name, format="parquet")


def _item(unit: Unit) -> Item:
    return Item(unit.source, unit.path, "", unit.cost, unit.modified, unit.marker)


def _item_of(row: dict[str, object], locator: Locator) -> Item:
    return Item(
        locator.source, locator.path, row["media_type"], row["size"], row["modified"],  # type: ignore[arg-type] # as in the schema
        row["marker"],  # type: ignore[arg-type]
    )  # fmt: skip


def _state(size: int | None, modified: float | None, marker: str) -> str:
    return f"{size} {modified!r} {marker}"


def _digest(text: str) -> np.uint64:
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))


def _is_below(locator: str, place: str) -> bool:
    return locator == place or locator.startswith(place if place.endswith(":") else f"{place}/")
