"""What verification says, as values. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class State(StrEnum):
    """How a place of the manifest was met when it was read again."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    GONE = "gone"
    UNREACHABLE = "unreachable"  # it could not be read: nothing is known about it


class Weight(StrEnum):
    """What a problem means for the answer."""

    BLOCKS = "blocks"  # something is wrong
    UNKNOWN = "unknown"  # something could not be checked
    ACCEPTED = "accepted"  # somebody took responsibility for it by name
    NOTICE = "notice"  # to be known, and no reason to stop


class Cause(StrEnum):
    """What is wrong; the word that a report, a script and a test know it by."""

    APPROVAL = "not approved"
    KEY = "another key"
    UNDECIDED = "undecided"
    PLANNED_GAP = "not read when it was planned"
    GAP = "not read"
    BLIND = "control not seen"
    NO_CONTROL = "no control"
    NO_SOURCE = "source not given"
    UNREACHABLE = "unreachable"
    DRIFTED = "changed since the plan"
    VANISHED = "gone before its time"
    NEW = "new since the plan"
    CASCADE = "would be taken along"
    RULES = "rules changed"
    HOLDS = "holds changed"
    DUE = "date has come"
    PACKAGE = "copy not handed over"
    DETECTORS = "other detectors"
    REMAINS = "still there"
    UNCHANGED = "not carried out"
    RESIDUE = "copy elsewhere"
    DISGUISED = "hash or encoding left"
    LOST = "kept record lost"
    STRIPPED = "kept field lost"
    EXCESS = "kept more than a rule needs"
    BYSTANDER = "others' records lost"
    NO_BEFORE = "no state from before"
    RETURNED = "back again"
    IDENTIFIERS = "identifiers not at hand"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, at a place ("" for the whole). Holds no value."""

    cause: Cause
    locator: str
    why: str
    weight: Weight = Weight.BLOCKS


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry of the manifest as it was met."""

    number: int
    locator: str
    action: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody takes responsibility for a gap or a loss: the locator (``*`` in it stands for
    anything), who, and why.
    """

    locator: str
    by: str
    reason: str

    def covers(self, locator: str) -> bool:
        """Whether it is about the place."""
        return self.locator == locator or fnmatchcase(locator, self.locator)


class Verdict(StrEnum):
    """What is proved after an erasure."""

    VERIFIED = "verified"
    WITH_RETAINED = "verified_with_retained"
    RESIDUAL = "residual"
    INCOMPLETE = "incomplete"


def blocked(problems: tuple[Problem, ...]) -> bool:
    """Whether one of `problems` says no."""
    return any(problem.weight is Weight.BLOCKS for problem in problems)


def unknown(problems: tuple[Problem, ...]) -> bool:
    """Whether one of `problems` left a question open."""
    return any(problem.weight is Weight.UNKNOWN for problem in problems)
