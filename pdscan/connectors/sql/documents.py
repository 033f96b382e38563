"""Bytes in columns: texts that were stored as bytes, and documents, each an item within its table.

The name of such an item is the key of its row and its column, ``id:5/scan``: it is found again by
them. Bytes too few to be a document, which are no text and nothing packed either, are only counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.model import Ints, Locator

_LONGEST_TEXT = 64 << 10  # bytes; what is longer is a document rather than a text
_SHORTEST = 64  # bytes: hashes, UUIDs and salts are shorter, files are not, but for
# those that are packed: gzip, ZIP, bzip2, xz and Zstandard begin so.
_PACKED = (b"\x1f\x8b\x08", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")


@dataclass(frozen=True, slots=True)
class Parted:
    """A column of bytes: its texts and their rows, the rows of its documents, and how many values
    are neither.
    """

    texts: pa.Array
    rows: Ints
    documents: Ints
    short: int


def parted(column: pa.Array) -> Parted:
    """What the values of `column` (bytes) are; empty ones are nothing."""
    length = np.asarray(pc.fill_null(pc.binary_length(column), 0)).astype(np.int64)
    maybe = np.flatnonzero((length > 0) & (length <= _LONGEST_TEXT))
    is_text = np.zeros(len(length), np.bool_)
    some = column.take(pa.array(maybe))
    is_text[maybe] = _are_texts(some)
    rows = np.flatnonzero(is_text)
    other = ~is_text & (length > 0)
    is_document = other & ((length >= _SHORTEST) | _are_packed(column))
    return Parted(
        column.take(pa.array(rows)).cast(pa.string()),
        rows,
        np.flatnonzero(is_document),
        int(np.count_nonzero(other & ~is_document)),
    )


def _are_packed(column: pa.Array) -> npt.NDArray[np.bool_]:
    begun = (pc.starts_with(column, beginning) for beginning in _PACKED)
    return np.asarray(pc.fill_null(reduce(pc.or_, begun), False))


def _are_texts(column: pa.Array) -> list[bool]:
    """Which values are UTF-8 without NUL."""
    try:
        whole = pc.match_substring(column.cast(pa.string()), "\0")
    except pa.ArrowInvalid:
        return [_is_text(value) for value in column.to_pylist()]
    return [not has_nul for has_nul in whole.to_pylist()]


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in value


def step(key: str, column: str) -> str:
    """The name of a document: `key` is that of its row, as locators write it."""
    return f"{key}/{column}"


def row_of(name: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """The key and the column that `step` has put together; raises ValueError."""
    key, slash, column = name.partition("/")
    if not slash or not key:
        raise ValueError(f"no document of a row: {name!r}")
    pairs = "&".join(f"key={pair}" for pair in key.split("&"))
    return Locator.parse(f"row:#{pairs}").key, column
