"""The gate: whether a manifest may be carried out today, on the systems as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pdscan.connectors.interface import Connector
from pdscan.exports.manifest import KEEPS, REMOVES, Action, Entry, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.scan import Plan
from pdscan.subjects.model import NOT_COMPARED, NotRead
from pdscan.verification.model import Acceptance, Cause, Checked, Problem, State, Weight
from pdscan.verification.relations import Child, Unasked, children
from pdscan.verification.reread import Met, reread
from pdscan.verification.rescan import Rescan, Sight, rescan
from pdscan.verification.scope import Scope, undecided
from pdscan.verification.state import Before


@dataclass(frozen=True, slots=True)
class Gate:
    """What the gate says: ``problems``, every entry as it was met, and what to remember."""

    problems: tuple[Problem, ...]
    checked: tuple[Checked, ...]
    state: Before


def check(
    manifest: Manifest,
    plan: Plan,
    jobs: int,
    *,
    accepted: Sequence[Acceptance] = (),
    known: Iterable[Problem] = (),
) -> Gate:
    """Reads every place of `manifest` again, scans all sources of `plan`, and asks databases what
    hangs on the rows that go. `known` are problems found already: approvals, rules, holds.
    """
    scope = Scope.of(manifest)
    connectors = {connector.source: connector for connector in plan.connectors}
    fingerprinter = Fingerprinter(plan.key)
    problems = [*known, *standing(manifest, connectors, fingerprinter, scope)]
    met = reread(
        connectors,
        {locator: holding.whole.fingerprint for locator, holding in scope.holdings.items()},
        fingerprinter,
        fields=(holding.locator for holding in scope.staying),
    )
    problems += _places(scope, met)
    planned_gaps = [line.locator for line in manifest.header.not_read]
    seen = rescan(plan, jobs, scope.watched, asked=planned_gaps)
    problems += gaps(seen.gaps)
    problems += _planned_gaps(manifest, seen)
    problems += detectors(manifest, seen)
    problems += _new(scope, seen.sights)
    problems += _relations(scope, connectors)
    problems += _controls(connectors, seen)
    weighed = tuple(weigh(problems, accepted))
    state = Before(
        manifest=manifest.digest,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        go=not any(p.weight in (Weight.BLOCKS, Weight.UNKNOWN) for p in weighed),
        controls=seen.controls,
        fields={str(place): found.fields for place, found in met.items() if found.fields},
        content={str(h.locator): met[h.locator].fingerprint for h in scope.staying},
        records=seen.records,
        detectors=seen.detectors,
        accepted=tuple(accepted),
    )
    return Gate(weighed, tuple(_checked(scope, met)), state)


def standing(
    manifest: Manifest,
    connectors: Mapping[str, Connector],
    fingerprinter: Fingerprinter,
    scope: Scope,
) -> Iterator[Problem]:
    """What is wrong before anything is read."""
    if manifest.header.key and manifest.header.key != fingerprinter.key_id:
        yield Problem(
            Cause.KEY, "", "the manifest was made with another fingerprint key; name it with "
            "--key-file", Weight.UNKNOWN,
        )  # fmt: skip
    for source in sorted({locator.source for locator in scope.holdings} - set(connectors)):
        yield Problem(
            Cause.NO_SOURCE, f"{source}:", "the manifest has entries there, and the source is not "
            "configured", Weight.UNKNOWN,
        )  # fmt: skip
    for entry in undecided(manifest.entries):
        yield Problem(Cause.UNDECIDED, entry.locator, entry.blocked or entry.reason)


def gaps(lines: Iterable[NotRead]) -> Iterator[Problem]:
    """What the scan could not read: nobody knows what is there."""
    for line in lines:
        yield Problem(Cause.GAP, line.locator, _said(line), Weight.UNKNOWN)


def _planned_gaps(manifest: Manifest, seen: Rescan) -> Iterator[Problem]:
    """What the plan could not see; what is still not read is told as such.

    That this scan could read it is not enough: it looks for the identifiers that the plan knows,
    and what the plan did not read may have led to others. It is enough where the plan had read the
    source and only could not tell what came since: that is what this scan looks for.
    """
    still = {line.locator for line in seen.gaps}
    for line in manifest.header.not_read:
        scanned = Locator.parse(line.locator).source in seen.items
        if line.reason == NOT_COMPARED and scanned:
            yield Problem(
                Cause.PLANNED_GAP, line.locator, f"{_said(line)}; this scan has looked for it",
                Weight.NOTICE,
            )  # fmt: skip
        elif line.locator not in still:
            now = "it can be read now" if line.locator in seen.read else "it is not there any more"
            yield Problem(
                Cause.PLANNED_GAP, line.locator, f"{_said(line)}; {now}: scan and plan again, or "
                "accept it by name", Weight.UNKNOWN,
            )  # fmt: skip


def detectors(manifest: Manifest, seen: Rescan) -> Iterator[Problem]:
    """A scan with other detectors sees other things than the plan did."""
    missing = sorted(set(manifest.header.detectors) - set(seen.detectors))
    if missing:
        yield Problem(
            Cause.DETECTORS, "", f"planned with {', '.join(missing)}, which are not those in force",
            Weight.UNKNOWN,
        )  # fmt: skip


_ACCEPTABLE = frozenset({Cause.GAP, Cause.PLANNED_GAP, Cause.BYSTANDER})


def weigh(problems: Iterable[Problem], accepted: Sequence[Acceptance]) -> Iterator[Problem]:
    """`problems`, those that somebody accepted by name marked so.

    Only gaps, and losses that others answer for, can be accepted: a wrong entry is made right.
    """
    told = set()
    for problem in problems:
        acceptance = next((one for one in accepted if one.covers(problem.locator)), None)
        if acceptance is not None and problem.cause in _ACCEPTABLE:
            problem = Problem(
                problem.cause, problem.locator,
                f"{problem.why}; accepted by {acceptance.by}: {acceptance.reason}", Weight.ACCEPTED,
            )  # fmt: skip
        if problem not in told:
            told.add(problem)
            yield problem


def _places(scope: Scope, met: Mapping[Locator, Met]) -> Iterator[Problem]:
    for locator, holding in scope.holdings.items():
        found = met[locator]
        match found.state:
            case State.CHANGED:
                yield Problem(
                    Cause.DRIFTED, str(locator), "it is not as it was planned and approved; plan "
                    "and approve again",
                )  # fmt: skip
            case State.GONE if holding.whole.action in KEEPS:
                yield Problem(Cause.VANISHED, str(locator), "it must be kept, and is not there")
            case State.GONE:
                yield Problem(Cause.VANISHED, str(locator), "it is not there any more; plan again")
            case State.UNREACHABLE:
                yield Problem(Cause.UNREACHABLE, str(locator), found.why, Weight.UNKNOWN)


def _new(scope: Scope, sights: Iterable[Sight]) -> Iterator[Problem]:
    """Places that hold the person and that no entry is about."""
    records: dict[tuple[Locator, str], set[int]] = {}
    for sight in sights:
        place = sight.place
        if scope.holding_of(place) is not None:
            continue
        if scope.records_of(place.item()):
            records.setdefault((place.item(), sight.fingerprint), set()).add(sight.record)
            continue
        yield from _unplanned(scope, sight, str(place))
    for (item, fingerprint), numbers in records.items():
        planned = sum(
            any(d.fingerprint == fingerprint for d in h.whole.data)
            for h in scope.records_of(item)
        )  # fmt: skip
        if len(numbers) > planned and fingerprint not in scope.weak:
            yield Problem(
                Cause.NEW, str(item), f"{len(numbers)} records hold an identifier of the person "
                f"that {planned} did when it was planned; plan again",
            )  # fmt: skip


def _unplanned(scope: Scope, sight: Sight, place: str) -> Iterator[Problem]:
    if sight.fingerprint in scope.weak:
        yield Problem(
            Cause.NEW, place, f"{sight.kind} as the person's; others may have the same",
            Weight.NOTICE,
        )  # fmt: skip
    else:
        yield Problem(Cause.NEW, place, f"{sight.kind} of the person in no entry; plan again")


def _relations(scope: Scope, connectors: Mapping[str, Connector]) -> Iterator[Problem]:
    tables = {_table(locator) for locator in scope.holdings}
    for child in children(connectors, scope.holdings):
        if isinstance(child, Unasked):
            yield Problem(Cause.UNREACHABLE, str(child.locator), child.why, Weight.UNKNOWN)
            continue
        parent = scope.holdings[child.parent].whole
        known = scope.holdings.get(child.locator)
        if parent.action is not Action.ERASE:
            # What hangs on a row that stays is the person's where the plan took such rows so.
            if known is None and _table(child.locator) in tables:
                yield _referring(child, Cause.NEW)
        elif known is None:
            yield _referring(child, Cause.CASCADE if child.cascades else Cause.NEW)
        elif known.whole.action not in REMOVES and not _lets_go(known.removed, child):
            yield Problem(
                Cause.CASCADE, str(child.locator), "it is to stay, and the row it refers to is to "
                f"go; on deletion: {child.cascades.lower() or 'refused'}",
            )  # fmt: skip


def _referring(child: Child, cause: Cause) -> Problem:
    why = f"refers to {child.parent}, and is in no entry"
    if cause is Cause.CASCADE:
        why += f"; the deletion would reach it ({child.cascades.lower()})"
    return Problem(cause, str(child.locator), why)


def _lets_go(removed: Iterable[Entry], child: Child) -> bool:
    columns = {entry.place.field.rpartition("/")[2] for entry in removed}
    return set(child.columns) <= columns


def _table(locator: Locator) -> tuple[str, tuple[str, ...], str]:
    return locator.source, locator.path, locator.field


def _controls(connectors: Iterable[str], seen: Rescan) -> Iterator[Problem]:
    able = {control.source for control in seen.controls}
    for source in sorted(set(connectors) - able):
        yield Problem(
            Cause.NO_CONTROL, f"{source}:", "nothing of anybody else was seen there that could "
            "prove later that the scan sees; plant a record of a person who does not exist",
            Weight.UNKNOWN,
        )  # fmt: skip


def _checked(scope: Scope, met: Mapping[Locator, Met]) -> Iterator[Checked]:
    for entry in scope.manifest.entries:
        found = met[Locator.parse(entry.holding)]
        yield Checked(entry.number, entry.locator, str(entry.action), found.state, found.why)


def _said(line: NotRead) -> str:
    return f"{line.state}: {line.reason}{f' ({line.detail})' if line.detail else ''}"
