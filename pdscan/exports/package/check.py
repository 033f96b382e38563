"""Whether a package is what it says: container, papers, tables, page. Run on what was just written,
and again by whoever receives it (``pdscan package verify``).
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import ijson

from pdscan.exports.package.bag import pieces_of, problems
from pdscan.exports.package.model import Right
from pdscan.exports.package.tables import ITEM

_SCHEMAS = Path(__file__).parents[1] / "schemas"
_PAPERS = ("datapackage", "person", "coverage", "withheld")
_POLICY = re.compile(
    r"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
    r"style-src 'sha256-[A-Za-z0-9+/=]{44}'; script-src 'sha256-[A-Za-z0-9+/=]{44}'; "
    r"base-uri 'none'; form-action 'none'\">"
)
_HEAD = 4096  # bytes of the page within which its policy stands


def check(stream: BinaryIO) -> list[str]:
    """What is wrong with the package in `stream` (a zip, not encrypted), in words without anything
    of its content; empty where nothing is.
    """
    try:
        archive = zipfile.ZipFile(stream)
    except zipfile.BadZipFile:
        return ["not a zip: it was cut off or changed, or it is encrypted"]
    with archive:
        try:
            broken = list(problems(archive))
            return broken or list(_Package(archive).problems())
        except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError):
            return ["the zip is damaged"]


class _Package:
    """The payload of a valid bag."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._root = archive.namelist()[0].partition("/")[0] + "/data/"
        self._files = {
            name.removeprefix(self._root)
            for name in archive.namelist()
            if name.startswith(self._root)
        }

    def problems(self) -> Iterator[str]:
        papers: dict[str, Any] = {}
        for name in _PAPERS:
            yield from self._paper(name, papers)
        if "datapackage" in papers:
            described = papers["datapackage"]
            if described["pdscan:right"] == Right.ACCESS:
                yield from self._paper("art15", papers)
            yield from self._tables(described["resources"])
        yield from self._page()

    def _paper(self, name: str, papers: dict[str, Any]) -> Iterator[str]:
        from jsonschema import Draft202012Validator

        file = f"{name}.json"
        if file not in self._files:
            yield f"{file} is missing"
            return
        schema = json.loads((_SCHEMAS / f"package.{name}.schema.json").read_bytes())
        try:
            document = json.loads(self._archive.read(self._root + file))
        except ValueError:
            yield f"{file} is not JSON"
            return
        errors = sorted(
            Draft202012Validator(schema).iter_errors(document), key=lambda one: one.json_path
        )
        for error in errors[:5]:
            yield f"{file}: {error.json_path} does not keep to {error.validator} of its schema"
        if not errors:
            papers[name] = document

    def _tables(self, resources: list[dict[str, Any]]) -> Iterator[str]:
        items: set[int] = set()
        for described in resources:
            if described["path"] not in self._files:
                yield f"{described['path']} is missing"
                continue
            yield from self._table(described, items)

    def _table(self, described: Mapping[str, Any], items: set[int]) -> Iterator[str]:
        """One table against its schema; `items` are the keys of the first table, the items."""
        path, fields = described["path"], [field["name"] for field in described["schema"]["fields"]]
        is_items = described["name"] == "items"
        count = strays = 0
        try:
            for row in self._rows(path, described["format"]):
                count += 1
                if list(row) != fields:
                    yield f"{path}: row {count} has other columns than the schema says"
                    return
                number = int(row["item" if is_items else ITEM])
                if is_items:
                    items.add(number)
                else:
                    strays += number not in items
        except (ValueError, KeyError, TypeError, csv.Error, ijson.JSONError):
            yield f"{path}: row {count + 1} cannot be read"
            return
        if count != described["pdscan:rows"]:
            yield f"{path} has {count} rows instead of {described['pdscan:rows']}"
        if strays:
            yield f"{path}: {strays} rows lead to no item"
        if is_items and len(items) != count:
            yield f"{path}: {count - len(items)} items have the same number"

    def _rows(self, path: str, form: str) -> Iterator[dict[str, Any]]:
        with self._archive.open(self._root + path) as member:
            if form == "json":
                yield from ijson.items(member, "item")
                return
            text = io.TextIOWrapper(member, encoding="utf-8", newline="")
            reader = csv.reader(text, strict=True)
            header = next(reader)
            for row in reader:
                yield dict(zip(header, row, strict=True))

    def _page(self) -> Iterator[str]:
        if "index.html" not in self._files:
            yield "index.html is missing"
            return
        head = next(pieces_of(self._archive, f"{self._root}index.html"), b"")[:_HEAD]
        if not _POLICY.search(head.decode("utf-8", "replace")):
            yield "index.html does not shut out what comes from elsewhere"
