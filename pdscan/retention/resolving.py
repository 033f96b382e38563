"""Which rules bear on a record, field by field, until when, and why.

A hold goes before a statute, a statute before the time for claims, that before the controller's own
policy. The strongest rule in force says what is done, and the latest date of all rules that keep
says until when. A date that is not known is never guessed: such a field is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pdscan.retention.holds import Hold
from pdscan.retention.model import BASES, KEEPING, PRECEDENCE, Anchor, Kind, Policy, Rule, matches
from pdscan.retention.periods import Start, YearEnd, day_of, start_of

#: Gives the cells of an anchor's column in the rows that are linked to a record by a value.
#: None where they cannot be read.
Linked = Callable[[Anchor, str], Iterable[str | None] | None]


def _nothing_linked(_anchor: Anchor, _value: str) -> None:
    return None


_STARTS = {
    Start.EVENT: "",
    Start.CALENDAR_YEAR: "the end of the calendar year of ",
    Start.FISCAL_YEAR: "the end of the fiscal year of ",
    Start.CALENDAR_AFTER_FISCAL: "the end of the calendar year in which the fiscal year ended of ",
}


@dataclass(frozen=True, slots=True)
class Record:
    """What rules look at: a row with its cells, or a message or file (``values`` then holds at most
    `pdscan.retention.model.FILE_TIME`).

    ``classes`` are the kinds and categories of personal data in it, ``identifiers`` the (kind,
    fingerprint in hexadecimal) pairs of the persons in it.
    """

    locator: str
    source: str
    path: tuple[str, ...]
    entity: str = ""
    values: Mapping[str, str | None] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    identifiers: frozenset[tuple[str, str]] = frozenset()
    linked: Linked = _nothing_linked


@dataclass(frozen=True, slots=True)
class Bearing:
    """One rule or hold that bears on a record, with the dates that follow for it.

    ``anchor`` says where the date stands. ``until`` is the last day; None: open (a hold), or
    unknown, and then ``unknown`` says why.
    """

    name: str
    kind: Kind
    law: str
    iri: str
    meanwhile: str = "retain"
    then: str = "erase"
    rule: Rule | None = None
    anchor: str = ""
    event: date | None = None
    until: date | None = None
    unknown: str = ""

    def in_force(self, day: date) -> bool:
        """Whether it keeps on `day`: a date that is not known might be to come."""
        return self.until is None or self.until >= day

    @property
    def is_template(self) -> bool:
        """Whether nobody stands for the rule yet."""
        return self.rule is not None and not self.rule.confirmed_by

    def explained(self, day: date) -> str:
        """In one sentence."""
        says = f"{self.name} ({self.kind}{', ' + self.law if self.law else ''})"
        if self.unknown:
            return f"{says}: {self.unknown}"
        if self.rule is None:
            return f"{says}: until it is released"
        if self.until is None:
            return f"{says}: no period"
        start = _STARTS[self.rule.start]
        passed = "" if self.in_force(day) else "; that day has passed"
        return (
            f"{says}: {self.rule.period} from {start}{self.anchor} {self.event}, so until "
            f"{self.until}{passed}"
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What follows for one field, or ("" as ``field``) for a record without fields.

    ``manual`` says why a person must decide, "" where nobody must. ``until`` is None where it is
    open or unknown.
    """

    field: str
    kept_by: Bearing | None
    until: date | None
    manual: str
    bearings: tuple[Bearing, ...]


@dataclass(frozen=True, slots=True)
class Resolution:
    """What follows for a record on a day."""

    day: date
    fields: tuple[Verdict, ...]
    bearings: tuple[Bearing, ...]

    @property
    def kept(self) -> tuple[Verdict, ...]:
        """The fields that something keeps."""
        return tuple(v for v in self.fields if v.kept_by is not None)

    @property
    def manual(self) -> tuple[Verdict, ...]:
        """The fields that a person must decide on."""
        return tuple(v for v in self.fields if v.manual)


def resolve(policy: Policy, holds: Iterable[Hold], record: Record, day: date) -> Resolution:
    """What the rules and the holds in force say about `record` on `day`."""
    held = [
        Bearing(hold.id, Kind.HOLD, hold.law, BASES[Kind.HOLD])
        for hold in holds
        if hold.in_force and hold.bears_on(record.locator, record.identifiers)
    ]
    ruled = [bearing(policy, rule, record) for rule in policy.rules if applies(rule, record)]
    bearings = (*held, *ruled)
    names = [name for name in record.values if not name.startswith("@")] or [""]
    return Resolution(day, tuple(_verdict(name, bearings, day) for name in names), bearings)


def applies(rule: Rule, record: Record) -> bool:
    """Whether `rule` is about `record`."""
    entities = [name.strip() for name in record.entity.split(",")]
    last = record.path[-1] if record.path else ""
    places = (last, ".".join(record.path), "!/".join(record.path))
    return (
        matches(rule.entity, *entities)
        and matches(rule.source, record.source)
        and matches(rule.table, *places)
        and matches(rule.classes, *record.classes)
    )


def bearing(policy: Policy, rule: Rule, record: Record) -> Bearing:
    """The dates that follow from `rule` for `record`."""
    event, anchor, unknown = _latest(policy, rule, record)
    until = None
    if event is not None and not unknown:
        year_end = policy.fiscal_year_end(record.entity)
        by_fiscal_year = rule.start in (Start.FISCAL_YEAR, Start.CALENDAR_AFTER_FISCAL)
        if by_fiscal_year and year_end is None:
            unknown = "the legal entities that answer for it have different fiscal years"
        else:
            try:
                until = rule.period.after(start_of(event, rule.start, year_end or YearEnd()))
            except OverflowError:
                unknown = "the period ends beyond the calendar"
    return Bearing(
        rule.name, rule.kind, rule.law, rule.iri, rule.meanwhile, rule.then, rule,
        anchor, event, until, unknown,
    )  # fmt: skip


def _latest(policy: Policy, rule: Rule, record: Record) -> tuple[date | None, str, str]:
    """The latest day of the rule's anchors, where it stands, and why it is not known."""
    if not rule.anchor:
        return None, "", ""
    best: tuple[date, str] | None = None
    for anchor in rule.anchor:
        cells, unknown = _cells(anchor, record)
        if unknown:
            return None, str(anchor), unknown
        for cell in cells:
            if cell is None or not cell.strip():
                if anchor.optional:
                    continue
                return None, str(anchor), f"{anchor} is empty, so the date to count from is unknown"
            day = day_of(cell, policy.zone)
            if day is None:
                return None, str(anchor), f"{anchor} does not hold a date that is certain"
            if best is None or day > best[0]:
                best = day, str(anchor)
    if best is None:
        return None, "", f"none of {', '.join(map(str, rule.anchor))} holds a date"
    return best[0], best[1], ""


def _cells(anchor: Anchor, record: Record) -> tuple[list[str | None], str]:
    """The cells of an anchor, or why there are none."""
    if not anchor.table:
        if anchor.column not in record.values:
            if anchor.optional:
                return [], ""
            return [], f"there is no {anchor.column} to count from"
        return [record.values[anchor.column]], ""
    value = record.values.get(anchor.via)
    if value is None:
        return [], "" if anchor.optional else f"{anchor.via}, which leads to {anchor}, is empty"
    cells = record.linked(anchor, value)
    if cells is None:
        return [], f"{anchor.table} cannot be read, so {anchor} is unknown"
    return list(cells), ""


def _verdict(name: str, bearings: tuple[Bearing, ...], day: date) -> Verdict:
    bearing_here = tuple(b for b in bearings if b.rule is None or not name or b.rule.bears_on(name))
    keeping = [b for b in bearing_here if b.kind in KEEPING and b.in_force(day)]
    known = [b for b in keeping if not b.unknown]
    unknown = [b for b in keeping if b.unknown]
    if not keeping:
        return Verdict(name, None, None, "", bearing_here)
    if not known:
        return Verdict(name, None, None, unknown[0].explained(day), bearing_here)
    # Of rules of the same kind the one that keeps longest says why.
    first = min(known, key=lambda b: (PRECEDENCE.index(b.kind), -(b.until or date.max).toordinal()))
    rivals = [b for b in known if b.kind is first.kind]
    clash = next(
        (b for b in rivals if (b.then, b.meanwhile) != (first.then, first.meanwhile)), None
    )
    if clash is not None:
        return Verdict(
            name, None, None, f"{first.name} and {clash.name} say different things", bearing_here
        )
    dates = [b.until for b in known if b.until is not None]
    is_open = unknown or any(b.until is None for b in known)
    return Verdict(name, first, None if is_open else max(dates), "", bearing_here)


def overdue(
    policy: Policy, holds: Iterable[Hold], record: Record, day: date
) -> tuple[tuple[Bearing, ...], tuple[Bearing, ...]]:
    """The rules by which `record` should be gone by `day`: a policy or consent that has ended,
    where nothing keeps any part of it; and those that cannot tell because the date is not known.
    """
    resolution = resolve(policy, holds, record, day)
    if resolution.kept or resolution.manual:
        return (), ()
    limits = [b for b in resolution.bearings if b.kind in (Kind.POLICY, Kind.CONSENT)]
    ended = (b for b in limits if b.until is not None and not b.in_force(day))
    # Consent that has no date of withdrawal stands.
    unknown = (b for b in limits if b.unknown and b.kind is Kind.POLICY)
    return tuple(ended), tuple(unknown)
