"""The story of the demo, told and checked against what is then on the disk."""

from __future__ import annotations

import gzip
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from pdscan.cli.story import _PERSON as NUMBER
from pdscan.exports import certificate
from tests.cli.command import run_here


def test_the_story_ends_with_a_certificate_that_is_true(tmp_path: Path) -> None:
    told = run_here("demo", "demo", "--story", cwd=tmp_path)
    assert told.code == 0, told.err
    chapters = [
        line for line in told.out.splitlines() if line.startswith(("BLOCKED", "GO", "VERD"))
    ]
    assert [line.split(":")[0] for line in chapters] == ["BLOCKED", "GO", "VERDICT"]
    assert chapters[-1] == "VERDICT: verified with retained"

    folder = tmp_path / "demo"
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


def _text(file: Path) -> str:
    if file.is_dir():
        return ""
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8", "replace")
