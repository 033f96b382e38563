"""Findings in row groups: the same bytes for the same rows, and one found among all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pdscan.matching.findings import SCHEMA
from pdscan.matching.fingerprints import SIZE
from pdscan.row_groups import FINDINGS_OPTIONS, ROWS, RowGroups, with_fingerprints

_COUNT = 2 * ROWS + 1000
_RARE = b"\xff" * SIZE


def findings(prints: list[bytes]) -> pa.RecordBatch:
    count = len(prints)
    name = SCHEMA.field("kind").type
    columns = {
        "fingerprint": pa.array(prints, pa.binary(SIZE)),
        "kind": pa.DictionaryArray.from_arrays(
            pa.array(np.arange(count) % 3, pa.int32()), pa.array(["email", "phone", "iban"])
        ),
        "preview": pa.array([f"m{number % 7}" for number in range(count)]),
        "item": pa.array(np.arange(count) // 1000, pa.int32()),
        "key": pa.array([f"id:{number}" for number in range(count)]),
    }
    empty = pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([""]))
    filled = [
        columns.get(field.name, empty if field.type == name else pa.array(np.zeros(count)))
        for field in SCHEMA
    ]
    return pa.RecordBatch.from_arrays(
        [c.cast(f.type) for c, f in zip(filled, SCHEMA, strict=True)], schema=SCHEMA
    )


@pytest.fixture(scope="module")
def batch() -> pa.RecordBatch:
    prints = [i.to_bytes(4, "big") * (SIZE // 4) for i in (np.arange(_COUNT) % 5000).tolist()]
    prints[ROWS - 1] = prints[ROWS] = _RARE  # on both sides of a border
    prints[7] = _RARE[:4] + bytes(SIZE - 4)  # begins like it
    return findings(prints)


def written(path: Path, batch: pa.RecordBatch, size: int) -> Path:
    groups = RowGroups(path, SCHEMA, FINDINGS_OPTIONS)
    for first in range(0, len(batch), size):
        groups.write(batch.slice(first, size))
    groups.close()
    return path


def test_the_bytes_depend_on_the_rows_alone(tmp_path: Path, batch: pa.RecordBatch) -> None:
    files = [written(tmp_path / f"{size}", batch, size) for size in (_COUNT, ROWS, ROWS - 1, 777)]
    assert len({file.read_bytes() for file in files}) == 1
    assert pq.read_metadata(files[0]).num_row_groups == 3
    assert pq.read_table(files[0]).to_pylist() == batch.to_pylist()


@pytest.mark.parametrize(
    "wanted",
    [
        {_RARE},
        {_RARE[:4] + bytes(SIZE - 4)},
        {bytes(SIZE)},
        {(4999).to_bytes(4, "big") * (SIZE // 4), _RARE},
        {b"\xfe" * SIZE},
        set(),
    ],
)
def test_what_is_looked_up_is_found_and_nothing_else(
    tmp_path: Path, batch: pa.RecordBatch, wanted: set[bytes]
) -> None:
    path = written(tmp_path / "findings", batch, 10_000)
    found = [key for table in with_fingerprints(path, wanted) for key in table["key"].to_pylist()]
    every = zip(batch["key"].to_pylist(), batch["fingerprint"].to_pylist(), strict=True)
    assert found == [key for key, fingerprint in every if fingerprint in wanted]


def test_an_inventory_without_findings(tmp_path: Path) -> None:
    path = written(tmp_path / "findings", findings([]), 1)
    assert list(with_fingerprints(path, {_RARE})) == []
