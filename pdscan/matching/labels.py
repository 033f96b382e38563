"""Names of fields and the words of forms: which kinds they speak for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pdscan.detectors.interface import Cell, Detector

_MOST_WORDS = 5  # of a label that detectors name
_KNOWN = 50_000  # labels remembered before the memory is begun anew


def label_words(label: str) -> str:
    """A label as lower-case words: ``customerHetu``, ``CUSTOMER_HETU`` -> ``customer hetu``."""
    words: list[str] = []
    previous = ""
    for char in label:
        if not char.isalnum():
            words.append(" ")
        elif char.isupper() and previous.islower():
            words += " ", char
        else:
            words.append(char)
        previous = char
    return " ".join("".join(words).lower().split())


def path_steps(field: str) -> list[str]:
    """``order``, ``items`` and ``ean`` of a path such as ``order.items[].ean``."""
    return [step for step in re.split(r"[./\[\]$@]+", field) if step]


class LabelIndex:
    """Which detectors a label speaks for, asked once per label."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._spaced: dict[str, list[tuple[int, int, str]]] = {}
        self._squeezed: dict[str, list[tuple[int, int, str]]] = {}
        for number, detector in enumerate(detectors):
            for rank, name in enumerate(map(label_words, detector.labels)):
                self._spaced.setdefault(name, []).append((number, rank, name))
                self._squeezed.setdefault(name.replace(" ", ""), []).append((number, rank, name))
        cells = [[f for f in d.finders if isinstance(f, Cell)] for d in detectors]
        self._unless = [{label_words(word) for f in own for word in f.unless} for own in cells]
        self._weak = [{label_words(word) for f in own for word in f.weak} for own in cells]
        self._known: dict[str, Mapping[int, str]] = {}
        self._known_at_end: dict[str, Mapping[int, str]] = {}

    def __call__(self, label: str) -> Mapping[int, str]:
        """The detectors (by number) that `label` speaks for, with the word that does."""
        known = self._known.get(label)
        return self._learn(self._known, label, at_end=False) if known is None else known

    def at_end(self, label: str) -> Mapping[int, str]:
        """The same for words that end with a label: ``customer's first name``."""
        known = self._known_at_end.get(label)
        return self._learn(self._known_at_end, label, at_end=True) if known is None else known

    def is_weak(self, detector: int, word: str) -> bool:
        """Whether the label `word` speaks for other things as often."""
        return word in self._weak[detector]

    def _learn(
        self, known: dict[str, Mapping[int, str]], label: str, *, at_end: bool
    ) -> Mapping[int, str]:
        if len(known) >= _KNOWN:
            known.clear()
        known[label] = self._look_up(label, at_end=at_end)
        return known[label]

    def _look_up(self, label: str, *, at_end: bool) -> Mapping[int, str]:
        parts = label_words(label).split()
        count = len(parts)
        spans = _spans(parts)
        steps = [] if at_end else [label_words(step).split() for step in path_steps(label)]
        tails = {"".join(parts[first:]) for first in range(count if at_end else min(count, 1))}
        tails |= {"".join(step) for step in steps}
        hits = [hit for tail in tails for hit in self._squeezed.get(tail, ())]
        if not at_end:
            hits += (hit for span in spans for hit in self._spaced.get(span, ()))
        # Backwards, so that the label listed first stays.
        return {
            number: name
            for number, _, name in sorted(hits, reverse=True)
            if not self._is_turned(number, name, spans, steps)
        }

    def _is_turned(
        self, number: int, name: str, spans: set[str], steps: Sequence[Sequence[str]]
    ) -> bool:
        """Whether a word makes the label `name` another one: in the step of the path where it
        stands, for a weak label in the step above too, and anywhere where it reaches over steps.
        """
        for at in range(len(steps) - 1, -1, -1):
            beside = _spans(steps[at])
            if name in beside or name.replace(" ", "") in beside:
                if at and self.is_weak(number, name):
                    beside |= _spans(steps[at - 1])
                return not beside.isdisjoint(self._unless[number])
        return not spans.isdisjoint(self._unless[number])


def _spans(parts: Sequence[str]) -> set[str]:
    """All runs of a few words."""
    return {
        " ".join(parts[first:last])
        for first in range(len(parts))
        for last in range(first + 1, min(first + _MOST_WORDS, len(parts)) + 1)
    }
