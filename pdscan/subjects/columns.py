"""The findings of inventories: which identifier stands in which unit.

A unit is a row or record where an item has those, else the whole item. Of each finding 64 bits of
its identifier are held, so ten million take 80 MB. All else is read when it is asked for, by row
group: the statistics of the file tell which groups may hold a record of an item.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pdscan.connectors.formats import format_of
from pdscan.inventory import FINDINGS, Inventory
from pdscan.model import Ints
from pdscan.subjects.kinds import DIRECT

Hashes = npt.NDArray[np.uint64]
TABLE = "application/x-sql-table"
_PLACES = ["item", "record", "part", "kind"]
_HELD = 24  # row groups whose places are held, 6 MB each
_ANY = -(1 << 62), 1 << 62
_DETAILS = ["item", "record", "key", "part", "field", "kind", "start", "end", "likelihood",
            "preview", "fingerprint"]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the ledger says of an item."""

    inventory: int
    locator: str
    source: str
    media_type: str
    state: str
    size: int | None
    modified: float | None

    @property
    def has_records(self) -> bool:
        """Whether its rows are told apart."""
        return self.media_type == TABLE or is_list(self.media_type)


def is_list(media_type: str) -> bool:
    """Whether what is of this type is rows or records."""
    known = format_of(media_type)
    return known is not None and known.has_records


def token(fingerprint: bytes) -> int:
    """64 bits of a fingerprint, as `Columns.token` holds them."""
    return int(np.frombuffer(fingerprint[:8], np.uint64)[0])


@dataclass(frozen=True, slots=True)
class _Group:
    """A row group: where it lies, and which items and records may be in it (smallest, largest)."""

    inventory: int
    number: int
    first: int
    rows: int
    items: tuple[int, int]
    records: tuple[int, int]

    def may_hold(self, item: int, record: int) -> bool:
        """Whether a record of an item (-1: the item as a whole) may be in it."""
        low, high = self.items
        if not low <= item <= high:
            return False
        return record < 0 or self.records[0] <= record <= self.records[1]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The places of the findings of one row group."""

    unit: Hashes
    item: Ints
    record: Ints
    kind: Ints
    kinds: list[str]


class Columns:
    """n findings; those of several inventories one after the other, ordered as they are there.

    ``token`` holds the identifier of each.
    """

    def __init__(
        self, inventories: Sequence[Inventory], outdated: Sequence[Collection[str]] = ()
    ) -> None:
        """`outdated` are, for each inventory, the locators of items whose findings do not count."""
        self.items: list[ItemFacts] = []
        self._files = [pq.ParquetFile(i.directory / FINDINGS) for i in inventories]
        self._bases: list[int] = []
        self._groups: list[_Group] = []
        self._places: dict[int, _Rows] = {}
        self._direct: dict[int, dict[str, int]] = {}
        self._details: dict[int, dict[str, Any]] = {}
        self._units_by_key: dict[tuple[int, str, str], int] = {}
        self._homes: dict[int, tuple[int, int]] = {}  # item and record of a unit
        for number, inventory in enumerate(inventories):
            self._bases.append(len(self.items))
            self.items += _facts(number, inventory)
            self._groups += self._groups_in(number)
        self._firsts = [group.first for group in self._groups]
        self._kept = np.array([
            fact.locator not in outdated[fact.inventory] if fact.inventory < len(outdated) else True
            for fact in self.items
        ], np.bool_)  # fmt: skip
        self._whole = np.array([not fact.has_records for fact in self.items], np.bool_)
        self.token: Hashes = np.zeros(sum(group.rows for group in self._groups), np.uint64)
        for place, group in enumerate(self._groups):
            tokens = _tokens(self._read_group(place, ["fingerprint"])["fingerprint"])
            low, high = group.items[0], min(group.items[1], len(self.items) - 1)
            if not self._kept[max(low, 0) : high + 1].all():
                # What is left out keeps its place, so that positions stay those of the file.
                tokens = np.where(self._kept[self._at(place).item], tokens, np.uint64(0))
            self.token[group.first : group.first + group.rows] = tokens

    def __len__(self) -> int:
        return len(self.token)

    def _groups_in(self, number: int) -> Iterator[_Group]:
        file, base = self._files[number], self._bases[number]
        first = self._groups[-1].first + self._groups[-1].rows if self._groups else 0
        names = file.schema_arrow.names
        for place in range(file.num_row_groups):
            told = file.metadata.row_group(place)
            ranges = []
            for name in ("item", "record"):
                known = told.column(names.index(name)).statistics
                has_range = known is not None and known.has_min_max
                ranges.append((known.min, known.max) if has_range else _ANY)
            (low, high), records = ranges
            yield _Group(number, place, first, told.num_rows, (low + base, high + base), records)
            first += told.num_rows

    def _at(self, place: int) -> _Rows:
        """The places of a row group."""
        if place not in self._places:
            if len(self._places) >= _HELD:
                del self._places[next(iter(self._places))]
            rows = self._read_group(place, _PLACES)
            item = rows["item"].to_numpy() + self._bases[self._groups[place].inventory]
            record = np.where(self._whole[item], -1, rows["record"].to_numpy())
            part, names = _codes(rows["part"])
            unit = _units(item, np.array([_hash_name(name) for name in names])[part], record)
            unit = np.where(self._kept[item], unit, np.uint64(0))
            kind, kinds = _codes(rows["kind"])
            self._places[place] = _Rows(unit, item, record, kind, kinds)
        return self._places[place]

    def unit_of(self, item: int, part: str, record: int) -> int:
        """The unit of a record of an item (-1: the item as a whole)."""
        numbers = np.array([item]), np.array([_hash_name(part)]), np.array([record])
        unit = int(_units(*numbers)[0])
        self._homes[unit] = item, record
        return unit

    def units(self, rows: Ints) -> Hashes:
        """The unit of each of the findings at `rows`."""
        units = np.zeros(len(rows), np.uint64)
        for place, chosen, where in self._by_group(rows):
            held = self._at(place)
            own = chosen - self._firsts[place]
            units[where] = held.unit[own]
            homes = zip(held.item[own].tolist(), held.record[own].tolist(), strict=True)
            self._homes.update(zip(held.unit[own].tolist(), homes, strict=True))
        return units

    def are_of(self, rows: Ints, kinds: Collection[str]) -> npt.NDArray[np.bool_]:
        """Which of the findings at `rows` are of one of `kinds`."""
        found = np.zeros(len(rows), np.bool_)
        for place, chosen, where in self._by_group(rows):
            held = self._at(place)
            wanted = np.array([kind in kinds for kind in held.kinds], np.bool_)
            found[where] = wanted[held.kind[chosen - self._firsts[place]]]
        return found

    def with_tokens(self, tokens: Iterable[int]) -> Ints:
        """The positions of findings of these identifiers."""
        return _where(self.token, np.fromiter(tokens, np.uint64))

    def in_units(self, units: Iterable[int]) -> Ints:
        """The positions of findings in these units."""
        wanted: dict[int, list[int]] = {}
        for unit in units:
            if unit:
                for place in self._groups_with(*self._homes.get(unit, (None, -1))):
                    wanted.setdefault(place, []).append(unit)
        found = [
            _where(self._at(place).unit, np.array(some, np.uint64)) + self._firsts[place]
            for place, some in sorted(wanted.items())
        ]
        return np.concatenate(found) if found else np.zeros(0, np.int64)

    def _groups_with(self, item: int | None, record: int = -1) -> list[int]:
        """The row groups that may hold a record of an item; None: any."""
        return [
            place for place, group in enumerate(self._groups)
            if item is None or group.may_hold(item, record)
        ]  # fmt: skip

    def details(self, rows: Ints) -> Iterator[dict[str, Any]]:
        """All that the inventory says of the findings at `rows` (ascending); ``item`` is a position
        in `items`. What was read once is remembered.
        """
        unread = np.array([row for row in rows.tolist() if row not in self._details], np.int64)
        if len(unread):
            # What stands beside them is asked for next, and a row group is read as a whole.
            unread = self.in_units(np.unique(self.units(unread)).tolist())
        for place, chosen, _where in self._by_group(unread):
            held, own = self._at(place), chosen - self._firsts[place]
            taken = self._read_group(place, _DETAILS).take(pa.array(own))
            for position, item, unit, row in zip(
                chosen.tolist(), held.item[own].tolist(), held.unit[own].tolist(),
                taken.to_pylist(), strict=True,
            ):  # fmt: skip
                self._details[position] = {**row, "item": item, "row": position}
                if row["key"]:
                    self._units_by_key[item, row["part"], row["key"]] = unit
        yield from (self._details[row] for row in rows.tolist())

    def units_by_key(self, item: int, part: str, keys: Iterable[str]) -> set[int]:
        """The units of the rows of a table that have one of `keys` and hold findings."""
        keys = set(keys)
        unknown = {key for key in keys if (item, part, key) not in self._units_by_key}
        if unknown:
            self._units_by_key |= dict.fromkeys(((item, part, key) for key in unknown), 0)
            for place in self._groups_with(item):
                table, held = self._read_group(place, ["key", "part"]), self._at(place)
                hit = pc.is_in(table["key"], pa.array(sorted(unknown), pa.string())).to_numpy()
                for row in np.flatnonzero(hit & (held.item == item)).tolist():
                    if table["part"][row].as_py() == part:
                        unit = int(held.unit[row])
                        self._units_by_key[item, part, table["key"][row].as_py()] = unit
                        self._homes[unit] = item, int(held.record[row])
        return {self._units_by_key[item, part, key] for key in keys} - {0}

    def direct(self, item: int) -> dict[str, int]:
        """How many rows of each part of `item` name somebody."""
        if item not in self._direct:
            counts: Counter[str] = Counter()
            for place in self._groups_with(item):
                held = self._at(place)
                wanted = np.array([kind in DIRECT for kind in held.kinds], np.bool_)
                rows = np.flatnonzero((held.item == item) & wanted[held.kind] & (held.unit != 0))
                rows = np.sort(rows[np.unique(held.unit[rows], return_index=True)[1]])
                parts = self._read_group(place, ["part"])["part"].cast(pa.string())
                for counted in parts.take(pa.array(rows)).value_counts().to_pylist():
                    counts[counted["values"]] += counted["counts"]
            self._direct[item] = dict(counts)
        return self._direct[item]

    def _by_group(self, rows: Ints) -> Iterator[tuple[int, Ints, Ints]]:
        """The row groups that hold `rows`, which of them, and at which places of `rows`."""
        groups = np.searchsorted(np.array(self._firsts, np.int64), rows, side="right") - 1
        for group in np.unique(groups).tolist():
            where = np.flatnonzero(groups == group)
            yield group, rows[where], where

    def _read_group(self, place: int, names: list[str]) -> pa.Table:
        group = self._groups[place]
        return self._files[group.inventory].read_row_group(group.number, names)


def _facts(number: int, inventory: Inventory) -> list[ItemFacts]:
    table = inventory.items()
    names = ("locator", "source", "media_type", "state", "size", "modified")
    columns = (table[name].to_pylist() for name in names)
    return [ItemFacts(number, *row) for row in zip(*columns, strict=True)]


def _where(column: Hashes, values: Hashes) -> Ints:
    """Where in `column` one of `values` stands; 0 is none."""
    values = values[values != 0]
    if not len(values) or not len(column):
        return np.zeros(0, np.int64)
    if len(values) == 1:
        return np.flatnonzero(column == values[0])
    return np.flatnonzero(pc.is_in(pa.array(column), pa.array(values)).to_numpy(False))


def _units(item: Ints, part: Hashes, record: Ints) -> Hashes:
    of_part = np.where(record < 0, np.uint64(0), part)
    return _mixed(_mixed(item.astype(np.uint64) ^ of_part) ^ (record + 1).astype(np.uint64))


def _codes(column: pa.ChunkedArray) -> tuple[Ints, list[str]]:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    return array.indices.to_numpy(zero_copy_only=False), array.dictionary.to_pylist()


def _tokens(column: pa.ChunkedArray) -> Hashes:
    pieces = []
    for chunk in column.chunks:
        width = chunk.type.byte_width
        data = np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset * width :]
        pieces.append(
            np.ascontiguousarray(data[: len(chunk) * width].reshape(-1, width)[:, :8])
            .view(np.uint64)
            .ravel()
        )
    return np.concatenate(pieces) if pieces else np.zeros(0, np.uint64)


def _hash_name(name: str) -> np.uint64:
    value = 0xCBF29CE484222325  # FNV-1a, 64 bits
    for byte in name.encode("utf-8", "surrogateescape"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return np.uint64(value)


def _mixed(values: Hashes) -> Hashes:
    """splitmix64: neighbouring numbers become unrelated ones, each another."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ (values >> np.uint64(31))
    return mixed
