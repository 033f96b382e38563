"""What people look at: tables, messages and the progress bar. Data is escaped before it is shown.

Tables go to standard output, everything that is not the result to standard error.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from pdscan.exports.escaping import for_terminal
from pdscan.scan import Progress as ProgressMessage

_WIDE = 4000  # columns where no terminal limits them: lines in a file are not broken
_PER_SECOND = 10


def console() -> Console:
    """Standard output; as wide as needed where it is no terminal."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(width=width, highlight=False, markup=False, emoji=False, soft_wrap=False)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "") -> None:
    """Prints `rows` under `columns`; numbers to the right, with separators."""
    rows = list(rows)
    drawn = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, title=title or None,
        title_justify="left", title_style="bold",
    )  # fmt: skip
    for number, name in enumerate(columns):
        numeric = any(isinstance(row[number], int) for row in rows)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(cell(value) for value in row))
    screen = console()
    with screen.capture() as captured:
        screen.print(drawn)
    # Without trailing blanks: they wrap on a narrow terminal and clutter a file.
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def cell(value: Any) -> Text:
    """A value as the text of a cell."""
    if isinstance(value, int):
        return Text(f"{value:,}" if value else "·")
    return Text(for_terminal(str(value)))


def say(text: str) -> None:
    """Prints a line to standard output."""
    click.echo(for_terminal(text))


def tell(text: str) -> None:
    """Prints a line to standard error: what is not the result."""
    click.echo(for_terminal(text), err=True)


class Meter:
    """A progress bar over bytes with rate and time left, on standard error, on a terminal only.

    It starts no thread: worker processes are forked beside it.
    """

    def __init__(self, shown: bool | None = None) -> None:
        self.is_shown = sys.stderr.isatty() if shown is None else shown
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
            TimeRemainingColumn(), console=Console(stderr=True), transient=True,
            auto_refresh=False, disable=not self.is_shown,
        )  # fmt: skip
        self._task = self._progress.add_task("scanning", total=None)
        self._drawn = 0.0

    def __enter__(self) -> Meter:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._progress.stop()

    def total(self, size: int) -> None:
        """Sets how many bytes there are to read."""
        self._progress.update(self._task, total=size)

    def reading(self, _worker: int, progress: ProgressMessage) -> None:
        """Counts what a worker has read."""
        self._progress.advance(self._task, progress.size)
        now = time.monotonic()
        if self.is_shown and now - self._drawn > 1 / _PER_SECOND:
            self._drawn = now
            self._progress.refresh()
