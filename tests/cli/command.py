"""The real command: in a process of its own, as a user calls it, or in this one, to be quick."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from pdscan import cli

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Result:
    code: int
    out: str
    err: str


def pdscan(
    *arguments: str | Path, cwd: Path, stdin: str | bytes = "", **environment: str
) -> Result:
    """Runs ``pdscan`` with a configuration folder of its own below `cwd`."""
    done = subprocess.run(
        [sys.executable, "-c", "from pdscan.cli import main; main()", *map(str, arguments)],
        cwd=cwd, capture_output=True, check=False, timeout=60,
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        env={**_environment(cwd), **environment},
    )  # fmt: skip
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_here(*arguments: str, cwd: Path, stdin: str = "", **environment: str) -> Result:
    """The same without a new process: for tables of many calls."""
    out, err = _stream(), _stream()
    with (
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.dict(os.environ, {**_environment(cwd), **environment}, clear=True),
        mock.patch("sys.stdin", _stream(stdin.encode())),
    ):
        code = cli.run(arguments)
    return Result(code, _text(out), _text(err))


def _environment(cwd: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PDSCAN_") and k != "CI"}
    own = {"XDG_CONFIG_HOME": str(cwd / ".config"), "PYTHONPATH": str(REPOSITORY), "COLUMNS": "80"}
    return kept | own


def _stream(content: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
