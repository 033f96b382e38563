"""The pages that hold output of pdscan: README.md and docs/. ``python -m tests.pages`` writes the
output anew, a test holds the pages equal to it.

A block ``console`` begins with ``$ command``; what follows is what the command prints. Commands run
in one folder, in the order of the page.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PAGES = tuple(
    REPOSITORY / page for page in ("README.md", "docs/commands.md", "docs/configuration.md")
)
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def rewritten(page: Path) -> str:
    """The text of `page` with the output of its commands as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        run = _runner(Path(folder))
        return _BLOCK.sub(lambda block: _block(block[1], run), page.read_text("utf-8"))


def _block(body: str, run: Callable[[str], str]) -> str:
    commands = [line[2:] for line in body.splitlines() if line.startswith("$ ")]
    session = "".join(f"$ {command}\n{run(command)}" for command in commands)
    return f"```console\n{session}```"


def _runner(folder: Path) -> Callable[[str], str]:
    """Runs commands in `folder`, with ``pdscan`` being that of this repository."""
    tools = folder / ".bin"
    tools.mkdir()
    pdscan = tools / "pdscan"
    call = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); from pdscan.cli import main; main()"
    )
    pdscan.write_text(f'#!/bin/sh\nexec {sys.executable} -c {shlex.quote(call)} "$@"\n')
    pdscan.chmod(0o755)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PDSCAN_") and k != "CI"}
    environment = clean | {
        "PATH": f"{tools}{os.pathsep}{clean['PATH']}", "COLUMNS": "80",
        "XDG_CONFIG_HOME": str(folder / ".config"),
    }  # fmt: skip

    def run(command: str) -> str:
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, check=False,
            timeout=120,
        )  # fmt: skip
        errors = [
            line for line in done.stderr.decode().splitlines()
            if "made the fingerprint key" not in line
        ]  # fmt: skip
        return done.stdout.decode() + "".join(f"{line}\n" for line in errors)

    return run


def main() -> None:
    """Writes all pages anew."""
    for page in PAGES:
        page.write_text(rewritten(page), "utf-8")


if __name__ == "__main__":
    assert shutil.which("bash"), "the sessions on the pages are run by bash"
    main()
