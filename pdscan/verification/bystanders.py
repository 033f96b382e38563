"""Whether a deletion took other people's records along: a breach of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence

from pdscan.exports.manifest import REMOVES, Action
from pdscan.model import Locator
from pdscan.verification.model import Cause, Problem
from pdscan.verification.rescan import Rescan, container
from pdscan.verification.scope import Scope
from pdscan.verification.state import Before


def bystanders(
    scopes: Sequence[Scope], connectors: Container[str], before: Before, seen: Rescan
) -> Iterator[Problem]:
    """Tables, files and mailboxes that lost more records than the manifests account for.

    Of what was not read nobody knows; it is told as a gap.
    """
    planned: Counter[str] = Counter()
    for locator, holding in (pair for scope in scopes for pair in scope.holdings.items()):
        changes = holding.whole.action in REMOVES | {Action.RECTIFY}
        if changes or holding.removed:
            planned[str(locator.item())] += 1
            if not locator.key:
                planned[str(container(locator))] += 1
    unread = [Locator.parse(gap.locator) for gap in seen.gaps]
    within = Counter(str(container(gap)) for gap in unread)
    for item, was in before.records.items():
        lost = was - seen.records.get(item, 0) - planned[item] - within[item]
        if lost <= 0:
            continue
        place = Locator.parse(item)
        around = (scope.holding_of(place) for scope in scopes)
        if any(one is not None and one.whole.action is Action.ERASE for one in around):
            continue  # it went with what it lay in
        if place.source not in connectors or any(_around(gap, place) for gap in unread):
            continue
        yield Problem(
            Cause.BYSTANDER, item, f"{lost:,} of {was:,} records, messages or files that name "
            "people are gone, and the manifest does not account for them: bring them back, or let "
            "whoever removed them for another reason say so (--accept)",
        )  # fmt: skip


def _around(outer: Locator, inner: Locator) -> bool:
    """Whether `inner` is `outer`, or lies in it."""
    return outer.source == inner.source and inner.path[: len(outer.path)] == outer.path
