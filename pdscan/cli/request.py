"""``pdscan request``."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pdscan.errors import UsageError

if TYPE_CHECKING:
    from pdscan.requests import Register, Request

Command = TypeVar("Command", bound=Callable[..., Any])
RIGHTS = ("access", "portability", "rectification", "erasure", "restriction", "objection")
_SOON = 7  # days


def _register_options(command: Command) -> Command:
    command = click.option("--key-file", metavar="FILE", help="The fingerprint key.")(command)
    return click.option(
        "--register", "path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
        help="The register. [default: pdscan-requests.jsonl here]",
    )(command)  # fmt: skip


def _date_option(flag: str, what: str) -> Callable[[Command], Command]:
    return click.option(
        flag, "day", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD",
        help=f"{what} [default: today]",
    )  # fmt: skip


@click.group("request")
def command() -> None:
    """Keep the record of what people ask for, and when it is due.

    The register is a file to which entries are only added; one that was changed or removed is
    noticed. Of the persons it keeps fingerprints, no names.
    """


@command.command("new")
@click.option("--right", type=click.Choice(RIGHTS), default="access", show_default=True,
              help="What is asked for.")  # fmt: skip
@click.option("--id", "identifiers", multiple=True, metavar="KIND=VALUE",
              help="Whom it is about, such as email=…; only a fingerprint is kept "
                   "(may be repeated).")  # fmt: skip
@click.option("--id-file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="The same, one a line: they do not stand in the shell's history.")  # fmt: skip
@_date_option("--received", "When it came.")
@click.option("--asked-by", default="the person", show_default=True, help="Who asks.")
@click.option("--mandate", default="", help="What entitles somebody else to ask.")
@click.option("--proof", default="", help="How identity was proven.")
@click.option("--country", type=click.Choice(["fi", "se"]), default="fi", show_default=True,
              help="Whose public holidays count.")  # fmt: skip
@_register_options
def new(
    right: str, identifiers: tuple[str, ...], id_file: Path | None, day: datetime.datetime | None,
    asked_by: str, mandate: str, proof: str, country: str, path: Path | None, key_file: str | None,
) -> None:  # fmt: skip
    """Enter a request that came in."""
    from pdscan.cli import terminal

    if asked_by != "the person" and not mandate:
        raise UsageError("somebody else asks: say with --mandate what entitles them")
    register, key = _open(path, key_file)
    persons = _fingerprints([*identifiers, *_lines(id_file)], key)
    if not persons:
        raise UsageError("say whom it is about with --id or --id-file")
    request = register.receive(
        _day(day), right=right, country=country, persons=persons, asked_by=asked_by,
        mandate=mandate, proof=proof,
    )  # fmt: skip
    terminal.say(f"{request.id}: to be answered by {request.due_by_law}")
    for earlier in register.earlier_copies(request):
        terminal.tell(
            f"pdscan: this person got a copy by request {earlier.id} of {earlier.received}, less "
            "than 12 months ago. It must still be answered; a reasonable fee may be charged for "
            "further copies (GDPR Art. 12(5), 15(3))"
        )


@command.command("approve")
@click.argument("request", metavar="ID")
@click.option("--proof", default="", help="How identity was proven.")
@_date_option("--on", "When it was approved.")
@_register_options
def approve(
    request: str, proof: str, day: datetime.datetime | None, path: Path | None,
    key_file: str | None,
) -> None:  # fmt: skip
    """Say that identity and mandate were proven: the promise of 20 working days begins."""
    from pdscan.cli import terminal
    from pdscan.requests import Event

    register, _ = _open(path, key_file)
    if not (proof or register.get(request).proof):
        raise UsageError("say with --proof how identity was proven")
    told = register.tell(request, Event.APPROVED, _day(day), proof=proof)
    terminal.say(f"{request}: promised by {told.due_by_policy}, due by law on {told.due_by_law}")


@command.command("extend")
@click.argument("request", metavar="ID")
@click.option("--reason", required=True, help="Why one month is not enough; the person is told.")
@_date_option("--on", "When the person was told.")
@_register_options
def extend(
    request: str, reason: str, day: datetime.datetime | None, path: Path | None,
    key_file: str | None,
) -> None:  # fmt: skip
    """Extend the time by two months (GDPR Art. 12(3)), within the first one."""
    from pdscan.cli import terminal
    from pdscan.requests import Event

    register, _ = _open(path, key_file)
    known = register.get(request)
    if known.extended:
        raise UsageError(f"request {request} was extended already; it can be once")
    if _day(day) > known.due_by_law:
        raise UsageError(
            f"request {request} was due on {known.due_by_law}: an extension has to be told before"
        )
    told = register.tell(request, Event.EXTENDED, _day(day), reason=reason)
    terminal.say(f"{request}: due by law on {told.due_by_law}")


@command.command("close")
@click.argument("request", metavar="ID")
@click.option("--outcome", required=True, help="How it was answered.")
@_date_option("--on", "When it was answered.")
@_register_options
def close(
    request: str, outcome: str, day: datetime.datetime | None, path: Path | None,
    key_file: str | None,
) -> None:  # fmt: skip
    """Close a request that was answered."""
    from pdscan.cli import terminal
    from pdscan.requests import Event

    register, _ = _open(path, key_file)
    told = register.tell(request, Event.CLOSED, _day(day), outcome=outcome)
    late = _day(day) > told.due_by_law
    terminal.say(f"{request}: closed{', after it was due' if late else ''}")


@command.command("show")
@click.argument("request", metavar="ID")
@_register_options
def show(request: str, path: Path | None, key_file: str | None) -> None:
    """Everything the register tells of a request."""
    from pdscan.cli import terminal

    register, _ = _open(path, key_file)
    known = register.get(request)
    rows = [
        ("right", known.right), ("received", known.received), ("asked by", known.asked_by),
        ("mandate", known.mandate), ("identity", known.proof), ("approved", known.approved),
        ("due by law", known.due_by_law), ("extended", known.extended),
        ("due by policy", known.due_by_policy), ("closed", known.closed),
        ("outcome", known.outcome), ("person", " ".join(known.persons)),
    ]  # fmt: skip
    shown = [(name, str(value)) for name, value in rows if value]
    terminal.table((request, ""), [*shown, *(("done", what) for what in known.done)])


@command.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not closed.")
@_register_options
def list_(only_open: bool, path: Path | None, key_file: str | None) -> None:
    """All requests, and whether the register is as it was written."""
    from pdscan.cli import terminal

    register, _ = _open(path, key_file)
    entries = register.entries()
    rows = [
        (one.id, one.right, str(one.received), str(one.due_by_law), str(one.due_by_policy or ""),
         _state(one))
        for one in register.requests().values()
        if not (only_open and one.closed)
    ]  # fmt: skip
    columns = ("Request", "Right", "Received", "Due by law", "Due by policy", "State")
    terminal.table(columns, rows)
    if entries:
        terminal.say("")
        terminal.say(f"{len(entries)} entries, unbroken; the last one is {entries[-1].digest[:16]}")


def _state(request: Request) -> str:
    if request.closed:
        return f"closed {request.closed}"
    left = (min(request.due_by_policy or request.due_by_law, request.due_by_law) - _day(None)).days
    if left < 0:
        return f"overdue by {-left} days"
    return f"due in {left} days" if left <= _SOON else "open"


def _day(given: datetime.datetime | None) -> datetime.date:
    return given.date() if given else datetime.datetime.now().astimezone().date()


def _open(path: Path | None, key_file: str | None) -> tuple[Register, bytes]:
    from pdscan import config, keys
    from pdscan.cli import wiring
    from pdscan.requests import FILE_NAME, Register

    key = keys.load(wiring.key_path(config.load({"key_file": key_file})))
    return Register(path or Path(FILE_NAME), key), key


def _lines(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        raise UsageError(f"{path}: cannot be read; see --id-file") from None


def _fingerprints(given: Iterable[str], key: bytes) -> list[str]:
    """The fingerprints of `given`, each written as KIND=VALUE; no value is told in an error."""
    from pdscan import detectors
    from pdscan.matching.fingerprints import Fingerprinter
    from pdscan.matching.recognise import recognise

    fingerprinter = Fingerprinter(key)
    found = []
    for number, one in enumerate(given, 1):
        kind, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"identifier {number}: KIND=VALUE expected, such as email=…")
        known = next(
            recognise(value, detectors.load([kind.strip()]), fingerprinter, labelled=True), None
        )
        if known is None:
            raise UsageError(f"identifier {number} is no {kind.strip()}")
        found.append(known.fingerprint.hex())
    return found
