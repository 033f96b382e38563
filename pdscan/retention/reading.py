"""Reads ``retention.toml``; what is unknown or malformed is an error that says what was meant."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pdscan.errors import AccessError, UsageError
from pdscan.retention.model import (
    Anchor,
    Approver,
    Backup,
    Entity,
    Kind,
    Policy,
    Recipient,
    Rule,
)
from pdscan.retention.periods import Period, Start, YearEnd

FILE_NAME = "retention.toml"
MEANWHILE = ("retain", "restrict")
THEN = ("erase", "anonymise", "manual")

Parser = Callable[[Any], Any]


def read(path: Path) -> Policy:
    """The policy in `path`; raises `AccessError` and `UsageError`."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise AccessError(f"{path}: the rules cannot be read: {error.strerror}") from None
    return parse(data, str(path))


def parse(data: bytes, name: str) -> Policy:
    """The policy in `data`, which stands in the file `name`; raises `UsageError`."""
    try:
        document = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{name}: not valid TOML: {error}") from None
    known = ("time_zone", *_TABLES)
    for key in document:
        if key not in known:
            raise UsageError(f"{name}: unknown key {key!r}{_meant(key, known)}")
    try:
        zone = ZoneInfo(_text(document.get("time_zone", "Europe/Helsinki")))
    except (ValueError, ZoneInfoNotFoundError):
        raise UsageError(f"{name}: time_zone: a name such as Europe/Helsinki expected") from None
    tables = {key: _tables(document.get(key, []), key, name) for key in _TABLES}
    policy = Policy(
        tables["rule"], tables["entity"], tables["recipient"], tables["backup"],
        tables["approver"], zone, hashlib.sha256(data).hexdigest(),
    )  # fmt: skip
    for key, values in tables.items():
        names = [value.name for value in values]
        twice = next((n for n in names if names.count(n) > 1), None)
        if twice is not None:
            raise UsageError(f"{name}: {key} {twice!r}: the name is taken; names are unique")
    return policy


def _tables(values: Any, key: str, name: str) -> tuple[Any, ...]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise UsageError(f"{name}: written as [[{key}]] tables")
    kind, parsers = _TABLES[key]
    out = []
    for number, table in enumerate(values, 1):
        shown = table.get("name")
        where = f"{name}: {key} {number}" + (f" ({shown})" if isinstance(shown, str) else "")
        value = _built(kind, table, parsers, where)
        if isinstance(value, Rule):
            _check(value, where)
        out.append(value)
    return tuple(out)


def _built(kind: type[Any], table: Mapping[str, Any], parsers: Mapping[str, Parser], where: str) \
        -> Any:  # fmt: skip
    given = {}
    for key, value in table.items():
        if key not in parsers:
            raise UsageError(f"{where}: unknown key {key!r}{_meant(key, parsers)}")
        try:
            given[_ATTRIBUTES.get(key, key)] = parsers[key](value)
        except ValueError as error:
            raise UsageError(f"{where}: {key}: {error}") from None
    for column in fields(kind):
        required = column.default is MISSING and column.default_factory is MISSING
        if required and not given.get(column.name):
            raise UsageError(f"{where}: {column.name} is missing")
    return kind(**given)


def _check(rule: Rule, where: str) -> None:
    if rule.kind is Kind.HOLD:
        raise UsageError(f"{where}: holds are added with: pdscan retention hold add")
    if rule.kind is Kind.STATUTORY and not rule.law:
        raise UsageError(f"{where}: law is missing: a {rule.kind} rule names the law it follows")
    if rule.kind is not Kind.CONSENT and not rule.anchor:
        raise UsageError(f"{where}: anchor is missing: the column with the date to count from")
    if rule.kind is not Kind.CONSENT and rule.period == Period():
        raise UsageError(f"{where}: period is missing, such as P6Y")


# -- how values are read ---------------------------------------------------------------------------


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text in quotes expected")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list):
        raise ValueError("a text or a list of texts expected")
    return tuple(map(_text, values))


def _one_of(names: type[StrEnum] | tuple[str, ...]) -> Parser:
    known = [str(name) for name in names]

    def parse(value: Any) -> Any:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)} expected{_meant(str(value), known)}")
        return names(value) if isinstance(names, type) else value

    return parse


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false expected")
    return value


def _anchors(value: Any) -> tuple[Anchor, ...]:
    values = value if isinstance(value, list) else [value]
    anchors = []
    for each in values:
        if isinstance(each, dict):
            try:
                anchor = _built(Anchor, each, _ANCHOR, "anchor")
            except UsageError as error:
                raise ValueError(str(error)) from None
            if len({bool(anchor.table), bool(anchor.key), bool(anchor.via)}) > 1:
                raise ValueError("a linked record is named by table, key and via together")
        else:
            anchor = Anchor(column=_text(each))
        anchors.append(anchor)
    return tuple(anchors)


def _public_key(value: Any) -> str:
    if len(bytes.fromhex(_text(value))) != 32:
        raise ValueError("64 hexadecimal digits expected, as pdscan approve --show-key prints them")
    return str(value).lower()


def _meant(word: str, known: Any) -> str:
    close = get_close_matches(word, list(known), n=1, cutoff=0.55)
    return f" (did you mean {close[0]}?)" if close else f"; known are {', '.join(known)}"


_ATTRIBUTES = {"class": "classes", "field": "fields"}
_ANCHOR: dict[str, Parser] = {
    "column": _text, "table": _text, "key": _text, "via": _text, "optional": _truth,
}  # fmt: skip
_TABLES: dict[str, tuple[type[Any], dict[str, Parser]]] = {
    "rule": (Rule, {
        "name": _text, "kind": _one_of(Kind), "law": _text, "jurisdiction": _text, "basis": _text,
        "entity": _texts, "source": _texts, "table": _texts, "class": _texts, "field": _texts,
        "anchor": _anchors, "start": _one_of(Start), "period": lambda v: Period.parse(_text(v)),
        "keep": _texts, "meanwhile": _one_of(MEANWHILE), "then": _one_of(THEN), "note": _text,
        "confirmed_by": _text,
    }),
    "entity": (Entity, {"name": _text, "fiscal_year_end": lambda v: YearEnd.parse(_text(v))}),
    "recipient": (Recipient, {
        "name": _text, "role": _text, "contact": _text, "sources": _texts, "opendsr": _text,
    }),
    "backup": (Backup, {
        "name": _text, "sources": _texts, "keeps": lambda v: str(Period.parse(_text(v))),
    }),
    "approver": (Approver, {"name": _text, "role": _text, "public_key": _public_key}),
}  # fmt: skip
