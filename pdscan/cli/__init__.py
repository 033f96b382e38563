"""The command line: one module per command, loaded when that command is called.

Nothing but click is imported here, so that ``pdscan --version`` and completion are instant.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from pdscan import __version__
from pdscan.errors import PdscanError, SourceError, StoppedError

COMPLETE, REACHED, WRONG_CALL, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130

#: Command -> the line that ``pdscan --help`` says about it. The module has its name.
COMMANDS = {
    "scan": "Find the personal data in folders, files and systems.",
    "classify": "What the columns of databases hold, to be corrected and kept.",
    "status": "What a running scan is doing.",
    "inventory": "Look into the result of a scan.",
    "subject": "Find everything about one person, and say why it is theirs.",
    "export": "Write everything about one person as a package to hand over.",
    "package": "Look at a package that somebody was handed.",
    "request": "Keep the record of what people ask for, and when it is due.",
    "erase": "Plan the erasure of one person: what goes, what stays, and why.",
    "manifest": "Look at an erasure manifest; write statements, lists and requests from it.",
    "approve": "Approve a manifest as it is now, signed.",
    "verify": "Check a manifest before a deletion, and prove it after.",
    "retention": "Retention rules and legal holds: check, explain, what is overdue.",
    "suppress": "Keep erased people from being imported again.",
    "detectors": "The kinds of personal data that pdscan knows.",
    "verdict": "Mark findings as false alarms.",
    "config": "The settings in force, and where they came from.",
    "demo": "Make a small estate of fictional people, and scan it.",
    "completion": "Completion for bash, zsh or fish.",
}

EPILOG = """\b
Exit codes:
  0  complete
  1  findings at or above --fail-on
  2  the call or the configuration is wrong
  3  incomplete: something could not be read
"""


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order they are explained."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with a suggestion for a name that is not known."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from pdscan.config import suggestion

            raise click.UsageError(
                f"no command {args[0]!r}{suggestion(args[0], COMMANDS)}; see pdscan --help", ctx
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """From the table above, so that help imports no command."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Lazy, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)  # fmt: skip
@click.version_option(__version__, prog_name="pdscan", message="%(prog)s %(version)s")
def group() -> None:
    """Find the personal data in your systems.

    \b
    pdscan demo                     try it on people who do not exist
    pdscan scan FOLDER -o DIR       scan a folder, keep the result
    pdscan inventory show DIR       look at the result
    """  # noqa: D301 - click's mark


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs a command and ends the process with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None) -> int:
    """Runs a command; its exit code. Errors are told on standard error, one line each."""
    try:
        result = group.main(arguments, prog_name="pdscan", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return WRONG_CALL
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "pdscan"
        return _fail(f"{error.format_message().rstrip('.')} (see {where} --help)", WRONG_CALL)
    except click.ClickException as error:
        return _fail(error.format_message(), WRONG_CALL)
    except StoppedError as error:
        return _fail(str(error), INTERRUPTED if error.interrupted else INCOMPLETE)
    except SourceError as error:
        return _fail(str(error), INCOMPLETE)
    except PdscanError as error:
        return _fail(str(error), WRONG_CALL)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted; nothing was kept", INTERRUPTED)
    except BrokenPipeError:  # the reader of our output had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COMPLETE
    return result if isinstance(result, int) else COMPLETE


def _fail(message: str, code: int) -> int:
    from pdscan.exports.escaping import for_terminal

    click.echo(f"pdscan: {for_terminal(message)}", err=True)
    return code
