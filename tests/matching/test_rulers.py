"""Counting characters and lines, beside what Python counts itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.matching.rulers import Ruler

TEXTS = {
    "ASCII": "plain words\nand more\n" * 900,
    "beyond ASCII": "Äiti söi €5 jäätelöä\n😀 ja 漢字 rivillä\n" * 600,
    "one line": "ä" * 9000,
    "lines alone": "\n" * 5000,
    "short": "å\nb",
    "empty": "",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("count", [1, 5, 4000])
def test_counts_as_python_does(name: str, count: int) -> None:
    text = TEXTS[name]
    borders = np.cumsum([0, *(len(char.encode()) for char in text)])
    chosen = np.unique(np.linspace(0, len(text), count, dtype=np.int64))
    offsets = borders[chosen]
    ruler = Ruler(text.encode())
    assert ruler.characters(offsets).tolist() == chosen.tolist()
    lines = ruler.lines(offsets)
    assert lines.tolist() == [text.count("\n", 0, at) for at in chosen.tolist()]
    starts = [borders[text.rfind("\n", 0, at) + 1] for at in chosen.tolist()]
    assert ruler.line_starts(offsets, lines).tolist() == starts
    end = int(offsets[-1])
    assert ruler.at(end) == (len(text[: chosen[-1]]), text.count("\n", 0, int(chosen[-1])))


@given(st.text(alphabet="aä€😀\n", max_size=400), st.data())
def test_stretches_between(text: str, data: st.DataObject) -> None:
    borders = np.cumsum([0, *(len(char.encode()) for char in text)])
    pairs = data.draw(
        st.lists(st.tuples(*[st.integers(0, len(text))] * 2).map(sorted), min_size=1, max_size=5)
    )
    low, high = np.array(pairs, np.int64).T
    counted = Ruler(text.encode()).between(borders[low], borders[high])
    assert counted.tolist() == (high - low).tolist()
