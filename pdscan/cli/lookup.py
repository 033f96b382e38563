"""Questions to a finished inventory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, reduce
from operator import and_
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from pdscan import config, detectors, keys
from pdscan.cli.gaps import Gaps
from pdscan.errors import AccessError, UsageError
from pdscan.exports import listings
from pdscan.exports.findings import Kind, Listing
from pdscan.inventory import Inventory
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.recognise import recognise
from pdscan.model import Likelihood, State

_LEDGER = (
    "locator", "source", "state", "reason", "detail", "media_type", "size", "modified", "encoding",
    "characters", "rows", "findings",
)  # fmt: skip


class Look:
    """An inventory and what it knows about its kinds."""

    def __init__(self, directory: Path) -> None:
        """Raises `InventoryError` where there is none."""
        self.inventory = Inventory(directory)
        self.kinds = {
            known["kind"]: Kind(known["kind"], known["name"], known["category"])
            for known in self.inventory.run["detectors"]
        }

    @cached_property
    def _items(self) -> pa.Table:
        return self.inventory.items()

    def totals(self) -> dict[tuple[str, str, Likelihood], int]:
        """How many findings by source, kind and likelihood."""
        sources = self._items["source"].cast(pa.string()).combine_chunks()
        counts: dict[tuple[str, str, Likelihood], int] = {}
        for batch in self.inventory.findings(columns=("item", "kind", "likelihood")):
            table = pa.table({
                "source": sources.take(self._rows(batch)),
                "kind": batch["kind"].cast(pa.string()), "likelihood": batch["likelihood"],
            })  # fmt: skip
            grouped = table.group_by(["source", "kind", "likelihood"])
            for row in grouped.aggregate([([], "count_all")]).to_pylist():
                key = row["source"], row["kind"], Likelihood(row["likelihood"])
                counts[key] = counts.get(key, 0) + row["count_all"]
        return counts

    def not_read(self) -> Gaps:
        """What was not wholly read, by why."""
        gaps = Gaps()
        columns = self.ledger(not_read=True).select(["locator", "state", "reason", "detail"])
        for row in zip(*columns.to_pydict().values(), strict=True):
            gaps.add(*row)
        return gaps

    def ledger(self, *, not_read: bool) -> pa.Table:
        """The coverage ledger, times as ISO 8601."""
        table = self._items
        if not_read:
            table = table.filter(pc.not_equal(table["state"].cast(pa.string()), State.READ))
        moment = pc.floor(table["modified"]).cast(pa.int64()).cast(pa.timestamp("s", "UTC"))
        written = pc.strftime(moment, "%Y-%m-%dT%H:%M:%SZ")
        place = table.schema.get_field_index("modified")
        return table.set_column(place, "modified", written).select(list(_LEDGER))

    def find(
        self, *, kinds: Sequence[str] = (), sources: Sequence[str] = (), items: Sequence[str] = (),
        min_likelihood: str | None = None, value: str | None = None, key_file: str | None = None,
    ) -> Iterator[pa.RecordBatch]:  # fmt: skip
        """The findings that were asked for, as they are printed; raises UsageError for names that
        the inventory does not know.
        """
        conditions = []
        if kinds:
            _check(kinds, self.kinds, "kind")
            conditions.append(pc.field("kind").isin(list(kinds)))
        if sources or items:
            conditions.append(pc.field("item").isin(self._numbers(sources, items)))
        if min_likelihood is not None:
            level = config.load({"min_likelihood": min_likelihood}, environment={})
            conditions.append(pc.field("likelihood") >= int(level["min_likelihood"]))
        prints = None if value is None else self._fingerprints(value, key_file)
        where = reduce(and_, conditions) if conditions else None
        sources_of = self._items["source"].cast(pa.string()).combine_chunks()
        locators = self._items["locator"].combine_chunks()
        numbers = self._items["item"].combine_chunks()
        listing = Listing(self.kinds)
        for batch in self.inventory.findings(where, fingerprints=prints):
            if len(batch):
                yield listing.columns(batch, numbers, sources_of, locators)

    def write_ledger(self, stream: BinaryIO, form: str, *, not_read: bool) -> None:
        """The ledger in `form`."""
        _write(stream, form, self.ledger(not_read=not_read), "items")

    def write_summary(self, stream: BinaryIO, form: str) -> None:
        """Findings by source, kind and likelihood in `form`."""
        rows = [
            {"source": source, "kind": kind, "category": self.kinds[kind].category,
             "likelihood": level.label, "findings": count}
            for (source, kind, level), count in sorted(self.totals().items())
        ]  # fmt: skip
        names = ("source", "kind", "category", "likelihood")
        schema = pa.schema([*((name, pa.string()) for name in names), ("findings", pa.int64())])
        _write(stream, form, pa.Table.from_pylist(rows, schema=schema), "findings")

    def _key_path(self, flag: str | None) -> Path:
        """Where the key is said to lie: by a setting in force here, else by the scan itself."""
        in_force: Path | None = config.load({"key_file": flag})["key_file"]
        recorded = self.inventory.run["settings"]["key_file"]["value"]
        return in_force or (Path(recorded) if recorded else keys.default_path())

    def _rows(self, batch: pa.RecordBatch) -> pa.Array:
        return pc.index_in(batch["item"], self._items["item"].combine_chunks())

    def _numbers(self, sources: Sequence[str], items: Sequence[str]) -> pa.Array:
        """The numbers of the items in one of `sources` and under one of the locators `items`."""
        names = self._items["source"].cast(pa.string())
        locators = self._items["locator"]
        chosen = pc.is_valid(names)
        if sources:
            _check(sources, names.unique().to_pylist(), "source")
            chosen = pc.and_(chosen, pc.is_in(names, pa.array(sources)))
        if items:
            chosen = pc.and_(chosen, reduce(pc.or_, (_under(locators, item) for item in items)))
        return self._items["item"].filter(chosen).combine_chunks()

    def _fingerprints(self, value: str, key_file: str | None) -> set[bytes]:
        """The fingerprints of `value` as each kind that takes it."""
        path = self._key_path(key_file)
        fingerprinter = Fingerprinter(keys.load(path))
        if fingerprinter.key_id != self.inventory.run["key"]:
            raise AccessError(
                f"{path}: not the key that {self.inventory.directory} was made with. "
                f"Name the right one with --key-file. {keys.LOST}"
            )
        loadable = set(detectors.kinds())
        known = detectors.load([kind for kind in self.kinds if kind in loadable])
        found = list(recognise(value, known, fingerprinter, labelled=True))
        if not found:
            raise UsageError("--value is none of the kinds that were looked for")
        return {one.fingerprint for one in found}


def _under(locators: pa.ChunkedArray, item: str) -> pa.ChunkedArray:
    """Which locators are `item`, or lie in it."""
    if item.endswith((":", "/")):
        return pc.starts_with(locators, item)
    inside = pc.or_(pc.starts_with(locators, f"{item}/"), pc.starts_with(locators, f"{item}!/"))
    return pc.or_(inside, pc.equal(locators, item))


def _check(names: Sequence[str], known: Sequence[str] | dict[str, Kind], what: str) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"{what} {name!r} is not in the inventory{config.suggestion(name, known)}"
            )


def _write(stream: BinaryIO, form: str, table: pa.Table, name: str) -> None:
    batches = table.unify_dictionaries().to_batches()
    match form:
        case "ndjson":
            listings.write_ndjson(stream, batches)
        case "json":
            listings.write_json(stream, batches, name=name, head={})
        case "csv":
            listings.write_csv(stream, batches, table.schema)
    stream.flush()
