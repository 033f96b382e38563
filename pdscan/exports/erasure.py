"""From one resolved person to the entries of an erasure manifest: what becomes of each holding.

Every holding that is, or may be, the person's gets an entry, with the rules that bear on it. What
is not certain (who it is about, from when it is kept, what a deletion would take along) is for a
person to decide: `Action.MANUAL`. A value is removed or it stays; it is never replaced by its hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pdscan.exports.manifest import REMOVES, Action, Datum, Entry, Ground
from pdscan.exports.ordering import Reference, shown
from pdscan.model import Likelihood, Locator
from pdscan.retention.holds import Hold
from pdscan.retention.model import ERASURE, Policy
from pdscan.retention.resolving import Bearing, Record, Resolution, resolve
from pdscan.subjects.model import Decision, Holding, Role, Subject

_NAME = "person_name"
_REQUEST = Ground(
    "", "request", "Regulation (EU) 2016/679, Article 17(1)", ERASURE,
    explained="erasure was asked for",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sight:
    """A holding as it is when the plan is made.

    ``record`` is None where it could not be read, and ``unreadable`` says why. ``references`` are
    the rows that refer to this one. ``keys`` are the fields that hold the row together (primary and
    foreign keys), ``required`` those that may not be empty. ``step`` is its step of execution.
    """

    record: Record | None
    unreadable: str = ""
    fingerprint: str = ""
    references: tuple[Reference, ...] = ()
    keys: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    step: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What the plan is made by, for the day ``day``. ``marked`` are holdings (locators) that are to
    be restricted or rectified instead.
    """

    policy: Policy
    holds: tuple[Hold, ...]
    day: date
    marked: Mapping[str, Action] = field(default_factory=dict)


def plan(subject: Subject, sights: Mapping[str, Sight], rules: Rules) -> tuple[Entry, ...]:
    """The entries for all holdings that are or may be the person's, in the order of execution.

    `sights` has one for each holding, by locator; a holding without one could not be read.
    """
    missing = Sight(None, "was not read")
    holdings = [h for h in subject.holdings if h.decision is not Decision.NOT_THEIRS]
    holdings.sort(key=lambda h: (sights.get(h.locator, missing).step, h.locator))
    decided: dict[str, list[Entry]] = {}
    # Children come first: what becomes of a row depends on those that refer to it.
    for holding in holdings:
        sight = sights.get(holding.locator, missing)
        decided[holding.locator] = list(_entries(holding, sight, rules, decided))
    numbered = [entry for entries in decided.values() for entry in entries]
    return tuple(replace(entry, number=n) for n, entry in enumerate(numbered, 1))


def _entries(
    holding: Holding, sight: Sight, rules: Rules, decided: Mapping[str, list[Entry]]
) -> Iterator[Entry]:
    whole = Entry(
        0, holding.locator, holding.locator, holding.source, Action.MANUAL, "",
        entity=holding.entity, media_type=holding.media_type, role=holding.role,
        others=holding.others, likelihood=Likelihood(holding.likelihood).label,
        fingerprint=sight.fingerprint or holding.fingerprint, path=holding.path,
        data=tuple(
            Datum(f.kind, f.category, f.preview, f.fingerprint, f.locator, f.theirs)
            for f in holding.findings
        ),
        order=sight.step,
    )  # fmt: skip
    doubt = _doubt(holding, sight)
    if doubt or sight.record is None:
        yield replace(whole, reason=doubt, order=0)
        return
    found = resolve(rules.policy, rules.holds, sight.record, rules.day)
    whole = replace(whole, grounds=_grounds(found.bearings, rules.day), blocked=_unconfirmed(found))
    if found.manual:
        verdict = found.manual[0]
        yield replace(whole, reason=f"a person must decide: {verdict.manual}", order=0)
    elif holding.locator in rules.marked and not found.kept:
        action = rules.marked[holding.locator]
        article = "18" if action is Action.RESTRICT else "16"
        yield replace(whole, action=action, reason=f"marked to {action} (Article {article})")
    elif found.kept:
        yield from _kept(whole, found, sight)
    else:
        yield from _removed(whole, holding, sight, decided)


def _doubt(holding: Holding, sight: Sight) -> str:
    """Why nobody but a person can decide on the holding; "" where there is no doubt."""
    theirs = {f.kind for f in holding.findings if f.theirs}
    if holding.decision is Decision.OPEN and holding.likelihood < Likelihood.LIKELY:
        return "a person must look whether it is theirs" + (
            f": {holding.reason}" if holding.reason else ""
        )
    if holding.decision is Decision.OPEN and theirs == {_NAME} and _by_name(holding):
        return "a person must look whether it is theirs: only the name matches"
    if sight.record is None:
        return f"a person must look: it could not be read ({sight.unreadable})"
    if sight.fingerprint and holding.fingerprint and sight.fingerprint != holding.fingerprint:
        return "a person must look: it has changed since it was found to be theirs"
    return ""


def _by_name(holding: Holding) -> bool:
    return not holding.path or holding.path[-1].kind == _NAME


# -- what is kept ----------------------------------------------------------------------------------


def _kept(whole: Entry, found: Resolution, sight: Sight) -> Iterator[Entry]:
    first = found.kept[0]
    rule = first.kept_by
    if rule is None:  # what `kept` leaves out
        return
    names = tuple(verdict.field for verdict in found.kept)
    all_kept = len(found.kept) == len(found.fields)
    reason = f"kept by {rule.explained(found.day)}"
    if first.until != rule.until:
        reason += f"; by weaker rules until {first.until or 'it is decided'}"
    if rule.meanwhile == "restrict":
        # Kept because a law asks for it, and used for nothing else meanwhile.
        reason += "; not to be used for anything else"
    yield replace(
        whole, action=Action.RETAIN, reason=reason, keep=("*",) if all_kept else names,
        until=first.until.isoformat() if first.until else "", meanwhile=rule.meanwhile,
        then=rule.then if first.until else "", order=0,
    )  # fmt: skip
    needless = [v.field for v in found.fields if v.kept_by is None]
    if whole.role is Role.SOLE:
        yield from _emptied(whole, needless, sight, "no rule needs this field")
    else:  # its other fields are other people's, too
        places = {str(_field(whole, name)) for name in needless}
        spans = {d.locator for d in whole.data if d.theirs and _place(d.locator) in places}
        yield from _spans(whole, spans, "identifies the person, and no rule needs this field")


def _emptied(whole: Entry, names: Iterable[str], sight: Sight, reason: str) -> Iterator[Entry]:
    """Entries for the fields `names` of a row that stays, apart from its keys and empty cells."""
    values = sight.record.values if sight.record is not None else {}
    for name in names:
        if name in sight.keys or name.startswith("@") or not values.get(name):
            continue
        place = _field(whole, name)
        is_required = name in sight.required
        yield replace(
            whole, locator=str(place), action=Action.ANONYMISE if is_required else Action.ERASE,
            reason=reason + ("; it may not be empty, so it gets a text that says nothing"
                             if is_required else ""),
            data=tuple(d for d in whole.data if _place(d.locator) == str(place)),
            path=(), grounds=(_REQUEST,), order=sight.step,
        )  # fmt: skip


def _field(whole: Entry, name: str) -> Locator:
    """The locator of the field `name` of a row."""
    row = Locator.parse(whole.holding)
    return replace(row, field=f"{row.field}/{name}" if row.field else name)


def _place(locator: str) -> str:
    """A locator without its span."""
    return str(replace(Locator.parse(locator), span=None))


# -- what goes -------------------------------------------------------------------------------------


def _removed(
    whole: Entry, holding: Holding, sight: Sight, decided: Mapping[str, list[Entry]]
) -> Iterator[Entry]:
    whole = replace(whole, grounds=(_REQUEST, *whole.grounds))
    if holding.role is not Role.SOLE:
        yield from _redacted(whole, holding)
        return
    unknown = [r for r in sight.references if r.locator not in decided]
    staying = [
        r for r in sight.references if r.locator in decided and not _goes(decided[r.locator])
    ]
    takes = shown(sight.references)
    if unknown:
        yield replace(
            whole, order=0, takes=takes,
            reason=f"a person must decide: {len(unknown):,} rows that are not in this manifest "
            "refer to it",
            blocked=f"deleting it would touch what is not in this manifest: {unknown[0]}",
        )  # fmt: skip
    elif staying and (telling := _telling_keys(whole, sight)):
        yield replace(
            whole, order=0, takes=takes,
            reason=f"a person must decide: rows that stay refer to it ({staying[0].locator}), and "
            f"{', '.join(telling)}, by which they do, identifies the person",
            blocked="its key identifies the person, and a key cannot be emptied",
        )  # fmt: skip
    elif staying:
        yield replace(
            whole, action=Action.ANONYMISE, takes=takes, order=sight.step,
            reason=f"rows that stay refer to it ({staying[0].locator}), so it stays without what "
            "identifies the person",
        )  # fmt: skip
        names = sight.record.values if sight.record is not None else {}
        yield from _emptied(
            replace(whole, takes=()), names, sight, "the row stays because others refer to it"
        )
    else:
        yield replace(
            whole, action=Action.ERASE, takes=takes,
            reason="erasure was asked for, and no rule keeps it",
        )  # fmt: skip


def _telling_keys(whole: Entry, sight: Sight) -> list[str]:
    """The fields that hold the row together and identify the person."""
    told = {_place(datum.locator) for datum in whole.data if datum.theirs}
    return [name for name in sorted(sight.keys) if str(_field(whole, name)) in told]


def _goes(entries: Sequence[Entry]) -> bool:
    return entries[0].action is Action.ERASE


def _redacted(whole: Entry, holding: Holding) -> Iterator[Entry]:
    spans = {f.locator for f in holding.findings if f.theirs}
    if not spans:
        yield replace(
            whole, order=0,
            reason="a person must decide: it is others' too, and nothing in it can be pointed to",
        )  # fmt: skip
        return
    others = f" ({holding.others:,} others)" if holding.others else ""
    whole = replace(
        whole, action=Action.REDACT,
        reason=f"it is others' too{others}: only what identifies the person goes",
    )  # fmt: skip
    yield whole
    yield from _spans(whole, spans, "identifies the person")


def _spans(whole: Entry, locators: Iterable[str], reason: str) -> Iterator[Entry]:
    """Entries for places within a holding that stays."""
    for locator in sorted(locators):
        yield replace(
            whole, locator=locator, action=Action.REDACT, reason=reason, path=(), takes=(),
            grounds=(_REQUEST,),
            data=tuple(d for d in whole.data if d.locator == locator),
        )  # fmt: skip


# -- why -------------------------------------------------------------------------------------------


def _grounds(bearings: Iterable[Bearing], day: date) -> tuple[Ground, ...]:
    return tuple(
        Ground(
            b.name, str(b.kind), b.law, b.iri, f"{b.anchor} {b.event}" if b.event else b.anchor,
            b.until.isoformat() if b.until else "", b.explained(day),
        )
        for b in bearings
    )  # fmt: skip


def _unconfirmed(found: Resolution) -> str:
    names = sorted({v.kept_by.name for v in found.kept if v.kept_by and v.kept_by.is_template})
    if not names:
        return ""
    return (
        f"nobody stands for the rule {', '.join(names)}: it is a template; the controller confirms "
        "it in retention.toml (confirmed_by)"
    )


def touched(entries: Iterable[Entry]) -> frozenset[str]:
    """The sources whose recipients must be told (Art. 19): where something goes, is corrected or
    restricted.
    """
    told = REMOVES | {Action.RESTRICT, Action.RECTIFY}
    return frozenset(entry.source for entry in entries if entry.action in told)
