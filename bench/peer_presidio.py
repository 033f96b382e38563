"""Presidio over a file, line by line: pattern recognisers only, on a blank pipeline."""

from __future__ import annotations

import sys
from pathlib import Path

import spacy
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import SpacyNlpEngine


class _Blank(SpacyNlpEngine):  # type: ignore[misc] # presidio has no types
    """Tokens only: no model."""

    def __init__(self) -> None:
        super().__init__()
        self.nlp = {"en": spacy.blank("en")}


def main(path: str) -> None:
    """Prints how many results there are."""
    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    analyzer = AnalyzerEngine(nlp_engine=_Blank(), registry=registry, supported_languages=["en"])
    text = Path(path).read_text(encoding="utf-8") if path != "/dev/null" else ""
    print(sum(len(analyzer.analyze(line, "en")) for line in text.splitlines() if line))


if __name__ == "__main__":
    main(sys.argv[1])
