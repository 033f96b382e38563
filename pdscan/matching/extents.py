"""Where in a text the signs of `Around` are, in as few passes as can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

import hyperscan
import numpy as np

from pdscan.detectors.interface import Around
from pdscan.matching.databases import compiled, literal, matches, spellings
from pdscan.model import Ints

LONGEST_SIGN = 128  # bytes
_WORDS_TOGETHER = 8  # of one expression: more take long to compile


class Extents:
    """All signs in one database, words with what stands behind them: most are found as words only,
    and a text that has but such words need not be looked at any closer.

    A sign with a single word has a database of its own, for the word alone: looking for one literal
    is so quick that it would be slower among the others.
    """

    def __init__(self, around: Sequence[Around], then: Sequence[re.Pattern[bytes]]) -> None:
        self._alone = [
            (number, compiled([literal(finder.words[0])]))
            for number, finder in enumerate(around)
            if len(finder.words) == 1 and not finder.caseless
        ]
        alone = {number for number, _ in self._alone}
        self._signs = [
            (number, expression, words)
            for number, (finder, sign) in enumerate(zip(around, then, strict=True))
            if number not in alone
            for expression, words in _whole(finder, sign)
        ]
        self._before = np.array([finder.before + LONGEST_SIGN for finder in around], np.int64)
        # Behind a word alone, the rest of the sign is still to come.
        self._after = np.array([
            finder.after + LONGEST_SIGN * (number in alone) for number, finder in enumerate(around)
        ], np.int64)  # fmt: skip

    @cached_property
    def _database(self) -> hyperscan.Database:
        """Made when it is first needed: it takes a third of a second for all kinds."""
        try:
            return compiled([expression for _, expression, _ in self._signs])
        except hyperscan.HyperscanError:  # it does not take all that `re` does
            return compiled([words for _, _, words in self._signs])

    def find(self, window: bytes, most: int) -> tuple[Ints, Ints] | None:
        """The byte ranges of the candidates around all signs; None for more signs than `most`."""
        signs, ends = [], []
        # The beginning of the text counts as a line break before it.
        for text in (b"\n" + window[:LONGEST_SIGN], window):
            try:
                for number, end in self._found(text, most):
                    signs.append(number)
                    ends.append(end)
            except hyperscan.ScanTerminated:
                return None
        sign, end = np.concatenate(signs), np.concatenate(ends)
        return end - self._before[sign], end + self._after[sign]

    def _found(self, text: bytes, most: int) -> Iterator[tuple[Ints, Ints]]:
        """The signs by number, and where they end."""
        for number, database in self._alone:
            _, ends = matches(database, text, most)
            yield np.full(len(ends), number), ends
        numbers = np.array([number for number, _, _ in self._signs], np.int64)
        if self._signs:
            expressions, ends = matches(self._database, text, most)
            yield numbers[expressions], ends
        else:
            yield numbers, numbers


def _whole(finder: Around, sign: re.Pattern[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Expressions that end where the signs of `finder` do or behind that, and those of their words
    alone.
    """
    if not finder.words:
        yield finder.sign.encode(), finder.sign.encode()
        return
    spelled = [literal(spelling) for word in finder.words
               for spelling in (spellings(word) if finder.caseless else (word,))]  # fmt: skip
    behind = sign.pattern.replace(b"(?=", b"(?:")
    for first in range(0, len(spelled), _WORDS_TOGETHER):
        words = b"(?:" + b"|".join(spelled[first : first + _WORDS_TOGETHER]) + b")"
        yield words + (b"(?i:" if finder.caseless else b"(?:") + behind + b")", words
