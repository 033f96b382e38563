"""What a column is: which kinds of personal data it holds, in how many of its rows, and how surely.

Pure functions over findings (`pdscan.matching.findings.SCHEMA`) of one table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.structure import Table
from pdscan.model import Likelihood

_AT_START = 0.8  # of findings that begin their cell: the column is of this kind, not about it
_FEWEST_ROWS = 0.01  # below this share, and below
_FEWEST = 3  # rows, a kind in a column is chance


class Nature(StrEnum):
    """How personal data lies in a column."""

    IDENTIFIER = "identifier"  # a value is the identifier
    FREE_TEXT = "free text"  # identifiers stand within longer texts


@dataclass(frozen=True, slots=True)
class KindShare:
    """One kind in one column: in how many rows, as a share of all rows, and the share of distinct
    values among the findings.
    """

    kind: str
    rows: int
    share: float
    distinct: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnClass:
    """What was found in a column, the most frequent kind first. ``column`` may go on with a path in
    JSON, indices left out.
    """

    table: tuple[str, ...]
    column: str
    nature: Nature
    kinds: tuple[KindShare, ...]


def classify(findings: pa.Table, rows: int, table: Table) -> tuple[ColumnClass, ...]:
    """The classes of the columns of `table`, of which `rows` rows were read.

    `findings` are those of the one item. Columns without findings have no class.
    """
    found = pa.table({
        "field": _plain_fields(findings),
        "kind": findings["kind"].cast(pa.string()),
        "record": findings["record"],
        "print": findings["fingerprint"].cast(pa.binary()),
        "first": pc.equal(findings["start"], 0).cast(pa.int64()),
        "sure": pc.greater_equal(
            findings["likelihood"], pa.scalar(int(Likelihood.LIKELY), pa.int8())
        ).cast(pa.int64()),
        "labelled": pc.match_substring(
            findings["evidence"].cast(pa.string()), "label: "
        ).cast(pa.int64()),
    })  # fmt: skip
    grouped = found.group_by(["field", "kind"]).aggregate([
        ("record", "count_distinct"), ("print", "count_distinct"), ("record", "count"),
        ("first", "sum"), ("sure", "sum"), ("labelled", "sum"),
    ])  # fmt: skip
    by_field: dict[str, list[dict[str, Any]]] = {}
    for row in grouped.to_pylist():
        many = row["record_count_distinct"]
        if many >= _FEWEST or many >= _FEWEST_ROWS * rows:
            by_field.setdefault(row["field"], []).append(row)
    classes = []
    for field, kinds in sorted(by_field.items()):
        kinds.sort(key=lambda row: (-row["record_count_distinct"], row["kind"]))
        main = kinds[0]
        is_start = main["first_sum"] >= _AT_START * main["record_count"]
        is_single = main["record_count"] <= 1.2 * main["record_count_distinct"]
        classes.append(
            ColumnClass(
                table.path,
                field,
                Nature.IDENTIFIER if is_start and is_single else Nature.FREE_TEXT,
                tuple(_share(row, rows, table) for row in kinds),
            )
        )
    return tuple(classes)


def _plain_fields(findings: pa.Table) -> pa.ChunkedArray:
    return pc.replace_substring_regex(findings["field"].cast(pa.string()), r"\[\d+\]", "[]")


def _share(row: dict[str, Any], rows: int, table: Table) -> KindShare:
    many, count = row["record_count_distinct"], row["record_count"]
    evidence = [f"data: {many:,} of {rows:,} rows"]
    if row["sure_sum"] < count:
        evidence.append(f"likely or surer: {row['sure_sum']:,} of {count:,}")
    if row["labelled_sum"]:
        evidence.append("name")
    name = row["field"].partition(".")[0]
    for column in table.columns:
        if column.name in (name, row["field"]):
            evidence.append(f"type: {column.type.lower()}")
            if column.comment:
                evidence.append(f"comment: {column.comment}")
            break
    return KindShare(
        row["kind"], many, many / max(rows, 1), row["print_count_distinct"] / count, tuple(evidence)
    )


def to_toml(source: str, classes: Iterable[ColumnClass]) -> str:
    """A part of ``pdscan.toml`` that the user can correct and keep."""
    return "\n".join(_entry(source, column) for column in classes)


def _entry(source: str, column: ColumnClass) -> str:
    lines = ["[[column]]"]
    for share in column.kinds:
        said = f"{share.kind}: {share.share:.1%} of rows, {share.distinct:.0%} distinct"
        why = re.sub(r"[\x00-\x1f\x7f]+", " ", "; ".join(share.evidence))
        lines.append(f"# {said}; {why}")
    lines.append(f"source = {_quoted(source)}")
    lines.append(f"table = {_list(column.table)}")
    lines.append(f"column = {_quoted(column.column)}")
    lines.append(f"nature = {_quoted(column.nature)}")
    lines.append(f"kinds = {_list([share.kind for share in column.kinds])}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A basic string of TOML is a string of JSON, but for the delete character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_quoted, texts))}]"
