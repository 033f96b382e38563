"""JSON (RFC 8259), streamed, and one JSON value a line.

Each string and number is a text of its own. Its path with ``[]`` for any index is its field
(``orders[].email``), its JSON Pointer (RFC 6901) its key. Names of members that look like data (an
address, a number) are texts too, and stand in neither field nor key: there a ``{}`` and the
member's place in its object stand for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import ijson
import msgspec

from pdscan.connectors.cells import Cells
from pdscan.connectors.decode import Text
from pdscan.connectors.formats.contents import Chunks, as_binary
from pdscan.connectors.formats.interface import Content, Gap, Note, Yield
from pdscan.connectors.formats.lines import whole_lines
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason, written_key

_NAME = re.compile(r"[^\W\d][\w $.:/#-]{0,63}")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The values in order."""
    text = Text(content, options.block_size)
    cells = Cells(options.block_size)
    if _is_lines(content.head):
        yield from _lines(text, cells)
    else:
        yield from _value(text, cells)
    yield Note(encoding=text.encoding)


def _is_lines(head: bytes) -> bool:
    first, _, rest = head.lstrip().partition(b"\n")
    try:
        msgspec.json.decode(first)
    except msgspec.DecodeError:
        return False
    return bool(rest.strip())


@dataclass(slots=True)
class _Level:
    """An object or array that is open."""

    label: str
    pointer: str
    is_array: bool
    count: int = -1  # members or elements begun, less one
    name: str = ""  # the open member's name as a label
    step: str = ""  # and as a step of a pointer


class _Walker:
    """Follows the events of a parser and collects the texts."""

    def __init__(self, cells: Cells, pointer: str = "") -> None:
        self._cells = cells
        self._levels: list[_Level] = []
        self._arrays = 0
        self._values = 0
        self._root = pointer
        self.record = 0

    def name(self, name: str) -> None:
        """A member's name."""
        level = self._levels[-1]
        level.count += 1
        step = _step(name)
        if step:
            level.name = f".{name}" if level.label else name
            level.step = step
        else:
            level.name, level.step = "{}", f"{{{level.count}}}"
            key = partial(_pointer, f"{level.pointer}/{level.step}~")
            self._cells.add(name, f"{level.label}{{}}", self.record, key)

    def begin(self, *, is_array: bool) -> None:
        """An object or array opens."""
        label, pointer = self._here()
        self._levels.append(_Level(label, pointer, is_array))
        self._arrays += is_array

    def end(self) -> None:
        """It closes."""
        self._arrays -= self._levels.pop().is_array

    def value(self, text: str) -> None:
        """A string or number."""
        label, pointer = self._here()
        self._cells.add(text, label, self.record, partial(_pointer, pointer))

    def skip(self) -> None:
        """A value without text: true, false, null."""
        self._here()

    def _here(self) -> tuple[str, str]:
        if not self._levels:
            self._values += 1
            return "", self._root if self._values == 1 else f"{self._root}/{self._values}!"
        level = self._levels[-1]
        if level.is_array:
            level.count += 1
            if self._arrays == 1:
                self.record += 1
            return f"{level.label}[]", f"{level.pointer}/{level.count}"
        return level.label + level.name, f"{level.pointer}/{level.step}"

    def walk(self, value: Any) -> None:
        """A whole value that was parsed already."""
        if isinstance(value, str):
            self.value(value)
        elif isinstance(value, dict):
            self.begin(is_array=False)
            for name, member in value.items():
                self.name(name)
                self.walk(member)
            self.end()
        elif isinstance(value, list):
            self.begin(is_array=True)
            for element in value:
                self.walk(element)
            self.end()
        elif value is None or isinstance(value, bool):
            self.skip()
        else:
            self.value(str(value))


@lru_cache(4096)
def _step(name: str) -> str:
    """A member's name as a step of a pointer; empty where it looks like data."""
    if _NAME.fullmatch(name) and sum(map(str.isdigit, name)) <= 3:
        return name.replace("~", "~0").replace("/", "~1")
    return ""


def _pointer(pointer: str) -> str:
    return written_key(("pointer", pointer or "/"))


def _value(text: Text, cells: Cells) -> Iterator[Yield]:
    walker = _Walker(cells)
    try:
        stream = as_binary(Chunks(iter(text)))
        for event, value in ijson.basic_parse(stream, multiple_values=True):
            if event == "string":
                walker.value(value)
            elif event == "map_key":
                walker.name(value)
            elif event == "number":
                walker.value(format(value, "f") if not isinstance(value, int) else str(value))
            elif event in ("start_map", "start_array"):
                walker.begin(is_array=event == "start_array")
            elif event in ("end_map", "end_array"):
                walker.end()
            else:
                walker.skip()
            if cells.is_full:
                yield cells.take()
    except ijson.JSONError as error:
        yield cells.take()
        raise UnreadableError(Reason.CORRUPT, "not JSON from some point on") from error
    yield cells.take()


def _lines(text: Text, cells: Cells) -> Iterator[Yield]:
    decode = msgspec.json.Decoder(float_hook=str).decode
    number = broken = 0
    for chunk, _ in whole_lines(text):
        for line in chunk.splitlines():
            number += 1
            if not line.strip():
                continue
            pointer = f"/{number}"
            try:
                value = decode(line)
            except (msgspec.DecodeError, RecursionError):
                broken += 1
                written = partial(_pointer, pointer)
                cells.add(line.decode("utf-8", "replace"), "", number, written)
            else:
                walker = _Walker(cells, pointer)
                walker.record = number
                walker._arrays = 1  # the lines are the records, not the arrays in them
                walker.walk(value)
            if cells.is_full:
                yield cells.take()
    yield cells.take()
    if broken:
        yield Gap(Reason.ROWS, f"{broken:,} of {number:,} lines are not JSON")
