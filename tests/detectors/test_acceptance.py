"""What every detector must pass: its examples are found wherever they stand, through the engine."""

from __future__ import annotations

from functools import cache

import pytest

from pdscan.detectors import kinds, load
from pdscan.detectors.interface import Detector
from pdscan.model import Likelihood
from tests.detectors.harness import Found, find

EXAMPLES = [
    (kind, example)
    for kind in kinds()
    for detector in load([kind])
    for example in detector.examples
]


@cache
def detector_of(kind: str) -> Detector:
    return load([kind])[0]


def found(kind: str, text: str | list[str], label: str = "") -> list[Found]:
    return find([detector_of(kind)], text, label=label)


def spans(hits: list[Found]) -> list[tuple[int, str]]:
    return [(hit.start, hit.value) for hit in hits]


def test_every_kind_has_an_example_and_words() -> None:
    for detector in load():
        assert detector.examples, detector.kind
        assert detector.labels, detector.kind


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
class TestPlaces:
    @pytest.mark.parametrize(
        "around",
        ["{}", "{} on tässä", "Tässä on {}", "sana {} sana", "ään {}, ö", "ks. {}.", "({})",
         '"{}"', "'{}'", "<td>{}</td>", "<b>x</b>{}<br/>", '<a title="{}">', '{{"a":"{}"}}',
         '{{"a":{},"b":1}}', "a;{};b", "x\t{}\ty", "x\r\n{}\r\ny", "|{}|", "/x?q={}&b=c", "a={}",
         "“{}”", "»{}«", "…{}…", "[{}]", "{}\n", "\ufeff{}"],
    )  # fmt: skip
    def test_is_found_with_its_span(self, kind: str, example: str, around: str) -> None:
        text = around.format(example)
        assert (text.index(example), example) in spans(found(kind, text))

    @pytest.mark.parametrize("between", [", ", "\n", ",", ";", "\t", " ja ", "\r\n", " / "])
    def test_neighbours_are_found_apart(self, kind: str, example: str, between: str) -> None:
        hits = spans(found(kind, between.join([example] * 4)))
        step = len(example) + len(between)
        assert hits == [(number * step, example) for number in range(4)]

    def test_all_spellings_share_the_fingerprint_of_the_example(
        self, kind: str, example: str
    ) -> None:
        (alone,) = found(kind, example)
        folded = {found(kind, form)[0].fingerprint for form in (f"x {example} y", f"<{example}>")}
        assert folded == {alone.fingerprint}

    def test_window_edges_do_not_matter(self, kind: str, example: str) -> None:
        filler = "Sanoja, ord ja words ilman numeroita; "
        text = (filler * 20) + example + "\n" + (filler * 3) + example + " loppu. " + filler * 20
        whole = found(kind, text)
        assert {hit.value for hit in whole} >= {example}
        for size in (47, 300, 1 << 14):
            pieces = [text[at : at + size] for at in range(0, len(text), size)]
            assert found(kind, pieces) == whole

    def test_a_label_makes_it_likely(self, kind: str, example: str) -> None:
        for label in detector_of(kind).labels:
            (hit, *_) = found(kind, example, label)
            assert hit.likelihood >= Likelihood.POSSIBLE, label

    def test_a_word_makes_it_possible(self, kind: str, example: str) -> None:
        detector = detector_of(kind)
        for word in detector.context:
            hits = [hit for hit in found(kind, f"{word}: {example}") if hit.value == example]
            assert hits, word
            assert hits[0].likelihood >= Likelihood.POSSIBLE, word
            assert "near: " in hits[0].evidence, word

    def test_the_preview_does_not_tell_it(self, kind: str, example: str) -> None:
        (hit,) = found(kind, example)
        hidden = sum(char == "*" for char in hit.preview)
        assert hidden * 2 >= sum(char.isalnum() for char in example)


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_typography_changes_neither_span_nor_fingerprint(kind: str, example: str) -> None:
    (plain,) = found(kind, example)
    for sign, spelling in ((" ", "\u00a0"), (" ", "\u2009"), ("-", "\u2011"), ("-", "\u2013")):
        if sign in example:
            text = "å " + example.replace(sign, spelling) + "."
            (hit,) = found(kind, text)
            assert (hit.start, len(hit.value)) == (2, len(example))
            assert hit.fingerprint == plain.fingerprint


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_it_is_no_part_of_a_longer_word(kind: str, example: str) -> None:
    for text in (f"{example}7", f"7{example}", f"x{example}", f"{example}ä"):
        assert (text.index(example), example) not in spans(found(kind, text))
