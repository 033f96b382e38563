"""Tables in text: Python's own reader is the oracle for what is regular."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdscan.connectors.formats import csv as reader
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.dialects import Dialect, sniff
from pdscan.connectors.formats.interface import Gap
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Reason
from tests.connectors.reading import assert_round_trip, read_one

HEADER = "id,email,phone,note\n"


def cells_of(data: bytes, size: int = 1 << 20) -> tuple[list[tuple[int, str, str]], list[Gap]]:
    """(record, field, text) of every cell, asked for at its first byte."""
    found: list[tuple[int, str, str]] = []
    gaps: list[Gap] = []
    for event in reader.read(HeldContent("t.csv", data), ReadOptions(block_size=size)):
        if isinstance(event, Gap):
            gaps.append(event)
        elif isinstance(event, Block) and event.layout is not None:
            places = event.layout.place(np.arange(len(event.text)))
            seen = set()
            for n in range(len(event.text)):
                cell = int(places.cell_start[n]), int(places.cell_end[n])
                if cell not in seen and cell[0] <= n < cell[1]:
                    seen.add(cell)
                    text = event.text[cell[0] : cell[1]].decode()
                    found.append((int(places.record[n]), places.fields[places.field[n]], text))
    return found, gaps


def blocks_of(data: bytes, size: int = 1 << 20) -> list[Block]:
    events = reader.read(HeldContent("t.csv", data), ReadOptions(block_size=size))
    return [event for event in events if isinstance(event, Block)]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=12)
NAMES = ["id", "email", "phone", "note"]


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.integers(16, 200),
)
def test_cells_are_those_of_pythons_reader(
    rows: list[tuple[str, ...]], delimiter: str, end: str, quoting: int, size: int
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type] # a constant of csv
    writer.writerow(NAMES)
    writer.writerows(rows)
    data = out.getvalue().encode()
    dialect = Dialect(delimiter, '"', tuple(NAMES), has_header=True)
    expected = [
        (number, name, cell.replace('"', '""'))
        for number, row in enumerate([NAMES, *rows])
        for name, cell in zip(NAMES, row, strict=True)
        if cell
    ]
    grid = reader.Grid(data, dialect)
    assert grid.count_rows() == (len(rows) + 1, 0)
    places = grid.place(np.arange(len(data)))
    found = {
        (int(r), places.fields[f], data[a:b].decode())
        for r, f, a, b in zip(
            places.record, places.field, places.cell_start, places.cell_end, strict=True
        )
        if b > a
    }
    assert found == set(expected)
    # And the same in pieces: no record is cut, none is lost.
    if sniff(out.getvalue(), is_expected=True) == dialect:
        assert set(cells_of(data, size)[0]) == set(expected)


@pytest.mark.parametrize(("text", "delimiter", "columns"), [
    ("id,email\n1,a@x.fi\n2,b@x.fi\n", ",", ("id", "email")),
    ("id;email\n1;a@x.fi\n2;b@x.fi\n", ";", ("id", "email")),
    ("id\temail\n1\ta@x.fi\n2\tb@x.fi\n", "\t", ("id", "email")),
    ("id|email\n1|a@x.fi\n2|b@x.fi\n", "|", ("id", "email")),
    ("sep=;\nid;summa\n1;2,50\n2;3,50\n", ";", ("id", "summa")),
    ("nimi;hinta\nAku;1,5\nIines;2,5\n", ";", ("nimi", "hinta")),
    ("'id','note'\n'1','a,b'\n'2','c'\n", ",", ("id", "note")),
])  # fmt: skip
def test_dialects(text: str, delimiter: str, columns: tuple[str, ...]) -> None:
    dialect = sniff(text, is_expected=True)
    assert dialect is not None
    assert (dialect.delimiter, dialect.columns) == (delimiter, columns)


def test_data_in_the_first_row_is_not_taken_for_names() -> None:
    text = "Aino Virtanen,aino@example.com\nVeikko Nieminen,veikko@example.com\n"
    dialect = sniff(text, is_expected=True)
    assert dialect is not None
    assert dialect.columns == ("column 1", "column 2")


@pytest.mark.parametrize("text", [
    "Hello, this is prose, with commas.\nIt goes on, and on.\nNo table, here, at all, friends.\n",
    "int main(void)\n{\n  return f(a, b);\n}\n",
    "x = 1;\ny = 2;\nz = 3;\nw = 4;\n",
])  # fmt: skip
def test_prose_and_code_are_not_tables(text: str) -> None:
    assert sniff(text) is None


@pytest.mark.parametrize(("rows", "broken"), [
    ('1,a@x.fi,040,ok\n2,b@x.fi,041,fine\n', 0),
    ('1,a@x.fi,040,"two\nlines, here"\n2,b@x.fi,041,"q""uote"\n', 0),
    ('1,a@x.fi,040,5" pipe\n2,b@x.fi,041,x\n', 0),
    ('1,"a@x.fi,040,x\n2,"b@x.fi",041,y\n3,c@x.fi,042,z\n', 0),
    ('1,a@x.fi,040\n2,b@x.fi,041,y\n', 1),
    ('1,a@x.fi,040,x,y,z\n2,b@x.fi,041,y\n', 1),
    ('1,a@x.fi,040,x,,\n2,b@x.fi,041,y\n\n', 0),
])  # fmt: skip
@pytest.mark.parametrize("size", [1 << 20, 16])
def test_a_broken_row_costs_only_itself(rows: str, broken: int, size: int) -> None:
    data = (HEADER + rows).encode()
    found, gaps = cells_of(data, size)
    assert [gap.reason for gap in gaps] == [Reason.ROWS] * bool(broken)
    assert all(gap.detail.startswith(f"{broken} of ") for gap in gaps)
    assert ("email", "b@x.fi") in {(field, text) for _, field, text in found}
    texts = b"".join(block.text for block in blocks_of(data, size))
    assert texts == data, "all of the text is handed on"


def test_a_quote_that_is_never_closed_does_not_swallow_the_file() -> None:
    rows = "".join(f"{n},u{n}@x.fi,040,x\n" for n in range(200_000))
    data = (HEADER + '0,"never,040,x\n' + rows).encode()
    blocks = blocks_of(data)
    assert b"".join(block.text for block in blocks) == data
    last = blocks[-1]
    assert last.layout is not None
    at = last.text.index(b"u199999@x.fi")
    places = last.layout.place(np.array([at]))
    assert places.fields[places.field[0]] == "email"


def test_a_long_line_comes_in_pieces_that_join() -> None:
    data = b"id,note\n1," + b"x" * 10_000_000 + b"\n2,y\n"
    blocks = blocks_of(data)
    assert b"".join(block.text for block in blocks) == data
    assert any(block.joins for block in blocks)
    assert blocks[-1].text == b"2,y\n"
    assert max(len(block.text) for block in blocks) < 7_000_000


def test_offsets_are_those_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "id;nimi;sähköposti\n" + "".join(f"{n};Äijälä {n};ä{n}@example.com\n" for n in range(3000)),
        encoding="cp1252",
    )
    read = read_one(path)
    assert read.item.media_type == "text/csv"
    assert read.cell("ä77@example.com") == ("", "sähköposti", "", 78)
    assert_round_trip(path, 20)
