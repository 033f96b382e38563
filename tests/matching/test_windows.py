"""However a text is cut into blocks, packed or windowed, the findings are the same."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdscan.detectors import load
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood

ENGINE = Engine(load(), minimum=Likelihood.VERY_UNLIKELY)
PRINTER = Fingerprinter(bytes(32))

# Identifiers, near misses and what stands around them; generated or published test numbers.
PIECES = [
    "131052-308T", "010594Y9032", "131052-308U", "maija.meikalainen@example.fi", "a@b", "@",
    "käyttäjä@esimerkki.fi", "FI21 1234 5600 0007 85", "FI2112345600000785", "+358 40 123 4567",
    "040-1234567", "192.0.2.17", "2001:db8::1", "4111 1111 1111 1111", "19121212-1212",
    "121212-1212", "1234567-1", "hetu", "henkilötunnus", "personnummer", "tilausnumero", "IBAN",
    "2026-11-22T10:11:12", "3.14159", "v1.2.3.4", "a" * 90, "1" * 70, "12 34 56 78 90 12 34",
    "“", "”", "–", "\u00a0", "%40", "🙂", "\n", "\r\n", " ", ", ", ";", "\t", "<b>", "</b>", "=", "/",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
spaced = st.lists(st.sampled_from(PIECES), max_size=60).map(" ".join)


def findings(blocks: Iterable[Block]) -> list[dict[str, object]]:
    scanner = Scanner(ENGINE, PRINTER, values=True)
    return [row for batch in scanner.scan(blocks) for row in batch.to_pylist()]


def cut(text: str, sizes: Iterable[int]) -> list[Block]:
    """`text` as blocks of so many characters that join one another."""
    pieces, start = [], 0
    for size in sizes:
        pieces.append(text[start : start + size])
        start += size
    pieces.append(text[start:])
    last = len(pieces) - 1
    return [Block(piece.encode(), joins=i < last) for i, piece in enumerate(pieces)]


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(texts, spaced), st.lists(st.integers(1, 700), max_size=12), st.integers(0, 3000),
    st.integers(0, 3000),
)  # fmt: skip
def test_cuts_change_nothing(text: str, sizes: list[int], before: int, after: int) -> None:
    # Plain prose around pushes the piece away from the ends, over window and region edges.
    whole = "sana ja toinen " * (before // 15) + text + " ord och ord" * (after // 12)
    assert findings(cut(whole, sizes)) == findings([Block(whole.encode())])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(texts, spaced), min_size=1, max_size=8))
def test_packing_blocks_changes_nothing(parts: list[str]) -> None:
    packed = findings(Block(t.encode(), part=str(i)) for i, t in enumerate(parts))
    single = [
        row for i, t in enumerate(parts) for row in findings([Block(t.encode(), part=str(i))])
    ]
    assert packed == single


@settings(max_examples=60, deadline=None)
@given(st.one_of(texts, spaced))
def test_positions_point_at_the_value(text: str) -> None:
    lines = text.split("\n")
    for found in findings([Block(text.encode())]):
        start, end = found["start"], found["end"]
        assert isinstance(start, int)
        assert isinstance(end, int)
        assert text[start:end] == found["value"]
        line, column = found["line"], found["column"]
        assert isinstance(line, int)
        assert isinstance(column, int)
        assert lines[line - 1][column - 1 :][: len(text[start:end].split("\n")[0])]


def test_blocks_of_a_part_go_on_counting() -> None:
    rows = findings([Block(b"eka rivi\n131052-308T\n"), Block("ä 131052-308T\n".encode())])
    hetus = [r for r in rows if r["kind"] == "fi.hetu"]
    assert [(r["line"], r["column"], r["start"]) for r in hetus] == [(2, 1, 9), (3, 3, 23)]


@pytest.mark.parametrize("border", ["", " ", "\n"])
def test_a_border_between_blocks_joins_nothing(border: str) -> None:
    rows = findings([Block(f"131052{border}".encode()), Block(b"-308T")])
    assert [r for r in rows if r["kind"] == "fi.hetu"] == []
