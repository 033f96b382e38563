"""How tables of an inventory lie in Parquet: in row groups, findings so that one can be looked up.

A row group holds 65,536 rows, whatever they came in, so that the same rows give the same bytes.
Findings keep the order of their items, and items have statistics: a range of items leaves out the
row groups without them. Fingerprints are random, so neither an order nor statistics of theirs would
help; instead they lie side by side as they are, without compression or dictionary: looking
through those of ten million findings takes less time than starting the program, and only the row
groups that hold one are read. The smaller a row group, the less is read for a single finding; half
of 65,536 would cost 1% of the file for the footer.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pdscan.interrupts import uninterrupted
from pdscan.matching.findings import SCHEMA
from pdscan.model import Ints

ROWS = 1 << 16  # of a row group
_DELTA = "DELTA_BINARY_PACKED"
# Random bytes do not shrink; numbers that rise do.
FINDINGS_OPTIONS: dict[str, Any] = {
    "use_dictionary": ["part", "field", "kind", "evidence"],
    "column_encoding": dict.fromkeys(("item", "record", "line", "column", "start", "end"), _DELTA),
    "compression": {n: "NONE" if n == "fingerprint" else "ZSTD" for n in SCHEMA.names},
    "write_statistics": ["item", "record"],
}


class RowGroups:
    """A Parquet file whose bytes depend on its rows alone, not on how they came in."""

    def __init__(self, path: Path, schema: pa.Schema, options: Mapping[str, Any]) -> None:
        self._schema = schema
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._writer = pq.ParquetWriter(
            self._file, schema, **{"compression": "ZSTD", "version": "2.6", **options}
        )
        self._pending: list[pa.RecordBatch] = []
        self._count = 0

    def write(self, batch: pa.RecordBatch) -> None:
        """Adds rows."""
        self._pending.append(batch)
        self._count += len(batch)
        if self._count >= ROWS:
            self._write_groups(self._count - self._count % ROWS)

    def close(self) -> None:
        """Writes what is left, and the footer."""
        if self._count:
            self._write_groups(self._count)
        self._writer.close()
        self._file.close()

    def _write_groups(self, rows: int) -> None:
        table = pa.Table.from_batches(self._pending, self._schema).unify_dictionaries()
        for first in range(0, rows, ROWS):
            group = table.slice(first, min(ROWS, rows - first))
            columns = [_in_order_of_appearance(column) for column in group.columns]
            with uninterrupted():  # or the file could not be gone on with
                self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema), ROWS)
        self._pending = table.slice(rows).to_batches()
        self._count -= rows


def _in_order_of_appearance(column: pa.ChunkedArray) -> pa.Array:
    """A dictionary column with its dictionary made anew from the rows, others as they are."""
    array = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if not pa.types.is_dictionary(array.type):
        return array
    codes = array.indices.dictionary_encode()
    return pa.DictionaryArray.from_arrays(codes.indices, array.dictionary.take(codes.dictionary))


def with_fingerprints(path: Path, fingerprints: Collection[bytes]) -> Iterator[pa.Table]:
    """The findings in `path` that have one of `fingerprints`, in order; one row group at a time."""
    wanted = np.array(sorted({_head(print_) for print_ in fingerprints}), np.uint32)
    exact = pa.array(sorted(fingerprints), SCHEMA.field("fingerprint").type)
    with pq.ParquetFile(path, memory_map=True) as file:
        for group in range(file.num_row_groups):
            heads = _heads(file.read_row_group(group, ["fingerprint"], use_threads=False))
            if not np.isin(heads, wanted).any():
                continue
            table = file.read_row_group(group)
            found = table.filter(pc.is_in(table["fingerprint"], exact))
            if len(found):
                yield found


def _heads(table: pa.Table) -> Ints:
    """The first four bytes of each fingerprint, as numbers: enough to leave out nearly all."""
    column = table.column(0)
    width = column.type.byte_width
    pieces = []
    for chunk in column.chunks:
        data = np.frombuffer(chunk.buffers()[1], np.uint8)[chunk.offset * width :]
        pieces.append(data[: len(chunk) * width].view(np.uint32)[:: width // 4])
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int64)


def _head(fingerprint: bytes) -> int:
    return int(np.frombuffer(fingerprint[:4], np.uint32)[0])
