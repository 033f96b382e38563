"""Lines of web server logs: which field of a line a place lies in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdscan.columns import count_before, gather
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
_NEWLINE, _RETURN = 0x0A, 0x0D
_QUOTES, _QUOTES_IN_COMMON = 6, 2
_LONGEST_SIZE = 16  # digits of how many bytes were sent
_STATUS = 5  # bytes of three digits and the blanks beside them

Flags = npt.NDArray[np.bool_]


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
        self._codes = np.frombuffer(text, np.uint8)
        self._log = log
        self._first_record = first_record
        numbers = {name: number for number, name in enumerate(log.fields)}
        names = log.columns or [name for name in _COMBINED_NAMES.values() if name]
        #: The number of the field that each column of `_table` holds.
        self._fields = np.array([numbers[name] for name in names], np.int32)
        self._where: dict[int, Ints] = {}

    def place(self, starts: Ints) -> Places:
        """Where `starts` lie; a place outside all known fields has its line for a cell."""
        breaks = self._at(_NEWLINE)
        line = count_before(breaks, starts)
        begins = np.concatenate([[0], breaks + 1])
        ends = np.append(breaks, len(self._codes))
        is_new = np.diff(line, prepend=-1) != 0
        lines = line[is_new]
        table = self._table(begins[lines], ends[lines])[np.cumsum(is_new) - 1]
        inside = (table[:, :, 0] <= starts[:, None]) & (starts[:, None] < table[:, :, 1])
        column = inside.argmax(axis=1)
        found = inside[np.arange(len(starts)), column] if len(starts) else np.zeros(0, np.bool_)
        cell = table[np.arange(len(starts)), column]
        return Places(
            np.where(found, self._fields[column], 0).astype(np.int32),
            self._log.fields,
            line + self._first_record,
            np.where(found, cell[:, 0], begins[line]),
            np.where(found, cell[:, 1], ends[line]),
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        wanted = np.array([bool(name) and wants(name) for name in self._log.fields], np.bool_)
        if not wanted.any():
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        breaks = self._at(_NEWLINE)
        table = self._table(np.concatenate([[0], breaks + 1]), np.append(breaks, len(self._codes)))
        start, end = table[:, wanted[self._fields]].reshape(-1, 2).T
        last = len(self._codes) - 1
        blank = (end - start == 1) & (self._codes[np.minimum(start, last)] == ord("-"))
        chosen = ~blank & (end > start)
        return start[chosen], end[chosen]

    def _at(self, sign: int) -> Ints:
        """Where `sign` stands in the text."""
        if sign not in self._where:
            self._where[sign] = np.flatnonzero(self._codes == sign)
        return self._where[sign]

    def _table(self, first: Ints, last: Ints) -> Ints:
        """The cells of n lines: n × columns × 2, their starts and ends; -1 where there is none.

        Lines as programs write them are read all at once, the few others one by one.
        """
        if not len(self._codes):
            return np.full((len(first), len(self._fields), 2), -1, np.int64)
        read = self._columns if self._log.columns else self._combined
        table, is_read = read(first, last)
        table[~is_read] = -1
        for row in np.flatnonzero(~is_read).tolist():
            for column, start, end in self._one(int(first[row]), int(last[row])):
                table[row, column] = start, end
        return table

    def _columns(self, first: Ints, last: Ints) -> tuple[Ints, Flags]:
        """W3C extended: a value for each name, single blanks between them."""
        blanks = self._at(ord(" "))
        begin = np.searchsorted(blanks, first)
        count = len(self._fields) - 1
        is_read = np.searchsorted(blanks, last) - begin == count
        is_read &= self._codes[np.minimum(first, len(self._codes) - 1)] != ord("#")
        within = np.minimum(begin[:, None] + np.arange(count), max(len(blanks) - 1, 0))
        parted = blanks[within] if len(blanks) else np.zeros((len(first), count), np.int64)
        end = last - (self._codes[np.maximum(last - 1, 0)] == _RETURN)
        starts = np.concatenate([first[:, None], parted + 1], axis=1)
        ends = np.concatenate([parted, end[:, None]], axis=1)
        is_read &= (ends > starts).all(axis=1)
        is_read &= self._next(_RETURN, first) >= np.minimum(end, len(self._codes) - 1)
        return np.stack([starts, ends], axis=2), is_read

    def _combined(self, first: Ints, last: Ints) -> tuple[Ints, Flags]:
        """Common and combined: ``host ident user [time] "request" status size "referer" "agent"``,
        no quotes within quotes and no virtual host in front.
        """
        codes, last_code = self._codes, len(self._codes) - 1
        quotes, blanks = self._at(ord('"')), self._at(ord(" "))
        begin = np.searchsorted(quotes, first)
        count = np.searchsorted(quotes, last) - begin
        is_read = (count == _QUOTES) | (count == _QUOTES_IN_COMMON)
        within = np.minimum(begin[:, None] + np.arange(_QUOTES), max(len(quotes) - 1, 0))
        quote = quotes[within] if len(quotes) else np.zeros((len(first), _QUOTES), np.int64)
        blank = np.searchsorted(blanks, first)[:, None] + np.arange(2)
        blank = blanks[np.minimum(blank, len(blanks) - 1)] if len(blanks) else quote[:, :2]
        bracket = self._next(ord("["), first)
        closing = self._next(ord("]"), first)
        colon = self._next(ord(":"), first)
        is_read &= (first < blank[:, 0]) & (blank[:, 0] + 1 < blank[:, 1])
        is_read &= (blank[:, 1] + 1 < bracket) & (bracket < closing) & (closing + 2 == quote[:, 0])
        is_read &= (codes[bracket - 1] == ord(" ")) & (codes[quote[:, 0] - 1] == ord(" "))
        is_read &= (colon > blank[:, 0]) | (self._next(ord(":"), colon + 1) < blank[:, 0])
        # Between request and referer, or to the end: a status and a size.
        is_long = count == _QUOTES
        after = np.where(is_long, quote[:, 2] - 1, last)
        after -= ~is_long & (codes[np.maximum(last - 1, 0)] == _RETURN)
        from_status = quote[:, 1] + 1
        is_read &= after - from_status > _STATUS
        status = gather(self._text, np.where(is_read, from_status, 0), _STATUS)
        is_read &= (status[:, 0] == ord(" ")) & (status[:, -1] == ord(" "))
        is_read &= _are_digits(status[:, 1:-1]).all(axis=1)
        width = np.where(is_long & is_read, after - from_status - _STATUS, 1)
        is_read &= (width > 0) & (width <= _LONGEST_SIZE)
        sent = gather(self._text, np.where(is_read, from_status + _STATUS, 0), _LONGEST_SIZE)
        is_number = (_are_digits(sent) | (np.arange(_LONGEST_SIZE) >= width[:, None])).all(axis=1)
        is_read &= is_number | ((sent[:, 0] == ord("-")) & (width == 1))
        # One blank before the referer, and one between it and the agent.
        parted = codes[np.minimum(quote[:, 3] + 1, last_code)] == ord(" ")
        parted &= codes[quote[:, 2] - 1] == ord(" ")
        is_read &= ~is_long | ((quote[:, 4] == quote[:, 3] + 2) & parted)
        starts = np.stack([first, blank[:, 1] + 1, quote[:, 0] + 1, quote[:, 2] + 1,
                           quote[:, 4] + 1], axis=1)  # fmt: skip
        ends = np.stack([blank[:, 0], bracket - 1, quote[:, 1], quote[:, 3], quote[:, 5]], axis=1)
        table = np.stack([starts, ends], axis=2)
        table[~is_long, 3:] = -1
        return table, is_read

    def _next(self, sign: int, offsets: Ints) -> Ints:
        """Where `sign` stands next at or behind each of `offsets`; the end where it does not."""
        at = np.append(self._at(sign), len(self._codes) - 1)
        found: Ints = at[np.searchsorted(at[:-1], offsets)]
        return found

    def _one(self, first: int, last: int) -> list[tuple[int, int, int]]:
        """The cells of one line: column, start and end."""
        if self._log.columns:
            line = self._text[first:last]
            if line.startswith(b"#"):
                return []
            spans = [(m.start() + first, m.end() + first) for m in re.finditer(rb"[^ \r]+", line)]
            if len(spans) != len(self._log.columns):
                return []
            return [(column, *span) for column, span in enumerate(spans)]
        match = _VHOST.match(self._text, first, last)
        if match is None:
            return []
        groups = [group for group, name in _COMBINED_NAMES.items() if name]
        return [
            (column, *match.span(group))
            for column, group in enumerate(groups)
            if match.start(group) >= 0
        ]


def _are_digits(codes: npt.NDArray[np.uint8]) -> Flags:
    digits: Flags = (codes - np.uint8(ord("0"))) <= 9
    return digits
