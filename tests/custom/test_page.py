"""What docs/custom.md shows is taken as it stands there."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from pdscan import detectors
from pdscan.custom import verdicts
from pdscan.custom.allow import allowing
from pdscan.custom.detectors import Custom, load

PAGE = Path(__file__).parents[2] / "docs/custom.md"
TEXT = PAGE.read_text("utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def _tables(name: str) -> list[dict[str, Any]]:
    return [table for block in BLOCKS for table in tomllib.loads(block).get(name, ())]


def test_its_kinds_are_found() -> None:
    tables = _tables("detector")
    assert [d.kind for d in load(tables, PAGE.parent, ())] == [table["kind"] for table in tables]


def test_every_key_of_a_kind_is_there() -> None:
    for column in fields(Custom):
        assert f"`{column.name}`" in TEXT, column.name


def test_its_allow_list_is_taken() -> None:
    known = detectors.load(["email", "eu.vat"])
    assert allowing(known, _tables("allow")) != known


def test_its_verdict_is_taken() -> None:
    (block,) = (block for block in BLOCKS if "[[verdict]]" in block)
    (verdict,) = verdicts.parse(block, PAGE)
    assert verdict.kind == "fi.hetu"
