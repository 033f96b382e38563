"""A resolved person as it is printed, and the questions of a review."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click

from pdscan.cli import terminal
from pdscan.subjects import store
from pdscan.subjects.model import Decision, Holding, Identifier, Subject
from pdscan.subjects.review import Decided, evidence

_MOST_SHOWN = 40  # of the person's places; a customer of twenty years has thousands


def write(subject: Subject, form: str, output: Path | None) -> None:
    """Prints `subject`; values are masked as everywhere."""
    if form == "json":
        sys.stdout.buffer.write(store.encode(subject))
        sys.stdout.buffer.flush()
        return
    _identifiers("Identifiers", subject.identifiers)
    if subject.ambiguous:
        _identifiers("Ambiguous: several people's, so they joined nothing", subject.ambiguous)
    _by_system(subject)
    _holdings(f"The person's: {len(subject.accepted):,}", subject.accepted)
    if subject.undecided:
        _holdings(f"To decide: {len(subject.undecided):,}", subject.undecided)
    if subject.not_read:
        terminal.say("")
        rows = [(n.state, f"{n.reason} ({n.detail})" if n.detail else n.reason, n.locator)
                for n in subject.not_read]  # fmt: skip
        terminal.table(("Not wholly read", "Why", "Where"), rows)
    if output is not None:
        terminal.say("")
        terminal.say(f"Kept: {output}")
        if subject.undecided:
            terminal.say(f"Decide what is open: pdscan subject review {output}")


def _identifiers(title: str, identifiers: tuple[Identifier, ...]) -> None:
    rows = [
        (one.kind, one.preview, "given" if one.given else "found",
         str(one.persons) if one.persons else "", one.reason)
        for one in identifiers
    ]  # fmt: skip
    terminal.table((title, "Masked", "How", "People", "Why"), rows)
    terminal.say("")


def _by_system(subject: Subject) -> None:
    places: dict[tuple[str, str], Counter[str]] = {}
    for what, holdings in (("theirs", subject.accepted), ("open", subject.undecided)):
        for holding in holdings:
            counts = places.setdefault((holding.source, holding.entity), Counter())
            counts[what] += 1
            counts["shared"] += holding.others > 0
    rows = [
        (source, entity, counts["theirs"], counts["open"], counts["shared"])
        for (source, entity), counts in sorted(places.items())
    ]
    if rows:
        terminal.table(
            ("System", "Legal entity", "The person's", "To decide", "With others in it"), rows
        )


def _holdings(title: str, holdings: tuple[Holding, ...]) -> None:
    terminal.say("")
    terminal.say(title)
    for holding in holdings[:_MOST_SHOWN]:
        *path, last = evidence(holding)
        entity = f" [{holding.entity}]" if holding.entity else ""
        terminal.say(f"  {holding.locator}{entity}: {last}")
        for line in path:
            terminal.say(f"    {line}")
    if len(holdings) > _MOST_SHOWN:
        terminal.say(f"  … and {len(holdings) - _MOST_SHOWN:,} more: -f json lists all")


def ask(subject: Subject, by: str) -> Iterator[Decided]:
    """Asks about each undecided holding; stops where the person has enough."""
    if not by:
        by = click.prompt("Who decides", err=True)
    left = len(subject.undecided)
    for number, holding in enumerate(subject.undecided, 1):
        terminal.tell(f"\n{number} of {left}: {holding.locator}")
        for line in evidence(holding):
            terminal.tell(f"  {line}")
        answer = click.prompt(
            "theirs, not theirs, skip or quit", type=click.Choice(["t", "n", "s", "q"]),
            default="s", err=True,
        )  # fmt: skip
        if answer == "q":
            return
        if answer != "s":
            reason = click.prompt("reason", default="", show_default=False, err=True)
            decision = Decision.THEIRS if answer == "t" else Decision.NOT_THEIRS
            yield Decided(holding.locator, decision, by, reason)
