"""Text as the matcher sees it: bytes, borders, and spellings made alike."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdscan.model import Ints

# Typography that stands for a plain sign inside an identifier, and the percent-encodings that
# logs and URLs put in its place. All other signs of these blocks are borders between words.
_TYPOGRAPHY = {
    "\u00a0": b" ", "\u2007": b" ", "\u202f": b" ", "\u2009": b" ",
    "\u2010": b"-", "\u2011": b"-", "\u2012": b"-", "\u2013": b"-", "\u2212": b"-",
    "\u00ad": b"", "\u200b": b"", "\u2060": b"", "\ufeff": b"",
}  # fmt: skip
_PLAIN: dict[bytes, bytes] = {
    **{sign.encode(): plain for sign, plain in _TYPOGRAPHY.items()},
    b"%20": b" ", b"%2B": b"+", b"%2b": b"+", b"%40": b"@", b"%3A": b":", b"%3a": b":",
}  # fmt: skip
_SIGNS = (
    rb"\xc2[\x80-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf]"
    rb"|\xe2[\x80-\xaf][\x80-\xbf]|\xe3\x80[\x80-\xbf]"
)
_SPELLED = re.compile(b"|".join(re.escape(spelling) for spelling in _PLAIN) + b"|" + _SIGNS)
BORDER = b"\0"
_LEADS = (b"\xc2", b"\xe2", b"\xe3", b"\xef", b"%")
#: Bytes beside a candidate that must be in sight to judge its borders.
SIGHT = 16


@dataclass(frozen=True, slots=True)
class _Pieces:
    """Stretches of one text put together from stretches of another: n pieces by byte offsets."""

    here: Ints
    there: Ints

    def back(self, offsets: Ints) -> Ints:
        piece = np.searchsorted(self.here, offsets, side="right") - 1
        return self.there[piece] + offsets - self.here[piece]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text to look for candidates in: the parts of a window that are worth it, in a row.

    Its typography is made plain, and a border stands between the parts.
    """

    text: bytes
    _steps: tuple[_Pieces, ...]
    _first: Ints  # of each part, in the window, beyond which nothing can be judged
    _last: Ints

    def to_window(self, offsets: Ints) -> Ints:
        """Byte offsets in ``text`` as byte offsets in the window."""
        for step in self._steps:
            offsets = step.back(offsets)
        return offsets

    def in_sight(self, starts: Ints, ends: Ints) -> npt.NDArray[np.bool_]:
        """Which of the spans (in the window) stand far enough from where their part was cut."""
        part = np.maximum(np.searchsorted(self._first, starts, side="right") - 1, 0)
        return (starts >= self._first[part]) & (ends <= self._last[part])


def stretch(window: bytes, bounds: Ints, *, cut_left: bool, cut_right: bool) -> Stretch:
    """The parts of `window` within `bounds` (k × 2 byte offsets, k > 0) in a row."""
    size, text, steps = len(window), window, tuple[_Pieces, ...]()
    if len(bounds) > 1 or (bounds[0] != (0, size)).any():
        pairs = bounds.tolist()
        text = BORDER.join([window[low:high] for low, high in pairs])
        lengths = bounds[:, 1] - bounds[:, 0] + 1
        steps = (_Pieces(np.cumsum(lengths) - lengths, bounds[:, 0]),)
    first = np.where(bounds[:, 0] > 0, bounds[:, 0] + SIGHT, SIGHT if cut_left else 0)
    last = np.where(bounds[:, 1] < size, bounds[:, 1] - SIGHT, size - SIGHT if cut_right else size)
    text, pieces = _make_plain(text)
    return Stretch(text, (pieces, *steps) if pieces else steps, first, last)


def untouched(window: bytes, *, cut_left: bool, cut_right: bool) -> Stretch:
    """All of `window` as it is."""
    first, last = np.array([int(cut_left)]), np.array([len(window) - int(cut_right)])
    return Stretch(window, (), first, last)


def on_characters(window: bytes, offsets: Ints) -> Ints:
    """`offsets` moved back to where a character begins."""
    codes = np.frombuffer(window or b"\0", np.uint8)
    for _ in range(3):
        inside = (codes[np.minimum(offsets, len(codes) - 1)] & 0xC0) == 0x80
        inside &= offsets < len(codes)
        if not inside.any():
            break
        offsets = offsets - inside
    return offsets


def _make_plain(text: bytes) -> tuple[bytes, _Pieces | None]:
    if not any(lead in text for lead in _LEADS):
        return text, None
    pieces: list[bytes] = []
    starts: list[int] = []
    done = 0
    for spelling in _SPELLED.finditer(text):
        pieces += text[done : spelling.start()], _PLAIN.get(spelling[0], BORDER)
        starts += done, spelling.start()
        done = spelling.end()
    if not pieces:
        return text, None
    pieces.append(text[done:])
    starts.append(done)
    lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
    return b"".join(pieces), _Pieces(np.cumsum(lengths) - lengths, np.array(starts, np.int64))
