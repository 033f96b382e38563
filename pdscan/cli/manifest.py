"""``pdscan manifest``: looks at a manifest, and writes what executors need."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pdscan.cli.erase import config_options
from pdscan.errors import AccessError, UsageError

if TYPE_CHECKING:
    from pdscan.cli.looking import Sources
    from pdscan.exports.manifest import Entry, Manifest
    from pdscan.matching.fingerprints import Fingerprinter

_SHOWN = 40
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


@command.command("certificate")
@click.argument("file", type=_FILE, metavar="CERTIFICATE")
@click.option("--public-key", default="", metavar="HEX",
              help="The key it must be signed with. [default: any]")  # fmt: skip
def certificate_(file: Path, public_key: str) -> None:
    """Check that a certificate is as it was signed, and print what it says.

    Anybody can do so who has the file: nothing else is needed but the key of whoever issued it.
    """
    from pdscan.cli import terminal
    from pdscan.exports import certificate

    try:
        data = file.read_bytes()
    except OSError as error:
        raise AccessError(f"{file}: the certificate cannot be read: {error.strerror}") from None
    issued = certificate.read(data, str(file), public_key=public_key)
    facts = [
        ("Verdict", issued.verdict.replace("_", " ")), ("", certificate.VERDICTS[issued.verdict]),
        ("Issued", issued.issued), ("Manifest", issued.manifest), ("Request", issued.request),
        ("Approved by", ", ".join(issued.approved_by)), ("Identifiers", issued.identifiers),
        *(("Source", f"{s.source}: {s.items:,} items read, {s.gaps:,} not")
          for s in issued.sources),
        *(("Kept", f"{count:,} by {rule}") for rule, count in issued.retained.items()),
        *(("Against it", f"{count:,} {cause}") for cause, count in issued.open.items()),
        *(("Limit", limit) for limit in issued.limits),
        ("Signed with", certificate.key_of(data)),
    ]  # fmt: skip
    terminal.table(("Certificate", str(file)), [fact for fact in facts if fact[1]])


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
    """What is to be done to files, messages, and records in files.

    files.csv is for people: which lines, rows, elements or messages of which file go, with masked
    previews. files.jsonl is the same for scripts. SHA256SUMS guards both: as long as sha256sum
    --check SHA256SUMS says OK, the lines are where the list says.
    """
    from pdscan.cli import file_tasks, terminal
    from pdscan.exports import manifest
    from pdscan.exports.executors import files

    known = manifest.read(file)
    with _sources(known, config_file) as sources:
        tasks, left_out = file_tasks.tasks(known, sources, _key(config_file, key_file))
    for name, write in (
        ("files.csv", files.as_csv), ("files.jsonl", files.as_json_lines),
        ("SHA256SUMS", files.as_checksums),
    ):  # fmt: skip
        _write(folder / name, write(tasks))
    if tasks:
        shown = [(t.do, Path(t.file).name, t.where, ", ".join(t.holds)) for t in tasks[:_SHOWN]]
        terminal.table(("Do", "File", "Where", "Holds"), shown)
        if len(tasks) > _SHOWN:
            terminal.say(f"... and {len(tasks) - _SHOWN:,} more")
        terminal.say("")
    terminal.say(f"{len(tasks):,} things to do in files: {folder / 'files.csv'}")
    return _tell_left_out(left_out)


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
    from pdscan import private

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AccessError(f"{path}: cannot be written: {error.strerror}") from None
    private.write(path, data)
