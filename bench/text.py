"""Text against ripgrep and Presidio, against itself, and the price of starting."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import corpora, patterns
from bench.measure import Run, best, pdscan, run
from bench.table import Row

#: The kinds that ``patterns.txt`` has an expression for.
KINDS = (
    "email,ipv4,ipv6,phone,iban,payment_card,eu.vat,fi.hetu,fi.ytunnus,fi.passport,"
    "se.personnummer,se.orgnr"
)
_PATTERNS = Path(__file__).with_name("patterns.txt")
_GIB, _MIB = 1 << 30, 1 << 20


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """The measurements, one after the other; `small` for a quick look."""
    scale = 20 if small else 1
    sparse = corpora.build(folder / "sparse.txt", 2 * _GIB // scale, corpora.prose)
    dense = corpora.build(folder / "dense.csv", 200 * _MIB // scale, corpora.customer)
    log = corpora.build(folder / "access.log", 200 * _MIB // scale, corpora.request)
    if shutil.which("rg") is None:
        print(
            "ripgrep is not installed: its rows are left out (apt-get install ripgrep)",
            file=sys.stderr,
        )
    else:
        for path, target in ((sparse, 3.0), (dense, 0.25), (log, None)):
            peer = best([*_rg(), path])
            yield Row(f"{path.name}, 12 kinds", "ripgrep", path.stat().st_size, peer,
                      _scan(path, KINDS), target)  # fmt: skip
        yield _all_kinds(folder, scale)
    yield from _presidio(folder, sparse, dense)
    yield from _growth(folder, small=small)
    peer = best([sys.executable, "-c", "import click"], times=10)
    yield Row("pdscan --version", "import click", 0, peer, best(pdscan("--version"), times=10), 0.5)


def _rg(expressions: Path = _PATTERNS, *options: str) -> list[str | Path]:
    return ["rg", "-j1", "-o", "--no-unicode", "--no-filename", *options, "-f", expressions]


def _scan(path: Path, kinds: str, times: int = 3) -> Run:
    with tempfile.TemporaryDirectory() as scratch:
        command = pdscan(
            "scan", path, "-o", Path(scratch, "inventory"), "--replace", "--jobs", "1",
            "--key-file", Path(scratch, "key"), *(["--detectors", kinds] if kinds else []),
        )  # fmt: skip
        return best(command, times, accept=(0, 3))


def _all_kinds(folder: Path, scale: int) -> Row:
    """Everything there is to find, beside ripgrep with the same expressions."""
    prose = corpora.build(folder / "prose.txt", 200 * _MIB // scale, corpora.prose)
    expressions = patterns.of_all_kinds()
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(expressions) + "\n")
        file.flush()
        peer = best([*_rg(Path(file.name), "--multiline"), prose], times=1)
    return Row(f"{prose.name}, all kinds", f"ripgrep, {len(expressions)} expressions",
               prose.stat().st_size, peer, _scan(prose, ""), 2.0)  # fmt: skip


def _presidio(folder: Path, *paths: Path) -> Iterator[Row]:
    for path in paths:
        sample = folder / f"{path.stem}-sample{path.suffix}"
        with path.open("rb") as file:
            sample.write_bytes(file.read(200_000).rpartition(b"\n")[0])
        started = run([sys.executable, "-m", "bench.peer_presidio", "/dev/null"])
        peer = run([sys.executable, "-m", "bench.peer_presidio", sample])
        # Per byte, without Presidio's start: it would need hours for the whole.
        seconds = (peer.seconds - started.seconds) * path.stat().st_size / sample.stat().st_size
        yield Row(f"{path.name}, 12 kinds", "presidio (from a sample)", path.stat().st_size,
                  Run(seconds, peer.memory), _scan(path, KINDS), 1000.0)  # fmt: skip


def _growth(folder: Path, *, small: bool) -> Iterator[Row]:
    """A hundred times the text: the same rate, the same memory."""
    scale = 10 if small else 1
    little = corpora.build(folder / "prose-50.txt", 50 * _MIB, corpora.prose)
    much = folder / "prose-5000.txt"
    if not much.exists() or much.stat().st_size < 100 // scale * little.stat().st_size:
        with much.open("wb") as file:
            for _ in range(100 // scale):
                with little.open("rb") as piece:
                    shutil.copyfileobj(piece, file, 1 << 20)
    empty = folder / "empty.txt"
    empty.touch()
    start = _scan(empty, KINDS).seconds
    one, hundred = _scan(little, KINDS), _scan(much, KINDS, times=2)
    factor = much.stat().st_size / little.stat().st_size
    linear = Run((one.seconds - start) * factor + start, one.memory)
    yield Row(f"{much.name} for {factor:.0f} × {little.name}", "itself, linear",
              much.stat().st_size, linear, hundred, 1 / 1.1)  # fmt: skip
