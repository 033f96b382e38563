"""Where a database's password comes from, and that it is seen nowhere.

In this order: the URL (accepted, with a warning), the environment, a command, the client's own
files (``.my.cnf`` here; ``.pgpass`` is read by PostgreSQL's library itself), the keyring.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from pdscan.errors import AccessError, UsageError

_COMMAND_SECONDS = 60
_SECRETS = frozenset({"password", "passwd", "pwd", "sslpassword"})
_IN_URL = re.compile(r"(://[^/@\s:]*:)[^\s]*(@)|\b(pass(?:word|wd)?|pwd|sslpassword)=[^&\s]+", re.I)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A URL with its password in place (never in its ``repr``), and what to tell the user."""

    url: sa.URL
    warning: str = ""


def variable(source: str) -> str:
    """The environment variable that holds the password of `source`."""
    return "PDSCAN_PASSWORD_" + re.sub(r"\W", "_", source.upper(), flags=re.ASCII)


def redact(text: str) -> str:
    """`text` without the passwords of the URLs in it."""
    return _IN_URL.sub(lambda m: f"{m[1]}***{m[2]}" if m[1] else f"{m[3]}=***", text)


def resolve(
    source: str,
    url: str,
    *,
    command: str = "",
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Credentials:
    """The address of the database `source` with its password.

    Raises UsageError where `url` is none, AccessError where `command` fails.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise UsageError(
            f"{source}: not a database URL; write one like postgresql://user@host/database"
        ) from None
    hidden = [name for name in parsed.query if name.lower() in _SECRETS]
    if hidden:
        given = parsed.query[hidden[0]]
        parsed = parsed.set(password=given if isinstance(given, str) else given[0])
        parsed = parsed.difference_update_query(hidden)
    if parsed.password is not None:
        return Credentials(
            parsed,
            f"{source}: the password stands in the URL, where process lists, shell histories and "
            f"configuration files show it; set {variable(source)} instead",
        )
    if parsed.get_backend_name() == "sqlite":
        return Credentials(parsed)
    password = environment.get(variable(source))
    if password is None and command:
        password = _run(source, command)
    if password is None and parsed.get_backend_name() in ("mysql", "mariadb"):
        parsed, password = _my_cnf(parsed, (home or Path.home()) / ".my.cnf")
    if password is None and not _has_pgpass(parsed, environment, home or Path.home()):
        password = _keyring(source, parsed.username or "")
    return Credentials(parsed if password is None else parsed.set(password=password))


def _run(source: str, command: str) -> str:
    words = shlex.split(command)
    try:
        done = subprocess.run(  # noqa: S603 - the user names the command to run
            words, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError, IndexError) as error:
        name = Path(words[0]).name if words else "(empty)"
        raise AccessError(
            f"{source}: the password command {name} failed ({type(error).__name__}); run it by hand"
        ) from None
    return done.stdout.partition("\n")[0].rstrip("\r")


def _my_cnf(url: sa.URL, path: Path) -> tuple[sa.URL, str | None]:
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False)
    try:
        parser.read_string(
            "\n".join(line for line in path.read_text().splitlines() if not line.startswith("!"))
        )
    except (OSError, UnicodeDecodeError, configparser.Error):
        return url, None
    client = dict(parser["client"]) if parser.has_section("client") else {}

    def option(name: str) -> str | None:
        value = client.get(name)
        return value.strip().strip("\"'") if value is not None else None

    user = option("user")
    if url.username not in (None, user) and user is not None:
        return url, None  # the file is about another account
    return url.set(username=url.username or user), option("password")


def _has_pgpass(url: sa.URL, environment: Mapping[str, str], home: Path) -> bool:
    if url.get_backend_name() not in ("postgresql", "postgres"):
        return False
    return "PGPASSWORD" in environment or (
        Path(environment.get("PGPASSFILE", home / ".pgpass")).is_file()
    )


def _keyring(source: str, user: str) -> str | None:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        password: str | None = keyring.get_password(f"pdscan {source}", user)
    except KeyringError:
        return None
    return password
