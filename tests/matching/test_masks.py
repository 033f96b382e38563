"""What is shown of a value."""

from __future__ import annotations

import numpy as np
import pytest

from pdscan.matching.masks import mask

CASES = (
    ("131052-308T", "1*****-***T"),
    ("matti@example.fi", "m****@*******.*i"),
    ("Äijälä", "******"),
    ("Mattila", "M*****a"),
    ("abc12", "*****"),
    ("+358 40 123", "+*** ** **3"),
    ("a\tb\x07c\x7fd!", "a******!"),
    ("x" * 40, "x" + "*" * 38 + "x"),
    ("x" * 41, "x" + "*" * 39),
    ("ä" * 45, "*" * 40),
    ("a" + "ä" * 30 + "b", "a" + "*" * 30 + "b"),
)


@pytest.mark.parametrize(("value", "shown"), CASES)
def test_previews(value: str, shown: str) -> None:
    text = f"before {value} behind".encode()
    start = np.array([7])
    assert mask(text, start, start + len(value.encode())).to_pylist() == [shown]


def test_many_at_once() -> None:
    text, starts, ends = b"", [], []
    for value, _ in CASES:
        starts.append(len(text))
        text += value.encode()
        ends.append(len(text))
    previews = mask(text, np.array(starts), np.array(ends))
    previews.validate(full=True)
    assert previews.to_pylist() == [shown for _, shown in CASES]
