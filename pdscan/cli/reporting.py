"""What ``pdscan verify`` prints and writes of what it found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec

from pdscan import private
from pdscan.cli import terminal
from pdscan.exports.manifest import KEEPS, Manifest
from pdscan.verification import standing
from pdscan.verification.model import Checked, Problem, Weight

_SHOWN = 40


def say(
    manifest: Manifest, said: str, problems: Sequence[Problem], checked: Sequence[Checked]
) -> None:
    """Prints how the entries were met, what speaks against, and the answer."""
    if checked:
        met = Counter((_to_do(manifest, one), str(one.state)) for one in checked)
        rows = [(action, how, count) for (action, how), count in sorted(met.items())]
        terminal.table(("To do", "As met now", "Entries"), rows)
        terminal.say("")
    order = list(Weight)
    listed = sorted(problems, key=lambda p: (order.index(p.weight), p.cause, p.locator))
    if listed:
        rows_of = [(str(p.weight), str(p.cause), p.locator, p.why) for p in listed[:_SHOWN]]
        terminal.table(("Weight", "What", "Where", "Why"), rows_of)
        if len(listed) > _SHOWN:
            terminal.say(f"... and {len(listed) - _SHOWN:,} more; see them all with --report")
        terminal.say("")
    terminal.say(said)


def _to_do(manifest: Manifest, one: Checked) -> str:
    """The action; that on a field or span is met as its row, message or file is."""
    entry = manifest.entries[one.number - 1]
    return one.action if entry.is_whole else f"{one.action} a part of a record that stays"


def write(
    manifest: Manifest, report: Path | None, mode: str, said: str, problems: Sequence[Problem],
    checked: Sequence[Checked],
) -> None:  # fmt: skip
    """Writes every entry and problem as JSON to `report`, if one is named."""
    if report is None:
        return
    by_place: dict[str, list[str]] = {}
    for problem in problems:
        by_place.setdefault(problem.locator, []).append(f"{problem.cause}: {problem.why}")
    document: dict[str, Any] = {
        "format": "pdscan/verification/1", "mode": mode, "manifest": manifest.digest,
        "at": datetime.now(UTC).isoformat(timespec="seconds"), "result": said,
        "problems": [msgspec.to_builtins(problem) for problem in problems],
        "entries": [
            msgspec.to_builtins(one) | {"against": by_place.get(one.locator, [])}
            for one in checked
        ],
    }  # fmt: skip
    private.write(report, msgspec.json.format(msgspec.json.encode(document)) + b"\n")


def due(manifest: Manifest, today: date) -> str:
    """Whose date has come, or when the next one does."""
    kept = [e for e in manifest.entries if e.is_whole and e.action in KEEPS]
    due = [e for e in kept if standing.is_due(e, today)]
    if due:
        return f"The date of {len(due):,} of {len(kept):,} kept records has come: they must be gone"
    dates = sorted(e.until for e in kept if e.until)
    if not kept:
        return "Nothing was kept; everything is looked at once more"
    following = f"; the first is {dates[0]}" if dates else ", and none is known"
    return (
        f"No date of the {len(kept):,} kept records has come yet{following}. They must be as they "
        "were"
    )
