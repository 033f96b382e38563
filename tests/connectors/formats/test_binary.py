"""Printable runs, held against the regular expressions that say what a run is."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pdscan.connectors.formats.binary import printable_runs, read
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block

NARROW = re.compile(rb"(?:[\x20-\x7e\t]|[\xc3-\xc5][\x80-\xbf]){6,}")
WIDE = re.compile(rb"(?:[\x20-\x7e\t\xa0-\xff]\x00){6,}")
PIECES = [b"a", b"\t", b"\0", b"\xc3", b"\xa4", b"\x7f", b"x\0", b"\xe4\0", b"hello", b"w\0i\0d\0e\0",
          "ä".encode(), "öljy".encode("utf-16-le")]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
def test_runs_are_those_of_the_expressions(data: bytes) -> None:
    expected = NARROW.findall(data)
    expected += [run.decode("utf-16-le").encode() for run in WIDE.findall(data)]
    assert printable_runs(data) == expected


@given(st.lists(st.sampled_from(PIECES), max_size=400).map(b"".join), st.integers(1, 60))
def test_runs_are_the_same_whatever_the_piece(data: bytes, size: int) -> None:
    blocks = read(HeldContent("a.bin", data), ReadOptions(block_size=size))
    runs = [run for b in blocks if isinstance(b, Block) for run in b.text.splitlines()]
    assert sorted(runs) == sorted(printable_runs(data))
