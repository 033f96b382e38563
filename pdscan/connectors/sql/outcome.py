"""The line in the ledger for a range of a table."""

from __future__ import annotations

from pdscan.connectors.sql.dialect import Trouble
from pdscan.connectors.sql.rows import Selection, Tally
from pdscan.connectors.structure import Family
from pdscan.model import Outcome, Reason, State

LATER = Trouble(Reason.CHANGED, "read in a later snapshot than what was read before")


def outcome(selection: Selection, tally: Tally, trouble: Trouble | None) -> Outcome:
    """The line in the ledger for a range: what was read, and each thing that was not."""
    facts = selection.range.table.facts
    gaps: list[tuple[Reason, str]] = []
    if trouble is not None:
        gaps.append((trouble.reason, trouble.detail))
    if selection.range.limit:
        gaps.append((Reason.SAMPLE, ""))
    if facts.missing_columns:
        gaps.append((Reason.DENIED, f"no grant to read: {', '.join(facts.missing_columns)}"))
    if facts.hidden:
        gaps.append((Reason.DENIED, facts.hidden))
    if tally.large:
        gaps.append((Reason.LIMIT, ""))
    reason = gaps[0][0] if gaps else Reason.NONE
    said = [f"{why}: {detail}" if why is not reason else detail for why, detail in gaps if detail]
    unread = [f"{c.name} ({c.type.lower()})" for c in selection.range.table.columns
              if c.family is Family.NONE]  # fmt: skip
    if unread:
        said.append(f"hold no text: {', '.join(unread)}")
    counts = (
        (tally.large, f"values above {selection.value_bytes:,} bytes"),
        (tally.short, "short binary values that are no text"),
        (tally.not_utf8, "values that are not UTF-8 and were read as Windows-1252"),
    )
    state = State.PARTIAL if gaps else State.READ
    if trouble is not None and not tally.rows and trouble is not LATER:
        state = State.UNREADABLE
    encoding = "utf-8, windows-1252" if tally.not_utf8 else "utf-8"
    return Outcome(state, reason, "; ".join(said), encoding, 0, tally.rows,
                   tuple(count for count in counts if count[0]))  # fmt: skip
