"""Presidio's recognisers as finders of pdscan.

Any recogniser will do: one that Presidio ships (by the name of its class, also those that are off
by default or bound to a language there), a class of the user's (``package.module:Class``) or the
recognisers of a YAML file, see
https://data-privacy-stack.github.io/presidio/tutorial/08_no_code/. What they look for, pdscan
weighs, explains and fingerprints like its own.

Importing Presidio takes a second: it is done when the first recogniser is loaded.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hyperscan

from pdscan.annotators import entities
from pdscan.annotators.judging import accept, told
from pdscan.detectors.interface import Annotation, Detector
from pdscan.errors import UsageError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer, PatternRecognizer

ENTRY_POINTS = "pdscan.recognizers"
_REACH = 512  # bytes
_CATEGORY = "Identifying"  # what is known of a kind that only its recogniser knows
_LONGEST_PATTERN = 2000  # characters; an alternation of all domains takes seconds to compile
_YAML = (".yaml", ".yml")


def load(names: Sequence[str], known: Sequence[Detector] = ()) -> list[RecognizerAnnotator]:
    """The recognisers called `names`: classes or YAML files, as the module's text says.

    `known` are the detectors in force: what a recogniser finds of their kinds they judge too, so
    that it has the same fingerprints.
    Raises `pdscan.errors.UsageError` for a name that leads nowhere or a recogniser that cannot be
    used by itself.
    """
    return [_annotator(recognizer, known) for name in names for recognizer in _find(name)]


def installed(known: Sequence[Detector] = ()) -> list[RecognizerAnnotator]:
    """The recognisers that installed packages offer as entry points ``pdscan.recognizers``."""
    return [
        _annotator(_made(point.load(), point.name), known)
        for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    ]


def _find(name: str) -> Iterator[EntityRecognizer]:
    if Path(name).suffix in _YAML:
        yield from _from_yaml(Path(name))
        return
    module, colon, attribute = name.partition(":")
    if not colon:
        module, attribute = "presidio_analyzer.predefined_recognizers", name
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"recogniser {name!r}: {_hint(module, attribute, error)}") from error
    yield _made(found, name)


def _hint(module: str, attribute: str, error: Exception) -> str:
    if isinstance(error, ImportError):
        return f"{error}; give the name of a Presidio class, package.module:Class or a .yaml file"
    close = get_close_matches(attribute, dir(importlib.import_module(module)), n=1)
    return f"{module} has no {attribute}" + (f"; did you mean {close[0]}?" if close else "")


def _made(found: Any, name: str) -> EntityRecognizer:
    """The recogniser that `found`, a class or an instance, stands for."""
    from presidio_analyzer import EntityRecognizer

    _keep_offline()
    try:
        recognizer = found() if isinstance(found, type) else found
    except Exception as error:
        raise UsageError(
            f"recogniser {name!r} cannot be made without arguments ({type(error).__name__}): "
            "configure it in a YAML file"
        ) from error
    if not isinstance(recognizer, EntityRecognizer):
        raise UsageError(f"recogniser {name!r} is not a Presidio EntityRecognizer")
    return _usable(recognizer)


def _from_yaml(path: Path) -> Iterator[EntityRecognizer]:
    import yaml
    from presidio_analyzer.recognizer_registry.recognizers_loader_utils import RecognizerListLoader

    _keep_offline()
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
        listed = settings["recognizers"]
        languages = settings.get("supported_languages") or _languages(listed)
        flags = settings.get("global_regex_flags", _default_flags())
        found = list(RecognizerListLoader.get(listed, languages, flags))
    except OSError as error:
        raise UsageError(f"recognisers {path}: {error.strerror}") from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(f"recognisers {path}: {error}") from error
    if not found:
        raise UsageError(f"recognisers {path}: none is enabled; set 'enabled: true'")
    # Presidio makes one for each language, with words of that language. Here a text has none: one
    # recogniser with the words of all will do.
    alike: dict[tuple[str, tuple[str, ...]], EntityRecognizer] = {}
    for recognizer in found:
        first = alike.setdefault(
            (recognizer.name, tuple(recognizer.supported_entities)), recognizer
        )
        first.context = list(dict.fromkeys([*(first.context or ()), *(recognizer.context or ())]))
    yield from map(_usable, alike.values())


def _languages(listed: Sequence[Any]) -> list[str]:
    """All languages that the recognisers of a file are bound to."""
    found = {"en"}
    for entry in listed:
        if isinstance(entry, dict):
            named = [entry.get("supported_language"), *(entry.get("supported_languages") or ())]
            found.update(one["language"] if isinstance(one, dict) else one for one in named if one)
    return sorted(found)


def _default_flags() -> int:
    import regex

    return int(regex.DOTALL | regex.MULTILINE | regex.IGNORECASE)


def _usable(recognizer: EntityRecognizer) -> EntityRecognizer:
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    if isinstance(recognizer, SpacyRecognizer):
        raise UsageError(
            f"recogniser {recognizer.name} reads the entities of a language model: "
            "name the model with --ner instead"
        )
    return recognizer


def _keep_offline() -> None:
    """Presidio's e-mail and URL recognisers would fetch the public suffix list at first use."""
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()


def _annotator(recognizer: EntityRecognizer, known: Sequence[Detector]) -> RecognizerAnnotator:
    country = recognizer.country_code() or ""
    context = tuple(dict.fromkeys(word.lower() for word in recognizer.context or ()))
    detectors = (
        Detector(
            kind=entities.kind(entity, country),
            name=entity.replace("_", " ").capitalize(),
            category=_CATEGORY,
            finders=(),
            judge=accept,
            country=country,
            context=context,
        )
        for entity in recognizer.supported_entities
    )
    return RecognizerAnnotator(recognizer, tuple(told(d, known) for d in detectors))


@dataclass(frozen=True)
class RecognizerAnnotator:
    """One of Presidio's recognisers as an annotator; `detectors` follow its entities."""

    recognizer: EntityRecognizer
    detectors: tuple[Detector, ...]
    reach: int = _REACH

    @functools.cached_property
    def _signs(self) -> _Signs:
        return _Signs(self.recognizer)

    def annotate(self, texts: Sequence[str]) -> Iterator[list[Annotation]]:
        """What the recogniser finds in each of `texts`, without a language model's help."""
        wanted = list(self.recognizer.supported_entities)
        evidence = f"Presidio: {self.recognizer.name}"
        for text in texts:
            if not self._signs.may_be_in(text):
                yield []
                continue
            found = self.recognizer.analyze(text, wanted, None) or []
            yield [
                Annotation(
                    wanted.index(result.entity_type), result.start, result.end,
                    entities.likelihood(result.score), evidence,
                )
                for result in found if result.entity_type in wanted and result.end > result.start
            ]  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_signs"}


class _Signs:
    """Whether a recogniser's patterns may match at all: Hyperscan asks all of them in one pass.

    Presidio's own engine backtracks and takes them one after the other. Hyperscan's prefilter
    answers "maybe" where a pattern uses what it cannot decide; recognisers that look otherwise, or
    with a pattern that it cannot take, are always asked.
    """

    def __init__(self, recognizer: EntityRecognizer) -> None:
        from presidio_analyzer import PatternRecognizer

        self._database = None
        plain = type(recognizer).analyze is PatternRecognizer.analyze
        if plain and all(len(p.regex) <= _LONGEST_PATTERN for p in recognizer.patterns):
            self._database = _compile(recognizer)

    def may_be_in(self, text: str) -> bool:
        if self._database is None:
            return True
        found: list[int] = []

        def on_match(number: int, _from: int, _to: int, _flags: int, _context: object) -> bool:
            found.append(number)
            return True

        try:
            self._database.scan(text.encode("utf-8", "replace"), match_event_handler=on_match)
        except hyperscan.ScanTerminated:
            return True
        return bool(found)


def _compile(recognizer: PatternRecognizer) -> hyperscan.Database | None:
    import regex

    wanted = recognizer.global_regex_flags
    flags = hyperscan.HS_FLAG_PREFILTER | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_UCP
    flags |= hyperscan.HS_FLAG_CASELESS if wanted & regex.IGNORECASE else 0
    flags |= hyperscan.HS_FLAG_DOTALL if wanted & regex.DOTALL else 0
    flags |= hyperscan.HS_FLAG_MULTILINE if wanted & regex.MULTILINE else 0
    patterns = [pattern.regex.encode() for pattern in recognizer.patterns]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    try:
        database.compile(
            expressions=patterns, ids=list(range(len(patterns))), flags=[flags] * len(patterns)
        )
    except hyperscan.error:
        return None
    return database
