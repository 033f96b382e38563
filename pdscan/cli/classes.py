"""The classes of columns: of a source that is sampled for them, or of an inventory."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pdscan.cli.job import Job
from pdscan.cli.place import Place
from pdscan.config import DEFAULT, Settings, Value
from pdscan.connectors.sql.classes import ColumnClass, Nature, classify, to_toml
from pdscan.connectors.structure import Structure
from pdscan.errors import AccessError, SourceError
from pdscan.inventory import RUN, Inventory
from pdscan.matching.findings import SCHEMA
from pdscan.model import Locator

_SAMPLE = 10_000


@dataclass(frozen=True, slots=True)
class Classified:
    """A column of a source."""

    source: str
    column: ColumnClass


def of_target(target: str, settings: Settings) -> list[Classified]:
    """The classes of the columns of a source, or of an inventory. Raises as a scan does, and
    `SourceError` where a source could not be read at all.
    """
    if (Path(target) / RUN).is_file():
        return _of_inventory(Inventory(Path(target)), settings)
    if settings.values["sample"].origin == DEFAULT:
        sample = Value(_SAMPLE, "pdscan classify")
        settings = replace(settings, values={**settings.values, "sample": sample})
    with tempfile.TemporaryDirectory(prefix="pdscan-") as folder:
        directory = Path(folder, "inventory")
        job = Job.start(settings, (target,), Place.here(directory), replace=False, values=False)
        job.run()
        inventory = Inventory(directory)
        found, is_database = _of_inventory(inventory, settings), bool(inventory.structures())
    if not is_database:
        why = "; ".join(gap.detail for gap in job.totals.not_read.listed(3))
        raise SourceError(f"{target}: no database could be read. {why}".rstrip())
    return found


def _of_inventory(inventory: Inventory, settings: Settings) -> list[Classified]:
    tables = {
        (structure.source, table.path): table
        for structure in map(_structure, inventory.structures())
        for table in structure.tables
        if not structure.path
    }
    natures = {(d.source, d.table, d.column): d.nature for d in settings.columns}
    found = []
    for row in inventory.items().to_pylist():
        locator = Locator.parse(row["locator"])
        table = tables.get((locator.source, locator.path))
        if table is None or not row["rows"]:
            continue
        for column in classify(_findings(inventory, row["item"]), row["rows"], table):
            said = natures.get((locator.source, table.path, column.column))
            if said in tuple(Nature):
                column = replace(column, nature=Nature(said))
            found.append(Classified(locator.source, column))
    return found


def _structure(document: dict[str, object]) -> Structure:
    return Structure.from_json(json.dumps(document).encode())


def _findings(inventory: Inventory, item: int) -> pa.Table:
    batches = inventory.findings(pc.field("item") == item)
    return pa.Table.from_batches(list(batches), SCHEMA).unify_dictionaries()


def rows(one: Classified) -> Iterator[tuple[object, ...]]:
    """A row of the printed table for each kind in a column."""
    for number, share in enumerate(one.column.kinds):
        first = number == 0
        yield (
            one.source if first else "",
            ".".join(one.column.table) if first else "",
            one.column.column if first else "",
            share.kind, f"{share.share:.1%}", f"{share.distinct:.0%}", "; ".join(share.evidence),
        )  # fmt: skip


def write(path: Path, found: list[Classified], settings: Settings) -> int:
    """Adds the columns that `settings` do not declare to the file at `path`, whole or not at all;
    how many. Raises `AccessError`.
    """
    known = {(d.source, d.table, d.column) for d in settings.columns}
    new = [
        one for one in found
        if (one.source, one.column.table, one.column.column) not in known
    ]  # fmt: skip
    if not new:
        return 0
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        added = "\n".join(to_toml(one.source, [one.column]) for one in new)
        part.write_text(f"{text.rstrip()}\n\n{added}".lstrip(), encoding="utf-8")
        part.chmod(mode)
        part.replace(path)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written ({error.strerror})") from None
    return len(new)
