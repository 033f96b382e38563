from __future__ import annotations

import numpy as np
import pytest

from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.matching.engine import Engine
from pdscan.matching.labels import LabelIndex
from pdscan.model import Likelihood
from tests.detectors.columns import Table, find, find_in_table


def take_all(candidates: Candidates) -> Judged:
    """Takes each candidate as it is, so that the test sees where it was cut."""
    return Judged(np.full(len(candidates), Likelihood.UNLIKELY, np.int8))


def by_label(*labels: str, unless: tuple[str, ...] = ()) -> Detector:
    return Detector("t", "t", "T", (Cell(20, unless),), take_all, labels=labels)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Etunimi: Matti", ["Matti"]),
        ("Etunimi:Matti\nIkä: 40", ["Matti"]),
        ("Etunimi:\n  Matti\n", ["Matti"]),
        ("etunimi=Matti", ["Matti"]),
        ("ETUNIMI = 'Åke Öst', x", ["Åke Öst"]),
        ('{"etunimi": "Matti", "x": 1}', ["Matti"]),
        ('{\\"etunimi\\": \\"Matti\\", \\"x\\": 1}', ["Matti"]),
        ("Kutsumanimi : Matti", ["Matti"]),
        ("kutsuma_nimi: A\nkutsuma-nimi: B\nKutsuma nimi: C", ["A", "B", "C"]),
        ("first_etunimi: A", ["A"]),
        ("Etunimi: " + "x" * 40, ["x" * 20]),
        ("Etunimi: " + "ä" * 15, ["ä" * 10]),
        ("Etunimi: " + "xä" * 10, ["xä" * 6 + "x"]),
        ("Etunimi Matti", []),
        ("Supermetunimi: Matti", []),
        ("etunimi == Matti", []),
        ("etunimi => Matti", []),
        ("etunimi::Matti", []),
        ("Etunimi:\nSukunimi: Virtanen", []),
        ("etunimi=\nsukunimi=x", []),
        ("Etunimi:", []),
        ("Tiedoston etunimi: Matti", []),
        ("Tiedoston uusi etunimi: Matti", []),
    ],
)
def test_a_value_is_what_follows_its_label(text: str, values: list[str]) -> None:
    detector = by_label("etunimi", "kutsuma nimi", unless=("tiedoston",))
    found = find([detector], text)
    assert [one.text for one in found] == values
    for one in found:
        assert one.likelihood == Likelihood.LIKELY
        assert one.evidence.startswith("label: ")


def test_cells_of_a_column_are_found_by_its_name() -> None:
    found = find_in_table(
        [by_label("etunimi", unless=("tiedoston",))],
        ["id", "asiakas_etunimi", "tiedoston etunimi"],
        ["1", "Matti", "a.txt"],
        ["2", "", "b.txt"],
        ["3", "Liisa", "c.txt"],
        ["4", "x" * 21, ""],
    )
    assert [(one.text, one.evidence) for one in found] == [
        ("Matti", "label: etunimi"), ("Liisa", "label: etunimi"),
    ]  # fmt: skip


def test_a_value_ends_with_its_cell() -> None:
    found = find_in_table([by_label("etunimi")], ["note", "x"], ["etunimi: Matti", "Liisa"])
    assert [one.text for one in found] == ["Matti"]


def test_a_label_at_the_end_of_a_cell_does_not_reach_into_the_next() -> None:
    assert not find_in_table([by_label("etunimi")], ["note", "x"], ["etunimi:", "Liisa"])


def test_a_block_with_a_label_is_one_cell() -> None:
    assert [one.text for one in find([by_label("subject")], "Hei", label="Subject")] == ["Hei"]
    assert not find([by_label("subject")], "Hei", label="From")


def test_around_a_sign_within_the_cell() -> None:
    detector = Detector(
        "t", "t", "T", (Around("katu [0-9]", 10, 3),), take_all, examples=()
    )  # fmt: skip
    low = Likelihood.VERY_UNLIKELY
    found = find([detector], "Asun: Äiinkatu 12 B 5", minimum=low)
    assert [one.text for one in found] == ["Äiinkatu 12 B"]
    table = Table(["a", "b"], [["Puu", "Ykatu 1"], ["katu 2 Å", ""]])
    found = find([detector], table.text, layout=table, minimum=low)
    assert [one.text for one in found] == ["Ykatu 1", "katu 2 Å"]


def test_a_sign_is_judged_where_it_ends() -> None:
    seen: list[tuple[bytes, int]] = []

    def judge(candidates: Candidates) -> Judged:
        assert candidates.anchor is not None
        seen.extend(
            (row.tobytes()[:at], at)
            for row, at in zip(candidates.raw, candidates.anchor.tolist(), strict=True)
        )
        return take_all(candidates)

    find([Detector("t", "t", "T", (Around("katu [0-9]", 10, 90),), judge)], "xx Puukatu 1 y")
    assert seen == [(b" Puukatu 1", 10)]


def test_a_window_reserves_room_for_the_longest_value() -> None:
    assert Engine([by_label("x")]).reserve > 40


def test_words_that_turn_a_label() -> None:
    labels = LabelIndex([by_label("name", unless=("file",))])
    assert labels("customerName") == {0: "name"}
    assert labels("file_name") == {}
    assert labels("filename") == {}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("customer.name", True), ("file.name", False), ("file.owner.name", True),
        ("file_name.value", False), ("files[].name", True), ("name.file", True),
        ("file.first_name", True), ("file.firstname", True), ("owner/@first-name", True),
        ("file_first_name", False), ("first.name", True),
    ],
)  # fmt: skip
def test_a_label_is_turned_by_words_of_its_own_step(path: str, named: bool) -> None:
    # The step above counts for a label that names other things as often.
    finder = Cell(20, ("file",), weak=("name",))
    detector = Detector("t", "t", "T", (finder,), take_all, labels=("first name", "name"))
    assert (0 in LabelIndex([detector])(path)) is named
