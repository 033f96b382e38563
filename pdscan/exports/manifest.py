"""The erasure manifest: what becomes of every holding of one person, why, until when, and in which
order. Dataclasses, reader and writer.

A manifest is a file of JSON Lines. The first line is the header, each further one an entry; every
line is canonical JSON (RFC 8785) and names the SHA-256 of the line before it, so that nothing can
be changed, taken out, put in or moved without the chain breaking. The header tells how many entries
follow; the SHA-256 of the last line is the digest of the whole, which approvals sign. The format is
published as ``schemas/manifest-1.schema.json`` (JSON Schema 2020-12).

A manifest holds no values: previews are masked, fingerprints keyed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
import rfc8785

from pdscan import private
from pdscan.errors import AccessError, UsageError
from pdscan.model import Locator
from pdscan.retention.model import Backup, Recipient
from pdscan.subjects.model import NotRead, Role, Step

FORMAT = "pdscan/manifest/1"
#: What the first line is chained to: there is no line before it.
START = "0" * 64


class Action(StrEnum):
    """What becomes of a holding, or of one field or span of it.

    Replacing a value by a hash or a pseudonym is none of these: such a value still singles the
    person out (Regulation (EU) 2016/679, recital 26).
    """

    ERASE = "erase"  # the row, message or file goes as a whole; a field becomes empty
    ANONYMISE = "anonymise"  # it stays, and what identifies the person in it goes
    REDACT = "redact"  # the span goes, the text around it stays
    RESTRICT = "restrict"  # it stays, and is no longer used (Art. 18)
    RECTIFY = "rectify"  # it stays and is corrected (Art. 16)
    RETAIN = "retain"  # a law or a claim needs it until a date
    MANUAL = "manual"  # a person must look and decide


#: Actions after which the person's data must not be found in the place any more.
REMOVES = frozenset({Action.ERASE, Action.ANONYMISE, Action.REDACT})
#: Actions after which the place must still be there.
KEEPS = frozenset({Action.RETAIN, Action.RESTRICT, Action.RECTIFY})


@dataclass(frozen=True, slots=True)
class Ground:
    """A rule that bears on a place: why it is kept, or why it may go.

    ``kind`` is that of a retention rule, or ``request``. ``basis`` is the IRI of the lawful basis
    or of the exemption. ``anchor`` says which date the period was counted from, and where it
    stands; ``until`` is the last day (ISO 8601), "" where there is none or it is not known.
    """

    rule: str
    kind: str
    law: str = ""
    basis: str = ""
    anchor: str = ""
    until: str = ""
    explained: str = ""


@dataclass(frozen=True, slots=True)
class Datum:
    """An identifier in a place: its kind, category (IRI), masked preview, keyed fingerprint (hex)
    and locator; ``theirs`` tells the person's own from other people's.
    """

    kind: str
    category: str
    preview: str
    fingerprint: str
    locator: str
    theirs: bool = True


@dataclass(frozen=True, slots=True)
class Entry:
    """What becomes of one holding, or of one field or span of it.

    ``locator`` is that of the place, ``holding`` that of the row, message or file it lies in (the
    same, where the entry is about all of it). Entries of fields and spans follow that of their
    holding. ``fingerprint`` (hex) is a keyed one of the holding's content as the plan saw it.
    ``keep`` names the fields of a retained record that a rule needs ("*": all of them). ``order``
    is the step in which it is executed: children of foreign keys before their parents, 0 where
    nothing is to be done. ``takes`` lists what a deletion would take along or change, as locators;
    ``blocked`` says why it cannot be carried out as it stands. ``then`` follows on ``until``.
    """

    number: int
    locator: str
    holding: str
    source: str
    action: Action
    reason: str
    entity: str = ""
    media_type: str = ""
    role: Role = Role.SOLE
    others: int = 0
    likelihood: str = ""
    fingerprint: str = ""
    data: tuple[Datum, ...] = ()
    path: tuple[Step, ...] = ()
    grounds: tuple[Ground, ...] = ()
    keep: tuple[str, ...] = ()
    until: str = ""
    meanwhile: str = ""
    then: str = ""
    order: int = 0
    takes: tuple[str, ...] = ()
    blocked: str = ""

    @property
    def place(self) -> Locator:
        """The locator, parsed."""
        return Locator.parse(self.locator)

    @property
    def is_whole(self) -> bool:
        """Whether it is about the holding, not about a field or span of it."""
        return self.locator == self.holding


@dataclass(frozen=True, slots=True)
class Person:
    """An identifier of the person: kind, keyed fingerprint (hex), masked preview."""

    kind: str
    fingerprint: str
    preview: str


@dataclass(frozen=True, slots=True)
class Header:
    """What the whole manifest is about.

    ``rules`` and ``holds`` are SHA-256 digests of the retention rules and of the legal holds in
    force, "" where there are none; ``key`` names the fingerprint key. ``identifiers`` is the name
    of the file beside the manifest that keeps the identifiers encrypted until the verdict.
    ``entries`` is how many follow.
    """

    id: str
    created: str
    entries: int
    key: str
    program: str
    request: str = ""
    person: tuple[Person, ...] = ()
    ambiguous: tuple[Person, ...] = ()
    inventories: tuple[str, ...] = ()
    detectors: tuple[str, ...] = ()
    rules: str = ""
    holds: str = ""
    day: str = ""
    recipients: tuple[Recipient, ...] = ()
    backups: tuple[Backup, ...] = ()
    not_read: tuple[NotRead, ...] = ()
    identifiers: str = ""
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Manifest:
    """A header, its entries in order, and the digest of the file they were read from ("": new)."""

    header: Header
    entries: tuple[Entry, ...]
    digest: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the file: either header or entry."""

    previous: str
    header: Header | None = None
    entry: Entry | None = None


def encode(value: Any, previous: str) -> bytes:
    """A header or entry as the canonical line that follows the one with the digest `previous`."""
    name = "header" if isinstance(value, Header) else "entry"
    return rfc8785.dumps({name: msgspec.to_builtins(value), "previous": previous})


def lines(manifest: Manifest) -> Iterator[bytes]:
    """The lines of the file, without their ends."""
    previous = START
    for value in (manifest.header, *manifest.entries):
        line = encode(value, previous)
        previous = hashlib.sha256(line).hexdigest()
        yield line


def write(manifest: Manifest, path: Path) -> str:
    """Writes the file, mode 0600, whole or not at all, reads it back, and returns its digest.

    Raises `AccessError` where it cannot be written, ValueError where the header's number of entries
    is not theirs.
    """
    if manifest.header.entries != len(manifest.entries):
        raise ValueError(f"{len(manifest.entries)} entries, {manifest.header.entries} announced")
    return private.write_checked(path, (line + b"\n" for line in lines(manifest)), read).digest


def read(path: Path) -> Manifest:
    """The manifest in `path`, its chain checked.

    Raises `AccessError` where it cannot be read, `UsageError` where it is no manifest, where its
    chain is broken, or where it was written in another way than pdscan writes.
    """
    try:
        with path.open("rb") as stream:
            return check_chain(stream, str(path))
    except OSError as error:
        raise AccessError(f"{path}: the manifest cannot be read: {error.strerror}") from None


def check_chain(file: Iterable[bytes], name: str) -> Manifest:
    """The manifest whose lines are `file`; raises `UsageError` that names the first bad line."""
    decoder = msgspec.json.Decoder(_Line)
    previous = START
    header: Header | None = None
    entries: list[Entry] = []
    for number, raw in enumerate(file, 1):
        where = f"{name}: line {number}"
        line = raw.removesuffix(b"\n")
        try:
            parsed = decoder.decode(line)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
            raise UsageError(f"{where}: not a line of a manifest ({FORMAT})") from None
        if parsed.previous != previous:
            raise UsageError(
                f"{where}: the chain is broken: this line, or one before it, was changed, taken out"
                " or moved. Make the manifest again with pdscan erase"
            )
        value = parsed.header if number == 1 else parsed.entry
        if value is None or (parsed.header is not None and parsed.entry is not None):
            raise UsageError(f"{where}: {'the header' if number == 1 else 'an entry'} expected")
        # What pdscan did not write itself (unknown members, another spelling of the same value)
        # does not come back as it stands.
        if encode(value, previous) != line:
            raise UsageError(f"{where}: not written as pdscan writes: it was edited by hand")
        if isinstance(value, Header):
            header = value
        else:
            entries.append(value)
            _check_entry(value, number - 1, where)
        previous = hashlib.sha256(line).hexdigest()
    if header is None:
        raise UsageError(f"{name}: empty, so no manifest")
    if header.format != FORMAT:
        raise UsageError(f"{name}: written in format {header.format}, this program reads {FORMAT}")
    if header.entries != len(entries):
        raise UsageError(
            f"{name}: {header.entries:,} entries announced and {len(entries):,} there: it was cut"
        )
    return Manifest(header, tuple(entries), previous)


def _check_entry(entry: Entry, number: int, where: str) -> None:
    if entry.number != number:
        raise UsageError(f"{where}: entry {number} expected, and it says {entry.number}")
    for text in (entry.locator, entry.holding):
        try:
            Locator.parse(text)
        except ValueError:
            raise UsageError(f"{where}: not a locator") from None


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one line."""
    _, components = msgspec.json.schema_components([_Line], ref_template="#/$defs/{name}")
    definitions = {name.removeprefix("_"): value for name, value in components.items()}
    for definition in definitions.values():
        if definition.get("type") == "object":
            definition["additionalProperties"] = False
            # Every member is always written, those of a default too.
            definition["required"] = list(definition["properties"])
    line = definitions.pop("Line")
    members = line["properties"]
    hexadecimal = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://pdscan.example/schemas/manifest-1.schema.json",
        "title": "A line of an erasure manifest of pdscan",
        "oneOf": [
            {
                "type": "object",
                "properties": {
                    name: {"$ref": f"#/$defs/{name.title()}"},
                    "previous": hexadecimal,
                },
                "required": [name, "previous"],
                "additionalProperties": False,
            }
            for name in ("header", "entry")
            if name in members
        ],
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }  # fmt: skip
