from __future__ import annotations

import pickle
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from presidio_analyzer import (
    EntityRecognizer,
    Pattern,
    PatternRecognizer,
    RecognizerResult,
)

from pdscan import detectors
from pdscan.annotators import recognizers
from pdscan.errors import UsageError
from pdscan.model import Likelihood
from tests.detectors import columns
from tests.detectors.columns import Found


class Ticket(PatternRecognizer):  # type: ignore[misc] # its types are not complete
    """A user's own: support tickets, more likely beside the word."""

    def __init__(self) -> None:
        super().__init__(
            supported_entity="TICKET_ID",
            patterns=[Pattern("ticket", r"\bTK-(?!000)\d{5}\b", 0.2)],
            context=["ticket"],
        )


class Shouted(EntityRecognizer):  # type: ignore[misc] # its types are not complete
    """A user's own without patterns: words in capitals."""

    def __init__(self) -> None:
        super().__init__(supported_entities=["SHOUT"])

    def load(self) -> None:
        pass

    def analyze(self, text: str, entities: list[str], nlp_artifacts: Any) -> list[Any]:
        return [
            RecognizerResult("SHOUT", found.start(), found.end(), 0.7)
            for found in re.finditer(r"\b[A-ZÅÄÖ]{4,}\b", text)
        ]


def find(names: list[str], text: str, *kinds: str) -> list[Found]:
    known = detectors.load(kinds) if kinds else ()
    return columns.find(known, text, annotators=recognizers.load(names, known))


HERE = "tests.annotators.test_recognizers"


def test_words_around_weigh_for_a_users_recogniser_as_they_do_in_presidio() -> None:
    assert find([f"{HERE}:Ticket"], "TK-12345 ja TK-00012") == []
    assert find([f"{HERE}:Ticket"], "see ticket tk-12345, not TK-00012") == [
        Found("ticket_id", "tk-12345", Likelihood.POSSIBLE, "Presidio: Ticket; near: ticket",
              "tk-12345")
    ]  # fmt: skip


def test_a_recogniser_without_patterns_is_asked_for_every_text() -> None:
    assert [found.text for found in find([f"{HERE}:Shouted"], "äiti HUUSI: ÄLÄ")] == ["HUUSI"]


def test_recognisers_that_presidio_has_switched_off_or_bound_to_a_language_work() -> None:
    found = find(["SePersonnummerRecognizer", "UkPostcodeRecognizer"],
                 "Kund 19811228-9874 flyttade till postcode SW1A 2AA")  # fmt: skip
    assert [(one.kind, one.text) for one in found] == [
        ("se.personnummer", "19811228-9874"), ("uk.postcode", "SW1A 2AA"),
    ]  # fmt: skip


def test_what_pdscan_knows_better_it_judges_and_has_one_fingerprint_for() -> None:
    recogniser = ["FiPersonalIdentityCodeRecognizer"]
    # 29 February 1999 does not exist: Presidio's recogniser does not look at the century.
    impossible, real = "290299-902W", "131052-308T"
    texts = [found.text for found in find(recogniser, f"{impossible} {real}")]
    assert real in texts
    judged = find(recogniser, f"{impossible} {real.lower()}", "fi.hetu")
    assert [(one.kind, one.canonical) for one in judged] == [("fi.hetu", "131052-308T")]


def test_recognisers_of_a_yaml_file(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        """
recognizers:
  - name: Membership
    type: custom
    supported_entity: MEMBER_ID
    supported_languages: [fi, sv]
    patterns:
      - {name: member, regex: 'M-[0-9]{6}', score: 0.8}
  - name: Street words
    supported_language: fi
    supported_entity: STREET_WORD
    deny_list: [Mannerheimintie, Drottninggatan]
  - name: FiPersonalIdentityCodeRecognizer
    type: predefined
    supported_languages: [fi]
  - name: CreditCardRecognizer
    type: predefined
    enabled: false
"""
    )
    found = find([str(path)], "M-123456, 131052-308T, Mannerheimintie, 4111 1111 1111 1111")
    assert [(one.kind, one.text, one.likelihood) for one in found] == [
        ("member_id", "M-123456", Likelihood.LIKELY),
        ("fi.hetu", "131052-308T", Likelihood.VERY_LIKELY),
        ("street_word", "Mannerheimintie", Likelihood.VERY_LIKELY),
    ]


def test_nothing_is_fetched_from_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = find(["EmailRecognizer", "UrlRecognizer"], "matti@example.fi, https://example.com/a")
    assert [one.kind for one in found] == ["email", "url"]


def test_the_annotator_travels_to_worker_processes() -> None:
    (annotator,) = recognizers.load([f"{HERE}:Ticket"])
    list(annotator.annotate(["TK-12345"]))
    copy = pickle.loads(pickle.dumps(annotator))  # noqa: S301 - our own bytes
    assert [len(said) for said in copy.annotate(["TK-12345", "TK", "TK-12345 TK-54321"])] == [
        1, 0, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("FiPersonalIdentityRecognizer", None, "did you mean FiPersonalIdentityCodeRecognizer"),
        ("no.such.module:Thing", None, "No module named"),
        ("pdscan.errors:UsageError", None, "is not a Presidio EntityRecognizer"),
        ("presidio_analyzer:PatternRecognizer", None, "configure it in a YAML file"),
        ("SpacyRecognizer", None, "--ner"),
        ("missing.yaml", None, "No such file"),
        ("empty.yaml", "", "empty.yaml"),
        ("off.yaml", "recognizers: [{name: IpRecognizer, type: predefined, enabled: false}]",
         "none is enabled"),
        ("odd.yaml", "recognizers: [{name: Odd, supported_entity: ODD}]", "odd.yaml"),
    ],
)  # fmt: skip
def test_a_recogniser_that_cannot_be_used_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=says):
        recognizers.load([str(path) if path.suffix == ".yaml" else name])


def test_hyperscan_lets_no_text_pass_in_which_presidio_would_find_something() -> None:
    lines = (
        "hetu 131052-308T, pnr 19811228-9874 och 556036-0793", "äiti131052-308Tä",
        "Matti.Meikäläinen@example.fi\nrivi", "GB29NWBK60161331926819 FI21 1234 5600 0007 85",
        "4111 1111 1111 1111 / 4111-1111-1111-1111", "192.168.0.1 fe80::1%eth0 00:1b:44:11:3a:b7",
        "AB123456C 943 476 5919 078-05-1120 111-22-3333", "K3456789 12345678A X1234567L Z8Y7",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "SW1A 2AA M1 1AE", "44051401359 RSSMRA85T10A562S",
        "２０２４-01-02 and 12/31/1999", "АБВ 51 824 753 556 2123 45670 1", "",
    )  # fmt: skip
    found = 0
    for name in (
        "CreditCardRecognizer", "EsNifRecognizer", "FiPersonalIdentityCodeRecognizer",
        "IbanRecognizer", "IpRecognizer", "MacAddressRecognizer", "PlPeselRecognizer",
        "SeOrganisationsnummerRecognizer", "UkNinoRecognizer", "UsSsnRecognizer",
    ):  # fmt: skip
        (annotator,) = recognizers.load([name])
        for line in lines:
            said = annotator.recognizer.analyze(line, annotator.recognizer.supported_entities)
            (ours,) = annotator.annotate([line])
            assert len(ours) == len(said), (name, line)
            found += len(said)
    assert found > 10
