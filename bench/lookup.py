"""Looking up one value in an inventory of ten million findings, start of the program included.

Beside it: the same question to the same file as a plain filter of pyarrow's dataset.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench import measure
from bench.table import Row
from pdscan.inventory import FINDINGS, InventoryWriter
from pdscan.matching.findings import SCHEMA
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Entry, Item, Outcome, State

_FINDINGS = 10_000_000
_TABLES = 20  # in each of which every person has a row
_KINDS = ("email", "phone", "fi.hetu", "iban", "ip")
_BATCH = 50_000  # rows
_KEY = bytes(32)
_VALUE = "matti.{}@example.com"
_PLAIN = """
import sys, pyarrow as pa, pyarrow.compute as pc, pyarrow.dataset as ds
wanted = pc.field("fingerprint") == pa.scalar(bytes.fromhex(sys.argv[2]), pa.binary(12))
assert ds.dataset(sys.argv[1]).to_table(filter=wanted).num_rows == int(sys.argv[3])
"""


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """One look-up, and the bytes of a finding."""
    count = _FINDINGS // 20 if small else _FINDINGS
    inventory = folder / "lookup.inventory"
    key = folder / "lookup.key"
    key.unlink(missing_ok=True)
    key.touch(0o600)
    key.write_bytes(_KEY)
    try:
        write(inventory, count)
        size = (inventory / FINDINGS).stat().st_size
        value = _VALUE.format(count // _TABLES // len(_KINDS) // 2)
        fingerprint = _prints("email", np.array([value.encode()])).tobytes().hex()
        plain: list[str | Path] = [
            sys.executable,
            "-c",
            _PLAIN,
            inventory / FINDINGS,
            fingerprint,
            str(_TABLES),
        ]
        ours = measure.pdscan("inventory", "find", inventory, "--value", value, "--key-file", key)
        yield Row(
            f"look up one of {count:,} findings of {size / count:.1f} bytes",
            "pyarrow.dataset filter", size, measure.best(plain), measure.best(ours),
        )  # fmt: skip
    finally:
        shutil.rmtree(inventory, ignore_errors=True)
        key.unlink()


def write(directory: Path, count: int) -> None:
    """An inventory of tables with the same persons, column by column, as they are scanned."""
    writer = InventoryWriter(directory, replace=True)
    for number in range(_TABLES):
        item = Item("shop", ("public", f"t{number}"), "application/x-sql-table")
        writer.opened(number, item)
        per_table = count // _TABLES // len(_KINDS)
        for first in range(0, per_table, _BATCH):
            records = np.arange(first, min(first + _BATCH, per_table))
            for kind in _KINDS:
                writer.found(_batch(number, kind, records))
        writer.closed(number, Entry(item, Outcome(State.READ, rows=per_table)))
    fingerprinter = Fingerprinter(_KEY)
    writer.close({
        "program": {"name": "pdscan", "version": ""}, "sources": [], "key": fingerprinter.key_id,
        "detectors": [{"kind": k, "version": 1, "name": k, "category": ""} for k in _KINDS],
        "settings": {"key_file": {"value": None, "origin": ""}},
    })  # fmt: skip


def _batch(item: int, kind: str, records: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
    count = len(records)
    names = records.astype(str)
    values = np.array([_VALUE.format(n).encode() for n in names]) if kind == "email" \
        else np.char.add(f"{kind}:", names).astype("S")  # fmt: skip
    mask = np.random.default_rng(item).integers(0, 1000, count).astype(str)
    given = {
        "item": np.full(count, item), "record": records, "key": np.char.add("id:", names),
        "field": kind, "kind": kind, "evidence": f"valid; label: {kind}",
        "end": np.char.str_len(values), "likelihood": np.full(count, 4),
        "preview": np.char.add("m•••@e", mask),
        "fingerprint": list(map(bytes, _prints(kind, values))),
    }  # fmt: skip
    columns = []
    for field in SCHEMA:
        value = given.get(field.name, "" if pa.types.is_dictionary(field.type) else np.zeros(count))
        column = pa.array([value] * count if isinstance(value, str) else value)
        columns.append(column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def _prints(
    kind: str, values: np.ndarray[tuple[int], np.dtype[np.bytes_]]
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    codes = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    lengths = np.char.str_len(values).astype(np.int64)
    return Fingerprinter(_KEY).column(kind, codes, lengths)
