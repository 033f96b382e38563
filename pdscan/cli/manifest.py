"""``pdscan manifest``: looks at a manifest, and writes what executors need."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pdscan.cli.erase import config_options
from pdscan.errors import AccessError, UsageError

if TYPE_CHECKING:
    from pdscan.cli.looking import Sources
    from pdscan.exports.executors.files import Task
    from pdscan.exports.manifest import Entry, Manifest
    from pdscan.matching.fingerprints import Fingerprinter

_FILE = click.Path(path_type=Path, dir_okay=False)
_MANIFEST = click.argument("file", type=_FILE, metavar="MANIFEST")
_FOLDER = click.option(
    "-o", "--output", "folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    metavar="DIR", help="The folder to write to.",
)  # fmt: skip


@click.group("manifest")
def command() -> None:
    """Look at an erasure manifest, and write what those who carry it out need."""


@command.command("show")
@_MANIFEST
@click.option("-f", "--format", "form", type=click.Choice(["table", "csv", "xlsx", "html"]),
              default="table", show_default=True, help="How to show it.")  # fmt: skip
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write to FILE.")
@click.option("--entry", type=int, metavar="N", help="All about entry N.")
def show(file: Path, form: str, output: Path | None, entry: int | None) -> None:
    """What becomes of every holding, why, and until when.

    The chain is checked first. CSV, XLSX and HTML are views to read: the manifest itself counts.
    """
    from pdscan.cli import terminal
    from pdscan.exports import approvals, manifest, views

    known = manifest.read(file)
    if form != "table":
        data = views.FORMS[form](known)
        if output is not None:
            _write(output, data)
        elif form == "xlsx" and sys.stdout.isatty():
            raise UsageError("a workbook is not for a terminal: name a file with -o")
        else:
            sys.stdout.buffer.write(data)
        return
    if entry is not None:
        _show_entry(known, entry)
        return
    rows = [
        (e.number, e.order, str(e.action), e.locator, e.until, e.blocked or e.reason)
        for e in known.entries
    ]
    terminal.table(("Entry", "Step", "Action", "Place", "Until", "Why"), rows)
    terminal.say("")
    terminal.say(f"Manifest {known.header.id}, rules applied for {known.header.day}")
    checked = approvals.check(
        approvals.read(approvals.path_of(file)), known.header.id, known.digest, ()
    )
    for one in checked:
        fault = f": DOES NOT COUNT, {one.fault}" if one.fault else ""
        terminal.say(
            f"Approved by {one.approval.by} ({one.approval.role}) {one.approval.at}{fault}"
        )
    if not checked:
        terminal.say(f"Not approved yet (pdscan approve {file} --role ROLE)")


def _show_entry(known: Manifest, number: int) -> None:
    from pdscan.cli import terminal

    if not 1 <= number <= len(known.entries):
        raise UsageError(f"there is no entry {number}; the last is {len(known.entries)}")
    e = known.entries[number - 1]
    facts = [("Place", e.locator), ("Action", str(e.action)), ("Why", e.reason)]
    facts += [("Blocked", e.blocked)] if e.blocked else []
    facts += [("Rule", g.explained) for g in e.grounds]
    facts += [("Rests on", g.basis) for g in e.grounds if g.basis]
    facts += [("Until", e.until), ("Then", e.then)] if e.until else []
    facts += [("Keeps", ", ".join(e.keep))] if e.keep else []
    facts += [("Holds", f"{d.kind} {d.preview}") for d in e.data if d.theirs]
    facts += [("Led here", f"{s.kind} {s.preview} at {s.locator}") for s in e.path]
    facts += [("Takes along", text) for text in e.takes]
    facts += [("Role", f"{e.role}, {e.others} others"), ("Entity", e.entity)]
    terminal.table(("", ""), facts)


# -- for executors ---------------------------------------------------------------------------------


@command.command("sql")
@_MANIFEST
@_FOLDER
@config_options
def sql_(file: Path, folder: Path, config_file: Path | None, key_file: str | None) -> int:
    """Statements for each database: one transaction, guarded row by row.

    Nothing happens unless every row is still as it was planned for. Rows are read once more for
    that; those that have changed are left out and named. A person reviews and runs the files.
    """
    from pdscan.cli import statements, terminal
    from pdscan.exports import manifest

    known = manifest.read(file)
    with _sources(known, config_file) as sources:
        written, left_out = statements.scripts(known, sources, _key(config_file, key_file))
    for name, script in written.items():
        _write(folder / name, script.encode())
        terminal.say(f"{folder / name}")
    return _tell_left_out(left_out)


@command.command("files")
@_MANIFEST
@_FOLDER
@config_options
def files_(file: Path, folder: Path, config_file: Path | None, key_file: str | None) -> int:
    """A list of what is to be done to files, messages, and records in files.

    files.csv has a line for each; SHA256SUMS checks the whole files: sha256sum --check SHA256SUMS
    """
    from pdscan.cli import terminal
    from pdscan.exports import manifest
    from pdscan.exports.executors import files

    known = manifest.read(file)
    tasks: list[Task] = []
    left_out: list[tuple[Entry, str]] = []
    with _sources(known, config_file) as sources:
        for entry, task in _tasks(known, sources, _key(config_file, key_file)):
            if isinstance(task, str):
                left_out.append((entry, task))
            else:
                tasks.append(task)
    _write(folder / "files.csv", files.as_csv(tasks))
    _write(folder / "SHA256SUMS", files.as_checksums(tasks))
    terminal.say(f"{len(tasks):,} things to do: {folder / 'files.csv'}")
    return _tell_left_out(left_out)


def _tasks(
    known: Manifest, sources: Sources, fingerprinter: Fingerprinter
) -> Iterable[tuple[Entry, Task | str]]:
    from pdscan.connectors.fetch import Original, content_fingerprint, fetch_many
    from pdscan.errors import UnreadableError
    from pdscan.exports.executors.files import Task
    from pdscan.exports.manifest import REMOVES
    from pdscan.model import Locator

    acting = [e for e in known.entries if e.action in REMOVES and not e.blocked]
    wanted: dict[str, list[Entry]] = {}
    for entry in acting:
        place = Locator.parse(entry.holding)
        if sources.table(place) is None:
            wanted.setdefault(entry.holding, []).append(entry)
    by_source: dict[str, list[Locator]] = {}
    for holding in wanted:
        place = Locator.parse(holding)
        by_source.setdefault(place.source, []).append(place)
    for name, places in by_source.items():
        root = Path(sources.source(name).address)
        for place, content in fetch_many(sources.connector(name), places, fingerprinter):
            for entry in wanted[str(place)]:
                if isinstance(content, UnreadableError):
                    yield entry, str(content)
                    continue
                if content_fingerprint(fingerprinter, content) != entry.fingerprint:
                    yield entry, "it has changed since it was planned for"
                    continue
                whole = isinstance(content, Original)
                data = content.data if isinstance(content, Original) else b""
                on_disk = root if root.is_file() else root / (place.path[0] if place.path else "")
                inside = str(Locator("", place.path[1:], place.key)).removeprefix(":")
                spot = entry.place
                where = f" at {spot.field} {spot.span or ''}".rstrip() if not entry.is_whole else ""
                yield entry, Task(
                    entry.number, str(entry.action), str(on_disk), inside,
                    hashlib.sha256(data).hexdigest() if whole else "", len(data) if whole else -1,
                    f"{entry.action}{where}: {entry.reason}",
                )  # fmt: skip


@command.command("opendsr")
@_MANIFEST
@_FOLDER
@click.option("--identity-format", type=click.Choice(["sha256", "raw"]), default="sha256",
              show_default=True, help="Identifiers as their SHA-256, or as they are.")  # fmt: skip
@config_options
def opendsr_(
    file: Path, folder: Path, identity_format: str, config_file: Path | None, key_file: str | None
) -> int:
    """A request (OpenDSR 2.0) for each processor that is to be told and takes such requests.

    The files hold the person's identifiers: send them, and remove them.
    """
    import json

    from pdscan import config
    from pdscan.cli import terminal, wiring
    from pdscan.exports import identifiers, manifest
    from pdscan.exports.executors import opendsr

    known = manifest.read(file)
    key = wiring.key_path(config.load({"key_file": key_file}, file=config_file))
    values = identifiers.unseal(file.with_name(known.header.identifiers), key, known.header.id)
    to = [recipient for recipient in known.header.recipients if recipient.opendsr]
    for number, recipient in enumerate(to, 1):
        body = opendsr.request(known.header, recipient, values, identity_format)
        path = folder / f"request-{number}.json"
        _write(path, json.dumps(body, indent=2, ensure_ascii=False).encode() + b"\n")
        terminal.say(f"{path}: POST to {recipient.opendsr} ({recipient.name})")
    for recipient in known.header.recipients:
        if not recipient.opendsr:
            terminal.say(f"{recipient.name}: takes no such requests; tell them {recipient.contact}")
    return 0


def _tell_left_out(left_out: Iterable[tuple[Entry, str]]) -> int:
    from pdscan.cli import terminal

    left_out = list(left_out)
    for entry, why in left_out:
        terminal.tell(f"pdscan: left out: entry {entry.number}, {entry.locator}: {why}")
    return 3 if left_out else 0


def _sources(known: Manifest, config_file: Path | None) -> Sources:
    from pdscan import config
    from pdscan.cli.looking import Sources
    from pdscan.inventory import Inventory

    there = [Path(name) for name in known.header.inventories if Path(name).is_dir()]
    return Sources(config.load({}, file=config_file), [Inventory(path) for path in there])


def _key(config_file: Path | None, key_file: str | None) -> Fingerprinter:
    from pdscan import config, keys
    from pdscan.cli import wiring
    from pdscan.matching.fingerprints import Fingerprinter

    settings = config.load({"key_file": key_file}, file=config_file)
    return Fingerprinter(keys.load(wiring.key_path(settings)))


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
