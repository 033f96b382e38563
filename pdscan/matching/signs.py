"""Candidates that are known by what stands beside them: a label, or a sign within reach."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import hyperscan
import numpy as np

from pdscan.detectors.interface import Around, Cell, Detector
from pdscan.matching.context import LabelIndex, label_words
from pdscan.model import CellLayout, Ints, Layout

_LONGEST_LABEL = 48  # bytes
_MOST_WORDS = 3  # of a label in running text, with the words before it that may change it
_LABEL = re.compile(
    rb"((?:[\w\x80-\xff]+[ ._-]{1,2}){0,4}[\w\x80-\xff]+)[\\\"'\]]{0,3}[ \t]{0,3}[:=]$"
)
_LAST_WORD = re.compile(rb"(?:^|[ ._-])[A-Z][^ ._-]*$")  # with a capital: of a form, not of code
_TO_VALUE = re.compile(rb"[ \t]*(?:\r?\n[ \t]*(?=[^:=\n]*(?:\n|\Z)))?(\\?[\"'])?")
_TO_VALUE_ON_LINE = re.compile(rb"[ \t]*(\\?[\"'])?")


@dataclass(frozen=True, slots=True)
class Signed:
    """Candidates of one detector, in window offsets; ``label`` is the word that named them."""

    detector: int
    starts: Ints
    ends: Ints
    anchors: Ints | None = None
    label: str = ""


def labelled_cells(
    detectors: Sequence[Detector],
    labels: LabelIndex,
    window: bytes,
    layout: Layout,
) -> Iterator[tuple[int, Ints, Ints]]:
    """(detector, starts, ends) of the cells that belong to a kind by the name of their field."""
    for number, detector in enumerate(detectors):
        for finder in detector.finders:
            if not isinstance(finder, Cell):
                continue
            if isinstance(layout, CellLayout):
                starts, ends = layout.cells(partial(_speaks, labels, number))
                fits = ends - starts <= finder.longest
                if fits.any():
                    yield number, starts[fits], ends[fits]


class SignIndex:
    """The signs of `Around` and the labels of `Cell`, compiled into one database."""

    def __init__(self, detectors: Sequence[Detector], labels: LabelIndex) -> None:
        self._labels = labels
        self._cells = {
            number: finder
            for number, detector in enumerate(detectors)
            for finder in detector.finders
            if isinstance(finder, Cell)
        }
        self._around = [
            (number, finder)
            for number, detector in enumerate(detectors)
            for finder in detector.finders
            if isinstance(finder, Around)
        ]
        expressions = [finder.sign for _, finder in self._around]
        flags = [hyperscan.HS_FLAG_CASELESS if f.caseless else 0 for _, f in self._around]
        names = sorted({label_words(n) for d in self._cells for n in detectors[d].labels})
        if names:
            expressions.append(
                rf"(?:{'|'.join(map(_spelled, names))})[\\\"'\]]{{0,3}}[ \t]{{0,3}}[:=]"
            )
            flags.append(hyperscan.HS_FLAG_CASELESS)
        self._database = None
        if expressions:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=[expression.encode() for expression in expressions],
                ids=list(range(len(expressions))),
                flags=[flag | hyperscan.HS_FLAG_DOTALL for flag in flags],
            )

    def find(self, window: bytes, layout: Layout) -> Iterator[Signed]:
        """The candidates beside all signs in `window`, each within its cell."""
        if self._database is None:
            return
        hits: dict[int, list[int]] = {}

        def on_match(number: int, _from: int, end: int, _flags: int, _context: object) -> None:
            hits.setdefault(number, []).append(end)

        self._database.scan(window, match_event_handler=on_match)
        for number, ends in sorted(hits.items()):
            anchors = np.unique(np.array(ends, np.int64))
            low, high = _cells(layout, anchors)
            if number < len(self._around):
                detector, finder = self._around[number]
                starts = _on_characters(window, np.maximum(anchors - finder.before, low))
                last = _on_characters(window, np.minimum(anchors + finder.after, high))
                yield Signed(detector, starts, last, anchors)
            else:
                yield from self._values(window, anchors.tolist(), low.tolist(), high.tolist())

    def _values(
        self, window: bytes, ends: Sequence[int], lows: Sequence[int], highs: Sequence[int]
    ) -> Iterator[Signed]:
        found: dict[tuple[int, str], tuple[list[int], list[int]]] = {}
        for end, low, high in zip(ends, lows, highs, strict=True):
            name = _LABEL.search(window, max(low, end - _LONGEST_LABEL), end)
            named = self._named_by(name[1]) if name else None
            if not named or window[end : end + 1] in (b"=", b":", b">"):
                continue
            to_value = _TO_VALUE if window[end - 1 : end] == b":" else _TO_VALUE_ON_LINE
            lead = to_value.match(window, end, high)
            assert lead is not None  # noqa: S101 - every part of the expression may be empty
            start = lead.end()
            for detector, word in named.items():
                cell = self._cells[detector]
                starts, stops = found.setdefault((detector, word), ([], []))
                starts.append(start)
                stops.append(
                    _find(window, lead[1] or b"\n", start, min(start + cell.longest, high),
                          1 if lead[1] else cell.lines)
                )  # fmt: skip
        for (detector, word), (starts, stops) in sorted(found.items()):
            begin, last = np.array(starts, np.int64), np.array(stops, np.int64)
            last = _on_characters(window, last)
            filled = last > begin
            if filled.any():
                yield Signed(detector, begin[filled], last[filled], label=word)

    def _named_by(self, label: bytes) -> Mapping[int, str]:
        """The detectors of cells whose label stands at the end of `label`, with that label."""
        words = label_words(label.decode("utf-8", "replace")).split()[-_MOST_WORDS:]
        named = self._labels.at_end(" ".join(words))
        in_form = _LAST_WORD.search(label)
        return {
            number: word
            for number, word in named.items()
            if number in self._cells and (in_form or not self._labels.is_weak(number, word))
        }


def _find(window: bytes, sign: bytes, start: int, stop: int, times: int) -> int:
    """Where `sign` stands for the last of so many times in [start, stop), or `stop`."""
    for _ in range(times):
        found = window.find(sign, start, stop)
        if found < 0:
            return stop
        start = found + 1
    return found


def _speaks(labels: LabelIndex, detector: int, name: str) -> bool:
    return detector in labels(name)


def _spelled(name: str) -> str:
    """A label as an expression over bytes that also takes the spellings of programmers."""
    return "[ ._-]?".join(
        "".join(
            re.escape(char) if char.isascii() else f"(?:{char.lower()}|{char.upper()})"
            for char in word
        )
        for word in name.split()
    )


def _cells(layout: Layout, offsets: Ints) -> tuple[Ints, Ints]:
    """The borders of the cells around the characters that end at `offsets`."""
    places = layout.place(offsets - 1)
    return places.cell_start, places.cell_end


def _on_characters(window: bytes, offsets: Ints) -> Ints:
    """`offsets` moved back to where a character begins."""
    codes = np.frombuffer(window + b"\0", np.uint8)
    for _ in range(3):
        inside = (codes[offsets] & 0xC0) == 0x80
        if not inside.any():
            break
        offsets = offsets - inside
    return offsets
