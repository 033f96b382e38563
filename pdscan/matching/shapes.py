"""Which detectors a word or group of words may belong to, by its shape, asked once per shape.

Texts have few shapes and many words: a column of a million Finnish identity codes has two. So words
are reduced to shapes, distinct shapes are looked up here, and the answer holds for all words alike.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pdscan.detectors.interface import Detector, Shape

LONGEST_WORD = 64  # bytes; a longer word is split at its joiners, and is none if it has none
MOST_ATOMS = 10
_KNOWN = 200_000  # shapes remembered before the memory is begun anew
_ATOM = re.compile(r"[9Aw]+")  # "w": a letter beyond ASCII, which no shape holds


@dataclass(frozen=True, slots=True)
class Placement:
    """Detector number `detector` may stand at bytes [start, start+length) of words of a shape."""

    detector: int
    start: int
    length: int


class ShapeIndex:
    """The shapes of all detectors in force."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._words: list[tuple[re.Pattern[str], int, Shape]] = []
        self._groups: list[tuple[re.Pattern[str], int, Shape]] = []
        for number, detector in enumerate(detectors):
            for finder in detector.finders:
                if isinstance(finder, Shape):
                    rule = re.compile(finder.pattern), number, finder
                    (self._groups if " " in finder.pattern else self._words).append(rule)
        self._any_word = re.compile("|".join(f"(?:{r.pattern})" for r, _, _ in self._words) or "$^")
        self._by_word: dict[str, tuple[Placement, ...]] = {}
        self._by_group: dict[str, tuple[Placement, ...]] = {}

    @property
    def wants_words(self) -> bool:
        """Whether any detector looks for single words."""
        return bool(self._words)

    @property
    def wants_groups(self) -> bool:
        """Whether any detector looks for grouped numbers."""
        return bool(self._groups)

    def word(self, shape: str) -> tuple[Placement, ...]:
        """Where detectors may stand in a word of this shape."""
        known = self._by_word.get(shape)
        if known is None:
            if len(self._by_word) >= _KNOWN:
                self._by_word.clear()
            known = self._by_word[shape] = self._place_in_word(shape)
        return known

    def group(self, shape: str) -> tuple[Placement, ...]:
        """Where detectors may stand in a group of words of this shape, from its beginning on."""
        known = self._by_group.get(shape)
        if known is None:
            if len(self._by_group) >= _KNOWN:
                self._by_group.clear()
            known = self._by_group[shape] = self._place_in_group(shape)
        return known

    def _place_in_word(self, shape: str) -> tuple[Placement, ...]:
        atoms = [atom.span() for atom in _ATOM.finditer(shape)]
        if not atoms or len(atoms) > MOST_ATOMS:
            return ()
        whole = atoms[0][0], atoms[-1][1]
        found: list[Placement] = []
        for first, (start, _) in enumerate(atoms):
            before = shape[start - 1] if start > whole[0] else ""
            begins = (start, start - 1) if start and shape[start - 1] == "+" else (start,)
            for begin in begins:
                for _, end in atoms[first:]:
                    part = shape[begin:end]
                    if not self._any_word.fullmatch(part):
                        continue
                    after = shape[end] if end < whole[1] else ""
                    found += (
                        Placement(number, begin, end - begin)
                        for rule, number, finder in self._words
                        if (not finder.whole or (start, end) == whole)
                        and not (before and before in finder.apart)
                        and not (after and after in finder.apart)
                        and rule.fullmatch(part)
                    )
        return tuple(dict.fromkeys(found))

    def _place_in_group(self, shape: str) -> tuple[Placement, ...]:
        ends = [word.end() for word in _ATOM.finditer(shape)]
        return tuple(
            dict.fromkeys(
                Placement(number, 0, end)
                for end in ends
                for rule, number, _ in self._groups
                if " " in shape[:end] and rule.fullmatch(shape[:end])
            )
        )
