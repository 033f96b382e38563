"""The administrator of the demo estate: carries a manifest out, on the demo's own copies only.

pdscan itself deletes nothing. This is what a person, or a script of the systems' owner, does with
the statements and the list that it writes, and with nothing else: no key, no manifest.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import mailbox
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

REMOVED = "[removed]"


@dataclass(frozen=True, slots=True)
class Task:
    """A line of ``files.jsonl``, as far as it is used here."""

    entry: int
    do: str
    file: str
    sha256: str
    inside: tuple[str, ...]
    lines: tuple[int, int] | None
    row: int | None
    pointer: str
    field: str
    span: tuple[int, int] | None


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


def work_through(tasks: Path) -> Iterator[tuple[Path, int]]:
    """Does what ``files.jsonl`` says; yields each file, and how many things were done to it.

    Raises ValueError where a file is not as the list says: then its lines may be elsewhere.
    """
    decode = msgspec.json.Decoder(Task).decode
    known = [decode(line) for line in tasks.read_bytes().splitlines()]
    for name, group in groupby(sorted(known, key=attrgetter("file")), key=attrgetter("file")):
        file, here = Path(name), list(group)
        if hashlib.sha256(file.read_bytes()).hexdigest() != here[0].sha256:
            raise ValueError(f"{name}: has changed since the list was written")
        _do(file, here)
        yield file, len(here)


def _do(file: Path, tasks: Sequence[Task]) -> None:
    name = file.name.removesuffix(".gz")
    if any(_is_whole(task, file) for task in tasks):
        file.unlink()
    elif name.endswith(".mbox"):
        _in_mailbox(file, tasks)
    else:
        text = unpacked(file)
        changed = _in_json(text, tasks) if name.endswith(".json") else _in_text(text, tasks)
        _write(file, changed)


def _is_whole(task: Task, file: Path) -> bool:
    packed = file.suffix == ".gz"  # what is inside is the one file that was packed
    place = (task.lines, task.row, task.pointer)
    return task.do == "remove" and place == (None, None, "") and len(task.inside) == packed


def unpacked(file: Path) -> str:
    """The text of a file; of one that ends too early what there is."""
    data = file.read_bytes()
    return (zlib.decompressobj(31).decompress(data) if file.suffix == ".gz" else data).decode()


def _write(file: Path, text: str) -> None:
    data = text.encode()
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)


# -- mending ---------------------------------------------------------------------------------------


def salvage(file: Path) -> None:
    """Writes a packed file that ends too early anew, from what of it can be read."""
    _write(file, unpacked(file))


def fill_up(file: Path) -> None:
    """Gives the rows of a CSV file that are too short their missing cells."""
    rows = list(csv.reader(io.StringIO(unpacked(file), newline="")))
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([*row, *[""] * (len(rows[0]) - len(row))] for row in rows)
    _write(file, stream.getvalue())


# -- texts and tables ------------------------------------------------------------------------------


def _in_text(text: str, tasks: Sequence[Task]) -> str:
    """`text` with the tasks done, the last place first, so that the others stay where they are."""
    lines = list(io.StringIO(text, newline="\n"))
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    edits: dict[tuple[int, int], str] = {}
    for task in tasks:
        if task.span is not None:
            edits[task.span] = REMOVED
        elif task.lines is not None:
            place = starts[task.lines[0] - 1], starts[task.lines[1]]
            row = edits.get(place, text[slice(*place)])
            edits[place] = "" if task.do == "remove" else _without(lines[0], row, task.field)
    for start, end in sorted(edits, reverse=True):
        text = text[:start] + edits[start, end] + text[end:]
    return text


def _without(header: str, row: str, field: str) -> str:
    """The row with the cell of `field` empty."""
    (names,), (cells,) = csv.reader([header]), csv.reader(io.StringIO(row, newline=""))
    cells[names.index(field)] = ""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n" if row.endswith("\r\n") else "\n").writerow(cells)
    return stream.getvalue()


def _in_json(text: str, tasks: Sequence[Task]) -> str:
    document = json.loads(text)
    for task in sorted(tasks, key=lambda task: _steps(task.pointer), reverse=True):
        *way, last = _steps(task.pointer)
        around = document
        for step in way:
            around = around[step]
        if task.do == "remove":
            del around[last]
        else:
            raise ValueError(f"{task.file}: entry {task.entry} is to be done by hand")
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _steps(pointer: str) -> list[Any]:
    steps = pointer.removeprefix("/").split("/")
    return [int(s) if s.isdigit() else s.replace("~1", "/").replace("~0", "~") for s in steps]


# -- mail ------------------------------------------------------------------------------------------


def _in_mailbox(file: Path, tasks: Sequence[Task]) -> None:
    with closing(mailbox.mbox(str(file))) as box:
        numbers = {str(m["Message-ID"]).strip("<>"): n for n, m in box.items()}
        by_message = groupby(sorted(tasks, key=attrgetter("inside")), key=attrgetter("inside"))
        for inside, group in by_message:
            number, here = numbers[inside[0]], list(group)
            if any(task.do == "remove" for task in here):
                box.remove(number)
            else:
                box[number] = _cut(box[number], here)
        box.flush()


def _cut(message: mailbox.mboxMessage, tasks: Sequence[Task]) -> mailbox.mboxMessage:
    """The message without what the tasks cut out of its headers and of its text."""
    for task in sorted(tasks, key=lambda task: task.span or (0, 0), reverse=True):
        start, end = task.span or (0, 0)
        if task.field.startswith("headers/"):
            name = task.field.removeprefix("headers/")
            value = str(message[name])
            message.replace_header(name, value[:start] + REMOVED + value[end:])
        else:
            charset = message.get_content_charset("utf-8")
            text = bytes(message.get_payload(decode=True)).decode(charset)
            del message["Content-Transfer-Encoding"]
            message.set_payload(text[:start] + REMOVED + text[end:], charset)
    return message
