"""Previews: enough to recognise a value one knows, too little to learn one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from pdscan.columns import filled
from pdscan.model import Bytes2D, Ints

#: What is shown of a secret.
SECRET = "********"  # noqa: S105 - stars, not a password
_LONGEST = 40  # characters of a preview
_SHORT = 6  # a value shorter than this shows nothing
_STAR = ord("*")


def mask(rows: Bytes2D, lengths: Ints) -> pa.Array:
    """Previews of n texts (n × w bytes of UTF-8): first and last character and the punctuation.

    A letter beyond ASCII is one star. Longer texts are cut at 40 characters.
    """
    folded = rows | 0x20
    is_word = ((folded >= 0x61) & (folded <= 0x7A)) | ((rows >= 0x30) & (rows <= 0x39))
    hidden = is_word | (rows >= 0x80) | (rows < 0x20) | (rows == 0x7F)
    masked = rows * ~hidden + hidden * np.uint8(_STAR)
    numbers = np.arange(len(rows))
    long_enough = lengths >= _SHORT
    for column in (np.zeros_like(lengths), lengths - 1):
        show = np.flatnonzero(is_word[numbers, column] & long_enough)
        masked[show, column[show]] = rows[show, column[show]]
    keep = filled(rows, lengths)
    count = lengths
    if (rows >= 0x80).any() or rows.shape[1] > _LONGEST:
        keep &= (rows & 0xC0) != 0x80
        if rows.shape[1] > _LONGEST:
            keep &= np.cumsum(keep, axis=1) <= _LONGEST
        count = keep.sum(axis=1)
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(count, out=offsets[1:])
    return pa.StringArray.from_buffers(len(rows), pa.py_buffer(offsets), pa.py_buffer(masked[keep]))
