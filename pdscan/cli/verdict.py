"""``pdscan verdict``."""

from __future__ import annotations

import datetime
import getpass
import re
from pathlib import Path

import click

from pdscan.errors import UsageError

_FILE = click.option(
    "--file", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The file of verdicts (default: pdscan-verdicts.toml in the current folder).",
)  # fmt: skip
_FINGERPRINT = re.compile(r"[0-9a-f]{24}", re.IGNORECASE)


@click.group("verdict")
def command() -> None:
    """Mark findings as false alarms, for later scans to leave out.

    The verdicts stand in a TOML file, to be reviewed and kept under version control. Scans count
    what they leave out.
    """


@command.command("add")
@click.argument("subjects", nargs=-1, required=True, metavar="FINGERPRINT|LOCATOR...")
@click.option("--reason", required=True, help="Why it is a false alarm.")
@click.option("--author", help="Who says so (default: your user name).")
@click.option("--kind", default="", help="Only findings of this kind.")
@click.option("--key-file", help="The fingerprint key, for verdicts on fingerprints.")
@_FILE
def add(
    subjects: tuple[str, ...], reason: str, author: str | None, kind: str, key_file: str | None,
    path: Path | None,
) -> None:  # fmt: skip
    """Mark values by their FINGERPRINT, or places by their LOCATOR, as listings show them.

    A LOCATOR may be that of a finding, an item or a folder; * and ** stand for any names and
    folders in its path.

    \b
    pdscan verdict add 3f2a1b5c7d9e0f1a2b3c4d5e --reason "our own test customer"
    pdscan verdict add 'files:exports/**' --kind fi.hetu --reason "order numbers"
    """  # noqa: D301 - click's mark
    from pdscan.cli import terminal
    from pdscan.custom import verdicts

    key = _key_id(key_file) if any(map(_FINGERPRINT.fullmatch, subjects)) else ""
    given = []
    for number, subject in enumerate(subjects, 1):
        by_value = bool(_FINGERPRINT.fullmatch(subject))
        if not by_value and not verdicts.is_place(subject):
            raise UsageError(
                f"argument {number} is neither a fingerprint (24 hexadecimal digits) "
                "nor a locator such as files:exports/**"
            )
        try:
            given.append(
                verdicts.Verdict(
                    reason=reason, author=author or getpass.getuser(),
                    date=datetime.datetime.now(datetime.UTC).date(), kind=kind,
                    fingerprint=subject.lower() if by_value else "",
                    key=key if by_value else "", place="" if by_value else subject,
                )
            )  # fmt: skip
        except ValueError as error:
            raise UsageError(str(error)) from None
    path = path or Path(verdicts.FILE_NAME)
    verdicts.add(path, given)
    terminal.say(f"{len(given)} added to {path}; later scans leave such findings out.")


@command.command("list")
@_FILE
def list_(path: Path | None) -> None:
    """The verdicts in force."""
    from pdscan.cli import terminal
    from pdscan.custom import verdicts

    known = verdicts.read(path or Path(verdicts.FILE_NAME))
    rows = [(v.subject, v.kind, v.reason, v.author, v.date.isoformat()) for v in known]
    terminal.table(("On", "Kind", "Reason", "Author", "Date"), rows)


def _key_id(key_file: str | None) -> str:
    from pdscan import config, keys
    from pdscan.matching.fingerprints import Fingerprinter

    settings = config.load({"key_file": key_file})
    return Fingerprinter(keys.load(settings["key_file"] or keys.default_path())).key_id
