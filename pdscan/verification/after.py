"""After a deletion: what is gone, what is kept as it should be, and what is left anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pdscan.exports.manifest import KEEPS, REMOVES, Action, Entry, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.scan import Plan
from pdscan.verification.before import detectors, gaps, standing, weigh
from pdscan.verification.bystanders import bystanders
from pdscan.verification.disguises import Disguise
from pdscan.verification.model import (
    Acceptance,
    Cause,
    Checked,
    Problem,
    State,
    Verdict,
    Weight,
    blocked,
    unknown,
)
from pdscan.verification.reread import Met, reread
from pdscan.verification.rescan import Rescan, Sight, rescan
from pdscan.verification.scope import Holding, Scope
from pdscan.verification.state import Before

_ALL = "*"
#: What leaves the verdict open although everything could be read.
_NOT_LEFT = frozenset(
    {Cause.LOST, Cause.STRIPPED, Cause.BYSTANDER, Cause.UNDECIDED, Cause.APPROVAL}
)


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict, with everything that speaks against a better one, and every entry as met.

    ``counts`` are entries by action, ``items`` how many the scan looked at.
    """

    verdict: Verdict
    problems: tuple[Problem, ...]
    checked: tuple[Checked, ...]
    counts: Mapping[str, int]
    items: Mapping[str, int]
    detectors: tuple[str, ...]


def check(
    manifest: Manifest,
    plan: Plan,
    jobs: int,
    before: Before | None,
    *,
    disguised: Sequence[Disguise] = (),
    accepted: Sequence[Acceptance] = (),
    others: Iterable[Manifest] = (),
    known: Iterable[Problem] = (),
) -> Proof:
    """Reads every place of `manifest` again and scans all sources of `plan` for the person.

    `before` is the state at the gate; without it nothing can be verified. `disguised` are hashes
    and encodings of the person's identifiers. `accepted` adds to what was accepted at the gate.
    `others` are erasures of other people carried out since the gate. `known` are problems found
    already.
    """
    scope = Scope.of(manifest)
    connectors = {connector.source: connector for connector in plan.connectors}
    fingerprinter = Fingerprinter(plan.key)
    problems = [*known, *standing(manifest, connectors, fingerprinter, scope)]
    if before is None:
        problems.append(Problem(
            Cause.NO_BEFORE, "", "the check before the deletion left no state beside the manifest, "
            "so it cannot be told whether kept records are as they were", Weight.UNKNOWN,
        ))  # fmt: skip
    else:
        accepted = (*before.accepted, *accepted)
    met = reread(
        connectors,
        {place: _expected(holding, before) for place, holding in scope.holdings.items()},
        fingerprinter,
        fields=(holding.locator for holding in scope.staying),
    )
    problems += _places(scope, met, before)
    seen = rescan(
        plan, jobs, scope.watched, disguised=disguised,
        controls=before.controls if before is not None else (),
    )  # fmt: skip
    problems += gaps(seen.gaps)
    problems += detectors(manifest, seen)
    problems += _sights(scope, met, seen.sights)
    if before is not None:
        problems += _blind(before, seen)
        scopes = (scope, *map(Scope.of, others))
        problems += bystanders(scopes, connectors, before, seen)
    weighed = tuple(weigh(problems, accepted))
    return Proof(
        verdict(scope, weighed), weighed, tuple(_checked(scope, met)),
        dict(sorted(Counter(str(entry.action) for entry in manifest.entries).items())),
        seen.items, seen.detectors,
    )  # fmt: skip


def verdict(scope: Scope, problems: tuple[Problem, ...]) -> Verdict:
    """What `problems` leave of the proof. A gap that was accepted is a gap all the same."""
    left = tuple(problem for problem in problems if problem.cause not in _NOT_LEFT)
    if blocked(left):
        return Verdict.RESIDUAL
    if blocked(problems) or unknown(problems) or _accepted(problems):
        return Verdict.INCOMPLETE
    if any(holding.whole.action in KEEPS for holding in scope.holdings.values()):
        return Verdict.WITH_RETAINED
    return Verdict.VERIFIED


def _accepted(problems: Iterable[Problem]) -> bool:
    return any(
        problem.weight is Weight.ACCEPTED and problem.cause is Cause.GAP for problem in problems
    )


def _expected(holding: Holding, before: Before | None) -> str:
    """The fingerprint that says that nothing was done."""
    seen = before.content.get(str(holding.locator), "") if before is not None else ""
    return seen or holding.whole.fingerprint


# -- places of the manifest --------------------------------------------------------------------


def _places(scope: Scope, met: Mapping[Locator, Met], before: Before | None) -> Iterator[Problem]:
    for locator, holding in scope.holdings.items():
        found, action = met[locator], holding.whole.action
        if found.state is State.UNREACHABLE:
            yield Problem(
                Cause.UNREACHABLE, str(locator), f"{found.why}; unreachable is not gone",
                Weight.UNKNOWN,
            )  # fmt: skip
        elif action is Action.ERASE:
            if found.state is not State.GONE:
                how = "as it was" if found.state is State.UNCHANGED else "with other content"
                yield Problem(Cause.REMAINS, str(locator), f"to be erased, and is there {how}")
        elif found.state is State.GONE:
            if action in KEEPS:
                yield Problem(Cause.LOST, str(locator), _needed(holding))
        else:
            yield from _staying(holding, found, before)


def _staying(holding: Holding, found: Met, before: Before | None) -> Iterator[Problem]:
    place, whole = str(holding.locator), holding.whole
    changes = whole.action in REMOVES or holding.removed
    if changes and found.state is State.UNCHANGED:
        yield Problem(Cause.UNCHANGED, place, f"to be changed ({whole.action}), and is as it was")
        return
    if found.state is State.CHANGED and not changes and whole.action in KEEPS:
        if whole.action is not Action.RECTIFY:
            yield Problem(
                Cause.STRIPPED, place, f"to be kept as it was, and differs; {whole.reason}"
            )
        return
    was = before.fields.get(place) if before is not None else None
    if was is None or found.fields is None:
        return
    removed = {_column(part.place.field) for part in holding.removed if part.place.span is None}
    for name, fingerprint in was.items():
        now = found.fields.get(name)
        if name in removed and now == fingerprint:
            yield Problem(Cause.UNCHANGED, place, f"field {name} is as it was")
        elif name not in removed and now != fingerprint and _is_kept(whole, name):
            yield Problem(
                Cause.STRIPPED, place, f"field {name} was to be kept, and is "
                f"{'empty' if now is None else 'another'}; {whole.reason}",
            )  # fmt: skip


def _is_kept(whole: Entry, field: str) -> bool:
    if whole.action not in KEEPS:
        return False
    return not whole.keep or _ALL in whole.keep or field in map(_column, whole.keep)


def _column(field: str) -> str:
    return field.rpartition("/")[2]


def _needed(holding: Holding) -> str:
    laws = ", ".join(ground.law or ground.rule for ground in holding.whole.grounds)
    until = f" until {holding.whole.until}" if holding.whole.until else ""
    return f"to be kept{until}{f' ({laws})' if laws else ''}, and is gone"


# -- what the scan saw -------------------------------------------------------------------------


def _sights(scope: Scope, met: Mapping[Locator, Met], sights: Iterable[Sight]) -> Iterator[Problem]:
    records: dict[tuple[Locator, str], dict[int, Sight]] = {}
    for sight in sights:
        place = sight.place
        holding = scope.holding_of(place)
        if sight.scheme:
            yield Problem(
                Cause.DISGUISED, str(place), f"{sight.scheme} of the {sight.kind}: who knows the "
                "value finds it by its hash",
            )  # fmt: skip
        elif holding is not None:
            yield from _in_holding(holding, place, sight, met)
        elif scope.records_of(place.item()):
            records.setdefault((place.item(), sight.fingerprint), {})[sight.record] = sight
        else:
            yield from _residue(scope, sight, str(place))
    for (item, fingerprint), found in records.items():
        explained = sum(
            any(d.fingerprint == fingerprint for d in h.whole.data)
            for h in scope.records_of(item)
            if met[h.locator].state in (State.UNCHANGED, State.CHANGED)
        )  # fmt: skip
        if len(found) > explained:
            yield from _residue(
                scope, next(iter(found.values())), str(item),
                f" in {len(found)} records, of which {explained} are in the manifest",
            )  # fmt: skip


def _in_holding(
    holding: Holding, place: Locator, sight: Sight, met: Mapping[Locator, Met]
) -> Iterator[Problem]:
    if not holding.forbids(place.field, sight.fingerprint):
        return
    if holding.whole.action is Action.ERASE:
        if met[holding.locator].state is State.GONE:
            yield Problem(Cause.REMAINS, str(place), f"{sight.kind}: seen although it was erased")
        return  # that it is there was said
    cause = Cause.EXCESS if holding.whole.action in KEEPS else Cause.REMAINS
    yield Problem(cause, str(place), f"{sight.kind} is in a field that was to be cleared of it")


def _residue(scope: Scope, sight: Sight, place: str, more: str = "") -> Iterator[Problem]:
    if sight.fingerprint in scope.weak:
        yield Problem(
            Cause.RESIDUE, place, f"{sight.kind} as the person's{more}; others may have the same",
            Weight.NOTICE,
        )  # fmt: skip
    else:
        yield Problem(Cause.RESIDUE, place, f"{sight.kind} of the person{more}, in no entry")


def _blind(before: Before, seen: Rescan) -> Iterator[Problem]:
    """Sources whose controls are all gone: an empty result there proves nothing."""
    able = {control.source for control in seen.controls}
    for source in sorted({control.source for control in before.controls} - able):
        yield Problem(
            Cause.BLIND, f"{source}:", "none of the records that were seen there before, and that "
            "stay, was seen again: the scan may be blind, or all is gone", Weight.UNKNOWN,
        )  # fmt: skip


def _checked(scope: Scope, met: Mapping[Locator, Met]) -> Iterator[Checked]:
    for entry in scope.manifest.entries:
        found = met[Locator.parse(entry.holding)]
        yield Checked(entry.number, entry.locator, str(entry.action), found.state, found.why)
