"""The identifiers of a request: ``kind=value``, made one with all other spellings of the same."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pdscan import detectors
from pdscan.errors import UsageError
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.recognise import recognise
from pdscan.subjects.kinds import NAME, PERSONAL

_SHORT = {
    "name": NAME, "hetu": "fi.hetu", "personnummer": "se.personnummer", "mail": "email",
    "e-mail": "email", "tel": "phone", "telephone": "phone", "card": "payment_card",
    "address": "postal_address", "passport": "fi.passport", "born": "date_of_birth",
    "birthday": "date_of_birth", "user": "username", "login": "username",
}  # fmt: skip
_CUSTOMER = "customer:"
_KEY = re.compile(r"(?P<source>[^.=]+)\.(?P<table>[^=]+)\.(?P<column>[^.=]+)=(?P<value>.+)")


@dataclass(frozen=True, slots=True)
class Known:
    """An identifier that was given: kind, fingerprint, masked preview."""

    kind: str
    fingerprint: bytes
    preview: str


@dataclass(frozen=True, slots=True)
class Start:
    """A row that is the person's, by a column's value: a customer number."""

    source: str
    table: tuple[str, ...]
    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Given:
    """All that a request says of who the person is; ``names`` as they were written."""

    known: tuple[Known, ...]
    names: tuple[str, ...] = ()
    starts: tuple[Start, ...] = ()


def parse(lines: Iterable[str], fingerprinter: Fingerprinter) -> Given:
    """What `lines` of ``kind=value`` or ``customer:source.table.column=value`` say.

    Raises UsageError, which never repeats a value.
    """
    known: list[Known] = []
    names: list[str] = []
    loaded = {one.kind: one for one in detectors.load(sorted(PERSONAL & set(detectors.kinds())))}
    starts: list[Start] = []
    for line in lines:
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not value:
            raise UsageError("an identifier is written as kind=value: email=person@example.com")
        if name.startswith(_CUSTOMER):
            starts.append(_start(line.strip()))
            continue
        kind = _SHORT.get(name.lower(), name.lower())
        if kind not in loaded:
            close = difflib.get_close_matches(kind, [*_SHORT, *loaded], n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise UsageError(f"--id {name}=…: {name!r} is no kind of identifier of a person{hint}")
        found = max(
            recognise(value, [loaded[kind]], fingerprinter, labelled=True),
            key=lambda one: one.likelihood, default=None,
        )  # fmt: skip
        if kind == NAME:
            names.append(value)
        if found is not None:
            known.append(Known(kind, found.fingerprint, found.preview))
        elif kind != NAME:
            raise UsageError(
                f"--id {name}=…: the value has not the form of {kind}; see pdscan detectors show "
                f"{kind}"
            )
    return Given(tuple(dict.fromkeys(known)), tuple(names), tuple(starts))


def _start(line: str) -> Start:
    found = _KEY.fullmatch(line.removeprefix(_CUSTOMER))
    if found is None:
        raise UsageError(
            "a customer is written as customer:source.table.column=value: "
            "customer:shop.customers.id=1042"
        )
    table = tuple(found["table"].split("."))
    return Start(found["source"], table, found["column"], found["value"])
