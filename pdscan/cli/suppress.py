"""``pdscan suppress``."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path

import click

from pdscan.cli import options
from pdscan.errors import UsageError

_FILE = click.Path(path_type=Path, dir_okay=False)
_LIST = click.option("--list", "list_file", type=_FILE, default=Path("suppressions.jsonl"),
                     show_default=True, metavar="FILE", help="The suppression list.")  # fmt: skip


@click.group("suppress")
def command() -> None:
    """Keep erased people from being imported again.

    The list holds keyed fingerprints, no names and no addresses, each with its basis and expiry.
    """


@command.command("add")
@click.argument("manifest_file", type=_FILE, metavar="MANIFEST")
@click.option(
    "--basis", required=True, help="On which ground: the objection, the consent, the law."
)
@click.option("--for", "period", default="P3Y", show_default=True, metavar="PERIOD",
              help="How long it is kept (ISO 8601).")  # fmt: skip
@click.option("--author", help="Who says so. [default: your user name]")
@_LIST
def add(manifest_file: Path, basis: str, period: str, author: str | None, list_file: Path) -> None:
    """Add the identifiers of a MANIFEST's person that are nobody else's.

    Names, postal and network addresses are left out: other people have them too.
    """
    from pdscan.cli import terminal
    from pdscan.exports import manifest, suppression
    from pdscan.exports.suppression import Token
    from pdscan.retention.periods import Period
    from pdscan.subjects.kinds import COUNTED, DOCUMENTS, OWN

    if not basis.strip():
        raise UsageError("--basis: is missing")
    today = datetime.now(UTC).date()
    try:
        expires = Period.parse(period).after(today)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"--for: {error}") from None
    header = manifest.read(manifest_file).header
    new = [
        Token(p.kind, p.fingerprint, header.key, basis, today.isoformat(), expires.isoformat(),
              author or getpass.getuser(), header.id)
        for p in header.person if p.kind in OWN | DOCUMENTS | COUNTED
    ]  # fmt: skip
    if not new:
        raise UsageError(f"{manifest_file}: no identifier in it is the person's alone")
    suppression.write(list_file, suppression.added(suppression.read(list_file), new))
    terminal.say(f"{len(new)} identifiers in {list_file} until {expires}")


@command.command("check")
@click.argument("targets", nargs=-1, required=True, metavar="FILE|SOURCE...")
@_LIST
@options.settings_options
def check(targets: tuple[str, ...], list_file: Path, **given: object) -> int:
    """Look for suppressed people in what is about to be imported.

    Exit code 1 if there are any: the places are named, to be taken out. 3 if it could not be read
    wholly.
    """
    from pdscan import keys
    from pdscan.cli import terminal, wiring
    from pdscan.cli.job import Job
    from pdscan.exports import suppression
    from pdscan.matching.fingerprints import Fingerprinter

    settings = options.settings(given)
    key = Fingerprinter(keys.load(wiring.key_path(settings))).key_id
    today = datetime.now(UTC).date()
    wanted = suppression.in_force(suppression.read(list_file), key, today)
    job = Job.start(settings, targets, None, replace=False, values=False)
    rows = []
    for batch in job.findings():
        found = batch.select(["kind", "fingerprint", "locator", "preview"]).to_pydict()
        rows += [
            (kind, locator, preview)
            for kind, fingerprint, locator, preview in zip(*found.values(), strict=True)
            if (kind, fingerprint) in wanted
        ]
    terminal.table(("Kind", "Place", "Preview"), rows)
    terminal.tell(
        f"pdscan: {len(rows):,} places name somebody on the list of {len(wanted):,} identifiers"
    )
    if not job.totals.complete:
        job.tell_totals()
        return 3
    return 1 if rows else 0


@command.command("release")
@click.argument("name", metavar="KIND/FINGERPRINT")
@click.option("--reason", required=True, help="Why: the person came back, or asked for it.")
@click.option("--author", help="Who says so. [default: your user name]")
@_LIST
def release(name: str, reason: str, author: str | None, list_file: Path) -> None:
    """Release an identifier: it may be imported again."""
    from pdscan.cli import terminal
    from pdscan.exports import suppression

    today = datetime.now(UTC).date()
    tokens = suppression.read(list_file)
    suppression.write(
        list_file, suppression.released(tokens, name, today, author or getpass.getuser(), reason)
    )
    terminal.say(f"{name}: released")


@command.command("purge")
@_LIST
def purge(list_file: Path) -> None:
    """Remove what has expired or was released: its time is over, too."""
    from pdscan.cli import terminal
    from pdscan.exports import suppression

    today = datetime.now(UTC).date()
    tokens = suppression.read(list_file)
    kept = [token for token in tokens if token.counts(today)]
    suppression.write(list_file, kept)
    terminal.say(f"{len(tokens) - len(kept):,} removed, {len(kept):,} kept")


@command.command("list")
@_LIST
def list_(list_file: Path) -> None:
    """The identifiers on the list, on which basis, and until when."""
    from pdscan.cli import terminal
    from pdscan.exports import suppression

    today = datetime.now(UTC).date()
    rows = [
        (t.name, t.basis, t.added, t.expires, t.author,
         f"released {t.released}: {t.release_reason}" if t.released
         else "in force" if t.counts(today) else "expired")
        for t in suppression.read(list_file)
    ]  # fmt: skip
    terminal.table(("Identifier", "Basis", "Added", "Expires", "By", "State"), rows)
