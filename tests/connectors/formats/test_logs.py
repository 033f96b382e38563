"""Fields of log lines: all at once, as each line by itself gives them."""

from __future__ import annotations

import random

import numpy as np
import pytest

from pdscan.connectors.formats.logs import LogLayout, recognise

COMBINED = (
    '192.0.2.1 - - [22/Nov/2026:10:17:57 +0200] "GET / HTTP/1.1" 200 70 "https://x/" "Moz (X)"'
)
LINES = (
    COMBINED,
    '192.0.2.1 - frank [22/Nov/2026:10:17:57 +0200] "GET / HTTP/1.1" 304 -',
    '2001:db8::1 - a b [x] "GET /" 200 1 "-" "-"',
    'shop.example:80 192.0.2.1 - - [t] "R" 200 1 "a" "b"',
    '192.0.2.1 - - [t] "R \\"q\\" x" 200 1 "a" "b"',
    '192.0.2.1 - - [t] "R" 200 1 "a" "b" and more "q"',
    'a - u [x] y [t] "R" 200 1 "a" "b"',
    '192.0.2.1 - - [t] "" 200 1 "" ""',
    '192.0.2.1 - - [t] "R" 304 1\r',
    "no log line at all",
    "",
)
W3C = "#Fields: date time c-ip cs-username cs(User-Agent)"
W3C_LINES = (
    W3C, "2026-11-22 10:00 192.0.2.1 matti Moz", "2026-11-22 10:00 192.0.2.1 - Moz+x\r",
    "a b c", "2026-11-22  10:00 192.0.2.1 matti", "",
)  # fmt: skip


@pytest.mark.parametrize(("head", "lines"), [(COMBINED, LINES), (W3C, W3C_LINES)])
def test_a_line_has_the_fields_it_has_by_itself(head: str, lines: tuple[str, ...]) -> None:
    log = recognise(f"{head}\n" * 3)
    assert log is not None
    chance = random.Random(4)
    for _ in range(300):
        text = "\n".join(_damaged(chance.choice(lines), chance) for _ in range(12)).encode()
        layout = LogLayout(text, log, 0)
        places = layout.place(np.arange(len(text)))
        fields, starts, ends = [], [], []
        first = 0
        for line in text.split(b"\n"):
            own = LogLayout(line, log, 0)
            cells = own._one(0, len(line))
            for at in range(len(line) + (first + len(line) < len(text))):
                inside = [cell for cell in cells if cell[1] <= at < cell[2]]
                column, start, end = inside[0] if inside else (-1, 0, len(line))
                fields.append(0 if column < 0 else int(own._fields[column]))
                starts.append(first + start)
                ends.append(first + end)
            first += len(line) + 1
        assert places.field.tolist() == fields
        assert places.cell_start.tolist() == starts
        assert places.cell_end.tolist() == ends


def _damaged(line: str, chance: random.Random) -> str:
    for _ in range(chance.choice((0, 0, 1, 2))):
        at = chance.randrange(len(line) + 1)
        line = line[:at] + chance.choice('" []:-5\\x') + line[at + chance.choice((0, 1)) :]
    return line
