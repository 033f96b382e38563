"""What the controller says about its processing: purposes, lawful bases, recipients, retention.

It stands in a file of its own, ``pdscan-disclosure.toml`` (see ``docs/packages.md``), because it is
written by whoever keeps the records of processing (GDPR Art. 30) rather than by whoever runs scans.
What is not said is shown as unknown, never guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from pdscan.errors import UsageError

FILE_NAME = "pdscan-disclosure.toml"
UNKNOWN = "unknown"


class Origin(StrEnum):
    """Where data came from, as portability tells it apart (WP 242 rev.01, section III)."""

    PROVIDED = "provided"
    OBSERVED = "observed"
    INFERRED = "inferred"
    UNKNOWN = UNKNOWN


class Basis(StrEnum):
    """The lawful bases of GDPR Art. 6(1), in its order."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTERESTS = "legitimate_interests"
    UNKNOWN = UNKNOWN

    @property
    def iri(self) -> str:
        """The concept of the W3C Data Privacy Vocabulary's GDPR extension; "" for unknown."""
        letter = "abcdef"[list(Basis).index(self)] if self is not Basis.UNKNOWN else ""
        return f"https://w3id.org/dpv/legal/eu/gdpr#A6-1-{letter}" if letter else ""


@dataclass(frozen=True, slots=True)
class Processing:
    """What is said of some columns: those of ``columns`` in tables and files whose name or path
    matches ``table``, in sources that match ``source`` (``*`` and ``?`` stand for anything).
    """

    source: str = "*"
    table: str = "*"
    columns: tuple[str, ...] = ("*",)
    purpose: str = ""
    basis: Basis = Basis.UNKNOWN
    origin: Origin = Origin.UNKNOWN
    received_from: str = ""
    retention: str = ""
    recipients: tuple[str, ...] | None = None  # (): there are none; None: nothing is said
    transfers: tuple[str, ...] | None = None

    def covers(self, source: str, table: str, column: str) -> bool:
        """Whether it speaks of this column."""
        return (
            fnmatchcase(source, self.source)
            and any(fnmatchcase(name, self.table) for name in (table, table.rpartition("/")[2]))
            and any(fnmatchcase(column, pattern) for pattern in self.columns)
        )


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for the data (Art. 13(1)(a), (b), Art. 77)."""

    name: str = UNKNOWN
    contact: str = UNKNOWN
    data_protection_officer: str = ""
    supervisory_authority: str = UNKNOWN
    automated_decisions: str = UNKNOWN  # Art. 15(1)(h)


@dataclass(frozen=True)
class Disclosure:
    """All that is said. Of several entries for a column the last one that says something counts,
    so that the general ones stand first.
    """

    controller: Controller = field(default_factory=Controller)
    processing: tuple[Processing, ...] = ()

    def of(self, source: str, table: str, column: str = "*") -> Processing:
        """What is said of one column; `table` is the item's path, its steps joined by ``/``."""
        return _combined(self.processing, source, table, column)


@lru_cache(maxsize=4096)
def _combined(entries: tuple[Processing, ...], source: str, table: str, column: str) -> Processing:
    said: dict[str, Any] = {}
    for entry in entries:
        if entry.covers(source, table, column):
            for name in _SAID:
                value = getattr(entry, name)
                if value not in (None, "", UNKNOWN):
                    said[name] = value
    return Processing(source, table, (column,), **said)


_PLACE = ("source", "table", "columns")
_SAID = tuple(f.name for f in fields(Processing) if f.name not in _PLACE)
_LISTS = ("columns", "recipients", "transfers")


def load(path: Path | None) -> Disclosure:
    """The disclosure in `path`; None: nothing is said. Raises `UsageError` with the place."""
    if path is None:
        return Disclosure()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; see --disclosure") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    entries = document.pop("processing", [])
    controller = _table(Controller, document.pop("controller", {}), f"{path}: controller")
    if document:
        raise UsageError(f"{path}: unknown key {min(document)!r}; known: controller, processing")
    if not isinstance(entries, list):
        raise UsageError(f"{path}: processing is written as [[processing]] tables")
    rows = enumerate(entries, 1)
    return Disclosure(
        controller, tuple(_table(Processing, row, f"{path}: processing {n}") for n, row in rows)
    )


def _table(form: type[Any], given: Any, where: str) -> Any:
    if not isinstance(given, Mapping):
        raise UsageError(f"{where}: a table expected")
    known = [one.name for one in fields(form)]
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in known:
            raise UsageError(f"{where}: unknown key {key!r}; known: {', '.join(known)}")
        try:
            values[key] = _value(key, value)
        except ValueError as error:
            raise UsageError(f"{where}: {key}: {error}") from None
    return form(**values)


def _value(key: str, value: Any) -> Any:
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError("a list of texts expected")
        return tuple(value)
    if not isinstance(value, str):
        raise ValueError("a text in quotes expected")
    choices: dict[str, type[StrEnum]] = {"basis": Basis, "origin": Origin}
    if key in choices:
        if value not in list(choices[key]):
            raise ValueError(f"one of {', '.join(choices[key])} expected")
        return choices[key](value)
    return value
