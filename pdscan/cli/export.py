"""``pdscan export``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdscan.errors import AccessError, UsageError

if TYPE_CHECKING:
    from pdscan.config import Settings
    from pdscan.exports.package.build import Summary
    from pdscan.exports.package.model import Order
    from pdscan.exports.package.seal import Seal
    from pdscan.subjects.model import Subject

_PATH = click.Path(path_type=Path, dir_okay=False)
PASSPHRASE = "PDSCAN_PASSWORD_PACKAGE"  # noqa: S105 - a name


@click.command("export")
@click.argument("subject_file", metavar="SUBJECT.json", type=_PATH)
@click.option("--right", type=click.Choice(["access", "portability"]), required=True,
              help="A copy of all that is held (GDPR Art. 15), or what may be taken elsewhere "
                   "(Art. 20).")  # fmt: skip
@click.option("-f", "--format", "form", type=click.Choice(["json", "csv"]), default="json",
              show_default=True, help="How tables are written.")  # fmt: skip
@click.option("-o", "--output", type=_PATH, required=True, metavar="FILE",
              help="The package; it must not exist.")  # fmt: skip
@click.option("--language", type=click.Choice(["fi", "sv", "en"]), default="en", show_default=True,
              help="The language the page opens in.")  # fmt: skip
@click.option("--disclosure", type=_PATH, metavar="FILE",
              help="Purposes, bases and retention. "
                   "[default: pdscan-disclosure.toml, if it is there]")  # fmt: skip
@click.option("--request", default="", metavar="ID", help="The request that this answers.")
@click.option("--encryption", type=click.Choice(["age", "zip"]), default="age", show_default=True,
              help="age (age-encryption.org), or a zip with AES-256 that common programs "
                   "open.")  # fmt: skip
@click.option("--recipient", "recipients", multiple=True, metavar="KEY",
              help="Close it for this public key (age1… or ssh-…; may be repeated).")  # fmt: skip
@click.option("--passphrase-file", type=_PATH, metavar="FILE",
              help=f"Close it under the passphrase in FILE. [default: {PASSPHRASE}, else it is "
                   "asked for]")  # fmt: skip
@click.option("--allow-plaintext", is_flag=True, help="Do not encrypt it.")
@click.option("--whole", multiple=True, metavar="LOCATOR",
              help="Give this item whole although it also holds other people "
                   "(needs --decided-by and --reason).")  # fmt: skip
@click.option("--decided-by", default="", metavar="NAME", help="Who decided on --whole.")
@click.option("--reason", default="", help="Why --whole is right; it stands in the package.")
@click.option("--config", "config_file", type=_PATH, metavar="FILE",
              help="The configuration file. [default: pdscan.toml here, if any]")  # fmt: skip
@click.option("--key-file", "key_file", metavar="FILE", help="The fingerprint key.")
def command(subject_file: Path, output: Path, **given: Any) -> int:
    """Write everything about one person as a package to hand over.

    SUBJECT.json is what pdscan subject wrote. Other people's details are blacked out, passwords
    and tokens never leave, and what is left out is told. The package is encrypted unless
    --allow-plaintext says otherwise.

    \b
    pdscan export maija.json --right access -o maija.zip.age
    pdscan export maija.json --right portability --format csv --encryption zip -o maija.zip
    """  # noqa: D301 - click's mark
    import hashlib

    from pdscan.cli import gather, terminal
    from pdscan.cli.options import settings
    from pdscan.subjects import store

    in_force = settings(given)
    if os.path.lexists(output):
        raise UsageError(f"{output} exists; name another file")
    subject = gather.for_request(store.load(subject_file), given["request"])
    if subject.request:
        gather.known_request(subject.request, in_force)
    order = _order(subject, given, output)
    seal = _seal(given)
    summary = _write(subject, order, seal, in_force, output, given["disclosure"])
    _tell(summary, output)
    if order.request:
        with output.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        gather.enter(order.request, f"{order.right} package written, SHA-256 {digest}", in_force)
    if summary.undecided:
        terminal.tell(
            f"pdscan: {summary.undecided:,} items are not in it, because nobody has confirmed that "
            f"they are this person's: pdscan subject review {subject_file}"
        )
    return 3 if summary.withheld.get("unreadable") else 0


def _order(subject: Subject, given: dict[str, Any], output: Path) -> Order:
    from pdscan.exports.package.model import Form, Order, Right, WholeDecision
    from pdscan.exports.package.names import ascii_name

    if given["whole"] and not (given["decided_by"] and given["reason"]):
        raise UsageError("--whole needs --decided-by and --reason: the decision is recorded")
    known = {holding.locator for holding in subject.accepted}
    for locator in given["whole"]:
        if locator not in known:
            raise UsageError("--whole: no item of the person has this locator")
    whole = {
        locator: WholeDecision(locator, given["decided_by"], given["reason"])
        for locator in given["whole"]
    }
    name = ascii_name(output.name.removesuffix(".age").removesuffix(".zip"))
    return Order(
        Right(given["right"]), Form(given["form"]), name, given["language"], subject.request, whole
    )


def _seal(given: dict[str, Any]) -> Seal:
    from pdscan.exports.package.seal import Method, Seal

    if given["allow_plaintext"]:
        return Seal(Method.NONE)
    method, recipients = Method(given["encryption"]), tuple(given["recipients"])
    if recipients:
        return Seal(method, recipients)
    return Seal(method, passphrase=passphrase(given["passphrase_file"], confirm=True))


def passphrase(file: Path | None, *, confirm: bool) -> str:
    """The passphrase of a package: from `file`, the environment, or asked for."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").splitlines()[0]
        except (OSError, UnicodeDecodeError, IndexError):
            raise AccessError(f"{file}: no passphrase can be read there") from None
    if os.environ.get(PASSPHRASE):
        return os.environ[PASSPHRASE]
    if not sys.stdin.isatty():
        raise UsageError(f"no passphrase: give --passphrase-file, --recipient, or set {PASSPHRASE}")
    asked: str = click.prompt(
        "Passphrase of the package", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return asked


def _write(
    subject: Subject, order: Order, seal: Seal, settings: Settings, output: Path,
    disclosure_file: Path | None,
) -> Summary:  # fmt: skip
    import tempfile
    from typing import BinaryIO, cast

    from pdscan import keys
    from pdscan.cli import gather, looking, wiring
    from pdscan.exports.package import disclosure
    from pdscan.exports.package.build import Builder
    from pdscan.exports.package.check import check
    from pdscan.exports.package.known_names import KnownNames
    from pdscan.exports.package.redaction import Examiner
    from pdscan.exports.package.seal import close
    from pdscan.matching.engine import Engine
    from pdscan.matching.fingerprints import Fingerprinter

    if disclosure_file is None and Path(disclosure.FILE_NAME).is_file():
        disclosure_file = Path(disclosure.FILE_NAME)
    said = disclosure.load(disclosure_file)
    path = wiring.key_path(settings)
    fingerprinter = Fingerprinter(keys.load(path))
    gather.check_key(subject, fingerprinter, path)
    chosen = wiring.chosen_detectors(_with_all_kinds(settings))
    engine = Engine(chosen, annotators=wiring.annotators(settings, chosen))
    inventories = looking.open_inventories(subject)
    names = KnownNames.of(inventories, fingerprinter)
    builder = Builder(subject, order, said, Examiner(engine, fingerprinter, names))
    # Without a name: what is not encrypted yet cannot be left behind.
    with (
        looking.Sources(settings, inventories) as sources,
        tempfile.TemporaryFile() as file,
    ):
        plain = cast(BinaryIO, file)
        summary = builder.build(plain, gather.contents(subject, sources, fingerprinter))
        wrong = check(plain)
        if wrong:
            raise AccessError(f"the package is not right and was not kept: {'; '.join(wrong[:3])}")
        close(plain, output, seal)
    return summary


def _with_all_kinds(settings: Settings) -> Settings:
    """What a scan was limited to must not limit what is blacked out."""
    from dataclasses import replace

    from pdscan.config import DEFAULT, Value

    every = {key: Value((), DEFAULT) for key in ("detectors", "country")}
    return replace(settings, values={**settings.values, **every})


def _tell(summary: Summary, output: Path) -> None:
    from pdscan.cli import terminal

    terminal.say(
        f"{output}: {summary.items:,} items, {summary.whole:,} whole, {summary.redacted:,} "
        f"blacked out in part; {summary.tables:,} tables, {summary.documents:,} messages and files"
    )
    if summary.withheld:
        terminal.table(("Left out because of", "Places"), summary.withheld.items())
