"""A manifest comes back as it was written, and any change by hand is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import rfc8785

import pdscan.exports
from pdscan.errors import AccessError, UsageError
from pdscan.exports import manifest
from pdscan.exports.manifest import Action, Datum, Entry, Ground, Header, Manifest
from pdscan.retention.model import Recipient
from pdscan.subjects.model import Step

SCHEMA = Path(pdscan.exports.__file__).parent / "schemas" / "manifest-1.schema.json"
ROW = "orders:public!/customer#key=id:7"


def sample() -> Manifest:
    ground = Ground(
        "fi-vouchers", "statutory_min", "Kirjanpitolaki", "", "ordered_at", "2032-12-31"
    )
    datum = Datum("email", "https://w3id.org/dpv/pd#EmailAddress", "m***@e***.fi", "ab" * 12, ROW)
    entries = (
        Entry(1, ROW, ROW, "orders", Action.ERASE, "asked for", data=(datum,),
              path=(Step("email", "m***", ROW),), order=2),
        Entry(2, f"{ROW}&field=n%C3%B6te", ROW, "orders", Action.REDACT, "Äitinsä puhelin", others=1),
        Entry(3, "files:a b/ä.pdf", "files:a b/ä.pdf", "files", Action.RETAIN, "law", grounds=(ground,),
              keep=("*",), until="2032-12-31"),
    )  # fmt: skip
    header = Header(
        "m1", "2026-11-22T10:00:00+00:00", 3, "k1", "pdscan 0.1.0",
        recipients=(Recipient("Posti", "processor", "dpo@posti.example"),),
    )  # fmt: skip
    return Manifest(header, entries)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    manifest.write(sample(), tmp_path / "manifest.jsonl")
    return tmp_path / "manifest.jsonl"


def test_it_comes_back_and_says_its_digest(path: Path) -> None:
    known = manifest.read(path)
    assert known == sample()
    assert known.digest == hashlib.sha256(path.read_bytes().splitlines()[-1]).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600


def test_lines_are_canonical_and_valid_by_the_published_schema(path: Path) -> None:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema == json.loads(json.dumps(manifest.schema())), (
        "the published schema is not that of the code"
    )
    validator = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    lines = path.read_bytes().splitlines()
    assert len(lines) == 4
    for line in lines:
        validator.validate(json.loads(line))
        assert rfc8785.dumps(json.loads(line)) == line
    wrong = json.loads(lines[1])
    wrong["entry"]["action"] = "hash"
    assert not validator.is_valid(wrong)


def rechained(lines: list[bytes]) -> list[bytes]:
    """What somebody who knows the format, but edits by hand, may try."""
    previous, out = manifest.START, []
    for line in lines:
        document = json.loads(line)
        document["previous"] = previous
        out.append(rfc8785.dumps(document))
        previous = hashlib.sha256(out[-1]).hexdigest()
    return out


EDITS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "an action changed": (
        lambda x: [*x[:1], x[1].replace(b'"erase"', b'"retain"'), *x[2:]], "line 3: the chain"),
    "an entry taken out": (lambda x: [*x[:2], *x[3:]], "line 3: the chain"),
    "entries moved": (lambda x: [x[0], x[2], x[1], x[3]], "line 2: the chain"),
    "cut at the end": (lambda x: x[:-1], "3 entries announced and 2 there"),
    "cut within a line": (lambda x: [*x[:3], x[3][:-9]], "line 4: not a line"),
    "a line added": (lambda x: [*x, x[-1]], "line 5: the chain"),
    "blanks added": (lambda x: [x[0], x[1], x[2], x[3].replace(b'":', b'": ')], "line 4: not written"),
    "an unknown member": (
        lambda x: [*x[:3], x[3].replace(b'"entry":{', b'"entry":{"aa":1,')], "line 4: not written"),
    "a second header": (lambda x: rechained([x[0], x[0], *x[2:]]), "line 2: an entry expected"),
    "no header": (lambda x: rechained(x[1:]), "line 1: the header expected"),
    "a number twice": (lambda x: rechained([x[0], x[1], x[1], x[3]]), "line 3: entry 2 expected"),
    "another format": (
        lambda x: rechained([x[0].replace(b"manifest/1", b"manifest/9"), *x[1:]]), "manifest/9"),
    "no locator": (
        lambda x: rechained([*x[:3], x[3].replace(b"files:", b"files ")]), "line 4: not a locator"),
    "no action": (
        lambda x: rechained([*x[:3], x[3].replace(b'"retain"', b'"hash"')]), "line 4: not a line"),
    "empty": (lambda x: [], "empty"),
    "not UTF-8": (lambda x: [b"\xff\xfe", *x[1:]], "line 1: not a line"),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_a_change_by_hand_is_named_by_its_line(path: Path, edit: str) -> None:
    change, says = EDITS[edit]
    lines = change(path.read_bytes().splitlines())
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    with pytest.raises(UsageError, match=says):
        manifest.read(path)


def test_what_is_not_there_is_an_access_error(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="cannot be read"):
        manifest.read(tmp_path / "none")
