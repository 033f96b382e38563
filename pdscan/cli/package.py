"""``pdscan package``."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

import click

from pdscan.errors import AccessError

_PATH = click.Path(path_type=Path, dir_okay=False)


@click.group("package")
def command() -> None:
    """Look at a package that somebody was handed."""


@command.command("verify")
@click.argument("package", type=_PATH, metavar="FILE")
@click.option("--identity", type=_PATH, metavar="FILE",
              help="The age secret key that opens it.")  # fmt: skip
@click.option("--passphrase-file", type=_PATH, metavar="FILE",
              help="The passphrase that opens it. [default: PDSCAN_PASSWORD_PACKAGE, else it is "
                   "asked for]")  # fmt: skip
def verify(package: Path, identity: Path | None, passphrase_file: Path | None) -> int:
    """Check that the package FILE is whole and what it says.

    Checksums (BagIt, RFC 8493), papers and tables against their schemas, and that the page to read
    loads nothing from elsewhere. Exit code 1 if anything is wrong.
    """
    from pdscan.cli import terminal
    from pdscan.cli.export import passphrase
    from pdscan.exports.package.check import check
    from pdscan.exports.package.seal import Method, is_sealed, opened

    try:
        file = package.open("rb")
    except OSError as error:
        raise AccessError(f"{package}: cannot be read: {error.strerror}") from None
    with file:
        stream = cast(BinaryIO, file)
        identities = _identities(identity) if identity is not None else ()
        closed = is_sealed(stream) is not Method.NONE
        words = passphrase(passphrase_file, confirm=False) if closed and not identities else ""
        with opened(stream, passphrase=words, identities=identities) as plain:
            wrong = check(plain)
    for problem in wrong:
        terminal.say(f"wrong: {problem}")
    if not wrong:
        terminal.say(f"{package}: whole, and what it says")
    return int(bool(wrong))


def _identities(path: Path) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise AccessError(f"{path}: no secret key can be read there") from None
    return tuple(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-"))
