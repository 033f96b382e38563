"""Whatever is not text by its printable runs: ASCII, and UTF-16 of ASCII and Latin letters.

Each run is a line; offsets count in the text of the runs. What is said in any other way in such a
file (compressed, encrypted, drawn) is not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pdscan.connectors.formats.interface import Content, Note, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block

_LEAST = 6  # characters
_OVERLAP = 4096  # bytes that are looked at again, so that a run at an edge is whole
_NARROW = re.compile(rb"(?:[\x20-\x7e\t]|[\xc3-\xc5][\x80-\xbf]){%d,}" % _LEAST)
_WIDE = re.compile(rb"(?:[\x20-\x7e\t\xa0-\xff]\x00){%d,}" % _LEAST)
DETAIL = "by its printable runs"


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The printable runs of `content`: first those of ASCII and UTF-8, piece by piece, then UTF-16.

    Within each piece they come in this order, so that both kinds of a file are near one another.
    """
    with content.open() as stream:
        carry = b""
        while True:
            chunk = stream.read(options.block_size)
            data = carry + chunk
            limit = _limit(data) if chunk else len(data)
            runs = [hit[0] for hit in _NARROW.finditer(data, 0, limit)]
            runs += [hit[0].decode("utf-16-le").encode() for hit in _WIDE.finditer(data, 0, limit)]
            if runs:
                yield Block(b"\n".join(runs) + b"\n")
            if not chunk:
                break
            carry = data[limit:]
    yield Note(detail=DETAIL)


def _limit(data: bytes) -> int:
    """Where to cut `data` so that no run is cut, unless it is longer than the overlap."""
    tail = max(len(data) - _OVERLAP, 0)
    for at in range(len(data) - 1, tail, -1):
        code = data[at]
        if (code == 0 and data[at - 1] == 0) or (0 < code < 0x20 and code != 0x09):
            return at + 1
    return len(data)
