"""``pdscan scan --since``: what did not change is carried over, what changed is read again."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import run_here


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("a", "b", "c", "d", "e"):
        (data / f"{name}.txt").write_text(f"{name}@example.fi, hetu 131052-308T\n")
    with zipfile.ZipFile(data / "box.zip", "w") as box:
        box.writestr("one.txt", "one@example.fi")
        box.writestr("two.txt", "two@example.fi")
    (data / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b")
    (data / "link").symlink_to("/nowhere")
    assert scan(tmp_path, "monday") == 3
    return tmp_path


def scan(folder: Path, name: str, *arguments: str) -> int:
    result = run_here("scan", "data", "-o", name, "--key-file", "k", *arguments, cwd=folder)
    assert "Traceback" not in result.err
    assert result.code != 2, result.err
    return result.code


def ledger(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    out = run_here("inventory", "ledger", name, "-f", "ndjson", cwd=folder).out
    rows = [json.loads(line) for line in out.splitlines()]
    assert len({row["locator"] for row in rows}) == len(rows), "each thing once"
    return {row["locator"].removeprefix("data:"): row for row in rows}


def found(folder: Path, name: str) -> list[tuple[str, ...]]:
    out = run_here("inventory", "find", name, "-f", "ndjson", cwd=folder).out
    rows = [json.loads(line) for line in out.splitlines()]
    return sorted((r["locator"], r["kind"], r["preview"], r["fingerprint"]) for r in rows)


def test_only_what_changed_is_read(monday: Path) -> None:
    data = monday / "data"
    (data / "a.txt").write_text("new@example.fi\n")
    before = (data / "b.txt").stat()
    (data / "b.txt").write_text("B@example.fi, hetu 131052-308T\n")  # as long as it was
    os.utime(data / "b.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    (data / "c.txt").unlink()
    (data / "new.txt").write_text("f@example.fi\n")
    assert scan(monday, "tuesday", "--since", "monday", "--jobs", "2") == 3
    assert scan(monday, "full") == 3
    assert found(monday, "tuesday") == found(monday, "full")
    rows = ledger(monday, "tuesday")
    carried = {name for name, row in rows.items() if "carried over from the scan of 20" in row["detail"]}  # fmt: skip
    assert carried == {
        "d.txt", "e.txt", "box.zip", "box.zip!/one.txt", "box.zip!/two.txt", "cut.gz",
        *(name for name in rows if name.startswith("cut.gz!")),
    }  # fmt: skip
    gone = rows.pop("c.txt")
    assert (gone["state"], gone["reason"]) == ("skipped", "not there any more")
    full = ledger(monday, "full")
    assert rows.keys() == full.keys()
    for name, row in full.items():
        assert {**rows[name], "detail": ""} == {**row, "detail": ""}


def test_again_and_again(monday: Path) -> None:
    (monday / "data/c.txt").unlink()
    scan(monday, "tuesday", "--since", "monday")
    scan(monday, "wednesday", "--since", "tuesday")
    assert found(monday, "wednesday") == found(monday, "tuesday")
    rows = ledger(monday, "wednesday")
    assert "c.txt" not in rows, "told once that it is gone"
    assert rows["d.txt"]["detail"].count("carried over") == 1


def test_what_cannot_be_looked_into_is_not_gone(monday: Path) -> None:
    (monday / "pdscan.toml").write_text('[[source]]\nname = "data"\npath = "data"\n')
    (monday / "data").rename(monday / "away")
    result = run_here(
        "scan", "data", "-o", "tuesday", "--since", "monday", "--key-file", "k", cwd=monday
    )
    assert result.code in (2, 3), result
    if result.code == 3:
        assert ledger(monday, "tuesday")["d.txt"]["state"] == "unreadable"


def test_another_configuration_is_refused(monday: Path) -> None:
    for arguments, said in (
        (("--detectors", "email"), "was begun otherwise"),
        (("--show-values",), "goes without"),
    ):
        result = run_here(
            "scan", "data", "--since", "monday", "--key-file", "k", *arguments, cwd=monday
        )
        assert result.code == 2
        assert said in result.err
    assert run_here("scan", "data", "--since", "none", cwd=monday).code == 2


def test_structures_of_databases_are_carried_over(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("same", "other"):
        with closing(sqlite3.connect(tmp_path / f"data/{name}.sqlite")) as shop:
            shop.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT)")
            shop.execute("INSERT INTO people VALUES (1, 'a@example.fi')")
            shop.commit()
    scan(tmp_path, "monday")
    with closing(sqlite3.connect(tmp_path / "data/other.sqlite")) as shop:
        shop.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, buyer REFERENCES people)")
        shop.commit()
    scan(tmp_path, "tuesday", "--since", "monday")
    scan(tmp_path, "full")
    wanted, carried = (
        json.loads((tmp_path / name / "structure.json").read_text())["databases"]
        for name in ("full", "tuesday")
    )
    assert len(wanted) == 2
    assert sorted(wanted, key=str) == sorted(carried, key=str)
    assert "carried over" in ledger(tmp_path, "tuesday")["same.sqlite"]["detail"]
