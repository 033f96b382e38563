from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from pdscan.annotators.judging import accept
from pdscan.detectors.email import DETECTOR as EMAIL
from pdscan.detectors.interface import Annotation, Detector
from pdscan.matching.engine import Engine
from pdscan.model import Layout, Likelihood
from tests.detectors import columns
from tests.detectors.columns import Table


@dataclass
class Capitals:
    """Says of words in capitals that they are shouted, and keeps what it was asked."""

    likelihood: Likelihood = Likelihood.LIKELY
    reach: int = 100
    asked: list[str] = field(default_factory=list)
    detectors: tuple[Detector, ...] = (
        Detector("quiet", "Quiet", "X", (), accept),
        Detector("shout", "Shout", "X", (), accept, context=("sanoi",), labels=("huuto",)),
    )

    def annotate(self, texts: Sequence[str]) -> Iterator[list[Annotation]]:
        for text in texts:
            self.asked.append(text)
            yield [
                Annotation(1, found.start(), found.end(), self.likelihood, "capitals")
                for found in re.finditer(r"\b[A-ZÅÄÖ@.]{3,}\b", text)
            ]


def find(
    annotator: Capitals, text: str, layout: Layout | None = None
) -> list[tuple[str, str, Likelihood, str]]:
    found = columns.find([EMAIL], text, layout=layout, annotators=[annotator])
    return [(one.kind, one.text, one.likelihood, one.evidence) for one in found]


def test_what_is_said_is_weighed_like_all_candidates() -> None:
    assert find(Capitals(Likelihood.POSSIBLE), "Åke sanoi ÄLÄ") == [
        ("shout", "ÄLÄ", Likelihood.LIKELY, "capitals; near: sanoi")
    ]
    assert find(Capitals(Likelihood.UNLIKELY), "ÄLÄ") == []
    table = Table(("huuto", "muu"), [("ÄLÄ", "ÄLÄ")])
    assert [row[2:] for row in find(Capitals(Likelihood.POSSIBLE), table.text.decode(), table)] == [
        (Likelihood.VERY_LIKELY, "capitals; label: huuto"), (Likelihood.POSSIBLE, "capitals"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "kept"),
    [(Likelihood.POSSIBLE, "email"), (Likelihood.VERY_LIKELY, "shout")],
)
def test_of_overlapping_findings_the_better_evidenced_one_stays(
    said: Likelihood, kept: str
) -> None:
    (found,) = find(Capitals(said), "ASA@EXAMPLE.FI")
    assert found[0] == kept
    assert "rather than" in found[3]


def test_cells_are_asked_apart_and_equal_texts_once() -> None:
    annotator = Capitals()
    table = Table(("a", "b"), [("YKSI", "KAKSI"), ("YKSI", ""), ("", "KAKSI")])
    found = find(annotator, table.text.decode(), table)
    assert annotator.asked == ["YKSI", "KAKSI"]
    assert [row[1] for row in found] == ["YKSI", "KAKSI", "YKSI", "KAKSI"]


def test_a_layout_that_only_places_positions_serves_as_well() -> None:
    table = Table(("a", "b"), [("ÄÄ NI", "xy"), ("12", "åä")])

    class Positions:
        place = table.place

    annotator = Capitals()
    find(annotator, table.text.decode(), Positions())
    assert annotator.asked == ["ÄÄ NI", "xy", "12", "åä"]


@pytest.mark.parametrize("joint", ["\n\n", "\n", ". ", " ", "ä"])
def test_long_text_is_asked_in_pieces_that_lose_nothing(joint: str) -> None:
    annotator = Capitals()
    text = joint.join(f"sana{number}" for number in range(3000))
    find(annotator, text)
    assert "".join(annotator.asked) == text
    assert max(len(asked.encode()) for asked in annotator.asked) <= 4096
    assert len(annotator.asked) < 12


def test_an_engine_keeps_the_distance_that_an_annotator_asks_for() -> None:
    assert Engine([EMAIL], annotators=[Capitals(reach=9000)]).reserve >= 9000
