"""The register of what people ask for: when it came, who may ask, when it is due, what was done.

A file with one entry a line, only ever added to. Each entry is bound to the one before by a keyed
digest (BLAKE2b under the fingerprint key): whoever changes, removes or moves an entry is seen, and
without the key nobody can make the chain anew. An end that was cut off is seen by the number and
digest of the last entry, which `pdscan request list` prints to be noted elsewhere.

Of the person only keyed fingerprints are kept.
"""

from __future__ import annotations

import calendar
import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import IO, Any

from pdscan.errors import AccessError, UsageError

FILE_NAME = "pdscan-requests.jsonl"
FORMAT = "pdscan/request/1"
POLICY_DAYS = 20  # working days from approval
_PURPOSE = b"pdscan requests"
_SATURDAY = 5
_MONTHS, _EXTENDED = 1, 3  # GDPR Art. 12(3)
_A_YEAR = 12  # months within which a further copy may cost a fee (Art. 12(5), 15(3))


class Event(StrEnum):
    """What an entry tells of a request."""

    RECEIVED = "received"
    APPROVED = "approved"
    EXTENDED = "extended"
    CLOSED = "closed"
    DONE = "done"  # a person was resolved, a package written, an erasure planned, ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the register. ``at`` is the day it tells of, ``digest`` binds it to the others."""

    number: int
    request: str
    event: Event
    at: date
    said: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks for, as the entries tell.

    ``persons`` are keyed fingerprints (hex) of whom it is about; ``country`` (``fi`` or ``se``)
    says whose public holidays count.
    """

    id: str
    right: str
    received: date
    country: str
    persons: tuple[str, ...]
    asked_by: str
    mandate: str
    proof: str
    approved: date | None = None
    extended: str = ""
    closed: date | None = None
    outcome: str = ""
    done: tuple[str, ...] = ()

    @property
    def due_by_law(self) -> date:
        """The last day to answer: GDPR Art. 12(3), counted as Regulation 1182/71 Art. 3 says."""
        return legal_end(self.received, _EXTENDED if self.extended else _MONTHS, self.country)

    @property
    def due_by_policy(self) -> date | None:
        """The last day by the promise of 20 working days from approval; None before that."""
        if self.approved is None:
            return None
        return working_days_after(self.approved, POLICY_DAYS, self.country)


# -- days ------------------------------------------------------------------------------------------


def months_later(day: date, months: int) -> date:
    """The same date so many months later, or the last day of that month where it has no such
    (Regulation 1182/71, Art. 3(2)(c)).
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def legal_end(start: date, months: int, country: str) -> date:
    """The last day of a period of `months` that an event on `start` sets going: the day of the
    event does not count, and a last day that is a Saturday, Sunday or public holiday moves to the
    next working day (Regulation (EEC, Euratom) No 1182/71, Art. 3(1), (2)(c) and (4)).
    """
    end = months_later(start, months)
    while not is_working_day(end, country):
        end += timedelta(days=1)
    return end


def working_days_after(start: date, count: int, country: str) -> date:
    """The `count`-th working day after `start`."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, country)
    return day


def is_working_day(day: date, country: str) -> bool:
    """Whether `day` is neither a Saturday, a Sunday nor a public holiday."""
    return day.weekday() < _SATURDAY and day not in _holidays(country, day.year)


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country.upper(), years=year))


# -- the register ----------------------------------------------------------------------------------


class Register:
    """The register in a file, under the fingerprint key."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = hashlib.blake2b(_PURPOSE, key=key, digest_size=32).digest()

    def entries(self) -> list[Entry]:
        """All entries, checked. Raises `AccessError` where the register cannot be read, or is not
        as it was written.
        """
        try:
            with self.path.open("r", encoding="utf-8") as stream:
                return list(self._checked(stream))
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError):
            raise AccessError(f"{self.path}: the register of requests cannot be read") from None

    def requests(self) -> dict[str, Request]:
        """All requests by their id, in the order they came."""
        found: dict[str, Request] = {}
        for entry in self.entries():
            if entry.event is Event.RECEIVED:
                found[entry.request] = _received(entry)
            else:
                found[entry.request] = _after(found[entry.request], entry)
        return found

    def get(self, request: str) -> Request:
        """One request; raises UsageError where there is none of that id."""
        known = self.requests()
        if request not in known:
            raise UsageError(f"{self.path}: no request {request!r}; see pdscan request list")
        return known[request]

    def receive(
        self, received: date, *, right: str, country: str, persons: Iterable[str], asked_by: str,
        mandate: str = "", proof: str = "",
    ) -> Request:  # fmt: skip
        """Enters a new request."""
        said = {
            "right": right, "country": country, "persons": sorted(persons),
            "asked_by": asked_by, "mandate": mandate, "proof": proof,
        }  # fmt: skip
        return _received(self._add("", Event.RECEIVED, received, said))

    def tell(self, request: str, event: Event, at: date, **said: str) -> Request:
        """Enters what happened to a request; raises UsageError where it is closed or unknown."""
        known = self.get(request)
        if known.closed is not None:
            raise UsageError(f"request {request} was closed on {known.closed}")
        if at < known.received:
            raise UsageError(f"request {request} came on {known.received}; {at} is before that")
        return _after(known, self._add(request, event, at, said))

    def earlier_copies(self, request: Request) -> list[Request]:
        """Requests for a copy by the same person, received in the twelve months before."""
        since = months_later(request.received, -_A_YEAR)
        return [
            other
            for other in self.requests().values()
            if other.id != request.id
            and other.right == request.right == "access"
            and since <= other.received <= request.received
            and set(other.persons) & set(request.persons)
        ]

    def _add(
        self, request: str, event: Event, at: date, said: Mapping[str, Any]
    ) -> Entry:  # fmt: skip
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "r+", encoding="utf-8") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX)  # two who enter at once do not break the chain
                known = list(self._checked(stream))
                number = len(known) + 1
                received = sum(entry.event is Event.RECEIVED for entry in known)
                request = request or f"{at.year}-{received + 1:04}"
                before = known[-1].digest if known else ""
                body = {
                    "format": FORMAT, "number": number, "request": request, "event": str(event),
                    "at": at.isoformat(), "said": dict(said),
                }  # fmt: skip
                digest = self._digest(before, body)
                line = json.dumps(body | {"digest": digest}, ensure_ascii=False)
                stream.seek(0, os.SEEK_END)
                stream.write(line + "\n")
                stream.flush()
                os.fsync(descriptor)
        except OSError as error:
            raise AccessError(f"{self.path}: cannot be written: {error.strerror}") from None
        return Entry(number, request, event, at, said, digest)

    def _checked(self, stream: IO[str]) -> Iterator[Entry]:
        before = ""
        for number, line in enumerate(stream, 1):
            try:
                body = json.loads(line)
                digest = body.pop("digest")
                expected = self._digest(before, body)
                entry = Entry(
                    body["number"], body["request"], Event(body["event"]),
                    date.fromisoformat(body["at"]), body["said"], digest,
                )  # fmt: skip
                right = hmac.compare_digest(digest, expected) and entry.number == number
            except (ValueError, KeyError, TypeError, AttributeError):
                right = False
            if not right:
                raise AccessError(
                    f"{self.path}: entry {number} is not as it was written, or was made with "
                    "another key: bring the register back from a copy, or name the key with "
                    "--key-file"
                )
            before = digest
            yield entry

    def _digest(self, before: str, body: Mapping[str, Any]) -> str:
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        chained = hashlib.blake2b(key=self._key, digest_size=32)
        chained.update(f"{before}\n{text}".encode())
        return chained.hexdigest()


def _received(entry: Entry) -> Request:
    said = entry.said
    return Request(
        entry.request, said["right"], entry.at, said["country"], tuple(said["persons"]),
        said["asked_by"], said["mandate"], said["proof"],
    )  # fmt: skip


def _after(request: Request, entry: Entry) -> Request:
    match entry.event:
        case Event.APPROVED:
            proof = entry.said.get("proof") or request.proof
            return replace(request, approved=entry.at, proof=proof)
        case Event.EXTENDED:
            return replace(request, extended=entry.said["reason"])
        case Event.CLOSED:
            return replace(request, closed=entry.at, outcome=entry.said["outcome"])
        case _:
            told = f"{entry.at}: {entry.said['what']}"
            return replace(request, done=(*request.done, told))
