"""Where in a window it is worth looking: one Hyperscan pass for signs that every candidate has.

Most text is far from any identifier. One pass at memory speed finds the few places with six digits
close together or an anchor such as ``@``; only their surroundings are cut into words. Where
such places are dense the pass is broken off and the whole window is looked at, which then is
cheaper; the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import hyperscan
import numpy as np

from pdscan.detectors.interface import Detector, Run, Shape
from pdscan.matching.shapes import LONGEST_WORD
from pdscan.model import Ints

# Between digits may stand one character, a blank or hyphen of typography among them.
_DIGITS = r"[0-9](?:(?:[-+./ A-Za-z]|\xc2\xa0|\xe2\x80[\x80-\xaf])?[0-9]){5}[^0-9]"
_SLACK = 24  # bytes around the longest candidate: the end of a sign, and borders in sight
# Where signs stand closer than this from the first ones on, the whole window is looked at.
_BYTES_PER_SIGN = 160
_FIRST_SIGNS = 200


#: No range at all.
NOWHERE = np.zeros((0, 2), np.int64)


class Regions:
    """The signs of all detectors in force, compiled."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        finders = [finder for detector in detectors for finder in detector.finders]
        hints: list[str] = []
        digits = False
        reach = LONGEST_WORD
        for finder in finders:
            if isinstance(finder, Run):
                hints += finder.hint, re.escape(f"%{ord(finder.anchor):02X}")
                reach = max(reach, finder.longest)
            elif isinstance(finder, Shape):
                digits |= not finder.hint
                hints += [finder.hint] if finder.hint else []
        expressions = []
        margins = []
        if digits:
            expressions.append(_DIGITS)
            margins.append(LONGEST_WORD + _SLACK)
        if hints:
            # One alternation: several expressions keep Hyperscan from its fastest matcher.
            expressions.append("|".join(f"(?:{hint})" for hint in dict.fromkeys(hints)))
            margins.append(reach + _SLACK)
        #: How far from a sign a candidate may reach, and its borders with it; in bytes.
        self.margin = max(margins, default=LONGEST_WORD + _SLACK)
        self._margins = np.array(margins, np.int64)
        self._database = None
        if expressions:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[expression.encode("latin-1") for expression in expressions],
                ids=list(range(len(expressions))),
                flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
            )

    def find(self, window: bytes) -> Ints:
        """The surroundings of all signs in `window`: k × 2 byte offsets, ascending and apart.

        The whole window, where signs are everywhere.
        """
        if self._database is None:
            return NOWHERE
        ends: list[int] = []
        kinds: list[int] = []
        add_end, add_kind = ends.append, kinds.append

        def on_match(kind: int, _from: int, end: int, _flags: int, _context: object) -> bool | None:
            add_end(end)
            add_kind(kind)
            return len(ends) > _FIRST_SIGNS + end // _BYTES_PER_SIGN or None

        try:
            self._database.scan(window, match_event_handler=on_match)
        except hyperscan.ScanTerminated:
            return np.array([[0, len(window)]], np.int64)
        # The text may end in digits: no sign is reported there, for want of a byte after them.
        ends.append(len(window))
        kinds.append(0)
        at, margins = np.array(ends, np.int64), self._margins[kinds]
        return merge(at - margins, at + margins, len(window))


def merge(low: Ints, high: Ints, size: int) -> Ints:
    """Ranges of a text of `size` bytes put together where they overlap (k × 2)."""
    if not len(low):
        return NOWHERE
    low, high = np.maximum(low, 0), np.minimum(high, size)
    order = np.argsort(low, kind="stable")
    low, high = low[order], high[order]
    reach = np.maximum.accumulate(high)
    apart = low[1:] > reach[:-1]
    first = np.concatenate([[True], apart])
    return np.stack([low[first], reach[np.concatenate([apart, [True]])]], axis=1)
