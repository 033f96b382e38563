"""Findings and coverage for people to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from pdscan.cli import terminal
from pdscan.cli.gaps import Gaps
from pdscan.custom.verdicts import Verdict
from pdscan.exports.findings import Kind
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.model import Likelihood, Reason, State

_SHOWN = tuple(reversed(Likelihood))
_MOST_GAPS = 20  # lines
SAMPLE = (
    "A sample: it shows which kinds of data there are, never that something or somebody is not "
    "there."
)
_DONE = {
    State.READ: "read", State.PARTIAL: "read in part", State.UNREADABLE: "not readable",
    State.SKIPPED: "skipped",
}  # fmt: skip


def print_findings(
    findings: Mapping[tuple[str, str, Likelihood], int], kinds: Mapping[str, Kind]
) -> None:
    """The table of findings by source and kind."""
    if not findings:
        terminal.say("No personal data found.")
        return
    levels = [level for level in _SHOWN if any(found[2] == level for found in findings)]
    by_kind: dict[tuple[str, str], Counter[Likelihood]] = {}
    for (source, kind, level), count in findings.items():
        by_kind.setdefault((source, kind), Counter())[level] += count
    rows = [
        (source, kind, counts.total(), *(counts[level] for level in levels),
         kinds[kind].name if kind in kinds else "")
        for (source, kind), counts in sorted(by_kind.items())
    ]  # fmt: skip
    names = [level.label.replace("_", " ") for level in levels]
    terminal.table(("Source", "Kind", "Found", *names, "What it is"), rows)


def print_coverage(states: Mapping[str, int], gaps: Gaps, ledger: str) -> None:
    """What was read, and why the rest was not; `ledger` tells where all of it is listed."""
    said = [f"{states[state]:,} {word}" for state, word in _DONE.items() if states.get(state)]
    terminal.say("")
    terminal.say(f"Items: {', '.join(said) or 'none'}.")
    shown = gaps.listed(_MOST_GAPS)
    if not shown:
        return
    terminal.say("")
    rows = [
        (_DONE[State(gap.state)], f"{gap.count:,}", why(gap.reason, gap.detail), gap.locator)
        for gap in shown
    ]
    terminal.table(("Not wholly read", "Items", "Why", "Where"), rows)
    items = sum(count for state, count in states.items() if state != State.READ)
    if items > len(shown):
        terminal.say(f"A line names the first of its items. {ledger}")


def print_left_out(
    counts: Mapping[Verdict, int], allowed: Mapping[str, int], foreign: Sequence[Verdict]
) -> None:
    """What people have marked as false alarms or as their own, and how often it was there."""
    if counts or allowed:
        terminal.say("")
        rows = [
            (v.subject, f"{count:,}", f"{v.reason} ({v.author})") for v, count in counts.items()
        ]
        rows += [(kind, f"{count:,}", "on the allow list") for kind, count in allowed.items()]
        terminal.table(("Left out", "Findings", "Why"), rows)
    if foreign:
        terminal.say(
            f"{len(foreign):,} verdicts were made with another fingerprint key: they say nothing."
        )


def print_not_looked_for(said: Sequence[str]) -> None:
    """What no scan with these settings can find."""
    for sentence in said:
        terminal.say("")
        terminal.say(f"Note: {sentence}.")


def print_sample(reasons: Mapping[str, int]) -> None:
    """Says so where only a sample was read."""
    if reasons.get(Reason.SAMPLE):
        terminal.say("")
        terminal.say(SAMPLE)


def why(reason: str, detail: str) -> str:
    """The reason and what is said beside it, as one."""
    return f"{reason} ({detail})" if reason and detail else reason or detail


def print_lines(batches: Iterable[pa.RecordBatch]) -> None:
    """One line per finding: where, what, how likely, masked (or plain), why."""
    for batch in batches:
        for row in batch.to_pylist():
            place = row["locator"]
            if row["line"]:
                place += f" (line {row['line']})"
            why = row["evidence"].replace(EVIDENCE_SEPARATOR, ", ")
            shown = row.get("value", row["preview"])
            likelihood = row["likelihood"].replace("_", " ")
            terminal.say(f"{place}: {row['kind']} {shown}: {likelihood}{why and f' ({why})'}")
