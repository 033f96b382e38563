"""The administrator of the demo estate: carries a manifest out, on the demo's own copies only.

pdscan itself deletes nothing. This is what a person, or a script of the systems' owner, does with
the statements and the list that it writes.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any


def run_script(database: Path, script: str) -> None:
    """Runs statements on a SQLite file, as ``sqlite3 -bail DATABASE < FILE`` does."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        # The shell of SQLite has this function, its library has not.
        connection.create_function(
            "sha3", 2, lambda text, bits: hashlib.new(f"sha3_{bits}", text.encode()).digest(),
            deterministic=True,
        )  # fmt: skip
        connection.executescript(script)
        connection.execute("VACUUM")  # what was deleted is still in the file until then


def remove_record(file: Path, values: Sequence[str]) -> bool:
    """Removes the first record of `file` that holds all of `values`; whether there was one.

    Of a CSV file the row, of a JSON file the element of a list, of any other the line; through
    gzip where the file is compressed.
    """
    packed = file.suffix == ".gz"
    text = (gzip.decompress(file.read_bytes()) if packed else file.read_bytes()).decode()
    suffix = Path(file.stem).suffix if packed else file.suffix
    remove = {".csv": _from_csv, ".json": _from_json}.get(suffix, _from_lines)
    left = remove(text, values)
    if left is None:
        return False
    data = left.encode()
    file.write_bytes(gzip.compress(data, mtime=0) if packed else data)
    return True


def _from_csv(text: str, values: Sequence[str]) -> str | None:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for number, row in enumerate(rows):
        if set(values) <= set(row):
            stream = io.StringIO(newline="")
            csv.writer(stream).writerows(rows[:number] + rows[number + 1 :])
            return stream.getvalue()
    return None


def _from_json(text: str, values: Sequence[str]) -> str | None:
    document = json.loads(text)
    lists = [document] if isinstance(document, list) else document.values()
    for elements in lists:
        for number, element in enumerate(elements if isinstance(elements, list) else ()):
            if set(values) <= set(_leaves(element)):
                del elements[number]
                return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return None


def _leaves(element: Any) -> list[str]:
    if isinstance(element, dict):
        return [leaf for value in element.values() for leaf in _leaves(value)]
    if isinstance(element, list):
        return [leaf for value in element for leaf in _leaves(value)]
    return [str(element)]


def _from_lines(text: str, values: Sequence[str]) -> str | None:
    lines = text.splitlines(keepends=True)
    for number, line in enumerate(lines):
        if all(value in line for value in values):
            return "".join(lines[:number] + lines[number + 1 :])
    return None
