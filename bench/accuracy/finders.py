"""The programs that are compared: each takes a document and says what it found where."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from bench.accuracy.documents import Document
from bench.accuracy.score import Found
from pdscan import detectors
from pdscan.annotators.entities import likelihood
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Ints, Likelihood, Places

Finder = Callable[[Document], list[Found]]

#: What Presidio calls the kinds that both know.
PRESIDIO_KINDS = {
    "FI_PERSONAL_IDENTITY_CODE": "fi.hetu",
    "SE_PERSONNUMMER": "se.personnummer",
    "SE_ORGANISATIONSNUMMER": "se.orgnr",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "CREDIT_CARD": "payment_card",
    "PHONE_NUMBER": "phone",
    "MAC_ADDRESS": "mac_address",
    "IP_ADDRESS": "ipv4",
}


class _Cells:
    """The layout of a text in columns parted by semicolons, the first line naming them."""

    def __init__(self, text: str) -> None:
        header, _, _ = text.partition("\n")
        self._fields = header.split(";")
        data = text.encode()
        ends = [found.start() for found in re.finditer(rb"[;\n]", data)] + [len(data)]
        self._ends = np.array(ends, np.int64)
        self._starts = np.concatenate([[0], self._ends[:-1] + 1])

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` lie."""
        cell = np.searchsorted(self._ends, starts, side="left")
        field = (cell % len(self._fields)).astype(np.int32)
        record = cell // len(self._fields)
        return Places(field, self._fields, record, self._starts[cell], self._ends[cell])

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells, below the header, of the fields that `wants` accepts."""
        width = len(self._fields)
        wanted = np.resize([wants(field) for field in self._fields], len(self._ends))
        wanted &= (self._ends > self._starts) & (np.arange(len(self._ends)) >= width)
        return self._starts[wanted], self._ends[wanted]


def pdscan() -> Finder:
    """pdscan with all its detectors; it sees the columns of a table as its readers give them."""
    engine = Engine(detectors.load(), minimum=Likelihood.POSSIBLE)
    scanner = Scanner(engine, Fingerprinter(bytes(KEY_SIZE)))

    def find(document: Document) -> list[Found]:
        layout = _Cells(document.text) if document.medium == "csv" else None
        found: list[Found] = []
        for batch in scanner.scan([Block(document.text.encode(), layout)]):
            columns = (batch.column(n).to_pylist() for n in ("kind", "start", "end", "likelihood"))
            found += map(Found, *columns)
        return found

    return find


def presidio(languages: Sequence[str]) -> Finder:
    """Presidio with every pattern recogniser it ships, also those that are off by default, and no
    model: names and places are left out of the comparison."""
    import spacy
    import tldextract
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        FiPersonalIdentityCodeRecognizer,
        IbanRecognizer,
        IpRecognizer,
        MacAddressRecognizer,
        PhoneRecognizer,
        SeOrganisationsnummerRecognizer,
        SePersonnummerRecognizer,
    )

    tldextract.tldextract.TLD_EXTRACTOR.suffix_list_urls = ()  # its own copy; it would download
    registry = RecognizerRegistry(supported_languages=list(languages))
    for language in languages:
        for recogniser in (
            CreditCardRecognizer, EmailRecognizer, FiPersonalIdentityCodeRecognizer,
            IbanRecognizer, IpRecognizer, MacAddressRecognizer, SeOrganisationsnummerRecognizer,
            SePersonnummerRecognizer,
        ):  # fmt: skip
            registry.add_recognizer(recogniser(supported_language=language))
        registry.add_recognizer(
            PhoneRecognizer(
                supported_language=language, supported_regions=("FI", "SE", "NO", "DK", "GB")
            )
        )
    nlp_engine = SpacyNlpEngine(ner_model_configuration=NerModelConfiguration())
    nlp_engine.nlp = {language: spacy.blank(language) for language in languages}
    engine = AnalyzerEngine(
        registry=registry, nlp_engine=nlp_engine, supported_languages=list(languages)
    )

    def find(document: Document) -> list[Found]:
        results = engine.analyze(document.text, language=document.language)
        return [
            Found(_kind(r.entity_type, document.text[r.start : r.end]), r.start, r.end,
                  likelihood(r.score))
            for r in results if r.entity_type in PRESIDIO_KINDS
        ]  # fmt: skip

    return find


def _kind(entity: str, text: str) -> str:
    return "ipv6" if entity == "IP_ADDRESS" and ":" in text else PRESIDIO_KINDS[entity]
