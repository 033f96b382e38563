"""What a person decides where the evidence does not: in the terminal, or in a file to edit.

The file is TOML: one ``[[holding]]`` for each that needs a look, with the path of evidence as
comments and a ``decision`` to fill in. Nothing in it says what stands in the holding.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pdscan.errors import UsageError
from pdscan.subjects.model import Decision, Holding, Subject

_HEAD = """\
# Who these belong to could not be told with certainty. For each, write
#   decision = "theirs"   or   decision = "not theirs"
# and, if you like, a reason. What is left empty stays open. Then:
#   pdscan subject review SUBJECT --apply THIS-FILE
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, by whom and why."""

    locator: str
    decision: Decision
    by: str
    reason: str = ""


def to_toml(subject: Subject, by: str = "") -> str:
    """The file to edit: all holdings that are undecided, and those that were decided before."""
    lines = [_HEAD, f"decided_by = {_quoted(by)}\n"]
    for holding in subject.holdings:
        if holding not in subject.undecided and not holding.decision:
            continue
        lines += ["[[holding]]", f"locator = {_quoted(holding.locator)}"]
        lines += [f"# {line}" for line in evidence(holding)]
        lines += [f"decision = {_quoted(holding.decision)}"]
        lines += [f"reason = {_quoted(holding.reason)}", ""]
    return "\n".join(lines) + "\n"


def evidence(holding: Holding) -> Iterator[str]:
    """The path of evidence and what else helps to judge, line by line."""
    for step in holding.path:
        yield f"{step.kind} {step.preview} at {_comment(step.locator)}"
    said = f"{holding.likelihood.label.replace('_', ' ')}, {holding.role}"
    yield said + (f", with {holding.others} others" if holding.others else "")


def from_toml(text: str, by: str = "") -> tuple[Decided, ...]:
    """The decisions in an edited file; `by` where the file names nobody. Raises UsageError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"the review is not valid TOML: {error}") from None
    if unknown := sorted(set(document) - {"decided_by", "holding"}):
        raise UsageError(f"the review has an unknown key {unknown[0]!r}")
    who = by or document.get("decided_by", "")
    tables = document.get("holding", [])
    if not isinstance(tables, list) or not isinstance(who, str):
        raise UsageError("a review consists of decided_by and [[holding]] tables")
    decisions = [_decided(number, table, who) for number, table in enumerate(tables, 1)]
    return tuple(decided for decided in decisions if decided.decision)


def _decided(number: int, table: Mapping[str, object], who: str) -> Decided:
    where = f"holding {number} of the review"
    locator, decision, reason = (table.get(name, "") for name in ("locator", "decision", "reason"))
    if not isinstance(locator, str) or not locator or not isinstance(reason, str):
        raise UsageError(f"{where}: locator and reason are texts in quotes")
    try:
        found = Decision(str(decision))
    except ValueError:
        raise UsageError(f'{where}: decision is "theirs", "not theirs" or empty') from None
    if found and not who.strip():
        raise UsageError('say who decided: decided_by = "…" in the review, or --by NAME')
    return Decided(locator, found, who.strip(), reason)


def apply(subject: Subject, decisions: Iterable[Decided]) -> Subject:
    """`subject` with `decisions` recorded; raises UsageError for a locator that is not held."""
    by_locator = {decided.locator: decided for decided in decisions}
    known = {holding.locator for holding in subject.holdings}
    if unknown := next((locator for locator in by_locator if locator not in known), None):
        raise UsageError(f"{unknown}: not a holding of this person; was it resolved again since?")
    return replace(
        subject,
        holdings=tuple(
            replace(holding, decision=d.decision, decided_by=d.by, reason=d.reason)
            if (d := by_locator.get(holding.locator)) else holding
            for holding in subject.holdings
        ),
    )  # fmt: skip


def carried_over(old: Subject, new: Subject) -> Subject:
    """`new` with the decisions of `old` about what is still the same, content and all."""
    decided = {
        h.locator: Decided(h.locator, h.decision, h.decided_by, h.reason)
        for h in old.holdings if h.decision
    }  # fmt: skip
    before = {h.locator: h.fingerprint for h in old.holdings}
    same = [
        decided[h.locator] for h in new.holdings
        if h.locator in decided and h.fingerprint == before[h.locator]
    ]  # fmt: skip
    return apply(new, same)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=True)


def _comment(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
