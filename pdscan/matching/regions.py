"""Where in a window it is worth looking: one Hyperscan pass for signs that every candidate has.

Most text is far from any identifier. One pass at memory speed finds the few places with four digits
close together or an anchor such as ``@``; only their surroundings are cut into words. Where
such places are dense the pass is broken off and the whole window is looked at, which then is
cheaper; the result is the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import hyperscan
import numpy as np
import numpy.typing as npt

from pdscan.detectors.interface import Detector, Run, Shape
from pdscan.matching.text import Stretch, stretch
from pdscan.model import Ints

_DIGITS = r"[0-9](?:[-+./ A-Za-z]?[0-9]){3}[^0-9]"
_BYTES_PER_SIGN = 160  # where signs stand closer than this, the whole window is looked at


class Regions:
    """The signs of all detectors in force, compiled."""

    def __init__(self, detectors: Sequence[Detector], margin: int) -> None:
        """`margin`: how many bytes around a sign to hand over, at least the longest candidate."""
        self._margin = margin
        finders = [finder for detector in detectors for finder in detector.finders]
        hints: list[str] = []
        digits = False
        for finder in finders:
            if isinstance(finder, Run):
                hints += finder.hint, re.escape(f"%{ord(finder.anchor):02X}")
            elif isinstance(finder, Shape):
                digits |= not finder.hint
                hints += [finder.hint] if finder.hint else []
        expressions = [_DIGITS] if digits else []
        if hints:
            # One alternation: several expressions keep Hyperscan from its fastest matcher.
            expressions.append("|".join(f"(?:{hint})" for hint in dict.fromkeys(hints)))
        self._database = None
        if expressions:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[expression.encode("latin-1") for expression in expressions],
                ids=list(range(len(expressions))),
                flags=[hyperscan.HS_FLAG_DOTALL] * len(expressions),
            )

    def find(self, window: bytes, *, cut_left: bool, cut_right: bool) -> Stretch | None:
        """The text around all signs in `window`, or None where there is none.

        The window goes on beyond its ends where `cut_left`/`cut_right`.
        """
        if self._database is None:
            return None
        ends: list[int] = []
        most = max(len(window) // _BYTES_PER_SIGN, 16)
        add = ends.append

        def on_match(_id: int, _from: int, end: int, _flags: int, _context: object) -> bool | None:
            add(end)
            return len(ends) > most or None

        try:
            self._database.scan(window, match_event_handler=on_match)
        except hyperscan.ScanTerminated:
            return stretch(window, None, len(window), cut_left=cut_left, cut_right=cut_right)
        # The text may end in digits: no sign is reported there, for want of a byte after them.
        ends.append(len(window))
        bounds = self._merge(np.unique(np.array(ends, np.int64)), len(window))
        return stretch(window, bounds, len(window), cut_left=cut_left, cut_right=cut_right)

    def _merge(self, ends: Ints, size: int) -> npt.NDArray[np.int64]:
        low = np.maximum(ends - self._margin, 0)
        high = np.minimum(ends + self._margin, size)
        apart = low[1:] > high[:-1]
        return np.stack([
            low[np.concatenate([[True], apart])], high[np.concatenate([apart, [True]])]
        ], axis=1)  # fmt: skip
