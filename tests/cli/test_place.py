"""``pdscan scan -o URL``: made here, copied when it is whole."""

from __future__ import annotations

from pathlib import Path

import fsspec
import pytest

from tests.cli.command import Result, run_here
from tests.cli.test_resume import hashes

FILES = ["findings.parquet", "items.parquet", "run.json", "structure.json"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text("a@example.fi\n")
    return tmp_path


def scan(folder: Path, *arguments: str) -> Result:
    return run_here(
        "scan", "data", "--key-file", "k", *arguments,
        cwd=folder, XDG_CACHE_HOME=str(folder / "cache"),
    )  # fmt: skip


def test_at_a_url_as_in_a_folder(folder: Path) -> None:
    assert scan(folder, "-o", "here").code == 0
    there = scan(folder, "-o", f"file://{folder}/shelf/there")
    assert there.code == 0, there.err
    assert there.out.endswith(f"\nInventory: file://{folder}/shelf/there\n")
    assert hashes(folder / "shelf/there") == hashes(folder / "here")
    assert list((folder / "cache/pdscan").iterdir()) == [], "nothing is left here"
    again = scan(folder, "-o", f"file://{folder}/shelf/there")
    assert (again.code, again.err.endswith("exists; name another place, or give --replace\n")) == (2, True)  # fmt: skip
    (folder / "data/a.txt").write_text("nothing\n")
    assert scan(folder, "-o", f"file://{folder}/shelf/there", "--replace").code == 0
    assert hashes(folder / "shelf/there") != hashes(folder / "here")


def test_an_object_store(folder: Path) -> None:
    assert scan(folder, "-o", "memory://bucket/monday").code == 0
    store = fsspec.filesystem("memory")
    assert sorted(name.rpartition("/")[2] for name in store.ls("/bucket/monday", detail=False)) == FILES  # fmt: skip


def test_a_url_that_cannot_be_written(folder: Path) -> None:
    """The work is not lost: the inventory stays here."""
    (folder / "wall").write_text("")
    result = scan(folder, "-o", f"file://{folder}/wall/there")
    assert result.code == 3, result
    assert "the inventory is whole, and could not be copied to file://" in result.err
    (left,) = (folder / "cache/pdscan").iterdir()
    assert str(left) in result.err
    assert sorted(path.name for path in left.iterdir()) == FILES


UNKNOWN = [
    ("nosuch://x/y", "nothing here knows such a URL"),
    ("gs://bucket/y", "needs a part that is not installed: pip install 'gcsfs'"),
]


@pytest.mark.parametrize(("url", "said"), UNKNOWN, ids=["unknown", "missing"])
def test_a_url_that_nothing_here_knows(folder: Path, url: str, said: str) -> None:
    result = scan(folder, "-o", url)
    assert result.code == 2
    assert said in result.err
