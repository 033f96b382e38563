"""The words of pdscan as values: likelihood, locator, block, places, ledger entry. No I/O."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import quote, unquote_to_bytes

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa  # takes a while, and many commands do without

Ints = npt.NDArray[np.int64]
Bytes2D = npt.NDArray[np.uint8]  # n texts of at most w bytes, padded with zeros


class Likelihood(IntEnum):
    """How likely a candidate is what its kind says. Ordered; evidence moves it up and down."""

    VERY_UNLIKELY = 0
    UNLIKELY = 1
    POSSIBLE = 2
    LIKELY = 3
    VERY_LIKELY = 4

    @property
    def label(self) -> str:
        """The name as printed and parsed: ``very_likely``."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> Likelihood:
        """The likelihood that `label` names; raises KeyError for an unknown one."""
        return cls[label.upper()]


class State(StrEnum):
    """What became of something that was walked."""

    READ = "read"
    PARTIAL = "partial"
    SKIPPED = "skipped"
    UNREADABLE = "unreadable"


class Reason(StrEnum):
    """Why something was not, or not wholly, read."""

    NONE = ""
    EXCLUDED = "excluded by configuration"
    SAMPLE = "only a sample was read"
    SPECIAL = "not a regular file"
    LINK_OUTSIDE = "symbolic link leads out of the root"
    LINK_LOOP = "symbolic link loop"
    LINK_BROKEN = "symbolic link leads nowhere"
    DENIED = "permission denied"
    VANISHED = "vanished while it was scanned"
    CHANGED = "changed while it was read"
    CORRUPT = "damaged"
    TRUNCATED = "ends too early"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "no reader for this type"
    NO_TEXT = "holds no text; an image that was not looked into"
    LIMIT = "a limit was reached"
    TIMEOUT = "took too long"
    CRASHED = "the reader died"
    EXTRA = "needs an optional part of pdscan that is not installed"
    ROWS = "some rows are broken"
    IO = "input or output error"
    BUG = "the reader failed"
    STOPPED = "the scan was stopped"
    UNREACHABLE = "out of reach of the machine that was to read it"
    GONE = "not there any more"


# Most names need no escape; to see that is ten times as fast as to look for what does.
_SAFE = r"[\w \-.~,@+()\[\]{}$'äöåÄÖÅ%s]*"
_PLAIN, _PLAIN_PATH = (re.compile(_SAFE % more, re.ASCII) for more in ("", "/"))


def escape(text: str) -> str:
    """`text` as a part of a written locator, so that ``parse`` gives it back."""
    if _PLAIN.fullmatch(text):
        return text
    return quote(os.fsencode(text), safe=" -._~,@+()[]{}$'äöåÄÖÅ".encode())


def _escaped(step: str) -> str:
    """A step of a path, whose slashes stay."""
    return step if _PLAIN_PATH.fullmatch(step) else "/".join(map(escape, step.split("/")))


def _unescape(text: str) -> str:
    return os.fsdecode(unquote_to_bytes(text))


@dataclass(frozen=True, slots=True, order=True)
class Locator:
    """The address of a place that anyone can find again.

    ``source`` is the name of a source; ``path`` leads to the item, one step per container (a file
    in a zip in a mail has three); ``key`` is a stable key of a row as (column, value) pairs, never
    a row number; ``field`` is a column, JSON path, element or header; ``span`` is the pair of
    character offsets [start, end) in the decoded text of the field, or of the item where there is
    no field with a text of its own.

    Written as ``source:step!/step#key=column:value&field=name&span=start-end``. Everything that
    could be mistaken for a part of this grammar is percent-encoded, names that are not UTF-8 byte
    by byte, so that ``Locator.parse(str(locator)) == locator``.
    """

    source: str
    path: tuple[str, ...] = ()
    key: tuple[tuple[str, str], ...] = ()
    field: str = ""
    span: tuple[int, int] | None = None

    def __str__(self) -> str:
        if len(self.path) == 1 and not self.key and not self.field and self.span is None:
            return f"{escape(self.source)}:{_escaped(self.path[0])}"
        steps = "!/".join(map(_escaped, self.path))
        parts = [f"key={escape(column)}:{escape(value)}" for column, value in self.key]
        if self.field:
            parts.append(f"field={escape(self.field)}")
        if self.span is not None:
            parts.append(f"span={self.span[0]}-{self.span[1]}")
        return f"{escape(self.source)}:{steps}" + (f"#{'&'.join(parts)}" if parts else "")

    @classmethod
    def parse(cls, text: str) -> Locator:
        """The locator that `text` writes; raises ValueError where `text` is not a locator."""
        address, _, fragment = text.partition("#")
        source, colon, steps = address.partition(":")
        if not colon:
            raise ValueError(f"not a locator (source:path#place expected): {text!r}")
        key: list[tuple[str, str]] = []
        name, span = "", None
        for part in fragment.split("&") if fragment else ():
            what, _, value = part.partition("=")
            if what == "key":
                column, _, content = value.partition(":")
                key.append((_unescape(column), _unescape(content)))
            elif what == "field":
                name = _unescape(value)
            elif what == "span":
                start, _, end = value.partition("-")
                span = int(start), int(end)
            else:
                raise ValueError(f"unknown part {what!r} in locator {text!r}")
        path = tuple(_unescape(step) for step in steps.split("!/")) if steps else ()
        return cls(_unescape(source), path, tuple(key), name, span)

    def item(self) -> Locator:
        """The locator of the item that this place lies in (no key, field or span)."""
        return Locator(self.source, self.path)

    def at(self, start: int, end: int) -> Locator:
        """The same place narrowed to the span [start, end)."""
        return replace(self, span=(start, end))


def place_name(part: str, field: str) -> str:
    """How a part of an item and a field in it are written as the one field of a locator."""
    return f"{part}/{field}" if part and field else part or field


def written_key(*pairs: tuple[str, str]) -> str:
    """A stable key as `Places.keys` wants it: the pairs as they stand in a written locator."""
    return "&".join(f"{escape(column)}:{escape(value)}" for column, value in pairs)


@dataclass(frozen=True, slots=True)
class Places:
    """Where n positions of a block lie: the columns of a locator, one row per position.

    ``field`` holds indices into ``fields``; ``record`` numbers the row or record that a position
    belongs to within its item (-1: none), only to group findings of one scan; ``keys`` are stable
    keys (strings), written as ``column:value&column:value`` (None: the layout has no keys).
    ``cell_start``/``cell_end`` are byte offsets in the block's text: the cell around the position.
    ``own_text`` says whether offsets count from the cell (it has a text of its own) or run on from
    the beginning of the item's decoded text.
    """

    field: npt.NDArray[np.int32]
    fields: Sequence[str]
    record: Ints
    cell_start: Ints
    cell_end: Ints
    keys: pa.Array | None = None
    own_text: bool = False


class Layout(Protocol):
    """The structure over a block's text; asked only for the positions where something was found."""

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` (ascending) lie."""


@runtime_checkable
class CellLayout(Layout, Protocol):
    """A layout that also finds the cells of given fields: for kinds that are known by the name of
    their field alone (a column of first names, a password under its JSON key).
    """

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """Byte offsets [start, end) of the cells of all fields whose name `wants` accepts.

        Ascending; without the quotes and escapes of the format, empty cells left out. `wants` is
        asked once per name.
        """


@dataclass(frozen=True, slots=True)
class Block:
    """The unit of work of detection: contiguous UTF-8 text, and what turns a position in it into a
    place.

    Blocks of one item follow one another in order. Where ``joins`` is set the text runs on into
    the next block without a border, and the engine looks across; any other end of a block is a
    border that no identifier crosses. ``part`` names a text of its own within the item ("page 3",
    "header Subject"); offsets and lines count from the beginning of the part. ``label`` says what
    the whole block is about when it has no layout (a header's name, a form field).
    """

    text: bytes
    layout: Layout | None = None
    joins: bool = False
    part: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is about to be read: a file, a message, a table, a member of an archive.

    ``marker`` changes whenever the item does, where the source has such a thing.
    """

    source: str
    path: tuple[str, ...]
    media_type: str = ""
    size: int | None = None
    modified: float | None = None  # seconds since the epoch
    marker: str = ""

    @property
    def locator(self) -> Locator:
        """The item's address."""
        return Locator(self.source, self.path)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an item: its line in the coverage ledger.

    ``detail`` says more where the reason alone does not help; it never holds what stands in the
    item. ``encoding`` is the one the text was decoded with. ``rows`` are those of a table that were
    read, ``counts`` what else was counted ("3", "binary values"); both add up over the ranges of an
    item.
    """

    state: State
    reason: str = ""
    detail: str = ""
    encoding: str = ""
    characters: int = 0
    rows: int | None = None
    counts: tuple[tuple[int, str], ...] = ()

    @property
    def told(self) -> str:
        """All that is said beside the reason, for people."""
        counts = self.counts if self.rows is None else ((self.rows, "rows"), *self.counts)
        said = [f"{count:,} {what}" for count, what in counts]
        return "; ".join([*said, self.detail] if self.detail else said)

    def joined(self, other: Outcome) -> Outcome:
        """The outcome of an item of which one range ended with this, another with `other`."""
        states = {self.state, other.state}
        rows = [outcome.rows for outcome in (self, other) if outcome.rows is not None]
        counts: dict[str, int] = {}
        for count, what in (*self.counts, *other.counts):
            counts[what] = counts.get(what, 0) + count
        reason = self.reason or other.reason
        also = other.detail
        if other.reason not in ("", reason):
            also = f"{other.reason}: {also}" if also else other.reason
        return Outcome(
            self.state if len(states) == 1 else State.PARTIAL,
            reason,
            _union(self.detail, also, "; "),
            _union(self.encoding, other.encoding, ", "),
            self.characters + other.characters,
            sum(rows) if rows else None,
            tuple((count, what) for what, count in counts.items()),
        )


def _union(one: str, other: str, separator: str) -> str:
    return separator.join(dict.fromkeys(filter(None, f"{one}{separator}{other}".split(separator))))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the coverage ledger: an item and what became of it."""

    item: Item
    outcome: Outcome
    findings: int = field(default=0, compare=False)
