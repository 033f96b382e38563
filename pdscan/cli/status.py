"""``pdscan status``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from pdscan.cli.options import format_option


@click.command("status")
@click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")
@format_option("text", "json")
def command(directory: Path, form: str) -> None:
    """How far the scan into DIR is that is running in another terminal, and what it reads.

    The signal SIGUSR1 makes the scan itself print the same.

    \b
    pdscan status shares.inventory
    """  # noqa: D301 - click's mark
    from pdscan.cli import terminal
    from pdscan.cli.watching import line
    from pdscan.inventory import running

    said = running(directory)
    if form == "json":
        click.echo(json.dumps(said, indent=2))
    else:
        terminal.say(line(said).removeprefix("pdscan: "))
