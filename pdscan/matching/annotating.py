"""Annotators on a window: its cells and paragraphs as texts, and what is said of them as columns.

Cells are handed over apart, running text in pieces of some paragraphs; a text that comes again in
the window is asked for once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pdscan.detectors.interface import Annotation, Annotator
from pdscan.model import Ints, Layout, Likelihood

_LONGEST = 4096  # bytes of a piece of running text
_BREAKS = (b"\n\n", b"\n", b". ", b" ")  # where to part pieces, the best first
_BROKEN = re.compile("[\udc80-\udcff]")  # bytes that are not UTF-8, as Python decodes them


@dataclass(frozen=True, slots=True)
class Said:
    """Spans in a window of which an annotator says the same, by byte offsets."""

    detector: int
    level: Likelihood
    evidence: str
    starts: Ints
    ends: Ints


def numbered(annotators: Sequence[Annotator], end: int) -> tuple[tuple[int, Annotator], ...]:
    """The annotators, each with the number of its first detector: they end before number `end`."""
    sizes = [len(annotator.detectors) for annotator in annotators]
    firsts = [end - sum(sizes[number:]) for number in range(len(sizes))]
    return tuple(zip(firsts, annotators, strict=True))


def find(
    annotators: Sequence[tuple[int, Annotator]], window: bytes, layout: Layout
) -> Iterator[Said]:
    """What the annotators say of `window`, grouped so that each group is of one mind."""
    if not annotators:
        return
    places: dict[bytes, list[int]] = {}
    for start, end in _pieces(window, layout):
        places.setdefault(window[start:end], []).append(start)
    texts = [piece.decode("utf-8", "surrogateescape") for piece in places]
    asked = [_BROKEN.sub("\ufffd", text) for text in texts]
    for first, annotator in annotators:
        groups: dict[tuple[int, Likelihood, str], list[tuple[int, int]]] = {}
        answers = annotator.annotate(asked)
        for text, where, answer in zip(texts, places.values(), answers, strict=True):
            for said in answer:
                begin, stop = _bytes(text, said)
                groups.setdefault((said.detector, said.likelihood, said.evidence), []).extend(
                    (place + begin, place + stop) for place in where
                )
        for (number, level, evidence), spans in sorted(groups.items()):
            starts, ends = np.array(sorted(spans), np.int64).T
            yield Said(first + number, level, evidence, starts, ends)


def _bytes(text: str, said: Annotation) -> tuple[int, int]:
    if text.isascii():
        return said.start, said.end
    begin = len(text[: said.start].encode("utf-8", "surrogateescape"))
    return begin, begin + len(text[said.start : said.end].encode("utf-8", "surrogateescape"))


def _pieces(window: bytes, layout: Layout) -> Iterator[tuple[int, int]]:
    for start, end in _cells(window, layout):
        while end - start > _LONGEST:
            cut = _cut(window, start, start + _LONGEST)
            yield start, cut
            start = cut
        if end > start:
            yield start, end


def _cells(window: bytes, layout: Layout) -> list[tuple[int, int]]:
    """All cells in which there is a word."""
    codes = np.frombuffer(b" " + window, np.uint8)
    wordlike = (codes >= 0x80) | ((codes | 0x20) - 0x61 < 26) | (codes - 0x30 < 10)
    places = layout.place(np.flatnonzero(wordlike[1:] & ~wordlike[:-1]))
    return sorted(set(zip(places.cell_start.tolist(), places.cell_end.tolist(), strict=True)))


def _cut(window: bytes, start: int, stop: int) -> int:
    """Where to end a piece that begins at `start`, at the latest at `stop`."""
    for sign in _BREAKS:
        found = window.rfind(sign, start + 1, stop)
        if found > 0:
            return found + len(sign)
    while stop > start + 1 and window[stop] & 0xC0 == 0x80:
        stop -= 1
    return stop
