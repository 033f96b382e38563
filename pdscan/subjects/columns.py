"""The findings of inventories as columns in memory: which identifier stands in which unit.

A unit is a row or record where an item has those, else the whole item. Of each finding 26 bytes are
held (identifier and unit as 64 bits, item, kind, likelihood), so ten million take 260 MB; all else
is read when it is asked for, of the findings that are asked for.
"""

from __future__ import annotations

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
_READ = ["item", "record", "part", "kind", "likelihood", "fingerprint"]
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


class Columns:
    """n findings; those of several inventories one after the other, ordered as they are there."""

    def __init__(
        self, inventories: Sequence[Inventory], outdated: Sequence[Collection[str]] = ()
    ) -> None:
        """`outdated` are, for each inventory, the locators of items whose findings do not count."""
        self.items: list[ItemFacts] = []
        self._files = [pq.ParquetFile(i.directory / FINDINGS) for i in inventories]
        self._firsts: list[int] = []  # the first finding of each row group
        self._groups: list[tuple[int, int]] = []
        self.kinds: list[str] = []
        self._direct: dict[int, dict[str, int]] = {}
        self._details: dict[int, dict[str, Any]] = {}
        self._units_by_key: dict[tuple[int, str, str], int] = {}
        self._spans: dict[int, tuple[int, int]] = {}
        columns: list[tuple[Hashes, Hashes, Ints, Ints, Ints]] = []
        total = 0
        for number, inventory in enumerate(inventories):
            base = len(self.items)
            table = inventory.items()
            facts = [
                ItemFacts(number, *row)
                for row in zip(
                    *(table[name].to_pylist() for name in (
                        "locator", "source", "media_type", "state", "size", "modified")),
                    strict=True,
                )
            ]  # fmt: skip
            self.items += facts
            left_out = outdated[number] if number < len(outdated) else ()
            kept = np.array([fact.locator not in left_out for fact in facts], np.bool_)
            whole = np.array([not fact.has_records for fact in facts], np.bool_)
            for group in range(self._files[number].num_row_groups):
                rows = self._files[number].read_row_group(group, _READ)
                self._firsts.append(total)
                self._groups.append((number, group))
                total += len(rows)
                columns.append(self._columns(rows, base, whole, kept))
        empty = np.zeros(0, np.int64)
        parts = list(zip(*columns, strict=True)) if columns else [[empty]] * 5
        self.token: Hashes = np.concatenate(parts[0]).astype(np.uint64, copy=False)
        self.unit: Hashes = np.concatenate(parts[1]).astype(np.uint64, copy=False)
        self.item = np.concatenate(parts[2])
        self.kind = np.concatenate(parts[3])
        self.likelihood = np.concatenate(parts[4])

    def __len__(self) -> int:
        return len(self.token)

    def _columns(
        self, rows: pa.Table, base: int, whole: npt.NDArray[np.bool_], kept: npt.NDArray[np.bool_]
    ) -> tuple[Hashes, Hashes, Ints, Ints, Ints]:
        item = rows["item"].to_numpy()
        record = np.where(whole[item], -1, rows["record"].to_numpy())
        part, names = _codes(rows["part"])
        unit = _units(item + base, np.array([_hash_name(name) for name in names])[part], record)
        kind, names = _codes(rows["kind"])
        for name in names:
            if name not in self.kinds:
                self.kinds.append(name)
        of_kind = np.array([self.kinds.index(name) for name in names], np.int16)
        token = _tokens(rows["fingerprint"])
        # What is left out keeps its place, so that positions stay those of the file.
        token = np.where(kept[item], token, np.uint64(0))
        unit = np.where(kept[item], unit, np.uint64(0))
        likelihood: Ints = rows["likelihood"].to_numpy()
        return token, unit, (item + base).astype(np.int32), of_kind[kind], likelihood  # type: ignore[return-value] # narrower integers

    def unit_of(self, item: int, part: str, record: int) -> int:
        """The unit of a record of an item (-1: the item as a whole)."""
        numbers = np.array([item]), np.array([_hash_name(part)]), np.array([record])
        return int(_units(*numbers)[0])

    def with_tokens(self, tokens: Iterable[int]) -> Ints:
        """The positions of findings of these identifiers."""
        return self._where(self.token, tokens)

    def in_units(self, units: Iterable[int]) -> Ints:
        """The positions of findings in these units."""
        return self._where(self.unit, units)

    def _where(self, column: Hashes, wanted: Iterable[int]) -> Ints:
        values = np.fromiter(wanted, np.uint64)
        values = values[values != 0]
        if not len(values) or not len(column):
            return np.zeros(0, np.int64)
        if len(values) == 1:
            return np.flatnonzero(column == values[0])
        return np.flatnonzero(pc.is_in(pa.array(column), pa.array(values)).to_numpy(False))

    def details(self, rows: Ints) -> Iterator[dict[str, Any]]:
        """All that the inventory says of the findings at `rows` (ascending); ``item`` is a position
        in `items`. What was read once is remembered.
        """
        unread = np.array([row for row in rows.tolist() if row not in self._details], np.int64)
        if len(unread):
            # What stands beside them is asked for next, and a row group is read as a whole.
            unread = self.in_units(np.unique(self.unit[unread]).tolist())
        for group, chosen in self._by_group(unread):
            table = self._read_group(group, _DETAILS)
            taken = table.take(pa.array(chosen - self._firsts[group]))
            for position, row in zip(chosen.tolist(), taken.to_pylist(), strict=True):
                known = {**row, "item": int(self.item[position]), "row": position}
                self._details[position] = known
                if row["key"]:
                    place = known["item"], row["part"], row["key"]
                    self._units_by_key[place] = int(self.unit[position])
        yield from (self._details[row] for row in rows.tolist())

    def units_by_key(self, item: int, part: str, keys: Iterable[str]) -> set[int]:
        """The units of the rows of a table that have one of `keys` and hold findings."""
        keys = set(keys)
        unknown = {key for key in keys if (item, part, key) not in self._units_by_key}
        if unknown:
            self._units_by_key |= dict.fromkeys(((item, part, key) for key in unknown), 0)
            for group in self._groups_of(item):
                table = self._read_group(group, ["key", "part"])
                hit = pc.is_in(table["key"], pa.array(sorted(unknown), pa.string())).to_numpy()
                for row in np.flatnonzero(hit).tolist():
                    position = self._firsts[group] + row
                    same_part = table["part"][row].as_py() == part
                    if same_part and self.item[position] == item:
                        place = item, part, table["key"][row].as_py()
                        self._units_by_key[place] = int(self.unit[position])
        return {self._units_by_key[item, part, key] for key in keys} - {0}

    def _groups_of(self, item: int) -> list[int]:
        if item not in self._spans:
            rows = np.flatnonzero(self.item == item)
            self._spans[item] = (int(rows[0]), int(rows[-1])) if len(rows) else (0, -1)
        low, high = self._spans[item]
        ends = [*self._firsts[1:], len(self)]
        return [
            group for group, (first, end) in enumerate(zip(self._firsts, ends, strict=True))
            if first <= high and end > low
        ]  # fmt: skip

    def direct(self, item: int) -> dict[str, int]:
        """How many rows of each part of `item` name somebody."""
        if item not in self._direct:
            direct = np.isin(self.kind, [n for n, kind in enumerate(self.kinds) if kind in DIRECT])
            rows = np.flatnonzero((self.item == item) & direct & (self.token != 0))
            rows = rows[np.unique(self.unit[rows], return_index=True)[1]]
            counts: dict[str, int] = {}
            for group, chosen in self._by_group(np.sort(rows)):
                parts = self._read_group(group, ["part"]).column("part").cast(pa.string())
                taken = parts.take(pa.array(chosen - self._firsts[group]))
                for counted in taken.value_counts().to_pylist():
                    name = counted["values"]
                    counts[name] = counts.get(name, 0) + counted["counts"]
            self._direct[item] = counts
        return self._direct[item]

    def _by_group(self, rows: Ints) -> Iterator[tuple[int, Ints]]:
        groups = np.searchsorted(np.array(self._firsts, np.int64), rows, side="right") - 1
        for group in np.unique(groups).tolist():
            yield group, rows[groups == group]

    def _read_group(self, group: int, names: list[str]) -> pa.Table:
        number, own = self._groups[group]
        return self._files[number].read_row_group(own, names)


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
