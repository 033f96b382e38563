"""Retention rules as values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from pdscan.retention.periods import Period, Start, YearEnd


class Kind(StrEnum):
    """What a rule is: in the order in which one goes before the other."""

    HOLD = "hold"  # kept for a dispute or an authority, until it is released
    STATUTORY = "statutory_min"  # a law says how long at least
    CLAIMS = "claims_window"  # kept while claims may be brought
    POLICY = "policy_max"  # the controller promised: no longer than this
    CONSENT = "consent"  # kept while consent stands


PRECEDENCE = tuple(Kind)
#: Kinds for which a request for erasure is not followed yet. A promise to erase after a time, and
#: consent, are no reasons to keep.
KEEPING = frozenset({Kind.HOLD, Kind.STATUTORY, Kind.CLAIMS})

_GDPR = "http://data.europa.eu/eli/reg/2016/679"
#: IRIs of lawful bases (W3C DPV, EU GDPR extension) and of exemptions (European Legislation
#: Identifier) that a rule of a kind rests on where it names none.
BASES = {
    Kind.HOLD: f"{_GDPR}/art_17/par_3/pnt_e",
    Kind.STATUTORY: f"{_GDPR}/art_17/par_3/pnt_b",
    Kind.CLAIMS: f"{_GDPR}/art_17/par_3/pnt_e",
    Kind.POLICY: f"{_GDPR}/art_5/par_1/pnt_e",
    Kind.CONSENT: "https://w3id.org/dpv/legal/eu/gdpr#A6-1-a",
}
#: The right that a request for erasure exercises.
ERASURE = "https://w3id.org/dpv/legal/eu/gdpr#A17"
FILE_TIME = "@modified"  # the anchor of files: when they were last changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where the date stands that a period is counted from.

    ``column`` of the record itself; or of the rows of ``table`` whose column ``key`` holds what the
    record's column ``via`` holds. ``optional``: an empty cell does not count, instead of making the
    date unknown.
    """

    column: str
    table: str = ""
    key: str = ""
    via: str = ""
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.table}.{self.column}" if self.table else self.column


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of ``retention.toml``.

    ``entity``, ``source``, ``table``, ``classes`` (kinds or categories of personal data) and
    ``fields`` say what it applies to: patterns with ``*``, without regard to case; empty: any. It
    needs the fields ``keep`` of a record (empty: all). The period is counted from the latest of
    ``anchor``. ``confirmed_by`` says who, for the controller, stands for it; without it the rule is
    a template.
    """

    name: str
    kind: Kind
    law: str = ""
    jurisdiction: str = ""
    basis: str = ""
    entity: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    anchor: tuple[Anchor, ...] = ()
    start: Start = Start.EVENT
    period: Period = Period()  # noqa: RUF009 - frozen, so one for all is safe
    keep: tuple[str, ...] = ()
    meanwhile: str = "retain"
    then: str = "erase"
    note: str = ""
    confirmed_by: str = ""

    @property
    def iri(self) -> str:
        """The lawful basis or exemption it rests on."""
        return self.basis or BASES[self.kind]

    def bears_on(self, name: str) -> bool:
        """Whether it is about the field `name` of a record that it applies to, and needs it."""
        return matches(self.fields, name) and matches(self.keep, name)


def matches(patterns: tuple[str, ...], *names: str) -> bool:
    """Whether one of `patterns` matches one of `names`; without patterns all do."""
    return not patterns or any(
        fnmatchcase(name.casefold(), pattern.casefold()) for pattern in patterns for name in names
    )


@dataclass(frozen=True, slots=True)
class Entity:
    """A legal entity: when its fiscal year ends."""

    name: str
    fiscal_year_end: YearEnd = field(default_factory=YearEnd)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who was given the data and must be told of its erasure (Art. 19).

    ``sources`` are the systems whose data they have (empty: all); ``opendsr`` is the address that
    takes OpenDSR requests, "" where they are told by other means.
    """

    name: str
    role: str = ""
    contact: str = ""
    sources: tuple[str, ...] = ()
    opendsr: str = ""


@dataclass(frozen=True, slots=True)
class Backup:
    """Copies that live on until they are overwritten: of what, and how long (``keeps``, ISO 8601
    period). In a manifest, ``expires`` is the day by which the last copy from before is gone.
    """

    name: str
    sources: tuple[str, ...] = ()
    keeps: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Approver:
    """Somebody who may approve manifests: their public key (Ed25519, hexadecimal)."""

    name: str
    role: str
    public_key: str


@dataclass(frozen=True, slots=True)
class Policy:
    """All of ``retention.toml``. ``digest`` is the SHA-256 of the file."""

    rules: tuple[Rule, ...] = ()
    entities: tuple[Entity, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    backups: tuple[Backup, ...] = ()
    approvers: tuple[Approver, ...] = ()
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Helsinki"))
    digest: str = ""

    def fiscal_year_end(self, entity: str) -> YearEnd | None:
        """That of `entity`; None where several answer for the record and their years differ."""
        names = [name.strip() for name in entity.split(",")]
        ends = {e.fiscal_year_end for e in self.entities if e.name in names}
        missing = [name for name in names if name not in {e.name for e in self.entities}]
        if missing:
            ends.add(YearEnd())
        return ends.pop() if len(ends) == 1 else None
