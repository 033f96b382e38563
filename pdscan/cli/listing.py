"""Which writer belongs to which ``--format``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

import pyarrow as pa

from pdscan import __version__
from pdscan.exports import listings
from pdscan.exports.findings import SCHEMA, SCHEMA_WITH_VALUES, Kind


def write(
    stream: BinaryIO, form: str, batches: Iterable[pa.RecordBatch], kinds: Mapping[str, Kind],
    *, values: bool = False, tail: Callable[[], Mapping[str, Any]] = dict,
) -> None:  # fmt: skip
    """Writes findings in `form`; `tail` says what a JSON document ends with."""
    match form:
        case "ndjson":
            listings.write_ndjson(stream, batches)
        case "json":
            head = {"format": "pdscan/findings/1", "version": __version__}
            listings.write_json(stream, batches, name="findings", head=head, tail=tail)
        case "csv":
            listings.write_csv(stream, batches, SCHEMA_WITH_VALUES if values else SCHEMA)
        case "sarif":
            listings.write_sarif(stream, batches, version=__version__, kinds=kinds)
        case _:
            raise ValueError(form)
    stream.flush()
