"""Findings as columns: what the engine puts out and the inventory keeps."""

from __future__ import annotations

import pyarrow as pa

from pdscan.matching.fingerprints import SIZE

_NAME = pa.dictionary(pa.int32(), pa.string())

#: One row per finding. ``start``/``end`` are character offsets in the field's text, or in the
#: item's decoded text where the field has none of its own (see `pdscan.model.Locator`);
#: ``line`` and ``column`` count from 1, 0 where there are no lines. ``evidence`` is a list joined
#: by "; ". ``record`` groups the findings of one row or record (-1: none).
SCHEMA = pa.schema(
    [
        pa.field("item", pa.int32(), nullable=False),
        pa.field("record", pa.int64(), nullable=False),
        pa.field("key", pa.string()),
        pa.field("part", _NAME, nullable=False),
        pa.field("field", _NAME, nullable=False),
        pa.field("kind", _NAME, nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("column", pa.int32(), nullable=False),
        pa.field("start", pa.int64(), nullable=False),
        pa.field("end", pa.int64(), nullable=False),
        pa.field("likelihood", pa.int8(), nullable=False),
        pa.field("evidence", _NAME, nullable=False),
        pa.field("preview", pa.string(), nullable=False),
        pa.field("fingerprint", pa.binary(SIZE), nullable=False),
    ]
)

#: The same with the text that was found; never written to an inventory.
SCHEMA_WITH_VALUES = SCHEMA.append(pa.field("value", pa.string(), nullable=False))
EVIDENCE_SEPARATOR = "; "
