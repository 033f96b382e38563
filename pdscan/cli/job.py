"""One scan from its settings to its end: what is walked, what is kept, what is told."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pdscan import keys
from pdscan.cli import remote, summary, terminal, wiring
from pdscan.cli.collect import Totals, listed, measured
from pdscan.cli.place import Place
from pdscan.cli.resuming import UNWRITABLE, Begun, terminated_as_interrupt
from pdscan.cli.watching import Watch
from pdscan.config import Settings, Source, sources_for
from pdscan.connectors.files import STANDARD_INPUT
from pdscan.custom.columns import DeclaredColumns
from pdscan.custom.filtering import FindingFilter
from pdscan.errors import StoppedError
from pdscan.exports.findings import Kind, Listing
from pdscan.incremental import Since
from pdscan.interrupts import uninterrupted
from pdscan.inventory import Inventory, InventoryWriter, check_place
from pdscan.journal import Journal
from pdscan.model import Reason
from pdscan.runner import run
from pdscan.scan import Message, Opened, Plan, Task, tasks

if TYPE_CHECKING:
    from pdscan.cluster.client import Cluster


@dataclass(slots=True)
class Job:
    """A scan under way."""

    settings: Settings
    sources: tuple[Source, ...]
    plan: Plan
    place: Place | None
    replace: bool
    finding_filter: FindingFilter
    begun: Begun | None = None  # what this scan goes on with
    since: Since | None = None  # what need not be read again
    metrics: Path | None = None
    log: Path | None = None
    cluster: Cluster | None = None  # whose workers read, in place of those of this machine
    kept: bool = False  # whether an inventory or its journal is left behind
    totals: Totals = field(default_factory=Totals)

    @classmethod
    def start(
        cls, settings: Settings, targets: tuple[str, ...], place: Place | None, *, replace: bool,
        values: bool, begun: Begun | None = None, since: Path | None = None,
    ) -> Job:  # fmt: skip
        """Builds everything, and finds everything that is wrong with the call, before the walk."""
        sources = sources_for(targets, settings)
        wiring.chosen_detectors(settings)  # what is wrong is told before a key is made
        if settings["cluster"]:
            remote.check(sources, values=values)
        if place is not None and begun is None:
            check_place(place.folder, replace=replace)
            place.check(replace=replace)
        path = wiring.key_path(settings)
        key, made = keys.load_or_create(path)
        plan = wiring.plan(settings, sources, key, values=values)
        if made:
            terminal.tell(f"pdscan: made the fingerprint key {path}. {keys.LOST}")
        leaves_out = wiring.finding_filter(settings, key)
        job = cls(settings, sources, plan, place, replace, leaves_out, begun)
        if begun is not None:
            begun.check(job.record())
        if since is not None:
            earlier = Inventory(since)
            Begun(since, earlier.run).check(job.record())
            job.since = Since(earlier)
        if settings["cluster"]:
            job.cluster = remote.connected(settings, sources)
        return job

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """What is told about the kinds in force."""
        return wiring.kinds_of(self.plan)

    @property
    def _shown(self) -> str:
        """What the user calls the inventory."""
        return "" if self.place is None else self.place.shown

    @property
    def values(self) -> bool:
        """Whether values are shown."""
        return self.plan.values

    def record(self) -> dict[str, Any]:
        """What the inventory keeps about the run."""
        since = {"since": str(self.since.directory)} if self.since is not None else {}
        return {**wiring.record(self.settings, self.sources, self.plan), **since}

    def run(self) -> None:
        """Does what `findings` does, without listing them, which would take a third longer."""
        with closing(self._findings(None)) as none:
            for _ in none:
                pass

    def findings(self) -> Generator[pa.RecordBatch, None, None]:
        """Walks, reads and matches; yields the findings as they are listed.

        At the end the inventory is in its place. One that is stopped is marked and can be gone on
        with, unless standard input is read. Raises `InventoryError` where it may not be written,
        `StoppedError` where the disk is full.
        """
        yield from self._findings(Listing(self.kinds))

    def _findings(self, listing: Listing | None) -> Generator[pa.RecordBatch, None, None]:
        writer = journal = None
        try:
            if self.place is not None:
                resume = self.begun is not None
                with uninterrupted():
                    folder = self.place.folder
                    writer = InventoryWriter(folder, replace=self.replace, resume=resume)
                if not any(source.address == STANDARD_INPUT for source in self.sources):
                    journal = Journal(writer.journal)
                    Begun.save(writer.journal, self.record())
            status = writer.status if writer is not None else None
            with terminal.Meter() as meter, terminated_as_interrupt():
                watch = Watch(meter, status, self.metrics, self.log)
                with watch.running(sources=[source.name for source in self.sources]):
                    yield from listed(
                        watch.seen(self._messages(watch, journal)),
                        listing, self.totals, writer, self.finding_filter,
                        DeclaredColumns(self.settings.columns, self.plan.minimum),
                    )  # fmt: skip
                if writer is not None:
                    try:
                        with uninterrupted():
                            writer.close(self.record())
                            writer = None
                    except KeyboardInterrupt:
                        if writer is not None:
                            raise
                        # It came when all was done: there is nothing left to stop.
        except OSError as error:
            if writer is None or journal is None or error.errno not in UNWRITABLE:
                raise
            writer.leave()
            writer, self.kept = None, True
            raise StoppedError(
                f"{self._shown}: cannot be written any more ({error.strerror}); see to it, then "
                f"go on with: pdscan scan --resume {self._shown}"
            ) from None
        finally:
            for connector in self.plan.connectors:
                connector.close()
            if self.cluster is not None:
                self.cluster.close()
            if writer is not None:
                self._leave(writer, journal)

    def _messages(self, watch: Watch, journal: Journal | None) -> Iterator[Message]:
        work = measured(tasks(self.plan.connectors), watch)
        if self.since is not None:
            work = self.since.changed(work)
        count = 0
        for message in self._read(work, watch, journal):
            count += isinstance(message, Opened)
            yield message
        if self.since is not None:
            yield from self.since.carried(count)

    def _read(
        self, work: Iterator[Task], watch: Watch, journal: Journal | None
    ) -> Iterator[Message]:
        """The messages of what is read, and of what was read before the scan was stopped."""
        if journal is None:
            yield from self._live(work, watch)
            return
        yield from journal.replayed()
        yield from journal.kept(self._live(journal.tasks(work), watch, journal.items))

    def _live(self, work: Iterator[Task], watch: Watch, first: int = 0) -> Iterator[Message]:
        if self.cluster is not None:
            return self.cluster.run(work, watch.reading, first)
        jobs = wiring.jobs(self.settings, self.sources)
        return run(self.plan, work, jobs, watch.reading, first=first)

    def _leave(self, writer: InventoryWriter, journal: Journal | None) -> None:
        """Leaves what was done, as far as it can be gone on with."""
        if journal is None:
            writer.discard()
            return
        journal.flush()
        writer.close(self.record(), stopped="interrupted")
        self.kept = True

    def stopped(self, why: str, *, interrupted: bool) -> StoppedError | None:
        """What is told when the scan ended early and can be gone on with."""
        if not self.kept:
            return None
        message = f"{why}; what was read until then is kept, go on with: pdscan scan --resume "
        return StoppedError(f"{message}{self._shown}", interrupted=interrupted)

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
        summary.print_coverage(self.totals.states, self.totals.not_read, self._ledger())
        summary.print_left_out(
            self.finding_filter.counts, self.finding_filter.allowed, self.finding_filter.foreign
        )
        summary.print_not_looked_for(wiring.not_looked_for(self.settings))
        summary.print_sample(self.totals.reasons)
        if self.place is not None:
            terminal.say("")
            is_here = self.place.system is None
            look = f" (pdscan inventory show {self._shown})" if is_here else ""
            terminal.say(f"Inventory: {self._shown}{look}")

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
        if self.place is None:
            return "Keep an inventory with -o DIR to see them all."
        return f"See them all with: pdscan inventory ledger {self._shown} --not-read"
