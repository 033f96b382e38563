"""``pdscan approve``."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from pdscan.errors import UsageError


@click.command("approve")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="[MANIFEST]",
                required=False)  # fmt: skip
@click.option("--by", help="Who approves. [default: your user name]")
@click.option("--role", default="", help="In which role: dpo, accounting, owner of a system.")
@click.option("--note", default="", help="What was checked, or on which condition.")
@click.option("--signing-key", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Your private key. [default: approval.key beside the fingerprint key, made on "
              "first use]")  # fmt: skip
@click.option("--show-key", is_flag=True, help="Only print your public key, for retention.toml.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), metavar="FILE",
              help="The configuration file.")  # fmt: skip
def command(
    file: Path | None, by: str | None, role: str, note: str, signing_key: Path | None,
    show_key: bool, config_file: Path | None,
) -> int:  # fmt: skip
    """Approve a MANIFEST as it is now, and sign that.

    The approval names the manifest's digest: if one letter of it changes, the approval is lost.

    \b
    pdscan approve manifest.jsonl --role dpo --note "checked with accounting"
    """  # noqa: D301 - click's mark
    from pdscan import config
    from pdscan.cli import terminal, wiring
    from pdscan.exports import approvals, manifest

    key_file = wiring.key_path(config.load({}, file=config_file))
    key = approvals.signing_key(signing_key or key_file.with_name(approvals.KEY_NAME))
    if show_key:
        terminal.say(approvals.public_key(key))
        return 0
    if file is None:
        raise UsageError("name the manifest to approve")
    if not role:
        raise UsageError("--role is missing: an approval says in which role it is given")
    known = manifest.read(file)
    blocked = [entry for entry in known.entries if entry.blocked]
    who = by or getpass.getuser()
    approval = approvals.approve(known.header.id, known.digest, who, role, key, note)
    approvals.add(approvals.path_of(file), approval)
    terminal.say(
        f"Approved by {who} ({role}): {len(known.entries):,} entries, digest {known.digest[:16]}…"
    )
    if blocked:
        terminal.tell(f"pdscan: {len(blocked):,} entries are blocked and cannot be carried out yet")
    return 0
