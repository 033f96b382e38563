"""Many cores, many machines, many files: what each of them brings, and that it stays in proportion.

One worker against two, small files, a large tree, a Dask cluster on this machine against workers of
its own, and a hundred units against one. The rows against two workers need two cores.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from docx import Document

from bench import corpora
from bench.cluster import cluster
from bench.mailbox import messages
from bench.measure import Run, best, pdscan, run
from bench.table import Row
from bench.text import KINDS

_MIB = 1 << 20
_FILES_A_SECOND = 3000  # of a core
_PARTS = 8  # files of a corpus: one file is read by one worker
_WALK = """
import sys
from pdscan.connectors.files import Files
print(sum(1 for _ in Files("tree", sys.argv[1]).walk()))
"""


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """The measurements, one after the other; `small` for a quick look."""
    scale = 20 if small else 1
    made: dict[str, Callable[[Path], None]] = {
        "sparse text": lambda place: _copies(place, "sparse.txt", 512 * _MIB // scale,
                                             corpora.prose),
        "dense tables": lambda place: _copies(place, "dense.csv", 24 * _MIB // scale,
                                              corpora.customer),
        "mailboxes": lambda place: _mailboxes(place, 24 * _MIB // scale),
        "documents": lambda place: _documents(place, 1600 // scale),
    }  # fmt: skip
    for name, make in made.items():
        place = _kept(folder / f"many-{name.replace(' ', '-')}", make)
        one, two = _scan(place, "--jobs", "1", cores=1), _scan(place, "--jobs", "2", cores=2)
        yield Row(f"{name}, 2 workers", "1 worker", _size(place), one, two, 1.8)
    yield from _small_files(folder, 100_000 // scale)
    yield from _walk(folder, 1_000_000 // scale)
    yield from _dask(folder / "many-sparse-text")
    yield from _growth(folder, 20 * _MIB // (4 if small else 1))


def _scan(place: Path, *arguments: str, cores: int, times: int = 2) -> Run:
    with tempfile.TemporaryDirectory() as scratch:
        command = pdscan(
            "scan", place, "-o", Path(scratch, "inventory"), "--replace", "--detectors", KINDS,
            "--key-file", Path(scratch, "key"), *arguments,
        )  # fmt: skip
        return best(command, times, accept=(0, 3), cores=cores)


def _small_files(folder: Path, count: int) -> Iterator[Row]:
    place = _kept(folder / f"many-notes-{count}", partial(_notes, count=count))
    wanted = Run(count / _FILES_A_SECOND, 0)
    for jobs in (1, 2):
        found = _scan(place, "--jobs", str(jobs), cores=jobs)
        yield Row(f"{count:,} small files, {jobs} cores", f"{_FILES_A_SECOND:,} a second a core",
                  _size(place), Run(wanted.seconds / jobs, 0), found, 1.0)  # fmt: skip


def _walk(folder: Path, count: int) -> Iterator[Row]:
    trees = [
        _kept(folder / f"many-tree-{files}", partial(_tree, count=files))
        for files in (count // 10, count)
    ]
    tenth, whole = (run([sys.executable, "-c", _WALK, tree]) for tree in trees)
    linear = Run(tenth.seconds * 10, tenth.memory)
    work = f"walk of {count:,} files (a tenth of them: {tenth.memory >> 20} MiB)"
    yield Row(work, "itself, linear", 0, linear, whole, 1 / 1.1)


def _dask(place: Path) -> Iterator[Row]:
    here = _scan(place, "--jobs", "2", cores=2)
    with tempfile.TemporaryDirectory() as scratch, cluster(Path(scratch), 2) as (address, _):
        there = _scan(place, "--cluster", address, cores=2)
    yield Row("sparse text, Dask with 2 workers", "2 workers here", _size(place), here, there,
              1 / 1.15)  # fmt: skip


def _growth(folder: Path, size: int) -> Iterator[Row]:
    piece = corpora.build(folder / f"prose-{size}.txt", size, corpora.prose)
    found: dict[int, Run] = {}
    for units in (0, 1, 10, 100):
        with tempfile.TemporaryDirectory() as text:
            for number in range(units):
                os.link(piece, Path(text, f"{number:03}.txt"))
            found[units] = _scan(Path(text), "--jobs", "1", cores=1)
    start = found[0].seconds
    for units in (10, 100):
        linear = Run((found[1].seconds - start) * units + start, found[1].memory)
        yield Row(f"{units} units of {size // _MIB} MiB", "1 unit, linear", units * size, linear,
                  found[units], 1 / 1.1)  # fmt: skip


# -- what is read ----------------------------------------------------------------------------------


def _kept(place: Path, make: Callable[[Path], None]) -> Path:
    """`place` as `make` fills it; kept for the next run."""
    if not place.exists():
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        make(part)
        part.rename(place)
    return place


def _size(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())


def _copies(place: Path, name: str, size: int, line: corpora.Corpus) -> None:
    for number in range(_PARTS):
        corpora.build(place / f"{number}-{name}", size, line)


def _mailboxes(place: Path, size: int) -> None:
    for number in range(_PARTS):
        (place / f"{number}.mbox").write_bytes(b"".join(messages(size, seed=number)))


def _documents(place: Path, count: int) -> None:
    rng = random.Random("documents")
    for number in range(count):
        if number >= 100:  # as many different ones as matter
            os.link(place / f"{number % 100}.docx", place / f"{number}.docx")
            continue
        document = Document()
        for _ in range(10):
            document.add_paragraph(corpora.prose(rng))
        table = document.add_table(rows=0, cols=3)
        for _ in range(20):
            for cell, make in zip(table.add_row().cells, (corpora.email, corpora.phone,
                                                          corpora.iban), strict=True):  # fmt: skip
                cell.text = make(rng)
        document.save(str(place / f"{number}.docx"))


def _notes(place: Path, count: int) -> None:
    rng = random.Random("notes")
    pages = [corpora.prose(rng) for _ in range(200)]
    for number in range(count):
        folder = place / f"{number // 1000}"
        folder.mkdir(exist_ok=True)
        text = f"{corpora.email(rng)}\n{rng.choice(pages)[: rng.randint(200, 3000)]}\n"
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")


def _tree(place: Path, count: int) -> None:
    for number in range(0, count, 1000):
        folder = place / f"{number // 1000}"
        folder.mkdir()
        for file in range(min(1000, count - number)):
            os.close(os.open(folder / f"{file}.txt", os.O_CREAT | os.O_WRONLY, 0o644))
