"""Names and places in running text, by a language model that the user has installed (``--ner``).

pdscan brings no model and fetches none. It takes the name or folder of a spaCy pipeline, or the
YAML configuration of a Presidio NLP engine (spaCy or transformers), see
https://data-privacy-stack.github.io/presidio/analyzer/customizing_nlp_models/.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdscan.annotators import entities
from pdscan.annotators.judging import accept, told
from pdscan.detectors.interface import Annotation, Detector
from pdscan.errors import UsageError

if TYPE_CHECKING:
    from presidio_analyzer.nlp_engine import NlpEngine

#: For the coverage ledger, when no model was named.
_REACH = 1024  # bytes: some sentences
_BATCH = 64  # texts
_ENTITIES = ("PERSON", "LOCATION")
# What Nordic models call persons and places, beyond the labels that Presidio knows.
_LABELS = {"PRS": "PERSON", "GPE_LOC": "LOCATION"}
_NOT_NEEDED = ["lemmatizer", "parser", "senter"]  # of a pipeline, to find entities
_YAML = (".yaml", ".yml")
_KINDS = (
    Detector("person_name", "Person's name", "Name", finders=(), judge=accept),
    Detector("place", "Place name", "Location", finders=(), judge=accept),
)


@dataclass(frozen=True, slots=True)
class NerAnnotator:
    """The persons and places of a language model; loaded once in each process that asks."""

    model: str
    detectors: tuple[Detector, ...] = _KINDS
    reach: int = _REACH

    def annotate(self, texts: Sequence[str]) -> list[list[Annotation]]:
        """The entities in each of `texts`, by each of the engine's languages in turn."""
        engine = _engine(self.model)
        evidence = f"language model: {Path(self.model).name}"
        found: list[list[Annotation]] = [[] for _ in texts]
        for language in sorted(engine.get_supported_languages()):
            answers = engine.process_batch(list(texts), language, batch_size=_BATCH)
            for said, (_text, artifacts) in zip(found, answers, strict=True):
                for entity, score in zip(artifacts.entities, artifacts.scores, strict=True):
                    if entity.label_ in _ENTITIES:
                        said.append(
                            Annotation(
                                _ENTITIES.index(entity.label_), entity.start_char, entity.end_char,
                                entities.likelihood(score), evidence,
                            )
                        )  # fmt: skip
        return found


def load(model: str, known: Sequence[Detector] = ()) -> NerAnnotator:
    """The annotator of `model`, which is loaded to see that it can be.

    `known` are the detectors in force: a name that the model finds has the fingerprint of one
    found beside a label. Raises `pdscan.errors.UsageError` where the model is not installed.
    """
    _engine(model)
    return NerAnnotator(model, tuple(told(detector, known) for detector in _KINDS))


@functools.cache
def _engine(model: str) -> NlpEngine:
    path = Path(model)
    settings: Mapping[str, Any] = {"nlp_engine_name": "spacy", "models": [{"model_name": model}]}
    if path.suffix in _YAML:
        import yaml

        try:
            settings = yaml.safe_load(path.read_text(encoding="utf-8"))
            settings["models"][0]["lang_code"], settings["nlp_engine_name"]
        except OSError as error:
            raise UsageError(f"--ner {model}: {error.strerror}") from error
        except (yaml.YAMLError, KeyError, IndexError, TypeError) as error:
            raise UsageError(
                f"--ner {model}: not the configuration of a Presidio NLP engine "
                "(nlp_engine_name, and models with lang_code and model_name)"
            ) from error
    if settings["nlp_engine_name"] == "spacy":
        return _spacy(settings)
    if settings["nlp_engine_name"] == "transformers":
        return _transformers(model, settings)
    raise UsageError(
        f"--ner {model}: engine {settings['nlp_engine_name']!r} is not one of spacy, transformers"
    )


def _spacy(settings: Mapping[str, Any]) -> NlpEngine:
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    engine = SpacyNlpEngine(ner_model_configuration=_ner_configuration(settings))
    # Not by its load(), which downloads what is missing.
    pipelines = [(entry, _pipeline(entry["model_name"])) for entry in settings["models"]]
    engine.nlp = {entry.get("lang_code", nlp.lang): nlp for entry, nlp in pipelines}
    return engine


def _ner_configuration(settings: Mapping[str, Any]) -> Any:
    from presidio_analyzer.nlp_engine import NerModelConfiguration

    chosen = NerModelConfiguration.from_dict(dict(settings.get("ner_model_configuration", {})))
    mapping = {**_LABELS, **chosen.model_to_presidio_entity_mapping}
    return chosen.model_copy(update={"model_to_presidio_entity_mapping": mapping})


def _pipeline(name: str) -> Any:
    import spacy

    try:
        return spacy.load(name, exclude=_NOT_NEEDED)
    except (OSError, ImportError, ValueError) as error:
        raise UsageError(
            f"--ner {name}: no such spaCy pipeline is installed; install it "
            f"('pip install' of its wheel, or 'python -m spacy download {name}') or name a folder"
        ) from error


def _transformers(model: str, settings: Mapping[str, Any]) -> NlpEngine:
    os.environ["HF_HUB_OFFLINE"] = "1"  # read once, when the library is imported
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    for entry in settings["models"]:
        _pipeline(entry["model_name"]["spacy"])
    try:
        return NlpEngineProvider(nlp_configuration=dict(settings)).create_engine()
    except (OSError, ImportError, ValueError) as error:
        raise UsageError(f"--ner {model}: {error}") from error
