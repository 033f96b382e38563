"""What is to be done to files, messages, and records in files: a list for a person, and the same
for a script.

Each line names the file, the SHA-256 that it must still have, and where in it the place is now:
the lines of a text, the row of a table, the pointer into JSON, the name of a message. Those change
with every edit, so a file is worked through from its end, or all of it from the list as it stood.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import pyarrow as pa

from pdscan.exports.escaping import for_spreadsheet, for_terminal

#: Take out the whole record, message, member or file; make a field empty; take out characters.
Do = Literal["remove", "empty", "cut"]


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do.

    ``file`` is the file, ``sha256`` what it must still have ("" where the source has no files),
    ``inside`` the way from there to the member or message. ``lines`` (first and last) and ``row``
    count from 1, a header too; ``pointer`` leads to the element or cell. ``field`` names the field,
    header or part; ``span`` are the characters [start, end) of its text, of the whole text where
    ``lines`` are given. ``holds`` are masked previews, ``why`` is the manifest's reason.
    """

    entry: int
    do: Do
    file: str
    sha256: str
    inside: tuple[str, ...] = ()
    lines: tuple[int, int] | None = None
    row: int | None = None
    pointer: str = ""
    field: str = ""
    span: tuple[int, int] | None = None
    holds: tuple[str, ...] = ()
    why: str = ""

    @property
    def where(self) -> str:
        """The place in the file, for people."""
        said = [" > ".join(self.inside)] if self.inside else []
        if self.lines is not None:
            first, last = self.lines
            said.append(f"line {first}" if first == last else f"lines {first} to {last}")
        elif self.row is not None:
            said.append(f"row {self.row}")
        said += [self.pointer] if self.pointer else []
        said += [self.field] if self.field else []
        if self.span is not None:
            said.append(f"characters {self.span[0] + 1} to {self.span[1]}")
        return ", ".join(said) or "the whole file"


COLUMNS = ("entry", "do", "file", "where", "holds", "why", "sha256")


def rows(tasks: Iterable[Task]) -> list[tuple[str, ...]]:
    """A row for each task, as `COLUMNS` name them, for people."""
    return [
        (str(t.entry), t.do, t.file, t.where, ", ".join(t.holds), t.why, t.sha256) for t in tasks
    ]


def as_csv(tasks: Iterable[Task]) -> bytes:
    """RFC 4180, for people: no cell that a spreadsheet would take for a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    columns = [
        for_spreadsheet(pa.array(map(for_terminal, column), pa.string())).to_pylist()
        for column in zip(*rows(tasks), strict=True)
    ]
    writer.writerows(zip(*columns, strict=True))
    return stream.getvalue().encode()


def as_json_lines(tasks: Iterable[Task]) -> bytes:
    """One task a line, for scripts: names as they are."""
    lines = (json.dumps(asdict(task)) + "\n" for task in tasks)  # ASCII: names need not be UTF-8
    return "".join(lines).encode()


def as_checksums(tasks: Iterable[Task]) -> bytes:
    """What ``sha256sum --check`` reads, each file once."""
    lines = {
        f"{task.sha256}  {task.file}\n"
        for task in tasks if task.sha256 and "\n" not in task.file
    }  # fmt: skip
    return "".join(sorted(lines, key=lambda line: line[64:])).encode("utf-8", "surrogateescape")
