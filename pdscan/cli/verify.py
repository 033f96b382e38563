"""``pdscan verify``."""

from __future__ import annotations

from pathlib import Path

import click

from pdscan.cli.erase import policy_options
from pdscan.cli.options import settings, settings_options
from pdscan.errors import UsageError

_PATH = click.Path(path_type=Path)


@click.command("verify")
@click.argument("manifest", type=_PATH, metavar="MANIFEST")
@click.option("--before", "mode", flag_value="before", help="Before the deletion: may it be done?")
@click.option("--after", "mode", flag_value="after", help="After it: is anything left?")
@click.option("--again", "mode", flag_value="again",
              help="Later, when the date of kept records has come.")  # fmt: skip
@click.option("--replay", "since", metavar="DATE",
              help="After a restore from a backup made on DATE: what to erase again.")  # fmt: skip
@click.option("--accept", multiple=True, metavar="LOCATOR=REASON",
              help="Take responsibility for a gap or a loss; * in the locator stands for anything "
                   "(may be repeated).")  # fmt: skip
@click.option("--also", "others", multiple=True, type=_PATH, metavar="MANIFEST",
              help="Another erasure carried out since the gate: what it removed is no loss (may be "
                   "repeated).")  # fmt: skip
@click.option("--by", help="Who accepts them. [default: your user name]")
@policy_options
@click.option("-o", "--report", type=_PATH, metavar="FILE",
              help="Write every entry and problem as JSON.")  # fmt: skip
@settings_options
def command(
    manifest: Path, mode: str | None, since: str | None, accept: tuple[str, ...],
    others: tuple[Path, ...], by: str | None,
    rules_file: Path, holds_file: Path, report: Path | None, **given: object,
) -> int:  # fmt: skip
    """Check an erasure manifest before the deletion, and prove it after.

    \b
    pdscan verify aino.manifest --before
    pdscan verify aino.manifest --after

    Before: the manifest is whole and approved, every place is as it was planned, nothing new has
    come, no rule or hold stands against it, and the scan can see. Exit code 0: go; 1: blocked; 3:
    something could not be checked.

    After: every place is read again, and all sources are scanned for the person, hashes and
    encodings included. The certificate is written beside the manifest. Exit code 0: verified, with
    what a rule keeps or without; 1: something is left or was lost; 3: something could not be
    checked. What cannot be reached is never taken for gone.
    """  # noqa: D301 - click's mark
    if (mode is None) == (since is None):
        raise UsageError("say when: one of --before, --after, --again and --replay DATE")
    from pdscan.cli import REACHED, terminal, verifying
    from pdscan.exports import manifest as manifests

    try:
        known = manifests.read(manifest)
    except UsageError as error:
        terminal.say(f"BLOCKED: {error}")
        return REACHED
    case = verifying.Case.open(
        manifest, known, settings(given), rules=rules_file, holds=holds_file,
        accepted=verifying.accepted(accept, by), others=tuple(map(manifests.read, others)),
    )  # fmt: skip
    try:
        if since is not None:
            return case.replay(verifying.moment(since), report)
        if mode == "before":
            return case.before(report)
        return case.after(report, again=mode == "again")
    finally:
        case.close()
