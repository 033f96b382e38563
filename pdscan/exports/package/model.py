"""The values that meet in a package: what was read of an item, and what becomes of it. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

FORMAT = "pdscan/package/1"
#: What stands where something was blacked out.
MARK = "██████"


class Right(StrEnum):
    """The right that a package answers: GDPR Article 15(3), or Article 20."""

    ACCESS = "access"
    PORTABILITY = "portability"


class Form(StrEnum):
    """How tables are written."""

    JSON = "json"
    CSV = "csv"


class Kind(StrEnum):
    """What an item is for a reader."""

    RECORD = "record"
    MESSAGE = "message"
    FILE = "file"


class Why(StrEnum):
    """Why something is not in the package, or not whole."""

    OTHERS = "other people"  # their identifiers are blacked out: Art. 15(4), 20(4)
    NO_REDACTION = "other people, in a form that cannot be blacked out"
    ATTACHMENT = "attachment of a shared message"
    CREDENTIAL = "credential"
    INFERRED = "inferred data"  # Art. 20(1) covers what the person provided
    BASIS = "lawful basis"  # Art. 20(1)(a): consent or contract
    UNDECIDED = "undecided"
    UNREADABLE = "unreadable"


class Treatment(StrEnum):
    """What became of an item."""

    WHOLE = "whole"
    REDACTED = "redacted"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table, a line of a CSV, a record of a JSON file: its columns in order."""

    values: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A message or file as it lies in its system."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """An item that could not be read when the package was made; ``reason`` is one of
    `pdscan.model.Reason`.
    """

    reason: str
    detail: str = ""


Content = Record | Document | Missing


@dataclass(frozen=True, slots=True)
class Withheld:
    """Something left out: where (a system and a table, never a name or key), why, how often.

    ``item`` is the number of the item in the package, 0 where the whole table is meant.
    """

    system: str
    place: str
    why: Why
    item: int = 0
    column: str = ""
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WholeDecision:
    """Somebody decided that an item which also holds other people goes out whole."""

    locator: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Order:
    """What package is wanted."""

    right: Right
    form: Form
    name: str
    language: str = "en"
    request: str = ""
    whole: Mapping[str, WholeDecision] = field(default_factory=dict)
