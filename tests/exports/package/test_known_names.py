"""Names of people whom the systems know are found again in running text."""

from __future__ import annotations

import pytest

from pdscan.exports.package.known_names import NAME, KnownNames
from pdscan.matching.fingerprints import Fingerprinter

PRINTS = Fingerprinter(bytes(range(32)))
KNOWN = KnownNames(
    (PRINTS.one(NAME, name) for name in ("erik ekskär", "aino virtanen", "åsa hagström-lind")),
    PRINTS,
)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Puhui kollegastaan Erik Ekskär, joka päättää", ["Erik Ekskär"]),
        ("Soita Erik Ekskärille. Aino Virtasen tilaus", ["Erik Ekskärille", "Aino Virtasen"]),
        ("Virtanen, Aino", ["Virtanen, Aino"]),
        ("terveisin\nÅsa Hagström-Lind\n", ["Åsa Hagström-Lind"]),
        ("Hei Erik\nEkskär", ["Erik\nEkskär"]),
        ("Erik Virtanen ja Aino Ekskär", []),
        ("erik ekskär", []),
        ("Erik. Ekskär", []),
        ("", []),
    ],
)
def test_known_names_are_found(text: str, names: list[str]) -> None:
    (found,) = KNOWN.find([text])
    assert [text[start:end] for start, end, _mac in found] == names


def test_with_no_inventory_nothing_is_known() -> None:
    assert KnownNames((), PRINTS).find(["Aino Virtanen"]) == [[]]
