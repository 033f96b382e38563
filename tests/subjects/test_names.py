"""Which writings of a name may be one person's."""

from __future__ import annotations

import pytest

from pdscan.subjects.names import alike, people, written_in


@pytest.mark.parametrize(("one", "other"), [
    ("Matti Meikäläinen", "meikalainen, matti"),
    ("Matti Meikäläinen", "M. Meikäläinen"),
    ("Matti Meikäläinen", "Matti Meikäläiselle"),
    ("Matti Meikäläinen", "MEIKÄLÄINEN MATTI JUHANI"),
    ("Matti Meikäläinen", "Matti Meikälainen"),
    ("Matti Meikäläinen", "Mati Meikäläinen Matti"),
    ("Aino Koivuranta", "Ainolle Koivurannalle"),
    ("Jukka Mäki", "Jukka Mäen"),
    ("Erik Ekskär", "Erikille Ekskärille"),
    ("Åsa Hagström-Lind", "Asa Hagstrom Lind"),
    ("Sofia Fjällbro", "Sofia Fjalbro"),
])  # fmt: skip
def test_one_name_in_many_writings(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(("one", "other"), [
    ("Aino Virtanen", "Eero Virtanen"),
    ("Aino Virtala", "Aino Virtanen"),
    ("Sven Almvik", "Stina Almvik"),
    ("Onni Vesa", "Outi Vesa"),
    ("Lena Källmo", "Lars Källmo"),
    ("Karin Ek", "Karin As"),
    ("A", "Aino Virtanen"),
    ("", "Aino Virtanen"),
])  # fmt: skip
def test_other_names(one: str, other: str) -> None:
    assert not alike(one, other)
    assert not alike(other, one)


def test_how_many_people_names_are() -> None:
    assert people(["Aino Virtanen", "VIRTANEN AINO", "A. Virtanen"]) == 1
    assert people(["Aino Virtanen", "Eero Virtanen", ""]) == 2


def test_the_name_in_a_row() -> None:
    row = [
        ("id", "7"),
        ("First name", "Aino"),
        ("payer_name.surname", "Virtanen"),
        ("city", "Oulu"),
    ]
    assert written_in(row) == "Aino Virtanen"
    assert written_in([("product", "Aino"), ("name", None)]) == ""
