"""Whatever is not text by its printable runs: ASCII, and UTF-16 of ASCII and Latin letters.

Each run is a line; offsets count in the text of the runs. What is said in any other way in such a
file (compressed, encrypted, drawn) is not seen. The runs are found on whole columns of bytes: most
of such a file is no text, and costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pdscan.connectors.formats.contents import read_up_to
from pdscan.connectors.formats.interface import Content, Note, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Ints

Bytes = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

_LEAST = 6  # characters
_OVERLAP = 4096  # bytes that are looked at again, so that a run at an edge is whole
DETAIL = "by its printable runs"

_PLAIN, _LEAD, _FOLLOWS, _HIGH = 1, 2, 4, 8  # what a byte can be in a run
_CLASSES = bytes(
    (_PLAIN if 0x20 <= code <= 0x7E or code == 0x09 else 0)
    | (_LEAD if 0xC3 <= code <= 0xC5 else 0)  # of the letters À to ſ in UTF-8
    | (_FOLLOWS if 0x80 <= code <= 0xBF else 0)
    | (_HIGH if code >= 0xA0 else 0)  # Latin-1 letters in UTF-16
    for code in range(256)
)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The printable runs of `content`: first those of ASCII and UTF-8, piece by piece, then UTF-16.

    Within each piece they come in this order, so that both kinds of a file are near one another.
    """
    with content.open() as stream:
        carry = b""
        while True:
            chunk = read_up_to(stream, options.block_size)
            data = carry + chunk
            limit = _limit(data) if chunk else len(data)
            runs = printable_runs(data[:limit])
            if runs:
                yield Block(b"\n".join(runs) + b"\n")
            if not chunk:
                break
            carry = data[limit:]
    yield Note(detail=DETAIL)


def printable_runs(data: bytes) -> list[bytes]:
    """The runs of at least six printable characters in `data`, as UTF-8."""
    if len(data) < _LEAST:
        return []
    codes = np.frombuffer(data, np.uint8)
    classes = np.frombuffer(data.translate(_CLASSES), np.uint8)
    return [*_narrow(data, classes), *_wide(data, codes, classes)]


def _narrow(data: bytes, classes: Bytes) -> Iterator[bytes]:
    fits = (classes & _PLAIN) != 0
    pairs = ((classes[:-1] & _LEAD) != 0) & ((classes[1:] & _FOLLOWS) != 0)
    fits[:-1] |= pairs
    fits[1:] |= pairs
    starts, ends = _runs(fits, 1)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        run = data[start:end]
        if len(run) >= 2 * _LEAST or len(run.decode()) >= _LEAST:
            yield run


def _wide(data: bytes, codes: Bytes, classes: Bytes) -> Iterator[bytes]:
    zeros = codes[1:] == 0
    if not _six(zeros, 2).any():
        return
    # No byte belongs to two characters: the second of each is zero, the first is not.
    fits = ((classes[:-1] & (_PLAIN | _HIGH)) != 0) & zeros
    starts, ends = _runs(fits, 2)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield data[start:end].decode("utf-16-le").encode()


def _runs(fits: Bools, width: int) -> tuple[Ints, Ints]:
    """Where at least six characters of `width` bytes follow one another, each begun where `fits`
    says so: [start, end), ascending.
    """
    at = np.flatnonzero(_six(fits, width))
    if width > 1 and len(at):  # runs in even and in odd places lie apart
        at = at[np.lexsort((at, at % width))]
    first = np.ones(len(at), np.bool_)
    first[1:] = np.diff(at) != width
    last = np.append(first[1:], True)[: len(at)]
    starts, ends = at[first], at[last] + _LEAST * width
    order = np.argsort(starts, kind="stable")
    return starts[order], ends[order]


def _six(fits: Bools, width: int) -> Bools:
    """Which places begin six characters in a row."""
    count = max(len(fits) - (_LEAST - 1) * width, 0)
    two = fits[:-width] & fits[width:]
    six: Bools = two[:count] & two[2 * width :][:count] & two[4 * width :][:count]
    return six


def _limit(data: bytes) -> int:
    """Where to cut `data` so that no run is cut, unless it is longer than the overlap."""
    tail = max(len(data) - _OVERLAP, 0)
    for at in range(len(data) - 1, tail, -1):
        code = data[at]
        if (code == 0 and data[at - 1] == 0) or (0 < code < 0x20 and code != 0x09):
            return at + 1
    return len(data) if tail else 0
