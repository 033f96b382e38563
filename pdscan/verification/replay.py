"""After a restore from backup: what was erased and is back, and must be erased again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pdscan.connectors.interface import Connector
from pdscan.exports.manifest import REMOVES, Action, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.verification.model import Cause, Problem, State, Weight
from pdscan.verification.reread import reread
from pdscan.verification.scope import Holding, Scope


@dataclass(frozen=True, slots=True)
class Replay:
    """``again`` are the holdings that must be erased again, children of foreign keys first."""

    again: tuple[Problem, ...]
    unknown: tuple[Problem, ...]


def check(
    manifest: Manifest, connectors: Mapping[str, Connector], fingerprinter: Fingerprinter
) -> Replay:
    """Reads what `manifest` removed again: one pass over each table, file and mailbox."""
    scope = Scope.of(manifest)
    removed = {h.locator: h for h in _removed(scope.holdings.values())}
    met = reread(
        connectors, {place: h.whole.fingerprint for place, h in removed.items()}, fingerprinter
    )
    again, unknown = [], []
    for place, holding in sorted(removed.items(), key=lambda pair: _order(pair[1])):
        found = met[place]
        if found.state is State.UNREACHABLE:
            unknown.append(Problem(Cause.UNREACHABLE, str(place), found.why, Weight.UNKNOWN))
        elif found.state is State.UNCHANGED or (
            holding.whole.action is Action.ERASE and found.state is State.CHANGED
        ):
            again.append(Problem(
                Cause.RETURNED, str(place), f"{holding.whole.action} again, as it was approved"
            ))  # fmt: skip
    return Replay(tuple(again), tuple(unknown))


def _removed(holdings: Iterable[Holding]) -> Iterator[Holding]:
    return (h for h in holdings if h.whole.action in REMOVES or h.removed)


def _order(holding: Holding) -> tuple[int, Locator]:
    return holding.whole.order, holding.locator
