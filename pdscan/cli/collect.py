"""The messages of a scan, on their way to everything that wants them: inventory, listing, totals,
progress bar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.cli.gaps import Gaps
from pdscan.cli.watching import Watch
from pdscan.custom.columns import DeclaredColumns
from pdscan.custom.filtering import FindingFilter
from pdscan.exports.findings import VALUE, Listing
from pdscan.inventory import InventoryWriter
from pdscan.model import Item, Likelihood, Outcome, State
from pdscan.scan import Closed, Described, Found, Message, Opened, Settled, Task

_AHEAD = 1000  # tasks


@dataclass(slots=True)
class Totals:
    """What came of a scan: findings by source, kind and likelihood, items by state."""

    findings: Counter[tuple[str, str, Likelihood]] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    not_read: Gaps = field(default_factory=Gaps)

    @property
    def complete(self) -> bool:
        """Whether everything that was to be read was read wholly."""
        return not (self.states[State.PARTIAL] or self.states[State.UNREADABLE])

    @property
    def gaps(self) -> int:
        """How many items were not, or not wholly, read."""
        return sum(count for state, count in self.states.items() if state != State.READ)

    def reaches(self, level: Likelihood | None) -> bool:
        """Whether anything was found at `level` or above; False for None."""
        return level is not None and any(found >= level for _, _, found in self.findings)

    def ended(self, item: Item, outcome: Outcome) -> None:
        """Counts an item."""
        self.states[outcome.state] += 1
        if outcome.reason:
            self.reasons[outcome.reason] += 1
        if outcome.state != State.READ:
            locator = str(item.locator)
            self.not_read.add(locator, str(outcome.state), str(outcome.reason), outcome.told)

    def found(self, batch: pa.RecordBatch, sources: Mapping[int, str]) -> None:
        """Counts findings; `sources` holds the name of the source of each item of the batch."""
        kinds = batch["kind"].dictionary.to_pylist()
        numbers = batch["item"].to_numpy()
        shape = len(kinds), len(Likelihood)
        code = np.ravel_multi_index(
            (batch["kind"].indices.to_numpy(), batch["likelihood"].to_numpy()), shape
        )
        for number, source in sources.items():
            mine = code if len(sources) == 1 else code[numbers == number]
            counts = np.bincount(mine, minlength=shape[0] * shape[1]).reshape(shape)
            for kind, level in np.argwhere(counts).tolist():
                self.findings[source, kinds[kind], Likelihood(level)] += int(counts[kind, level])


def listed(
    messages: Iterable[Message], listing: Listing | None, totals: Totals,
    writer: InventoryWriter | None, finding_filter: FindingFilter, declared: DeclaredColumns,
) -> Iterator[pa.RecordBatch]:  # fmt: skip
    """The findings of a scan as `listing` prints them, or none; the rest of `messages` goes where
    it belongs. What is `declared` of columns goes before what was found.
    """
    items: dict[int, Item] = {}  # those that findings may still come for
    closed: list[int] = []
    for message in messages:
        match message:
            case Opened(number, item):
                items[number] = item
                if writer is not None:
                    writer.opened(number, item)
            case Found(batch):
                batch = declared.judge(finding_filter.keep(batch, items), items)
                if not batch.num_rows:
                    continue
                numbers = np.sort(pc.unique(batch["item"]).to_numpy())
                of_batch = [items[number] for number in numbers.tolist()]
                totals.found(
                    batch,
                    {n: item.source for n, item in zip(numbers.tolist(), of_batch, strict=True)},
                )
                if writer is not None:
                    writer.found(batch.drop_columns([VALUE]) if VALUE in batch.schema.names
                                 else batch)  # fmt: skip
                if listing is not None:
                    sources = pa.array([item.source for item in of_batch], pa.string())
                    locators = pa.array([str(item.locator) for item in of_batch], pa.string())
                    yield listing.columns(batch, pa.array(numbers), sources, locators)
            case Closed(number, entry):
                totals.ended(entry.item, entry.outcome)
                if writer is not None:
                    writer.closed(number, entry)
                closed.append(number)
            case Described(structure):
                if writer is not None:
                    writer.described(structure.to_json())
            case Settled():
                if writer is not None:
                    writer.settle()
                for number in closed:
                    del items[number]
                closed.clear()


def measured(work: Iterator[Task], watch: Watch) -> Iterator[Task]:
    """`work`, with `watch` told how much there is to read. Where a bar is shown it looks ahead,
    so that the time left is known from the beginning unless there is very much to read.
    """
    ahead = list(islice(work, _AHEAD)) if watch.is_shown else []
    known = sum(task.cost for task in ahead)
    watch.total(known)
    yield from ahead
    for task in work:
        known += task.cost
        watch.total(known)
        yield task
