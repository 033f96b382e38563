"""JSON written a column at a time: n rows become n JSON texts without a Python loop over them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

#: What must be escaped within a JSON string (RFC 8259, section 7), and U+2028/2029, DEL and C1,
#: which are legal there and harmful in a terminal.
_SPECIAL = '["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]'


def strings(column: pa.Array) -> pa.Array:
    """Each text of `column` as a JSON string; ``null`` where it is null."""
    if pa.types.is_dictionary(column.type):
        return over_dictionary(column, quoted)
    if column.null_count:
        return pc.if_else(pc.is_valid(column), strings(pc.fill_null(column, "")), "null")
    special = pc.match_substring_regex(column, _SPECIAL)
    plain = pc.binary_join_element_wise('"', column, '"', "")
    if not pc.any(special).as_py():
        return plain
    rows = pc.filter(column, special).to_pylist()
    return pc.replace_with_mask(
        plain, pc.fill_null(special, False), pa.array([quoted(row) for row in rows], pa.string())
    )


def quoted(text: str) -> str:
    r"""`text` as a JSON string; letters beyond ASCII as they are, harmful signs as ``\\uXXXX``."""
    body = json.dumps(text, ensure_ascii=False)
    return "".join(
        f"\\u{ord(sign):04x}"
        if 0x7F <= ord(sign) <= 0x9F
        or 0x2028 <= ord(sign) <= 0x202E
        or 0x2066 <= ord(sign) <= 0x2069
        else sign
        for sign in body
    )


def numbers(column: pa.Array) -> pa.Array:
    """Each whole number of `column` as JSON."""
    return pc.fill_null(pc.cast(column, pa.string()), "null")


def over_dictionary(column: pa.Array, write: Callable[[str], str]) -> pa.Array:
    """`write` applied once to each distinct text of a dictionary column, spread over its rows."""
    written = pa.array([write(text) for text in column.dictionary.to_pylist()], pa.string())
    return written.take(column.indices)


def objects(members: Mapping[str, Any], end: str = "}") -> pa.Array:
    """One JSON object per row: `members` maps names to columns of JSON, or to one JSON text that
    all rows share. `end` closes each row.
    """
    pieces: list[Any] = []
    text = "{"
    for number, (name, column) in enumerate(members.items()):
        text += ("," if number else "") + json.dumps(name) + ":"
        if isinstance(column, str):
            text += column
        else:
            pieces += [text, column]
            text = ""
    return pc.binary_join_element_wise(*pieces, text + end, "")


def joined(rows: pa.Array) -> memoryview:
    """The rows' texts one after the other, without copying them."""
    if not len(rows):
        return memoryview(b"")
    _validity, offsets, data = rows.buffers()
    first = memoryview(offsets).cast("i")[rows.offset]
    last = memoryview(offsets).cast("i")[rows.offset + len(rows)]
    return memoryview(data)[first:last]
