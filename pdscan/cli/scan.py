"""``pdscan scan``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdscan.cli import COMPLETE, INCOMPLETE, REACHED
from pdscan.cli.options import format_option, refuse_values_in_ci, settings, settings_options
from pdscan.errors import SourceError, UsageError

if TYPE_CHECKING:
    from pdscan.cli.job import Job

FORMATS = ("text", "json", "ndjson", "csv", "sarif")


@click.command("scan")
@click.argument("targets", nargs=-1, metavar="[PATH|URL|NAME|-]...")
@click.option("-o", "--output", metavar="DIR",
              help="Keep the result, the inventory, in this folder or at this URL.")  # fmt: skip
@click.option("--replace", is_flag=True, help="Replace the inventory that is in DIR.")
@click.option("--resume", metavar="DIR",
              help="Go on with a scan into DIR that was stopped or killed.")  # fmt: skip
@click.option("--since", type=click.Path(path_type=Path), metavar="DIR",
              help="Read only what changed since this inventory was made.")  # fmt: skip
@click.option(
    "--metrics",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep figures in this file while scanning, as Prometheus reads them.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Add what happens to this file, a JSON object a line, without values.",
)
@format_option(*FORMATS)
@click.option("--findings", "lines", is_flag=True, help="With -f text: list every finding too.")
@click.option("--show-values", is_flag=True,
              help="Print the values found, not masked. Refused when CI is set.")  # fmt: skip
@settings_options
def command(
    targets: tuple[str, ...], output: str | None, replace: bool, resume: str | None,
    since: Path | None, metrics: Path | None, log: Path | None, form: str,
    lines: bool, show_values: bool, **given: Any,
) -> int:  # fmt: skip
    """Find the personal data in folders, files and systems.

    Walks every PATH, URL or NAME of a source in pdscan.toml (all of them if none is given; - is
    standard input), and prints what was found by source and kind, and what was not read. Values
    are masked. Nothing is skipped in silence: .gitignore is not obeyed, hidden and binary files
    are read; what a .pdscanignore or --exclude leaves out is listed.

    \b
    pdscan scan /srv/shares -o shares.inventory
    pdscan scan orders.sqlite --country fi,se --min-likelihood likely
    pdscan scan . --fail-on likely -f sarif > findings.sarif
    pg_dump shop | pdscan scan - -f ndjson
    pdscan scan --resume shares.inventory
    pdscan scan /srv/shares -o tuesday.inventory --since monday.inventory
    """  # noqa: D301 - click's mark
    from pdscan.cli.place import Place

    refuse_values_in_ci(show_values)
    wanted = output if resume is None else resume
    place = None if wanted is None else Place.of(wanted)
    begun = None
    if resume is not None:
        from pdscan.cli.resuming import Begun

        if output is not None or replace or show_values or since is not None:
            raise UsageError("--resume goes without --output, --replace, --since and --show-values")
        assert place is not None  # noqa: S101 - resume is given
        begun = Begun.load(place.folder)
        given, since = begun.flags(given), begun.since
    if since is not None and show_values:
        raise UsageError("--since goes without --show-values: an inventory holds none")
    in_force = settings(given)
    if begun is not None:
        targets = targets or begun.targets(in_force.sources)
    from pdscan.cli.job import Job

    job = Job.start(
        in_force, targets, place, replace=replace, values=show_values, begun=begun, since=since
    )
    job.metrics, job.log = metrics, log
    try:
        if form == "text" and not (lines or show_values):
            job.run()
        else:
            with closing(job.findings()) as batches:
                _print(form, batches, job)
    except SourceError as error:  # the cluster went away
        raise (job.stopped(str(error), interrupted=False) or error) from None
    except KeyboardInterrupt:
        raise (job.stopped("interrupted", interrupted=True) or KeyboardInterrupt) from None
    if place is not None:
        place.deliver()
    if form == "text":
        job.print_summary()
    else:
        job.tell_totals()
    if job.totals.reaches(in_force["fail_on"]):
        return REACHED
    return COMPLETE if job.totals.complete else INCOMPLETE


def _print(form: str, batches: Iterator[Any], job: Job) -> None:
    from pdscan.cli import summary
    from pdscan.cli.listing import write

    if form != "text":
        stdout = sys.stdout.buffer
        write(stdout, form, batches, job.kinds, values=job.values, tail=job.coverage)
    else:
        summary.print_lines(batches)
        click.echo()
