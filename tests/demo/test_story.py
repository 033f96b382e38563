"""The story of the demo, told and checked against what is then on the disk."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from pdscan.cli.story import _PERSON as NUMBER
from pdscan.demo import administrator, estate
from pdscan.exports import certificate
from tests.cli.command import Result, run_here


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    folder = tmp_path_factory.mktemp("story")
    return run_here("demo", "demo", "--story", cwd=folder), folder / "demo"


def test_the_story_ends_with_a_certificate_that_is_true(story: tuple[Result, Path]) -> None:
    told, folder = story
    assert told.code == 0, told.err
    assert "could not be read again" not in told.err
    chapters = [
        line for line in told.out.splitlines() if line.startswith(("BLOCKED", "GO", "VERD"))
    ]
    assert [line.split(":")[0] for line in chapters] == ["BLOCKED", "GO", "VERDICT"]
    assert chapters[-1] == "VERDICT: verified with retained"

    name = "request-1.manifest.certificate.json"
    issued = certificate.read((folder / name).read_bytes(), name)
    assert issued.verdict == "verified_with_retained"
    assert issued.open == {}
    person = json.loads((folder / "truth.json").read_text("utf-8"))["people"][NUMBER - 1]
    page = (folder / name).with_suffix(".html").read_text("utf-8")
    for value in (*person["emails"], person["identity"], person["phone"], person["family"]):
        assert value not in page
        assert value not in (folder / name).read_text("utf-8")
        if value != person["family"]:  # which others have too
            assert not [file for file in (folder / "estate").rglob("*") if value in _text(file)]
    orders = {place["key"] for place in person["places"] if place["table"] == "orders"}
    with closing(sqlite3.connect(folder / "estate" / "orders.sqlite")) as database:
        kept = {f"id={row[0]}" for row in database.execute("SELECT id FROM orders")}
    assert orders
    assert orders <= kept  # the law keeps them
    assert not list(folder.glob("*.identifiers"))
    assert not list(folder.rglob("identifiers/*.key"))


def test_nothing_is_printed_escaped(story: tuple[Result, Path]) -> None:
    assert "\\x" not in story[0].out


def test_the_administrator_takes_nobody_else_along(
    story: tuple[Result, Path], tmp_path: Path
) -> None:
    estate.write(tmp_path / "before", tmp_path / "truth.json")
    person = json.loads((tmp_path / "truth.json").read_text("utf-8"))["people"][NUMBER - 1]
    values = (*person["emails"], *person["addresses"], person["phone"])
    gone = Counter(_lines(tmp_path / "before")) - Counter(_lines(story[1] / "estate"))
    del gone["2026-03-05T10:00:00.000Z,(cut off)"]  # it has all its cells now
    assert gone
    assert [line for line in gone if not any(value in line for value in values)] == []


def _lines(folder: Path) -> list[str]:
    """All lines of the text files; of any other file its name and digest."""
    lines: list[str] = []
    for file in sorted(folder.rglob("*")):
        if not file.is_file() or file.suffix == ".sqlite":
            continue
        try:
            lines += administrator.unpacked(file).splitlines()
        except UnicodeDecodeError:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            lines.append(f"{file.relative_to(folder)} {digest}")
    return lines


def _text(file: Path) -> str:
    if file.is_dir():
        return ""
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8", "replace")
