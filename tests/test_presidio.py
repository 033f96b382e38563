from __future__ import annotations

import pytest
import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine

from pdscan.errors import UsageError
from pdscan.model import Likelihood
from pdscan.presidio import PdscanRecognizer

TEXT = "Åsan hetu on 131052-308T, maili asa.oberg@example.fi, org.nr 556036-0793"


def analyzer(*recognizers: PdscanRecognizer, predefined: bool = False) -> AnalyzerEngine:
    languages = ["en", "fi", "sv"]
    nlp_engine = SpacyNlpEngine(ner_model_configuration=NerModelConfiguration())
    nlp_engine.nlp = {language: spacy.blank(language) for language in languages}
    registry = RecognizerRegistry(supported_languages=languages)
    if predefined:
        registry.load_predefined_recognizers(languages=languages)
    for recognizer in recognizers:
        registry.add_recognizer(recognizer)
    return AnalyzerEngine(registry=registry, nlp_engine=nlp_engine, supported_languages=languages)


@pytest.fixture(scope="module")
def nordic() -> PdscanRecognizer:
    return PdscanRecognizer(countries=["fi", "se"])


@pytest.mark.parametrize("language", ["en", "fi", "sv"])
def test_one_line_gives_the_nordic_set_in_every_language(
    nordic: PdscanRecognizer, language: str
) -> None:
    found = analyzer(nordic).analyze(TEXT, language=language)
    assert sorted((one.entity_type, TEXT[one.start : one.end]) for one in found) == [
        ("EMAIL_ADDRESS", "asa.oberg@example.fi"),
        ("FI_HETU", "131052-308T"),
        ("SE_ORGNR", "556036-0793"),
    ]


def test_results_are_explained_and_their_score_is_not_raised_twice(
    nordic: PdscanRecognizer,
) -> None:
    (found,) = analyzer(nordic).analyze(
        TEXT, language="en", entities=["FI_HETU"], context=["hetu"], return_decision_process=True
    )
    assert found.score == 0.95
    explanation = found.analysis_explanation
    assert explanation.recognizer == "PdscanRecognizer"
    assert explanation.pattern_name == "fi.hetu"
    assert explanation.textual_explanation.startswith(
        "fi.hetu, very_likely: checksum; date; near: hetu"
    )


def test_presidios_own_recognisers_work_beside_it(nordic: PdscanRecognizer) -> None:
    together = analyzer(nordic, predefined=True)
    found = together.analyze(TEXT + " http://a.example/", language="en")
    kinds = {one.entity_type for one in found}
    assert {"FI_HETU", "EMAIL_ADDRESS", "URL"} <= kinds
    assert "SE_ORGNR" in together.get_supported_entities("sv")


def test_kinds_languages_and_likelihood_can_be_chosen() -> None:
    only = PdscanRecognizer(kinds=["fi.hetu"], supported_language="fi", minimum=Likelihood.LIKELY)
    assert only.supported_entities == ["FI_HETU"]
    engine = analyzer(only, PdscanRecognizer(kinds=["email"], supported_language="en"))
    assert [one.entity_type for one in engine.analyze(TEXT, language="fi")] == ["FI_HETU"]
    assert [one.entity_type for one in engine.analyze(TEXT, language="en")] == ["EMAIL_ADDRESS"]
    # A test number (900-999) is only possible.
    assert engine.analyze("131052-9049", language="fi") == []


def test_an_unknown_country_is_refused() -> None:
    with pytest.raises(UsageError, match="xx"):
        PdscanRecognizer(countries=["xx"])
