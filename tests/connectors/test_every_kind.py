"""Every kind is found in files as they come: encodings and formats through their readers."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from pdscan.detectors import load
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood
from tests.connectors.reading import read_path

# One example of each kind, each in a paragraph of its own among text of all three languages.
EXAMPLES = {detector.kind: detector.examples[0] for detector in load()}
PARAGRAPH = "Tämä päivä on kaunis, sanoi hän ja lähti pöydästä ääneti.\nÅska på väg.\n\n"
TEXT = PARAGRAPH + "".join(f"{example}\n\n{PARAGRAPH}" for example in EXAMPLES.values())


@cache
def _scanner(kind: str) -> Scanner:
    engine = Engine(load([kind]), minimum=Likelihood.VERY_UNLIKELY)
    return Scanner(engine, Fingerprinter(bytes(KEY_SIZE)), values=True)


def _found(kind: str, blocks: list[Block]) -> set[str]:
    return {
        row["value"] for batch in _scanner(kind).scan(blocks) for row in batch.to_pylist()
    }  # fmt: skip


@cache
def _values(kind: str) -> set[str]:
    """What is found in the example by itself."""
    values = _found(kind, [Block(EXAMPLES[kind].encode())])
    assert values
    return values


def _encoded(encoding: str) -> Callable[[], bytes]:
    return lambda: TEXT.encode(encoding)


def _html() -> bytes:
    body = "".join(f"<pre>{html.escape(example)}</pre><p>on</p>" for example in EXAMPLES.values())
    return f"<!DOCTYPE html><html><body>{body}</body></html>".encode()


def _json() -> bytes:
    return json.dumps([{"text": example} for example in EXAMPLES.values()]).encode()


def _json_lines() -> bytes:
    rows = (json.dumps({"nested": {"text": [example]}}) for example in EXAMPLES.values())
    return "\n".join(rows).encode() + b"\n"


def _csv() -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=";").writerows(
        [["a", "text"], *(["x", e] for e in EXAMPLES.values())]
    )
    return file.getvalue().encode()


def _mail() -> bytes:
    head = "From: <a@example.com>\nSubject: x\nContent-Type: text/plain; charset=iso-8859-1\n"
    return (head + "Content-Transfer-Encoding: 8bit\n\n" + TEXT).encode("latin-1")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("utf-8.txt", _encoded("utf-8")), ("bom.txt", _encoded("utf-8-sig")),
        ("utf-16.txt", _encoded("utf-16")), ("utf-16-be.txt", _encoded("utf-16-be")),
        ("cp1252.txt", _encoded("cp1252")), ("page.html", _html), ("list.json", _json),
        ("list.jsonl", _json_lines), ("table.csv", _csv), ("mail.eml", _mail),
    ],
)  # fmt: skip
def test_every_kind_is_found(name: str, made: Callable[[], bytes], tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(made())
    items = [list(item.blocks) for item in read_path(path)]
    missed = {
        kind for kind in EXAMPLES
        if not any(_values(kind) <= _found(kind, blocks) for blocks in items)
    }  # fmt: skip
    assert missed == set()
