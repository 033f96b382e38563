"""Verdicts: what people found to be false alarms, in a file that others review and later scans
honour.

    [[verdict]]
    place = "orders:export/old shop/**"
    kind = "fi.hetu"
    reason = "order numbers of the shop that was closed in 2019"
    author = "Maija Meikäläinen"
    date = 2026-11-22

A verdict is on a ``fingerprint`` (that value, wherever it stands; with the id of the ``key`` it was
made with), or on a ``place``: a locator of a finding, field, item or folder, in whose path ``*``
and ``**`` stand for any names and folders. It never holds a value that was found.
"""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pdscan.errors import AccessError, UsageError
from pdscan.matching.fingerprints import SIZE
from pdscan.model import Locator

FILE_NAME = "pdscan-verdicts.toml"
_HEAD = """\
# False alarms, as people judged them: scans leave these findings out and count them.
# See docs/custom.md. Review changes to this file as you review code.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One false alarm: either ``fingerprint`` (hexadecimal) and ``key``, or ``place``.

    ``kind`` narrows it; empty: any kind.
    """

    reason: str
    author: str
    date: datetime.date
    fingerprint: str = ""
    key: str = ""
    place: str = ""
    kind: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError, with the key's name, where something is missing or malformed."""
        for name in ("reason", "author"):
            if not getattr(self, name).strip():
                raise ValueError(f"{name}: is missing")
        if bool(self.fingerprint) == bool(self.place):
            raise ValueError("give either fingerprint or place")
        if self.place:
            if not is_place(self.place):
                raise ValueError("place: a locator such as files:exports/** expected")
        elif len(self.digest) != SIZE:
            raise ValueError(f"fingerprint: {2 * SIZE} hexadecimal digits expected")
        elif not self.key:
            raise ValueError("key: is missing; it is the id of the key in the inventory's run.json")

    @property
    def digest(self) -> bytes:
        """The fingerprint's bytes."""
        try:
            return bytes.fromhex(self.fingerprint)
        except ValueError:
            return b""

    @property
    def subject(self) -> str:
        """What it is on, in words."""
        return self.place or f"fingerprint {self.fingerprint}"


def is_place(text: str) -> bool:
    """Whether `text` is a locator."""
    try:
        Locator.parse(text)
    except ValueError:
        return False
    return True


_COLUMNS = tuple(column.name for column in fields(Verdict))


def read(path: Path) -> tuple[Verdict, ...]:
    """The verdicts in the file `path`.

    Raises `UsageError`, with the number of the verdict and the key, where it is not well formed,
    and `AccessError` where it cannot be read.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise AccessError(f"{path}: the verdicts cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not UTF-8: {error.reason}") from None


def parse(text: str, path: Path) -> tuple[Verdict, ...]:
    """The verdicts in `text`, which stands in the file `path`; raises `UsageError`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    tables = document.pop("verdict", [])
    if document or not isinstance(tables, list):
        raise UsageError(f"{path}: only [[verdict]] tables are expected")
    return tuple(_verdict(table, f"{path}: verdict {n}") for n, table in enumerate(tables, 1))


def _verdict(table: Mapping[str, Any], where: str) -> Verdict:
    for key, value in table.items():
        if key not in _COLUMNS:
            close = get_close_matches(key, _COLUMNS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(_COLUMNS)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
        wanted = datetime.date if key == "date" else str
        if type(value) is not wanted:
            says = "a date such as 2026-11-22" if key == "date" else "a text in quotes"
            raise UsageError(f"{where}: {key}: {says} expected")
    for key in ("reason", "author", "date"):
        if key not in table:
            raise UsageError(f"{where}: {key}: is missing")
    try:
        return Verdict(**table)
    except ValueError as error:
        raise UsageError(f"{where}: {error}") from None


def add(path: Path, verdicts: Iterable[Verdict]) -> None:
    """Writes `verdicts` at the end of the file `path`, made if there is none; what stands there,
    comments too, stays as it is. Raises `AccessError`.
    """
    text = "".join(f"\n{written(verdict)}" for verdict in verdicts)
    try:
        if not path.exists():
            text = _HEAD + text
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise AccessError(f"{path}: the verdicts cannot be written: {error.strerror}") from None


def written(verdict: Verdict) -> str:
    """`verdict` as a TOML table."""
    lines = ["[[verdict]]"]
    for name in ("fingerprint", "key", "place", "kind", "reason", "author"):
        value = getattr(verdict, name)
        if value:
            # The basic strings of TOML take all that JSON writes, and DEL escaped as well.
            text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
            lines.append(f"{name} = {text}")
    return "\n".join([*lines, f"date = {verdict.date.isoformat()}"]) + "\n"
