"""Small language pipelines that the tests build themselves: no model is downloaded."""

from __future__ import annotations

from pathlib import Path

import spacy

PEOPLE = ("Matti Meikäläinen", "Åsa Öberg", "Anna Andersson")
TOWNS = ("Oulu", "Borås")


def save_pipeline(folder: Path, *, person: str = "PERSON", language: str = "xx") -> Path:
    """A pipeline that knows some people and towns by rules, saved as installed models are."""
    nlp = spacy.blank(language)
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns(
        [{"label": person, "pattern": name} for name in PEOPLE]
        + [{"label": "GPE", "pattern": town} for town in TOWNS]
        + [{"label": "ORG", "pattern": "Meikäläinen Oy"}]
    )
    nlp.to_disk(folder)
    return folder
