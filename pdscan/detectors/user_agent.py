"""User agents (RFC 9110, 10.1.5): with other traces they tell one browser from others.

Only the long forms of browsers are personal enough to report; those of robots and libraries are
not. The canonical form is the text as it is.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_REST = r"[^\"'|<\t\r\n]{10,400}[^\"'|<\s]"
_AGENT = rf"(?:Mozilla/[0-9.]{{1,4}} \(|Opera/[0-9.]{{1,5}} \(|Dalvik/[0-9.]{{1,6}} \(){_REST}"
_ROBOT = r"(?i)bot\b|bot/|crawl|spider|slurp|https?://|monitor|curl|python|wget|headless"


def judge(candidates: Candidates) -> Judged:
    """Accepts user agents of browsers."""
    values = texts.strings(candidates.raw, candidates.raw_length)
    lead = r"[\s\"']*" if candidates.anchor is None else ""
    if candidates.anchor is None:
        found = texts.cut(values, lead, _AGENT)
        level = Likelihood.UNLIKELY
    else:
        found = texts.cut_around(
            candidates,
            r"(?:Mozilla|Opera|Dalvik)/[0-9.]{1,6} \(",
            _REST,
        )
        level = Likelihood.POSSIBLE
    found = found.where(~texts.matches(found.text, _ROBOT))
    return texts.judged(
        found, np.full(len(candidates), level, np.int64), {"browser": found.found}, found.text
    )


DETECTOR = Detector(
    kind="user_agent",
    name="User agent of a browser",
    category="UserAgent",
    finders=(
        Around(r"[0-9.]{1,6} \(", before=14, after=420, until=b"\"'|<\t\r\n",
               words=("Mozilla/", "Opera/", "Dalvik/")),
        Cell(440),
    ),
    judge=judge,
    labels=("user agent", "useragent", "http user agent", "browser", "selain", "webbläsare", "ua"),
    examples=("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",),
)  # fmt: skip
