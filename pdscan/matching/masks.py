"""Previews: enough to recognise a value one knows, too little to learn one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.columns import gather
from pdscan.model import Ints

#: What is shown of a secret.
SECRET = "********"  # noqa: S105 - stars, not a password
_LONGEST = 40  # characters of a preview
_SHORT = 6  # bytes; a value shorter than this shows nothing
_STAR = ord("*")
_WORDS = np.array([code < 0x80 and chr(code).isalnum() for code in range(256)])
_MASKED = bytes(code if 0x20 <= code < 0x7F and not _WORDS[code] else _STAR for code in range(256))


def mask(text: bytes, starts: Ints, ends: Ints) -> pa.Array:
    """Previews of the values [start, end) in `text`: first and last character and the punctuation.

    A letter beyond ASCII is one star. Longer values are cut at 40 characters.
    """
    codes = np.frombuffer(text, np.uint8)
    shown = _cut(text, starts, ends)
    lengths = shown - starts
    offsets = np.zeros(len(starts) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    kind = np.int32 if len(text) <= np.iinfo(np.int32).max else np.int64
    source = np.repeat((starts - offsets[:-1]).astype(kind), lengths)
    source += np.arange(len(source), dtype=kind)
    values = codes[source]
    previews = np.frombuffer(bytearray(values.tobytes().translate(_MASKED)), np.uint8)
    long_enough = ends - starts >= _SHORT
    for where, byte, is_shown in (
        (offsets[:-1], starts, long_enough),
        (offsets[1:] - 1, ends - 1, long_enough & (shown == ends)),
    ):
        rows = np.flatnonzero(is_shown & _WORDS[codes[byte]])
        previews[where[rows]] = codes[byte[rows]]
    if (values >= 0x80).any():
        begins = values.view(np.int8) >= -64
        np.cumsum(np.add.reduceat(begins, offsets[:-1], dtype=np.int32), out=offsets[1:])
        previews = previews[begins]
    return pa.StringArray.from_buffers(len(starts), pa.py_buffer(offsets), pa.py_buffer(previews))


def _cut(text: bytes, starts: Ints, ends: Ints) -> npt.NDArray[np.int64]:
    """Where the values end, or their first characters where they are long."""
    long = np.flatnonzero(ends - starts > _LONGEST)
    if not len(long):
        return ends
    begins = gather(text, starts[long], 4 * _LONGEST).view(np.int8) >= -64
    size = np.count_nonzero(np.cumsum(begins, axis=1) <= _LONGEST, axis=1)
    shown = ends.copy()
    shown[long] = np.minimum(ends[long], starts[long] + size)
    return shown
