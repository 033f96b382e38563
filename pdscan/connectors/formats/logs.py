"""Lines of web server logs: which field of a line a place lies in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pdscan.model import Ints, Places

_COMBINED = re.compile(
    rb'(?P<host>\S+) \S+ (?P<user>.*?) \[[^\]\n]*\] "(?P<request>[^\n]*?)" (?:\d{3}|-) (?:\d+|-)'
    rb'(?: "(?P<referer>[^\n]*?)" "(?P<agent>[^\n]*?)"(?P<rest>[^\n]*))?'
)
_COMBINED_NAMES = {
    "host": "client ip", "user": "user", "request": "request", "referer": "referer",
    "agent": "user agent", "rest": "",
}  # fmt: skip
_VHOST = re.compile(rb"(?P<vhost>[\w.-]+:\d+ )?" + _COMBINED.pattern)
_W3C_NAMES = {
    "c-ip": "client ip", "cs-username": "username", "cs(Referer)": "referer",
    "cs(User-Agent)": "user agent", "cs(Cookie)": "cookie", "s-ip": "server ip",
    "cs-uri-stem": "request", "cs-uri-query": "query", "cs-host": "host",
}  # fmt: skip
_LINES_TO_SEE = 20


@dataclass(frozen=True, slots=True)
class Log:
    """A kind of log: the names of its fields. ``columns`` is empty for the combined format."""

    fields: tuple[str, ...]
    columns: tuple[str, ...] = ()


def recognise(head: str) -> Log | None:
    """The log format of a text that begins with `head`; None where it is not a known log."""
    lines = [line for line in head.split("\n")[: _LINES_TO_SEE + 1] if line.strip()]
    for line in lines[:8]:
        if line.startswith("#Fields:"):
            columns = tuple(_W3C_NAMES.get(name, name) for name in line.split()[1:])
            return Log(("", *dict.fromkeys(columns)), columns)
    if not any('] "' in line for line in lines):  # as in most texts
        return None
    seen = lines[:-1] if len(lines) > 1 else lines
    good = sum(_VHOST.match(line.encode()) is not None for line in seen)
    if seen and good * 10 >= len(seen) * 8:
        return Log(("", *dict.fromkeys(name for name in _COMBINED_NAMES.values() if name)))
    return None


class LogLayout:
    """The fields of whole log lines; only the lines that are asked for are looked at."""

    def __init__(self, text: bytes, log: Log, first_record: int) -> None:
        self._text = text
        self._log = log
        self._first_record = first_record
        self._numbers = {name: number for number, name in enumerate(log.fields)}
        self._all: Ints | None = None

    def place(self, starts: Ints) -> Places:
        """Where `starts` lie; a place outside all known fields has its line for a cell."""
        breaks = np.flatnonzero(np.frombuffer(self._text, np.uint8) == 0x0A)
        line = np.searchsorted(breaks, starts, side="left")
        line_start = np.concatenate([[0], breaks + 1])[line]
        line_end = np.concatenate([breaks, [len(self._text)]])[line]
        field = np.zeros(len(starts), np.int32)
        cell_start, cell_end = line_start.copy(), line_end.copy()
        cells: list[tuple[int, int, int]] = []
        known = -1
        rows = zip(
            line.tolist(), line_start.tolist(), line_end.tolist(), starts.tolist(), strict=True
        )
        for number, (row, first, last, start) in enumerate(rows):
            if row != known:
                known, cells = row, self._cells(first, last)
            for code, low, high in cells:
                if low <= start < high:
                    field[number], cell_start[number], cell_end[number] = code, low, high
                    break
        return Places(
            field, self._log.fields, line + self._first_record, cell_start, cell_end
        )  # fmt: skip

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        wanted = np.array([bool(name) and wants(name) for name in self._log.fields], np.bool_)
        if not wanted.any():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        if self._all is None:
            breaks = [m.start() for m in re.finditer(rb"\n", self._text)]
            lines = zip([0, *(at + 1 for at in breaks)], [*breaks, len(self._text)], strict=True)
            cells = [cell for line in lines for cell in self._cells(*line)]
            self._all = np.array(cells, np.int64).reshape(-1, 3)
        code, start, end = self._all.T
        blank = (end - start == 1) & (np.frombuffer(self._text, np.uint8)[start] == ord("-"))
        chosen = wanted[code] & ~blank & (end > start)
        return start[chosen], end[chosen]

    def _cells(self, first: int, last: int) -> list[tuple[int, int, int]]:
        numbers = self._numbers
        if self._log.columns:
            line = self._text[first:last]
            if line.startswith(b"#"):
                return []
            spans = [(m.start() + first, m.end() + first) for m in re.finditer(rb"[^ \r]+", line)]
            if len(spans) != len(self._log.columns):
                return []
            return [
                (numbers[name], *span) for name, span in zip(self._log.columns, spans, strict=True)
            ]
        match = _VHOST.match(self._text, first, last)
        if match is None:
            return []
        return [
            (numbers[name], *match.span(group))
            for group, name in _COMBINED_NAMES.items()
            if name and match.start(group) >= 0
        ]
