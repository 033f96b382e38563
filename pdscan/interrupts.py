"""Stopping where it can be stopped: an interrupt waits until what is under way is whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Puts Ctrl-C, and a request to end that is answered like it, off to the end of the block.

    For what would be left half made: a row group of Parquet, a folder that is not known yet. Only
    Python's own handlers are put off, whichever thread the signal reaches.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pending: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        pending.append(number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ours = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in ours:
        signal.signal(number, remember)
    try:
        yield
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
        if pending:
            signal.raise_signal(pending[0])
