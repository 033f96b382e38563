"""What every detector must pass: its examples are found wherever they stand, through the engine.

Kinds that are words by themselves are looked for in every frame there is; kinds that are known by
what stands beside them keep their surroundings, which are part of the example.
"""

from __future__ import annotations

import re
from functools import cache

import pytest

from pdscan.detectors import kinds, load
from pdscan.detectors.interface import Around, Cell, Detector
from pdscan.model import Likelihood
from tests.detectors.harness import Found, find, find_each

EXAMPLES = [
    (kind, example)
    for kind in kinds()
    for detector in load([kind])
    for example in detector.examples
]
ANYWHERE = (
    "{}", "{} on tässä", "Tässä on {}", "sana {} sana", "ään {}, ö", "ks. {}.", "({})",
    '"{}"', "'{}'", "<td>{}</td>", "<b>x</b>{}<br/>", '<a title="{}">', '{{"a":"{}"}}',
    '{{"a":{},"b":1}}', "a;{};b", "x\t{}\ty", "x\r\n{}\r\ny", "|{}|", "/x?q={}&b=c", "a={}",
    "“{}”", "»{}«", "…{}…", "[{}]", "{}\n", "\ufeff{}",
)  # fmt: skip
ON_LINES = (
    "{}", "{}\n", "Ärende:\n{}\n", "x; {} ", "{0}\n\n{0}\n", "<p> {} </p>", "\t{}\r\n",
    "x\r\n{}\r\ny", "\ufeff{}",
)  # fmt: skip
BETWEEN = (", ", "\n", ",", ";", "\t", " ja ", "\r\n", " / ")


@cache
def detector_of(kind: str) -> Detector:
    return load([kind])[0]


@cache
def stands_alone(kind: str) -> bool:
    """Whether the kind is a word by itself, with a form that ends in a letter or digit."""
    detector = detector_of(kind)
    beside = any(isinstance(finder, Around | Cell) for finder in detector.finders)
    return not beside and all(example[-1].isalnum() for example in detector.examples)


ALONE = [(kind, example) for kind, example in EXAMPLES if stands_alone(kind)]


@cache
def of_example(kind: str, example: str) -> Found:
    """What is found in the example by itself."""
    return find([detector_of(kind)], example)[0]


def spans(hits: list[Found]) -> list[tuple[int, str]]:
    return [(hit.start, hit.value) for hit in hits]


def test_every_kind_has_an_example_and_words() -> None:
    for detector in load():
        assert detector.examples, detector.kind
        assert detector.labels or detector.context or not stands_alone(detector.kind), detector.kind


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
class TestEveryKind:
    def test_is_found_with_its_span(self, kind: str, example: str) -> None:
        frames = ANYWHERE if stands_alone(kind) else ON_LINES
        texts = [frame.format(example) for frame in frames]
        alone = of_example(kind, example)
        for text, hits in zip(texts, find_each([detector_of(kind)], texts), strict=True):
            places = [at.start() + alone.start for at in re.finditer(re.escape(example), text)]
            same = [hit for hit in hits if hit.start in places]
            assert spans(same) == [(place, alone.value) for place in places], text
            assert {hit.fingerprint for hit in same} == {alone.fingerprint}, text

    def test_window_edges_do_not_matter(self, kind: str, example: str) -> None:
        detector = detector_of(kind)
        filler = "Sanoja, ord ja words ilman numeroita; \n"
        text = (filler * 20) + example + "\n" + (filler * 3) + example + "\nloppu. " + filler * 20
        whole = find([detector], text)
        assert [hit.value for hit in whole].count(of_example(kind, example).value) >= 2
        for size in (47, 300, 1 << 14):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert find([detector], pieces) == whole

    def test_the_preview_does_not_tell_it(self, kind: str, example: str) -> None:
        hit = of_example(kind, example)
        shown = sum(char.isalnum() for char in hit.preview)
        assert shown * 2 <= sum(char.isalnum() for char in hit.value)
        assert not (shown and detector_of(kind).secret)


@pytest.mark.parametrize(("kind", "example"), ALONE)
class TestWords:
    def test_neighbours_are_found_apart(self, kind: str, example: str) -> None:
        texts = [between.join([example] * 4) for between in BETWEEN]
        found = find_each([detector_of(kind)], texts)
        for between, hits in zip(BETWEEN, found, strict=True):
            step = len(example) + len(between)
            assert spans(hits) == [(number * step, example) for number in range(4)], between

    def test_a_label_makes_it_possible(self, kind: str, example: str) -> None:
        labels = detector_of(kind).labels
        found = find_each([detector_of(kind)], [example] * len(labels), labels=labels)
        for label, (hit, *_) in zip(labels, found, strict=True):
            assert hit.likelihood >= Likelihood.POSSIBLE, label

    def test_a_word_makes_it_possible(self, kind: str, example: str) -> None:
        words = detector_of(kind).context
        found = find_each([detector_of(kind)], [f"{word}: {example}" for word in words])
        for word, hits in zip(words, found, strict=True):
            (hit,) = [hit for hit in hits if hit.value == example]
            assert hit.likelihood >= Likelihood.POSSIBLE, word
            assert "near: " in hit.evidence, word

    def test_typography_changes_neither_span_nor_fingerprint(self, kind: str, example: str) -> None:
        plain = of_example(kind, example)
        for sign, spelling in ((" ", "\u00a0"), (" ", "\u2009"), ("-", "\u2011"), ("-", "\u2013")):
            if sign in example:
                text = "å " + example.replace(sign, spelling) + "."
                (hit,) = find([detector_of(kind)], text)
                assert (hit.start, len(hit.value)) == (2, len(example))
                assert hit.fingerprint == plain.fingerprint

    def test_it_is_no_part_of_a_longer_word(self, kind: str, example: str) -> None:
        texts = [f"{example}7", f"7{example}", f"x{example}", f"{example}ä"]
        for text, hits in zip(texts, find_each([detector_of(kind)], texts), strict=True):
            assert (text.index(example), example) not in spans(hits), text
