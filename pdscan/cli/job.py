"""One scan from its settings to its end: what is walked, what is kept, what is told."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from pdscan import keys
from pdscan.cli import summary, terminal, wiring
from pdscan.cli.collect import Totals, listed, measured
from pdscan.config import Settings, Source, sources_for
from pdscan.custom.filtering import FindingFilter
from pdscan.exports.findings import Kind, Listing
from pdscan.inventory import InventoryWriter, check_place
from pdscan.model import Reason
from pdscan.runner import run
from pdscan.scan import Plan, tasks


@dataclass(slots=True)
class Job:
    """A scan under way."""

    settings: Settings
    sources: tuple[Source, ...]
    plan: Plan
    output: Path | None
    replace: bool
    finding_filter: FindingFilter
    totals: Totals = field(default_factory=Totals)

    @classmethod
    def start(
        cls, settings: Settings, targets: tuple[str, ...], output: Path | None, *, replace: bool,
        values: bool,
    ) -> Job:  # fmt: skip
        """Builds everything, and finds everything that is wrong with the call, before the walk."""
        sources = sources_for(targets, settings)
        wiring.chosen_detectors(settings)  # what is wrong is told before a key is made
        if output is not None:
            check_place(output, replace=replace)
        path = wiring.key_path(settings)
        key, made = keys.load_or_create(path)
        plan = wiring.plan(settings, sources, key, values=values)
        if made:
            terminal.tell(f"pdscan: made the fingerprint key {path}. {keys.LOST}")
        leaves_out = wiring.finding_filter(settings, key)
        return cls(settings, sources, plan, output, replace, leaves_out)

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What is told about the kinds in force."""
        return wiring.kinds_of(self.plan)

    @property
    def values(self) -> bool:
        """Whether values are shown."""
        return self.plan.values

    def findings(self) -> Generator[pa.RecordBatch, None, None]:
        """Walks, reads and matches; yields what is printed. At the end the inventory is in its
        place; one that is not finished is removed. Raises `InventoryError` where it may not be
        written.
        """
        writer = None
        try:
            if self.output is not None:
                writer = InventoryWriter(self.output, replace=self.replace)
            with terminal.Meter() as meter:
                work = measured(tasks(self.plan.connectors), meter)
                messages = run(self.plan, work, wiring.jobs(self.settings, self.sources))
                yield from listed(
                    messages, Listing(self.kinds), self.totals, meter, writer, self.finding_filter
                )
            if writer is not None:
                writer.close(wiring.record(self.settings, self.sources, self.plan))
                writer = None
        finally:
            for connector in self.plan.connectors:
                connector.close()
            if writer is not None:
                writer.discard()

    def coverage(self) -> dict[str, Any]:
        """What was read and what not, for a document."""
        coverage = {
            "complete": self.totals.complete,
            "states": dict(sorted(self.totals.states.items())),
            "reasons": dict(sorted(self.totals.reasons.items())),
        }
        return {"coverage": coverage}

    def print_summary(self) -> None:
        """For people, to standard output."""
        summary.print_findings(self.totals.findings, self.kinds)
        not_read = [
            (locator, str(outcome.state), str(outcome.reason), outcome.told)
            for locator, outcome in self.totals.not_read
        ]
        summary.print_coverage(self.totals.states, not_read, self._ledger())
        summary.print_left_out(
            self.finding_filter.counts, self.finding_filter.allowed, self.finding_filter.foreign
        )
        summary.print_not_looked_for(wiring.not_looked_for(self.settings))
        summary.print_sample(self.totals.reasons)
        if self.output is not None:
            terminal.say("")
            terminal.say(f"Inventory: {self.output} (pdscan inventory show {self.output})")

    def tell_totals(self) -> None:
        """One line to standard error, where standard output holds the findings."""
        count = self.totals.findings.total()
        text = f"pdscan: {count:,} findings in {self.totals.states.total():,} items"
        if self.totals.gaps:
            text += f"; {self.totals.gaps:,} not wholly read. {self._ledger()}"
        terminal.tell(text)
        if self.totals.reasons[Reason.SAMPLE]:
            terminal.tell(f"pdscan: {summary.SAMPLE}")

    def _ledger(self) -> str:
        if self.output is None:
            return "Keep an inventory with -o DIR to see them all."
        return f"See them all with: pdscan inventory ledger {self.output} --not-read"
