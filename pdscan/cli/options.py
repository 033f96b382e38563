"""Options that commands share, and how they become settings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from pdscan.config import SETTINGS, Settings, load
from pdscan.errors import UsageError

Command = TypeVar("Command", bound=Callable[..., Any])

_LIKELIHOODS = "very_unlikely, unlikely, possible, likely or very_likely"
#: flag, key of the setting, placeholder, help
_FLAGS = (
    ("--detectors", "detectors", "KIND,KIND", "Look for these kinds only (pdscan detectors list)."),
    ("--country", "country", "fi,se", "Of the national kinds, look for those of these countries."),
    ("--min-likelihood", "min_likelihood", "LEVEL",
     f"Report findings from this likelihood on: {_LIKELIHOODS}. [default: possible]"),
    ("--context-distance", "context_distance", "BYTES",
     "How far a word may stand from a value to count as near. [default: 60]"),
    ("--ner", "ner", "MODEL",
     "A language model (spaCy's name or folder, or a Presidio YAML file) that you installed: finds "
     "names in running text."),
    ("--verdicts", "verdicts", "FILE",
     "False alarms to leave out (see pdscan verdict). [default: pdscan-verdicts.toml here]"),
    ("--sample", "sample", "N",
     "Read at most N rows of each table of a database. A quick look, never complete."),
    ("--fail-on", "fail_on", "LEVEL", "Exit with 1 if anything is found from this likelihood on."),
    ("--jobs", "jobs", "N", "Worker processes. [default: one for each processor]"),
    ("--cluster", "cluster", "ADDRESS",
     "A Dask scheduler (tcp://host:8786, or its scheduler file) whose workers read for pdscan "
     "scan, in place of worker processes here (pip install 'pdscan[cluster]')."),
    ("--key-file", "key_file", "FILE", "The fingerprint key, made on first use."),
    ("--passwords-file", "passwords_file", "FILE", "Passwords for encrypted items, one a line."),
)  # fmt: skip
_PATTERNS = (
    ("--include", "Read only what matches (.gitignore syntax; may be repeated)."),
    ("--exclude", "Do not read what matches; it stays in the ledger (may be repeated)."),
)


def settings_options(command: Command) -> Command:
    """Adds a flag for every setting that has one, and ``--config``."""
    for flag, help_text in reversed(_PATTERNS):
        command = click.option(flag, multiple=True, metavar="PATTERN", help=help_text)(command)
    for flag, key, metavar, help_text in reversed(_FLAGS):
        command = click.option(flag, key, metavar=metavar, help=help_text)(command)
    return click.option(
        "--config", "config_file", type=click.Path(path_type=Path), metavar="FILE",
        help="The configuration file. [default: pdscan.toml here, if there is one]",
    )(command)  # fmt: skip


def settings(given: dict[str, Any]) -> Settings:
    """The settings in force; takes the flags of `settings_options` out of `given`."""
    file = given.pop("config_file")
    keys = [setting.key for setting in SETTINGS if setting.key in given]
    return load({key: given.pop(key) for key in keys}, file=file)


def format_option(*names: str) -> Callable[[Command], Command]:
    """``-f/--format``, the first of `names` being the default."""
    return click.option(
        "-f", "--format", "form", type=click.Choice(names), default=names[0], show_default=True,
        help="How to print to standard output.",
    )  # fmt: skip


def refuse_values_in_ci(show_values: bool, environment: Iterable[tuple[str, str]] = ()) -> None:
    """Raises UsageError where values would be printed into a build's log."""
    in_ci = dict(environment or os.environ).get("CI", "").lower()
    if show_values and in_ci not in ("", "0", "false"):
        raise UsageError(
            "--show-values prints personal data, and CI is set: logs of builds are kept and shared."
            " Leave it out; findings are masked without it"
        )
