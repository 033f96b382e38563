"""Findings as they are printed: the inventory's columns made into those a reader wants.

The columns are those of ``schemas/finding.schema.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.model import Likelihood, escape, place_name

LISTED = (
    "kind", "category", "source", "locator", "item", "line", "column", "start", "end",
    "likelihood", "evidence", "preview", "fingerprint",
)  # fmt: skip
VALUE = "value"
_LABELS = pa.array([level.label for level in Likelihood], pa.string())


@dataclass(frozen=True, slots=True)
class Kind:
    """What a reader is told about a kind: its name in words and its category."""

    kind: str
    name: str
    category: str


_NAME = pa.dictionary(pa.int32(), pa.string())
_NUMBERS = {"line": pa.int64(), "column": pa.int32(), "start": pa.int64(), "end": pa.int64()}
_NAMES = ("kind", "category", "likelihood", "evidence")
SCHEMA = pa.schema(
    [
        pa.field(name, _NUMBERS.get(name, _NAME if name in _NAMES else pa.string()))
        for name in LISTED
    ]
)
SCHEMA_WITH_VALUES = SCHEMA.append(pa.field(VALUE, pa.string()))


class Listing:
    """Turns batches of findings into the columns that are printed (`SCHEMA`)."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds

    def columns(
        self, batch: pa.RecordBatch, items: pa.Array, sources: pa.Array, locators: pa.Array
    ) -> pa.RecordBatch:
        """`batch` (of `pdscan.matching.findings.SCHEMA`) with the columns that are printed.

        `items` are the numbers of items in rising order, `sources` and `locators` their sources'
        names and their own locators; all items of the batch are among them.
        """
        row = pa.array(np.searchsorted(items.to_numpy(), batch["item"].to_numpy()))
        item = locators.take(row)
        kind = batch["kind"]
        categories = pa.array(
            [self._category(name) for name in kind.dictionary.to_pylist()], pa.string()
        )
        columns = {
            "kind": kind,
            "category": pa.DictionaryArray.from_arrays(kind.indices, categories),
            "source": sources.take(row),
            "locator": _locators(item, batch),
            "item": item,
            **{name: batch[name] for name in _NUMBERS},
            "likelihood": pa.DictionaryArray.from_arrays(
                batch["likelihood"].cast(pa.int32()), _LABELS
            ),
            "evidence": batch["evidence"],
            "preview": batch["preview"],
            "fingerprint": hexadecimal(batch["fingerprint"]),
        }
        schema = SCHEMA
        if VALUE in batch.schema.names:
            columns[VALUE] = batch[VALUE]
            schema = SCHEMA_WITH_VALUES
        return pa.RecordBatch.from_pydict(columns, schema=schema)

    def _category(self, kind: str) -> str:
        return self.kinds[kind].category if kind in self.kinds else ""


def _locators(item: pa.Array, batch: pa.RecordBatch) -> pa.Array:
    """The locators of the findings in `batch` as strings; `item` holds those of their items."""
    field = _places(batch["part"], batch["field"])
    key = pc.fill_null(batch["key"], "")
    written = pc.binary_join_element_wise("key=", pc.replace_substring(key, "&", "&key="), "&", "")
    key = pc.if_else(pc.equal(key, ""), "", written)
    return pc.binary_join_element_wise(
        item, "#", key, field, "span=",
        pc.cast(batch["start"], pa.string()), "-", pc.cast(batch["end"], pa.string()), "",
    )  # fmt: skip


def _places(part: pa.Array, field: pa.Array) -> pa.Array:
    """``field=…&`` for each row, or nothing where a row has neither part nor field."""
    parts, fields = part.dictionary.to_pylist(), field.dictionary.to_pylist()
    width = max(len(fields), 1)
    codes = part.indices.to_numpy().astype(np.int64) * width + field.indices.to_numpy()
    distinct, row = np.unique(codes, return_inverse=True)
    names = [place_name(parts[code // width], fields[code % width]) for code in distinct.tolist()]
    written = [f"field={escape(name)}&" if name else "" for name in names]
    return pa.array(written, pa.string()).take(pa.array(row))


def hexadecimal(column: pa.Array) -> pa.Array:
    """A column of bytes of one size as hexadecimal digits."""
    width = column.type.byte_width
    if not len(column):
        return pa.array([], pa.string())
    data = np.frombuffer(column.buffers()[1], np.uint8)
    data = data[column.offset * width : (column.offset + len(column)) * width]
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.stack([digits[data >> 4], digits[data & 15]], axis=1).tobytes()
    offsets = np.arange(len(column) + 1, dtype=np.int32) * (2 * width)
    return pa.StringArray.from_buffers(len(column), pa.py_buffer(offsets), pa.py_buffer(text))
