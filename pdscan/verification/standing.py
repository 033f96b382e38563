"""What must hold on the day of execution whatever the systems say: approvals, rules and holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from pdscan.exports.approvals import Checked
from pdscan.exports.manifest import KEEPS, REMOVES, Action, Entry, Manifest
from pdscan.retention.holds import Holds
from pdscan.retention.model import Policy
from pdscan.verification.model import Cause, Problem, Weight


def approvals(checked: Iterable[Checked]) -> Iterator[Problem]:
    """Says so where no approval counts, and which ones do not."""
    checked = tuple(checked)
    if not any(not one.fault for one in checked):
        why = "; ".join(f"{one.approval.by}: {one.fault}" for one in checked) or "by nobody"
        yield Problem(Cause.APPROVAL, "", f"{why}; approve it with pdscan approve")
        return
    for one in checked:
        if one.fault:
            yield Problem(Cause.APPROVAL, "", f"{one.approval.by}: {one.fault}", Weight.NOTICE)


def rules(manifest: Manifest, policy: Policy | None, holds: Holds, day: date) -> Iterator[Problem]:
    """What the rules and holds of `day` say against `manifest`.

    A hold that was added stops every entry it bears on; one that was released, other rules, and a
    date that has come re-open what was decided: plan again.
    """
    digest = policy.digest if policy is not None else ""
    if manifest.header.rules != digest:
        yield Problem(
            Cause.RULES,
            "",
            "the retention rules are not those that it was planned with; plan again",
        )
    people = tuple((person.kind, person.fingerprint) for person in manifest.header.person)
    stopped = False
    for hold in holds.in_force:
        for entry in manifest.entries:
            if entry.action in REMOVES and (
                hold.bears_on(entry.holding, people) or hold.bears_on(entry.locator, ())
            ):
                stopped = True
                yield Problem(
                    Cause.HOLDS, entry.locator, f"{hold.id} by {hold.author}, {hold.at[:10]}: "
                    f"{hold.reason}",
                )  # fmt: skip
    if manifest.header.holds != holds.digest and not stopped:
        yield Problem(
            Cause.HOLDS, "", "holds were added or released since it was planned; plan again"
        )
    for entry in manifest.entries:
        if is_due(entry, day):
            yield Problem(
                Cause.DUE, entry.locator, f"kept until {entry.until}, which is past; plan again"
            )


def copies(waiting: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """`waiting` are open requests of the same person for a copy, as id and right: once the data is
    erased, no copy can be made.
    """
    for request, right in waiting:
        yield Problem(
            Cause.PACKAGE, "", f"request {request} ({right}) of the same person is open: hand the "
            "package over and close it first",
        )  # fmt: skip


def is_due(entry: Entry, day: date) -> bool:
    """Whether a kept entry's last day is past."""
    return entry.action in KEEPS and bool(entry.until) and date.fromisoformat(entry.until) < day


def at_term(manifest: Manifest, day: date) -> Manifest:
    """`manifest` as it reads once the kept entries whose date has come are to be gone too."""
    due = {entry.holding for entry in manifest.entries if is_due(entry, day) and entry.is_whole}
    entries = tuple(
        replace(entry, action=_then(entry)) if entry.is_whole and entry.holding in due else entry
        for entry in manifest.entries
    )
    return replace(manifest, entries=entries)


def _then(entry: Entry) -> Action:
    """What follows on a kept entry's date, as it was planned."""
    try:
        return Action(entry.then)
    except ValueError:
        return Action.ERASE
