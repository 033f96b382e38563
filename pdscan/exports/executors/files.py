"""What is to be done to files, messages and records in files: a list, for a person or a script.

Each line names the file and the SHA-256 that it must still have, so that ``sha256sum --check`` can
say beforehand whether it is the file that was planned for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do. ``file`` is the file on disk, ``inside`` the way from there to the member,
    message or record; ``sha256`` and ``size`` are those of what ``inside`` leads to, "" and -1 for
    a record.
    """

    entry: int
    action: str
    file: str
    inside: str
    sha256: str
    size: int
    what: str


def as_csv(tasks: Iterable[Task]) -> bytes:
    """RFC 4180 with a header. Paths stand as they are: a script reads them."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow([column.name for column in fields(Task)])
    writer.writerows(astuple(task) for task in tasks)
    return stream.getvalue().encode("utf-8", "surrogateescape")


def as_checksums(tasks: Iterable[Task]) -> bytes:
    """What ``sha256sum --check`` reads, for the tasks on whole files."""
    lines = [
        f"{task.sha256}  {task.file}\n"
        for task in tasks if task.sha256 and not task.inside and "\n" not in task.file
    ]  # fmt: skip
    return "".join(lines).encode("utf-8", "surrogateescape")
