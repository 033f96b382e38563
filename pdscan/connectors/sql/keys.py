"""Keys of rows as they stand in locators, column by column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.cells import Keys
from pdscan.model import Ints, escape

# What `pdscan.model.escape` leaves as it is.
_NEEDS_ESCAPE = r"[^ \-._~,@+()\[\]{}$'A-Za-z0-9]"


def key_writer(names: Sequence[str], columns: Sequence[pa.Array]) -> Keys:
    """Writes keys as locators do, from the key's `columns`; null parts are left out."""
    prefixes = [f"{escape(name)}:" for name in names]

    def write(rows: Ints) -> pa.Array:
        inverse = None
        if not (rows[1:] > rows[:-1]).all():  # several findings in a row: write its key once
            rows, inverse = np.unique(rows, return_inverse=True)
        taken = pa.array(rows)
        parts = [
            pc.binary_join_element_wise(pa.scalar(prefix), _escaped(column.take(taken)), "")
            for prefix, column in zip(prefixes, columns, strict=True)
        ]
        keys = pc.binary_join_element_wise(*parts, "&", null_handling="skip")
        return keys if inverse is None else keys.take(pa.array(inverse))

    return write


def _escaped(column: pa.Array) -> pa.Array:
    texts = column.cast(pa.string())
    if pa.types.is_integer(column.type):
        return texts
    odd = pc.fill_null(pc.match_substring_regex(texts, _NEEDS_ESCAPE), False)
    if not pc.any(odd).as_py():
        return texts
    return pc.replace_with_mask(
        texts, odd, pa.array([escape(text) for text in texts.filter(odd).to_pylist()], pa.string())
    )
