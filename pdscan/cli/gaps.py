"""What was not wholly read, put together by why: one line for a thousand images."""

from __future__ import annotations

from dataclasses import dataclass, field

from pdscan.model import State

_MOST_DETAILS = 200  # told apart for one reason; a reason may say something else of every item


@dataclass(slots=True)
class Gap:
    """Items in one state for one reason; ``locator`` is that of the first."""

    state: str
    reason: str
    detail: str
    locator: str
    count: int = 0


@dataclass(slots=True)
class Gaps:
    """All items that were not wholly read, by what is said of them."""

    _groups: dict[tuple[str, str, str], Gap] = field(default_factory=dict)
    _details: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, locator: str, state: str, reason: str, detail: str) -> None:
        """Counts an item, unless it was read."""
        if state == State.READ:
            return
        key = state, reason, detail
        if key not in self._groups:
            told = self._details.get(key[:2], 0)
            self._details[key[:2]] = told + 1
            if told >= _MOST_DETAILS:
                key = state, reason, ""
        gap = self._groups.setdefault(key, Gap(*key, locator))
        gap.count += 1

    def listed(self, most: int) -> list[Gap]:
        """At most so many groups, the largest first; groups of a kind in the order of the walk."""
        return sorted(self._groups.values(), key=lambda gap: -gap.count)[:most]
