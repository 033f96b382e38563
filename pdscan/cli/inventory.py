"""``pdscan inventory``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdscan.cli.options import format_option

if TYPE_CHECKING:
    from pdscan.cli.lookup import Look

FORMATS = ("text", "json", "ndjson", "csv")
_DIRECTORY = click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")


@click.group("inventory")
def command() -> None:
    """Look into the result of a scan, the inventory in DIR.

    It is a folder with findings.parquet, items.parquet and run.json, which any Parquet tool reads
    too. It holds no values: they are masked, and fingerprinted with a key that is not in it.
    """


@command.command("show")
@_DIRECTORY
@format_option(*FORMATS)
def show(directory: Path, form: str) -> None:
    """How much of what was found where, and what was not read.

    \b
    pdscan inventory show shares.inventory
    """  # noqa: D301 - click's mark
    from pdscan.cli import summary, terminal

    look = _open(directory)
    if form != "text":
        look.write_summary(sys.stdout.buffer, form)
        return
    run = look.inventory.run
    terminal.say(f"Scanned {run['started']} with pdscan {run['program']['version']}.")
    if run.get("stopped"):
        terminal.say(
            f"It was stopped before its end ({run['stopped']}); go on with: "
            f"pdscan scan --resume {directory}"
        )
    terminal.say("")
    summary.print_findings(look.totals(), look.kinds)
    more = f"See them all with: pdscan inventory ledger {directory} --not-read"
    summary.print_coverage(run["states"], look.not_read(), more)
    summary.print_sample(run["reasons"])


@command.command("find")
@_DIRECTORY
@click.option("--kind", "kinds", multiple=True, metavar="KIND", help="Of this kind (repeatable).")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="In this source.")
@click.option("--item", "items", multiple=True, metavar="LOCATOR",
              help="In this item and what lies in it: orders:, shares:mail/2019.zip.")  # fmt: skip
@click.option("--min-likelihood", metavar="LEVEL", help="From this likelihood on.")
@click.option("--value", metavar="TEXT",
              help="This value, however it is written; - reads it from standard input, so that it "
              "does not stay in the history of the shell.")  # fmt: skip
@click.option("--key-file", metavar="FILE", help="The fingerprint key, for --value.")
@format_option(*FORMATS)
def find(directory: Path, form: str, value: str | None, **given: Any) -> None:
    """The findings, all or some, one a line.

    \b
    pdscan inventory find shares.inventory --kind fi.hetu --min-likelihood likely
    pdscan inventory find shares.inventory --value "+358 45 0000 123"
    pdscan inventory find shares.inventory -f ndjson | jq -r .locator
    """  # noqa: D301 - click's mark
    from pdscan.cli import summary
    from pdscan.cli.listing import write

    look = _open(directory)
    if value == "-":
        value = sys.stdin.read()
    batches = look.find(value=value, **given)
    if form == "text":
        summary.print_lines(batches)
    else:
        write(sys.stdout.buffer, form, batches, look.kinds)


@command.command("ledger")
@_DIRECTORY
@click.option("--not-read", is_flag=True, help="Only what was not, or not wholly, read.")
@format_option(*FORMATS)
def ledger(directory: Path, not_read: bool, form: str) -> None:
    """Everything that was walked, and what became of it.

    \b
    pdscan inventory ledger shares.inventory --not-read
    """  # noqa: D301 - click's mark
    from pdscan.cli import summary, terminal

    look = _open(directory)
    if form != "text":
        look.write_ledger(sys.stdout.buffer, form, not_read=not_read)
        return
    rows = [
        (row["state"], summary.why(row["reason"], row["detail"]), row["findings"], row["locator"])
        for row in look.ledger(not_read=not_read).to_pylist()
    ]  # fmt: skip
    terminal.table(("State", "Why", "Findings", "Item"), rows)


@command.command("run")
@_DIRECTORY
def run(directory: Path) -> None:
    """How the scan was run: settings, sources, detectors and their versions, as JSON."""
    click.echo(json.dumps(_open(directory).inventory.run, indent=2, ensure_ascii=False))


def _open(directory: Path) -> Look:
    from pdscan.cli.lookup import Look

    return Look(directory)
