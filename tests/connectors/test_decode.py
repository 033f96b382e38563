"""Text of any encoding comes out as the same UTF-8."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.connectors.decode import Text, character_border, is_utf8, looks_like_text
from pdscan.connectors.formats.contents import HeldContent
from tests.connectors.reading import read_one

NORDIC = (
    "Åsa Öberg, Äänekoski; Pääministeri Jyrki Hämäläinen asuu Töölössä.\n"
    "Märta Sjöström på Östermalm; överförmyndare Håkan Bäckström.\n"
    "Søren Ærø bor på Ørestad, Ingeborg Æble på Håøya.\n"
)
SWEDISH = "Förnamn: Åke\nEfternamn: Öhrström\nStad: Malmö\nGata: Ågatan 3\nHör av dig på måndag.\n"
FINNISH = "Etunimi: Väinö\nSukunimi: Äijälä\nOsoite: Hämeentie 5, Jyväskylä\nÖljyä ja käyttöä.\n"
ENCODINGS = [
    "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be",
    "cp1252", "iso-8859-1", "iso-8859-15", "cp850", "mac-roman",
]  # fmt: skip


def decoded(data: bytes, size: int = 1 << 20) -> tuple[str, str]:
    text = Text(HeldContent("x.txt", data), size)
    return b"".join(text).decode(), text.encoding


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("text", [NORDIC, SWEDISH, FINNISH], ids=["nordic", "swedish", "finnish"])
def test_nordic_names_survive_every_encoding(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding))[0] == text


@pytest.mark.parametrize(
    "name", ["Öberg", "Hämäläinen", "Åsa", "ÅKESSON", "Käyttäjä: Tõnu", "Mäki €5"]
)
def test_a_single_name_in_windows_1252(name: str) -> None:
    assert (
        decoded(f"name;city\n{name};Turku\n".encode("cp1252"))[0].split("\n")[1][: len(name)]
        == name
    )


def test_the_euro_sign_tells_latin_9_from_windows_1252() -> None:
    text = "Hinta 25 € ja 30 €, Šemeikka, määräys\n"
    assert decoded(text.encode("iso-8859-15")) == (text, "iso-8859-15")
    assert decoded(text.encode("cp1252")) == (text, "windows-1252")


@pytest.mark.parametrize(("encoding", "text"), [
    ("cp1251", "Привет, меня зовут Иван Петров. Я живу в Москве на улице Ленина.\n"),
    ("koi8-r", "Привет, меня зовут Иван Петров. Я живу в Москве на улице Ленина.\n"),
    ("cp1253", "Καλημέρα, με λένε Γιώργο και μένω στην Αθήνα εδώ και χρόνια.\n"),
])  # fmt: skip
def test_other_scripts_are_left_to_the_guesser(encoding: str, text: str) -> None:
    assert decoded((text * 20).encode(encoding))[0] == text * 20


def test_utf8_that_breaks_keeps_what_is_valid() -> None:
    data = "Hämäläinen\n".encode() * 200_000 + "Öberg\n".encode("cp1252") + "Åsa\n".encode()
    text, encoding = decoded(data)
    assert text == "Hämäläinen\n" * 200_000 + "Öberg\nÅsa\n"
    assert encoding == "utf-8, some bytes windows-1252"


def test_the_first_stretch_beyond_ascii_decides() -> None:
    text = "plain\n" * 300_000 + SWEDISH
    assert decoded(text.encode("cp1252")) == (text, "windows-1252")
    assert decoded(text.encode()) == (text, "utf-8")
    assert decoded(b"plain\n") == ("plain\n", "ascii")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(4, 30))
def test_utf8_is_the_same_at_every_block_size(text: str, size: int) -> None:
    data = text.encode()
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE)) or b"\0" in data:
        return
    assert decoded(data, size)[0] == text


@given(st.binary(max_size=300), st.integers(4, 40))
def test_any_bytes_decode_to_valid_utf8_whole_chunks(data: bytes, size: int) -> None:
    for chunk in Text(HeldContent("x", data), size):
        chunk.decode()


@given(st.binary(max_size=100))
def test_validity_and_borders_are_those_of_python(data: bytes) -> None:
    try:
        data.decode()
    except UnicodeDecodeError:
        assert not is_utf8(data)
    else:
        assert is_utf8(data)
        assert character_border(data) == len(data)


@pytest.mark.parametrize(("data", "expected"), [
    (b"plain text\n", True), ("Öberg på gatan".encode("cp1252"), True),
    ("ä".encode("utf-16"), True),
    (b"line\n" + b"\0" * 2 + b"line\n" * 5, True), (bytes(range(256)) * 10, False),
    (b"\x7fELF\x02\x01\x01" + bytes(40), False), (b"\xff\xd8\xff\xe0\x00\x10JFIF", False),
])  # fmt: skip
def test_what_looks_like_text(data: bytes, expected: bool) -> None:
    assert looks_like_text(data) is expected


def test_the_ledger_names_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(SWEDISH.encode("utf-16"))
    read = read_one(path)
    assert (read.text, read.outcome.encoding) == (SWEDISH, "utf-16-le")
    assert read.outcome.characters == len(SWEDISH)
