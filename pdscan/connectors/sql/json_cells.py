"""The values inside JSON columns, each under its path."""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.model import Ints

# A key that looks like data (an address, a number) is looked into, and is no name of a field.
_DATA_KEY = re.compile(r"@|\d{4}")
_FEWEST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Leaves:
    """n values: their texts, the rows they come from, and their fields as indices into ``fields``.

    A field is the column's name and the path within: ``details.contacts[0].email``.
    """

    texts: pa.Array
    rows: Ints
    field: npt.NDArray[np.int32]
    fields: list[str]


def json_cells(name: str, column: pa.Array) -> Leaves:
    """The strings and long numbers in the JSON texts of `column`; text that is no JSON is a value
    as it stands.
    """
    texts: list[str] = []
    rows: list[int] = []
    field: list[int] = []
    fields: dict[str, int] = {}
    decode = msgspec.json.Decoder().decode

    def add(row: int, path: str, text: str) -> None:
        texts.append(text)
        rows.append(row)
        field.append(fields.setdefault(path, len(fields)))

    for row, text in enumerate(column.to_pylist()):
        if text is None:
            continue
        try:
            pending = [(name, decode(text))]
        except (msgspec.DecodeError, RecursionError):
            pending = [(name, text)]
        while pending:
            path, value = pending.pop()
            if isinstance(value, str):
                add(row, path, value)
            elif isinstance(value, dict):
                for key, inner in reversed(value.items()):
                    if _DATA_KEY.search(key):
                        add(row, path, key)
                        key = "*"
                    pending.append((f"{path}.{key}", inner))
            elif isinstance(value, list):
                pending += reversed([(f"{path}[{i}]", inner) for i, inner in enumerate(value)])
            elif isinstance(value, int) and abs(value) >= 10 ** (_FEWEST_DIGITS - 1):
                add(row, path, str(value))
    return Leaves(
        pa.array(texts, pa.string()), np.array(rows, np.int64), np.array(field, np.int32),
        list(fields),
    )  # fmt: skip
