"""``pdscan classify``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pdscan.cli import COMPLETE
from pdscan.cli.options import settings, settings_options


@click.command("classify")
@click.argument("target", metavar="SOURCE|INVENTORY")
@click.option("--write", is_flag=True,
              help="Add what is not declared yet to pdscan.toml, to be corrected.")  # fmt: skip
@settings_options
def command(target: str, write: bool, **given: Any) -> int:
    """Tell what the columns of databases hold: which kinds, in how many rows, and why.

    SOURCE is a URL or the name of a source in pdscan.toml; 10,000 rows of each table are read
    unless --sample says otherwise. INVENTORY is the folder of a scan. Columns of free text are told
    apart from columns of identifiers.

    With --write the classes become [[column]] tables of pdscan.toml, which later scans honour:
    correct the kinds, or set nature to "ignored" and give a reason.

    \b
    pdscan classify orders
    pdscan classify orders.inventory --write
    """  # noqa: D301 - click's mark
    from pdscan.cli import classes, terminal

    in_force = settings(given)
    found = classes.of_target(target, in_force)
    if not found:
        terminal.say("No column of a database holds personal data.")
    for nature in dict.fromkeys(sorted(one.column.nature for one in found)):
        of_nature = [one for one in found if one.column.nature == nature]
        rows = [row for one in of_nature for row in classes.rows(one)]
        terminal.say(f"Columns: {nature}")
        names = ("Source", "Table", "Column", "Kind", "Rows", "Distinct", "Why")
        terminal.table(names, rows)
        terminal.say("")
    if write:
        path = in_force.file or Path("pdscan.toml")
        count = classes.write(path, found, in_force)
        terminal.say(f"{count} columns added to {path}. Correct them there; scans honour them.")
    return COMPLETE
