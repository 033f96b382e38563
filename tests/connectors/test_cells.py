from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from pdscan.connectors.cells import CellLayout, cell_blocks
from pdscan.connectors.sql.keys import key_writer
from pdscan.model import Locator

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=12))


@given(texts=TEXTS, block_size=st.integers(1, 40), offset=st.integers(0, 3))
def test_every_filled_cell_is_in_one_block_once(
    texts: list[str | None], block_size: int, offset: int
) -> None:
    column = pa.array(texts, pa.string()).slice(offset)  # does not begin where its buffers do
    got = []
    for block in cell_blocks(column, ["f"], 100, block_size=block_size):
        assert isinstance(block.layout, CellLayout)
        assert len(block.text) <= block_size or len(block.layout.starts) == 1
        places = block.layout.place(block.layout.starts)
        bounds = zip(places.cell_start.tolist(), places.cell_end.tolist(), strict=True)
        cells = [block.text[start:end].decode() for start, end in bounds]
        assert "\n".join(cells).encode() == block.text
        got += list(zip(places.record.tolist(), cells, strict=True))
    assert got == [(100 + i, text) for i, text in enumerate(texts[offset:]) if text]


@given(st.lists(st.tuples(st.text(), st.text(), st.integers()), min_size=1), st.data())
def test_keys_are_written_as_locators_write_them(
    rows: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    names = ["käy&tä", "b", "n"]
    wanted = data.draw(st.lists(st.integers(0, len(rows) - 1)))
    texts = [
        [first.encode("utf-8", "replace").decode() for first, _, _ in rows],
        [second.encode("utf-8", "replace").decode() for _, second, _ in rows],
    ]
    columns = [pa.array(texts[0]), pa.array(texts[1]), pa.array([str(row[2]) for row in rows])]
    keys = key_writer(names, columns)(np.array(wanted, np.int64))
    for row, key in zip(wanted, keys.to_pylist(), strict=True):
        pairs = tuple(zip(names, (texts[0][row], texts[1][row], str(rows[row][2])), strict=True))
        assert str(Locator("s", (), pairs)) == "s:#" + "&".join(f"key={p}" for p in key.split("&"))
        assert Locator.parse("s:#" + "&".join(f"key={p}" for p in key.split("&"))).key == pairs


def test_null_parts_of_a_key_are_left_out() -> None:
    write = key_writer(["a", "b"], [pa.array(["1", None]), pa.array([None, "2"], pa.string())])
    assert write(np.array([0, 1, 0])).to_pylist() == ["a:1", "b:2", "a:1"]


def test_cells_of_the_fields_that_are_wanted() -> None:
    texts = pa.array(["a", None, "bcd", "e"])
    field = np.array([0, 1, 1, 0], np.int32)
    (several,) = cell_blocks(texts, ["x", "y"], field=field)
    (single,) = cell_blocks(texts, ["x"])
    for block, name, expected in (
        (several, "x", [b"a", b"e"]), (several, "y", [b"bcd"]), (several, "z", []),
        (single, "x", [b"a", b"bcd", b"e"]), (single, "y", []),
    ):  # fmt: skip
        assert isinstance(block.layout, CellLayout)
        starts, ends = block.layout.cells(name.__eq__)
        bounds = zip(starts.tolist(), ends.tolist(), strict=True)
        assert [block.text[start:end] for start, end in bounds] == expected
