"""``pdscan subject``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from pdscan.cli import COMPLETE, INCOMPLETE
from pdscan.cli.options import format_option, settings, settings_options
from pdscan.errors import UsageError


class _Group(click.Group):
    """``review`` is a command of its own; all other arguments are those of ``find``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or args[0] not in self.commands:
            args = ["find", *(args or ["--help"])]
        return super().parse_args(ctx, args)


@click.group("subject", cls=_Group)
def command() -> None:
    """Find everything about one person, and say why it is theirs."""


@command.command("find", hidden=True)
@click.argument("targets", nargs=-1, metavar="[INVENTORY|PATH|URL|NAME]...")
@click.option("--id", "given", multiple=True, metavar="KIND=VALUE",
              help="What is known of the person: email=…, fi.hetu=…, phone=…, name=…, or a "
              "customer number: customer:shop.customers.id=1042.")  # fmt: skip
@click.option("--id-file", type=click.File(encoding="utf-8"), metavar="FILE",
              help="The same, one a line, so that they do not stay in the history of the shell; "
              "- is standard input.")  # fmt: skip
@click.option("--request", default="", metavar="ID", help="The request that this answers.")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE",
              help="Keep the result, for review, export and erasure.")  # fmt: skip
@click.option("--no-check", is_flag=True,
              help="Do not look for what changed in the sources since the scan.")  # fmt: skip
@format_option("text", "json")
@settings_options
def find(
    targets: tuple[str, ...], given: tuple[str, ...], id_file: Any, request: str,
    output: Path | None, no_check: bool, form: str, **options: Any,
) -> int:  # fmt: skip
    """Find everything about one person, and say why it is theirs.

    Looks into inventories; what changed in their sources since is read again. Sources that are
    named instead are scanned first. Follows identifiers from place to place, and rows by their
    keys. What matches only by what several people may have (a name, an address of the network, a
    shared mailbox) is listed for somebody to decide: pdscan subject review.

    \b
    pdscan subject shop.inventory --id-file person.txt -o subject.json
    pdscan subject shop.inventory --id customer:shop.customers.id=1042
    pdscan subject /srv/shares --id email=person@example.com
    pdscan subject review subject.json
    """  # noqa: D301 - click's mark
    from pdscan.cli import subject_report
    from pdscan.cli.subject_case import found

    lines = [*given, *(_lines(id_file) if id_file else ())]
    if not lines and sys.stdin.isatty():
        lines = _asked()
    if not lines:
        raise UsageError("say who it is: --id email=…, or --id-file FILE with one a line")
    in_force = settings(options)
    subject = found(in_force, targets, lines, request=request, check=not no_check, output=output)
    subject_report.write(subject, form, output)
    return INCOMPLETE if subject.not_read else COMPLETE


@command.command("review")
@click.argument("file", type=click.Path(path_type=Path), metavar="SUBJECT")
@click.option("--write", type=click.Path(path_type=Path), metavar="FILE",
              help="Write what is undecided to a file to edit (TOML).")  # fmt: skip
@click.option("--apply", "decisions", type=click.Path(path_type=Path), metavar="FILE",
              help="Record the decisions in an edited file.")  # fmt: skip
@click.option("--by", default="", metavar="NAME", help="Who decides.")
def review(file: Path, write: Path | None, decisions: Path | None, by: str) -> int:
    """Decide what could not be told with certainty, and record who did.

    Without --write or --apply asks in the terminal, one by one.

    \b
    pdscan subject review subject.json --by "A. Officer"
    pdscan subject review subject.json --write review.toml
    pdscan subject review subject.json --apply review.toml
    """  # noqa: D301 - click's mark
    from pdscan import private
    from pdscan.cli import subject_report, terminal
    from pdscan.subjects import review as reviewing
    from pdscan.subjects import store

    subject = store.load(file)
    if write is not None:
        private.write(write, reviewing.to_toml(subject, by).encode())
        terminal.say(f"{len(subject.undecided)} to decide: {write}")
        return COMPLETE
    if decisions is not None:
        text = store.read_text(decisions)
        decided = reviewing.from_toml(text, by)
    elif sys.stdin.isatty():
        decided = tuple(subject_report.ask(subject, by))
    else:
        raise UsageError("standard input is no terminal: use --write FILE, edit it, --apply FILE")
    subject = reviewing.apply(subject, decided)
    store.save(subject, file)
    terminal.say(
        f"{len(decided)} decisions recorded; {len(subject.undecided)} holdings are undecided, "
        f"{len(subject.accepted)} are the person's."
    )
    return COMPLETE


def _lines(stream: Any) -> list[str]:
    return [line for text in stream if (line := text.strip()) and not line.startswith("#")]


def _asked() -> list[str]:
    click.echo("Identifiers, one a line as kind=value (not shown); an empty line ends.", err=True)
    lines = []
    while line := click.prompt(
        "identifier", default="", hide_input=True, show_default=False, err=True
    ).strip():
        lines.append(line)
    return lines
