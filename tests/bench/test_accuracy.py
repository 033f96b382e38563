from __future__ import annotations

import importlib
from pathlib import Path
from random import Random

import phonenumbers
import pytest

from bench.accuracy import documents, fillers
from bench.accuracy.documents import Span
from bench.accuracy.score import Found, Tally
from bench.accuracy.values import VALUES

TEMPLATES = Path(documents.__file__).parent / "templates"
SETS = ("tuning", "reporting")
VALIDATORS = {
    "fi.hetu": "fi.hetu", "fi.ytunnus": "fi.ytunnus", "se.personnummer": "se.personnummer",
    "se.orgnr": "se.orgnr", "no.fodselsnummer": "no.fodselsnummer", "no.orgnr": "no.orgnr",
    "dk.cvr": "dk.cvr", "ee.isikukood": "ee.ik", "is.kennitala": "is_.kennitala",
    "lt.asmens_kodas": "lt.asmens", "lv.personas_kods": "lv.pvn", "iban": "iban",
    "payment_card": "luhn", "imei": "imei", "bic": "bic",
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in VALUES if n.partition(":")[0] in VALIDATORS])
def test_values_are_valid_by_python_stdnum(name: str) -> None:
    kind, _, spelling = name.partition(":")
    if spelling == "temporary":  # stdnum takes no numbers that the authority has not given
        return
    module = importlib.import_module(f"stdnum.{VALIDATORS[kind]}")
    chance = Random(name)
    for _ in range(30):
        value = VALUES[name](chance)
        if kind == "payment_card":  # stdnum's Luhn check takes digits only
            value = value.replace(" ", "").replace("-", "")
        assert module.is_valid(value), value


@pytest.mark.parametrize("name", SETS)
def test_the_truth_says_where_each_value_stands(name: str) -> None:
    templates = documents.read_templates(TEMPLATES / f"{name}.txt")
    made = list(documents.fill_templates(templates, 1, 2))
    assert len(made) == 2 * len(templates) > 30
    for document in made:
        assert "{" not in document.text.replace('{"', "").replace(":{", "")
        for span in document.truth:
            value = document.text[span.start : span.end]
            assert value == value.strip() != ""
            if span.kind == "email":
                assert value.count("@") == 1
            if span.kind == "phone":
                assert phonenumbers.parse(value, "FI")
    assert made == list(documents.fill_templates(templates, 1, 2))
    assert made != list(documents.fill_templates(templates, 2, 2))


def test_no_template_for_reporting_was_tuned_on() -> None:
    first, second = (
        {template.body for template in documents.read_templates(TEMPLATES / f"{name}.txt")}
        for name in SETS
    )
    assert not first & second


def test_hard_negatives_have_the_size_asked_for() -> None:
    texts = dict(fillers.hard_negatives(1, 90_000))
    assert len(texts) == 9
    assert all(10_000 <= len(text) < 16_000 for text in texts.values())
    assert "@example" not in "".join(texts.values())


@pytest.mark.parametrize(
    ("found", "hits", "right", "wrong"),
    [
        ([], 0, 0, 0),
        ([("email", 10, 20)], 1, 1, 0),
        ([("email", 12, 20)], 1, 1, 0),
        ([("email", 10, 14)], 0, 1, 0),
        ([("email", 10, 15), ("email", 15, 20)], 1, 2, 0),
        ([("email", 0, 13)], 0, 0, 1),
        ([("phone", 10, 20)], 0, 0, 0),
        ([("username", 10, 14)], 0, 0, 0),
        ([("email", 10, 20), ("email", 40, 50)], 1, 1, 1),
    ],
)
def test_a_truth_is_found_by_half_its_characters(
    found: list[tuple[str, int, int]], hits: int, right: int, wrong: int
) -> None:
    tally = Tally()
    spans = [Found(*one, level=2) for one in found]
    tally.add("x" * 60, [Span("email", 10, 20)], [*spans, Found("email", 10, 20, level=1)], 2)
    score = tally.of("email")
    assert (score.truths, score.hits, score.right, score.found - score.right) == (
        1, hits, right, wrong,
    )  # fmt: skip
