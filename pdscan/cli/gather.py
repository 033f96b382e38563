"""Reads again what a person's holdings point to, for those who write packages and manifests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path

from pdscan import keys
from pdscan.cli import terminal, wiring
from pdscan.cli.looking import Sources
from pdscan.config import Settings
from pdscan.connectors.fetch import Original, content_fingerprint, fetch_many
from pdscan.connectors.interface import Connector
from pdscan.errors import AccessError, UnreadableError, UsageError
from pdscan.exports.package.model import Content, Document, Missing, Record
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator, Reason
from pdscan.requests import FILE_NAME, Event, Register
from pdscan.subjects.model import Holding, Subject


def contents(
    subject: Subject, sources: Sources, fingerprinter: Fingerprinter
) -> Iterator[tuple[Holding, Content]]:
    """The person's holdings with what stands in them now, those of one table or file together.

    What changed since the person was resolved is missing: who else is in it is not known.
    """
    return contents_of(subject, sources.connector, fingerprinter)


def contents_of(
    subject: Subject, connector: Callable[[str], Connector], fingerprinter: Fingerprinter
) -> Iterator[tuple[Holding, Content]]:
    """The same; `connector` gives that of a source."""
    holdings = sorted(subject.accepted, key=lambda holding: (holding.source, holding.locator))
    for source, group in groupby(holdings, key=lambda holding: holding.source):
        wanted = {Locator.parse(holding.locator): holding for holding in group}
        for locator, found in fetch_many(connector(source), wanted, fingerprinter):
            holding = wanted[locator]
            if isinstance(found, UnreadableError):
                yield holding, Missing(str(found.reason))
                continue
            now = content_fingerprint(fingerprinter, found)
            if holding.fingerprint and now != holding.fingerprint:
                yield holding, Missing(str(Reason.CHANGED))
            elif isinstance(found, Original):
                yield holding, Document(found.name, found.media_type, found.data)
            else:
                yield holding, Record(found.values)


def check_key(subject: Subject, fingerprinter: Fingerprinter, path: Path) -> None:
    """Raises AccessError where the key is not the one that the person was resolved with."""
    if subject.key and fingerprinter.key_id != subject.key:
        raise AccessError(
            f"{path}: not the key that the person was found with; name the right one with "
            "--key-file"
        )


def for_request(subject: Subject, request: str) -> Subject:
    """`subject` as the answer to a request; raises UsageError where it answers another one."""
    if request and subject.request and subject.request != request:
        raise UsageError(
            f"the person was resolved for request {subject.request}, not for {request}"
        )
    return replace(subject, request=request or subject.request)


def known_request(request: str, settings: Settings) -> None:
    """Raises UsageError where there is a register of requests here that has no such open one."""
    if Path(FILE_NAME).exists():
        register = Register(Path(FILE_NAME), keys.load(wiring.key_path(settings)))
        if register.get(request).closed is not None:
            raise UsageError(f"request {request} is closed; see pdscan request show {request}")


def enter(request: str, what: str, settings: Settings) -> None:
    """Tells the register of requests, where there is one here, what was done for `request`."""
    if not Path(FILE_NAME).exists():
        terminal.tell(f"pdscan: there is no {FILE_NAME} here; nothing was entered in it")
        return
    today = datetime.now().astimezone().date()
    register = Register(Path(FILE_NAME), keys.load(wiring.key_path(settings)))
    register.tell(request, Event.DONE, today, what=what)
