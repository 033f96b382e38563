"""pdscan's detectors for Presidio: a recogniser for its AnalyzerEngine, in one line.

    registry.add_recognizer(PdscanRecognizer(countries=["fi", "se"]))

The identifiers are judged by pdscan's engine, with its words and labels, in any language that
Presidio is asked for. Entity types are Presidio's own where it has one (``EMAIL_ADDRESS``), else
the name of the kind (``FI_HETU``); the evidence stands in the explanation of each result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

from pdscan import detectors as registry
from pdscan.annotators import entities
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood

if TYPE_CHECKING:
    from presidio_analyzer.nlp_engine import NlpArtifacts


class _EveryLanguage(str):
    """A language that equals all others.

    Presidio asks recognisers by ``language == recognizer.supported_language``; an identity number
    has no language, and one recogniser for each would do the work as many times.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str)

    def __ne__(self, other: object) -> bool:
        return not self == other


class PdscanRecognizer(EntityRecognizer):  # type: ignore[misc] # its types are not complete
    """Finds what pdscan's detectors find.

    `kinds` ("email", "fi.hetu") are those to look for, by default all; `countries` ("fi", "se")
    leave the national ones of other countries out. `minimum` is the least likelihood of a result.
    `supported_language` is the one language to answer for, by default any. Raises
    `pdscan.errors.UsageError` for a kind or country that is not known.
    """

    def __init__(
        self,
        countries: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        *,
        minimum: Likelihood = Likelihood.POSSIBLE,
        supported_language: str | None = None,
    ) -> None:
        chosen = registry.load(kinds, countries)
        engine = Engine(chosen, minimum=minimum)
        # Nothing is kept of the fingerprints, so that any key will do.
        self._scanner = Scanner(engine, Fingerprinter(bytes(KEY_SIZE)))
        super().__init__(
            supported_entities=sorted({entities.entity(detector.kind) for detector in chosen}),
            name="PdscanRecognizer",
            supported_language=supported_language or _EveryLanguage("en"),
        )

    def load(self) -> None:
        """Nothing is left to load: the detectors are compiled when the recogniser is made."""

    def analyze(
        self, text: str, entities: Sequence[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """The findings in `text` whose entity types are among `entities`."""
        results = []
        for batch in self._scanner.scan([Block(text.encode("utf-8", "replace"))]):
            names = ("kind", "start", "end", "likelihood", "evidence")
            for row in zip(*(batch.column(name).to_pylist() for name in names), strict=True):
                result = self._result(*row)
                if result.entity_type in entities:
                    results.append(result)
        return results

    def _result(
        self, kind: str, start: int, end: int, level: int, evidence: str
    ) -> RecognizerResult:
        score = entities.score(Likelihood(level))
        explanation = AnalysisExplanation(
            recognizer=self.name,
            original_score=score,
            pattern_name=kind,
            textual_explanation=f"{kind}, {Likelihood(level).label}: {evidence}",
        )
        return RecognizerResult(
            entity_type=entities.entity(kind),
            start=start,
            end=end,
            score=score,
            analysis_explanation=explanation,
            recognition_metadata={
                RecognizerResult.RECOGNIZER_NAME_KEY: self.name,
                RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
                # The words around are weighed already.
                RecognizerResult.IS_SCORE_ENHANCED_BY_CONTEXT_KEY: True,
            },
        )
