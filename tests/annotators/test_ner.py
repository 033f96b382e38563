from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from pdscan import detectors
from pdscan.annotators import ner
from pdscan.errors import UsageError
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block
from tests.annotators.pipelines import save_pipeline
from tests.detectors.columns import Table

Row = tuple[str, str, str]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_pipeline(tmp_path_factory.mktemp("models") / "small"))


def scan(model: str, blocks: list[Block]) -> Iterator[Row]:
    known = detectors.load(["email"])
    engine = Engine(known, annotators=[ner.load(model, known)])
    for batch in Scanner(engine, Fingerprinter(bytes(KEY_SIZE)), values=True).scan(blocks):
        rows = batch.select(["kind", "value", "evidence"]).to_pylist()
        yield from ((row["kind"], row["value"], row["evidence"]) for row in rows)


def test_names_and_places_of_running_text_come_with_the_identifiers(model: str) -> None:
    text = "Soitti Matti Meikäläinen, asuu: Oulu. Åsa Öberg <asa@example.com> från Borås."
    assert list(scan(model, [Block(text.encode())])) == [
        ("person_name", "Matti Meikäläinen", "language model: small"),
        ("place", "Oulu", "language model: small"),
        ("person_name", "Åsa Öberg", "language model: small"),
        ("email", "asa@example.com", "form"),
        ("place", "Borås", "language model: small"),
    ]


def test_names_that_stand_in_several_cells_or_blocks_keep_their_places(model: str) -> None:
    table = Table(
        ("kuvaus", "paikka"), [("Åsa Öberg palautti", "Borås"), ("ei mitään", "Oulu")] * 2
    )
    rows = list(scan(model, [Block(table.text, table), Block(table.text, table)]))
    assert [(kind, value) for kind, value, _ in rows] == [
        ("person_name", "Åsa Öberg"), ("place", "Borås"), ("place", "Oulu"),
    ] * 4  # fmt: skip


def test_a_name_does_not_run_from_one_cell_into_the_next(model: str) -> None:
    table = Table(("etunimi", "sukunimi"), [("Matti", "Meikäläinen"), ("x", "y")])
    spaced = table.text.replace(b";", b" ")
    assert [value for _, value, _ in scan(model, [Block(spaced)])] == ["Matti Meikäläinen"]
    assert list(scan(model, [Block(spaced, table)])) == []


@pytest.mark.parametrize("filler", ["sana ", "sana.\n", "sana\n\n", "å" * 7 + " "])
def test_every_name_of_a_long_text_is_found_once_wherever_blocks_end(
    model: str, filler: str
) -> None:
    text = "".join(f"{filler * 90}Anna Andersson. " for _ in range(60)).encode()
    size = 7001
    cuts = [text[at : at + size] for at in range(0, len(text), size)]
    while any(cut[0] & 0xC0 == 0x80 for cut in cuts[1:]):  # blocks hold whole characters
        size += 1
        cuts = [text[at : at + size] for at in range(0, len(text), size)]
    blocks = [Block(cut, joins=number < len(cuts) - 1) for number, cut in enumerate(cuts)]
    found = list(scan(model, blocks))
    assert len(found) == 60
    assert {value for _, value, _ in found} == {"Anna Andersson"}


def test_text_that_is_not_utf_8_shifts_nothing(model: str) -> None:
    text = "Ö".encode() + b"\xff\xfe " + "Matti Meikäläinen".encode()
    assert [value for _, value, _ in scan(model, [Block(text)])] == ["Matti Meikäläinen"]


def test_the_labels_of_nordic_models_are_known(tmp_path: Path) -> None:
    swedish = save_pipeline(tmp_path / "swedish", person="PRS", language="sv")
    assert [row[:2] for row in scan(str(swedish), [Block(b"Anna Andersson")])] == [
        ("person_name", "Anna Andersson")
    ]


def test_an_engine_may_be_configured_as_presidio_does(model: str, tmp_path: Path) -> None:
    config = tmp_path / "engine.yaml"
    config.write_text(
        f"nlp_engine_name: spacy\nmodels:\n  - lang_code: fi\n    model_name: {model}\n"
        "ner_model_configuration:\n  default_score: 0.95\n"
    )
    assert list(scan(str(config), [Block(b"Oulu")])) == [
        ("place", "Oulu", "language model: engine.yaml")
    ]


def test_the_annotator_travels_to_worker_processes(model: str) -> None:
    annotator = pickle.loads(pickle.dumps(ner.load(model)))  # noqa: S301 - our own bytes
    assert [len(said) for said in annotator.annotate(["Oulu", "", "Anna Andersson, Borås"])] == [
        1, 0, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("no_such_model", None, "no such spaCy pipeline is installed"),
        ("missing.yaml", None, "No such file"),
        ("empty.yaml", "", "not the configuration"),
        ("broken.yaml", "{", "not the configuration"),
        ("stanza.yaml", "nlp_engine_name: stanza\nmodels: [{lang_code: fi, model_name: fi}]",
         "not one of spacy, transformers"),
        ("absent.yaml", "nlp_engine_name: spacy\nmodels: [{lang_code: fi, model_name: absent}]",
         "no such spaCy pipeline"),
    ],
)  # fmt: skip
def test_a_model_that_cannot_be_used_is_refused_with_what_to_do(
    tmp_path: Path, name: str, content: str | None, says: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=says):
        ner.load(str(path) if path.suffix else name)
