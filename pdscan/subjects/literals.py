"""Given names looked for as they are written: where no detector can tell that a word is a name.

The longest word of each name, without its last letters and with one slip, is looked for in the
bytes, all names in one pass of Hyperscan; what stands around a hit is then compared as names are
(`pdscan.subjects.names`). Each file is read once, with all that lies in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import hyperscan
import numpy as np

from pdscan.connectors.interface import Connector
from pdscan.connectors.records import blocks_within
from pdscan.model import Block
from pdscan.subjects import names

_ALIKE = {"a": "aàáâãäåæ", "e": "eèéêë", "i": "iìíîï", "o": "oòóôõöø", "u": "uùúûü", "y": "yýÿü",
          "n": "nñ", "c": "cç"}  # fmt: skip
_ENDING = 3  # letters that a case may change
_SHORTEST = 3
_SLIP_FROM = 5  # letters that leave a word recognisable with one slip
_AROUND = 60  # bytes that are compared, to either side
_SAME = 2  # bytes between the ends that one place is told with
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Mention:
    """Where one of the names may be meant: the item, and the place in it (a record of -1 means the
    item as a whole).
    """

    name: str
    path: tuple[str, ...]
    part: str
    field: str
    record: int
    key: str


class Sought:
    """The names to look for, compiled once for all sources."""

    def __init__(self, given: Sequence[str]) -> None:
        self._names = [name for name in given if names.fold(name)]
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        if not self._names:
            return
        stems = [_stem(name) for name in self._names]
        self._database.compile(
            expressions=[b"".join(map(_letter, stem)) for stem in stems],
            ids=list(range(len(stems))),
            flags=[hyperscan.HS_FLAG_CASELESS] * len(stems),
            ext=[
                hyperscan.ExpressionExt(  # type: ignore[attr-defined]  # its stub forgets it
                    flags=hyperscan.HS_EXT_FLAG_EDIT_DISTANCE,
                    edit_distance=int(len(stem) >= _SLIP_FROM),
                )
                for stem in stems
            ],
        )

    def within(self, connector: Connector, step: str) -> Iterator[Mention]:
        """Where the names may be meant in the file `step` of a source and in all that lies in it.
        Raises `UnreadableError`.
        """
        if not self._names:
            return
        for path, block in blocks_within(connector, step):
            for number, ends in self._hits(block.text).items():
                yield from _mentions(path, block, self._names[number], ends)

    def _hits(self, text: bytes) -> dict[int, list[int]]:
        """The last bytes of what was hit, by the number of the name."""
        found: dict[int, list[int]] = {}

        def hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            ends = found.setdefault(number, [])
            if not ends or end - 1 > ends[-1] + _SAME:
                ends.append(end - 1)

        self._database.scan(text, match_event_handler=hit)
        return found


def _mentions(
    path: tuple[str, ...], block: Block, name: str, hits: list[int]
) -> Iterator[Mention]:  # fmt: skip
    if block.layout is None:
        if any(_is_meant(block.text[max(at - _AROUND, 0) : at + _AROUND], name) for at in hits):
            yield Mention(name, path, block.part, block.label, -1, "")
        return
    places = block.layout.place(np.array(hits, np.int64))
    for row, at in enumerate(hits):
        low = max(at - _AROUND, int(places.cell_start[row]))
        high = min(at + _AROUND, int(places.cell_end[row]))
        if _is_meant(block.text[low:high], name):
            key = places.keys[row].as_py() if places.keys is not None else ""
            field = places.fields[places.field[row]]
            yield Mention(name, path, block.part, field, int(places.record[row]), key)


def _is_meant(around: bytes, name: str) -> bool:
    """Whether as many words in a row as the name has may be it; a single word is not enough for a
    name of several, but in a cell of its own, whose row is looked at.
    """
    words = _WORD.findall(around.decode("utf-8", "ignore"))
    count = len(name.split())
    if len(words) < count:
        return any(names.alike(name, word) for word in words if len(word) > 1)
    runs = (" ".join(words[at : at + count]) for at in range(len(words) - count + 1))
    return any(names.alike(name, run) for run in runs)


def _stem(name: str) -> str:
    word = max(names.fold(name), key=len)
    return word[: max(len(word) - _ENDING, min(_SHORTEST, len(word)))]


def _letter(letter: str) -> bytes:
    """A letter in all its accents, composed and not."""
    every = {form for sign in _ALIKE.get(letter, letter) for form in (sign, sign.upper())}
    every |= {unicodedata.normalize("NFD", sign) for sign in every}
    written = sorted({sign.encode() for sign in every}, key=lambda one: (-len(one), one))
    return b"(?:" + b"|".join(map(re.escape, written)) + b")"
