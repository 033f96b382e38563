"""The result of a scan on disk: a folder that any Parquet tool can read.

``findings.parquet`` has a row per finding (see `pdscan.matching.findings.SCHEMA`),
``items.parquet`` a row for everything that was walked (the coverage ledger), ``run.json`` what was
run, with what, and the totals; ``structure.json`` how the tables of databases hang together (see
`pdscan.connectors.structure`). The key of the fingerprints is never in it. Described in
``docs/inventory.md``.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from pdscan.errors import InventoryError
from pdscan.matching.findings import SCHEMA
from pdscan.model import Entry, Item, Outcome, Reason, State
from pdscan.row_groups import FINDINGS_OPTIONS, RowGroups, with_fingerprints

try:
    import fcntl
except ImportError:  # Windows: nothing keeps two scans from writing the same inventory
    fcntl = None  # type: ignore[assignment]

FORMAT = 1
JOURNAL = "journal"
STATUS = "status.json"
_LOCK = "lock"
FINDINGS, ITEMS, RUN = "findings.parquet", "items.parquet", "run.json"
STRUCTURE = "structure.json"
_NAME = pa.dictionary(pa.int32(), pa.string())

#: The coverage ledger: one row for everything that was walked. ``modified`` is in seconds since the
#: epoch, ``characters`` those of decoded text, ``rows`` those of a table
#: of a database that were read, ``findings`` their number.
ITEM_SCHEMA = pa.schema(
    [
        pa.field("item", pa.int32(), nullable=False),
        pa.field("source", _NAME, nullable=False),
        pa.field("locator", pa.string(), nullable=False),
        pa.field("media_type", _NAME, nullable=False),
        pa.field("size", pa.int64()),
        pa.field("modified", pa.float64()),
        pa.field("marker", pa.string(), nullable=False),
        pa.field("state", _NAME, nullable=False),
        pa.field("reason", _NAME, nullable=False),
        pa.field("detail", pa.string(), nullable=False),
        pa.field("encoding", _NAME, nullable=False),
        pa.field("characters", pa.int64(), nullable=False),
        pa.field("rows", pa.int64()),
        pa.field("findings", pa.int64(), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many items ended in which state, and why, and how many findings there are by kind."""

    states: Mapping[str, int]
    reasons: Mapping[str, int]
    kinds: Mapping[str, int]

    @property
    def complete(self) -> bool:
        """Whether everything that was to be read was read wholly."""
        return not (self.states.get(State.PARTIAL, 0) or self.states.get(State.UNREADABLE, 0))


def unfinished(directory: Path) -> Path | None:
    """The journal of a scan into `directory` that was not finished, if there is one."""
    for folder in (_part(directory), directory):
        if (folder / JOURNAL).exists():
            return folder / JOURNAL
    return None


def running(directory: Path) -> dict[str, Any]:
    """What the scan into `directory` that is running has last said of itself; raises
    `InventoryError` where none is.
    """
    folder = _part(directory)
    try:
        said: dict[str, Any] = json.loads((folder / STATUS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InventoryError(f"{directory}: no scan into it is running") from None
    try:
        _locked(folder).close()
    except InventoryError:
        return said
    if fcntl is None:
        return said
    pid, resume = said["pid"], f"pdscan scan --resume {directory}"
    raise InventoryError(f"{directory}: its scan (process {pid}) has died; go on with: {resume}")


def check_place(directory: Path, *, replace: bool) -> None:
    """Raises `InventoryError` where `directory` exists and may not be replaced, or where a scan
    into it was not finished.
    """
    if unfinished(directory) is not None:
        if not replace:
            raise InventoryError(
                f"a scan into {directory} was not finished: go on with pdscan scan --resume "
                f"{directory}, or begin anew with --replace"
            )
    elif directory.exists() and not (replace and (directory / RUN).exists()):
        raise InventoryError(
            f"{directory} exists; name another folder, or remove it if it is no longer needed"
        )


class InventoryWriter:
    """Writes an inventory beside its final place, and moves it there when it is whole.

    A crash leaves the inventory that was there before, or none, and what was written so far, for
    `resume`.
    """

    def __init__(self, directory: Path, *, replace: bool = False, resume: bool = False) -> None:
        """Raises `InventoryError` where `directory` exists and may not be replaced, where another
        process is writing it, and with `resume` where there is nothing to go on with.
        """
        self._final = directory
        self._folder = _part(directory)
        if not resume:
            check_place(directory, replace=replace)
        elif not self._folder.exists() and (directory / JOURNAL).exists():
            directory.rename(self._folder)
        elif not (self._folder / JOURNAL).exists():
            raise InventoryError(f"{directory}: there is no scan to go on with; leave out --resume")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = _locked(self._folder)
        for path in self._folder.iterdir():
            if path.name == JOURNAL and not resume:
                shutil.rmtree(path)
            elif path.name not in (JOURNAL, _LOCK):
                path.unlink()
        self._started = datetime.now(UTC)
        self._findings = RowGroups(self._folder / FINDINGS, SCHEMA, FINDINGS_OPTIONS)
        self._items = RowGroups(self._folder / ITEMS, ITEM_SCHEMA, {})
        self._rows: list[dict[str, Any]] = []
        self._structures: list[bytes] = []
        self._states: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._counts: Counter[int] = Counter()
        self._open: dict[int, Item] = {}

    def found(self, batch: pa.RecordBatch) -> None:
        """Adds findings; ``item`` holds the numbers that `closed` gets."""
        for row in batch.column("item").value_counts().to_pylist():
            self._counts[row["values"]] += row["counts"]
        for row in batch.column("kind").value_counts().to_pylist():
            self._kinds[row["values"]] += row["counts"]
        self._findings.write(batch)

    def opened(self, number: int, item: Item) -> None:
        """Says that item `number` is being read: it is in the ledger even if it is not closed."""
        self._open[number] = item

    def closed(self, number: int, entry: Entry) -> None:
        """Adds the ledger entry of item `number`."""
        self._open.pop(number, None)
        item, outcome = entry.item, entry.outcome
        self._states[outcome.state] += 1
        if outcome.reason:
            self._reasons[outcome.reason] += 1
        self._rows.append({
            "item": number, "source": item.source, "locator": str(item.locator),
            "media_type": item.media_type, "size": item.size, "modified": item.modified,
            "marker": item.marker,
            "state": str(outcome.state), "reason": str(outcome.reason), "detail": outcome.told,
            "encoding": outcome.encoding, "characters": outcome.characters, "rows": outcome.rows,
        })  # fmt: skip

    def described(self, structure: bytes) -> None:
        """Adds the structure of a database, as JSON."""
        if structure not in self._structures:  # what is read again may be told again
            self._structures.append(structure)

    def settle(self) -> None:
        """Says that all findings of the items closed so far were added."""
        for row in self._rows:
            row["findings"] = self._counts.pop(row["item"], 0)
        if self._rows:
            self._items.write(pa.RecordBatch.from_pylist(self._rows, schema=ITEM_SCHEMA))
            self._rows.clear()

    @property
    def coverage(self) -> Coverage:
        """What was read so far."""
        return Coverage(dict(self._states), dict(self._reasons), dict(self._kinds))

    @property
    def status(self) -> Path:
        """Where the state of the scan may be written for others to see; goes at the end."""
        return self._folder / STATUS

    @property
    def journal(self) -> Path:
        """Where the journal of the scan has its place; goes when the inventory is whole."""
        return self._folder / JOURNAL

    def close(self, run: Mapping[str, Any], *, stopped: str = "") -> bool:
        """Writes ``run.json`` with `run` and the totals, and moves the inventory to its place.

        `stopped` says why the scan ended early: the inventory is marked, and keeps its journal. It
        does not take the place of one that is there. Whether the inventory came to its place.
        """
        for number, item in list(self._open.items()):
            self.closed(number, Entry(item, Outcome(State.PARTIAL, Reason.STOPPED)))
        self.settle()
        self._findings.close()
        self._items.close()
        coverage = self.coverage
        record = {
            "format": FORMAT, **run,
            "started": self._started.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "complete": coverage.complete and not stopped, "stopped": stopped,
            "states": dict(sorted(coverage.states.items())),
            "reasons": dict(sorted(coverage.reasons.items())),
            "findings": dict(sorted(coverage.kinds.items())),
        }  # fmt: skip
        structures = b'{"format": 1, "databases": [%s]}\n' % b",\n".join(self._structures)
        (self._folder / STRUCTURE).write_bytes(structures)
        self.status.unlink(missing_ok=True)
        path = self._folder / RUN
        path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for file in self._folder.iterdir():
            if file.is_file():
                file.chmod(0o600)
        if stopped and self._final.exists():
            self._lock.close()
            return False
        if not stopped:
            shutil.rmtree(self.journal, ignore_errors=True)
        (self._folder / _LOCK).unlink()
        self._lock.close()
        self._move()
        return True

    def leave(self) -> None:
        """Ends without an inventory, for lack of room; what the journal holds stays."""
        for table in (self._findings, self._items):
            with suppress(OSError):
                table.close()
        self._lock.close()

    def discard(self) -> None:
        """Removes what was written; the inventory that was there before stays."""
        self._findings.close()
        self._items.close()
        self._lock.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _move(self) -> None:
        if self._final.exists():
            old = self._folder.with_suffix(".old")
            self._final.rename(old)
            self._folder.rename(self._final)
            shutil.rmtree(old)
        else:
            self._folder.rename(self._final)


def _part(directory: Path) -> Path:
    """Where an inventory is written before it is whole."""
    return directory.with_name(f".{directory.name}.part")


def _locked(folder: Path) -> BinaryIO:
    """The lock of `folder`, ours as long as it is open; the end of the process lets go of it."""
    file = (folder / _LOCK).open("wb")
    if fcntl is not None:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # not inherited by worker processes
        except OSError:
            file.close()
            raise InventoryError(
                f"{folder.name} is being written by another scan; wait for its end"
            ) from None
    return file


class Inventory:
    """A finished inventory, to be looked into."""

    def __init__(self, directory: Path) -> None:
        """Raises `InventoryError` where `directory` holds none, or one of another version."""
        self.directory = directory
        try:
            self.run: dict[str, Any] = json.loads((directory / RUN).read_text(encoding="utf-8"))
            version = self.run["format"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InventoryError(f"{directory} holds no inventory: scan again with -o") from error
        if version != FORMAT:
            raise InventoryError(
                f"{directory} was written in format {version}, this program reads format {FORMAT}:"
                " scan again"
            )

    def items(self) -> pa.Table:
        """The coverage ledger (see `ITEM_SCHEMA`), ordered by item."""
        return pq.read_table(self.directory / ITEMS).sort_by("item")

    def structures(self) -> list[dict[str, Any]]:
        """The structures of the databases that were scanned, as JSON has them."""
        path = self.directory / STRUCTURE
        found: list[dict[str, Any]] = json.loads(path.read_bytes())["databases"]
        return found

    def findings(
        self,
        where: pc.Expression | None = None,
        columns: Sequence[str] | None = None,
        fingerprints: Collection[bytes] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The findings for which `where` holds, in order; of all `columns` without a choice.

        With `fingerprints` those that have one of them: quick in an inventory of any size.
        """
        if fingerprints is None:
            names = None if columns is None else list(columns)
            dataset = ds.dataset(self.directory / FINDINGS, format="parquet")
            yield from dataset.to_batches(columns=names, filter=where)
            return
        for table in with_fingerprints(self.directory / FINDINGS, fingerprints):
            chosen = table if where is None else table.filter(where)
            yield from (chosen if columns is None else chosen.select(list(columns))).to_batches()

    def fingerprints(self, kind: str) -> Iterator[bytes]:
        """Those of the findings of a kind, each once a batch."""
        for batch in self.findings(pc.field("kind") == kind, ["fingerprint"]):
            yield from batch.column(0).unique().to_pylist()
