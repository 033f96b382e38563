"""Findings and other tables as NDJSON, JSON, CSV or SARIF, written to a binary stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pdscan.exports import json_columns
from pdscan.exports.escaping import for_spreadsheet
from pdscan.exports.findings import Kind
from pdscan.matching.findings import EVIDENCE_SEPARATOR
from pdscan.model import Likelihood

FINDING_FORMAT = "pdscan/finding/1"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def rows(batch: pa.RecordBatch, end: str = "}\n") -> pa.Array:
    """Each row of `batch` as a JSON object; ``evidence`` becomes a list."""
    members = {name: _json(name, batch[name]) for name in batch.schema.names}
    return json_columns.objects(members, end)


def _json(name: str, column: pa.Array) -> pa.Array:
    if name == "evidence":
        return json_columns.over_dictionary(column, _list)
    if pa.types.is_integer(column.type):
        return json_columns.numbers(column)
    return json_columns.strings(column)


def _list(evidence: str) -> str:
    parts = evidence.split(EVIDENCE_SEPARATOR) if evidence else []
    return f"[{','.join(map(json_columns.quoted, parts))}]"


def write_ndjson(stream: BinaryIO, batches: Iterable[pa.RecordBatch]) -> None:
    """One JSON object a line (https://github.com/ndjson/ndjson-spec)."""
    for batch in batches:
        stream.write(json_columns.joined(rows(batch)))


def write_json(
    stream: BinaryIO, batches: Iterable[pa.RecordBatch], *, name: str, head: Mapping[str, Any],
    tail: Callable[[], Mapping[str, Any]] = dict,
) -> None:  # fmt: skip
    """One document: the members of `head`, under `name` the list of rows, and the members that
    `tail` gives once all rows are written.
    """
    members = [_member(*member) for member in head.items()]
    stream.write(f"{{{','.join((*members, _member(name, [])))[:-1]}".encode())
    _write_list(stream, (rows(batch, "},\n    ") for batch in batches), ",\n    ")
    members = [_member(*member) for member in tail().items()]
    stream.write(f"{','.join((']', *members))}\n}}\n".encode())


def _member(name: str, value: Any) -> str:
    return f"\n  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"


def write_csv(stream: BinaryIO, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    """A CSV with a header (RFC 4180), safe to open in a spreadsheet (see `escaping`)."""
    plain = pa.schema(
        [
            field if pa.types.is_integer(field.type) else pa.field(field.name, pa.string())
            for field in schema
        ]
    )
    with pyarrow.csv.CSVWriter(stream, plain) as writer:
        for batch in batches:
            columns = [
                batch[field.name]
                if pa.types.is_integer(field.type)
                else for_spreadsheet(batch[field.name].cast(pa.string()))
                for field in plain
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=plain))


def write_sarif(
    stream: BinaryIO, batches: Iterable[pa.RecordBatch], *, version: str, kinds: Mapping[str, Kind]
) -> None:
    """SARIF 2.1.0 (OASIS), one result per finding, for code scanning and editors.

    ``very_likely`` and ``likely`` are errors, ``possible`` a warning, less a note. The message
    holds the masked preview, never the value.
    """
    rules = [
        {
            "id": kind.kind,
            "shortDescription": {"text": kind.name},
            "properties": {"category": kind.category, "tags": ["personal-data"]},
        }
        for kind in kinds.values()
    ]
    driver = {"name": "pdscan", "version": version, "rules": rules}
    run = json.dumps({"tool": {"driver": driver}, "columnKind": "unicodeCodePoints"}, indent=2)
    head = json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0"}, indent=2)[:-2]
    stream.write(f'{head},\n  "runs": [{run[:-2]},\n  "results": [\n    '.encode())
    _write_list(stream, map(_results, batches), ",\n    ")
    stream.write(b"]}]\n}\n")


_LEVELS = {
    level.label: "error" if level >= Likelihood.LIKELY
    else "warning" if level == Likelihood.POSSIBLE else "note"
    for level in Likelihood
}  # fmt: skip


def _results(batch: pa.RecordBatch) -> pa.Array:
    text = pc.binary_join_element_wise(
        batch["kind"].cast(pa.string()), batch["likelihood"].cast(pa.string()),
        batch["preview"], ": ",
    )  # fmt: skip
    # Columns and offsets of SARIF are those of a text file; a cell's own have no meaning there.
    lines = pc.greater(batch["line"], 0)
    start = json_columns.objects({
        "startLine": json_columns.numbers(batch["line"]),
        "startColumn": json_columns.numbers(batch["column"]),
    })  # fmt: skip
    artifact = json_columns.objects({"uri": json_columns.strings(_uri(batch["item"]))})
    physical = pc.if_else(
        lines,
        json_columns.objects({"artifactLocation": artifact, "region": start}),
        json_columns.objects({"artifactLocation": artifact}),
    )
    logical = json_columns.objects({"fullyQualifiedName": json_columns.strings(batch["locator"])})
    location = json_columns.objects({
        "physicalLocation": physical,
        "logicalLocations": pc.binary_join_element_wise("[", logical, "]", ""),
    })  # fmt: skip
    return json_columns.objects(
        {
            "ruleId": json_columns.strings(batch["kind"]),
            "level": json_columns.over_dictionary(
                batch["likelihood"], lambda label: json.dumps(_LEVELS[label])
            ),
            "message": json_columns.objects({"text": json_columns.strings(text)}),
            "locations": pc.binary_join_element_wise("[", location, "]", ""),
            "partialFingerprints": json_columns.objects(
                {"pdscan/v1": json_columns.strings(batch["fingerprint"])}
            ),
        },
        "},\n    ",
    )


def _uri(item: pa.Array) -> pa.Array:
    """The path of an item as a relative URI reference: without the source, which would read as a
    scheme, and with what a URI may not hold escaped.
    """
    path = pc.replace_substring_regex(item, "^[^:]*:/*", "")
    for sign, code in ((" ", "%20"), ("[", "%5B"), ("]", "%5D"), ("{", "%7B"), ("}", "%7D")):
        path = pc.replace_substring(path, sign, code)
    return path


def _write_list(stream: BinaryIO, arrays: Iterable[pa.Array], separator: str) -> None:
    """The rows of `arrays`, each of which ends with `separator`, without the last one."""
    held = memoryview(b"")
    for array in arrays:
        if len(array):
            stream.write(held)
            held = json_columns.joined(array)
    stream.write(held[: max(len(held) - len(separator), 0)])
