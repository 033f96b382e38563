"""The places of a manifest read again: one pass over each table, file and mailbox."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pdscan.connectors.fetch import Fetched, Original, Row, content_fingerprints, fetch_many
from pdscan.connectors.interface import Connector
from pdscan.connectors.records import CONTENT_KEY
from pdscan.errors import AccessError, SourceError, UnreadableError
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator, Reason
from pdscan.verification.model import State

_ROWS, _BYTES = 1000, 8 << 20  # fingerprinted together
_FIELD = "field of a kept record"


@dataclass(frozen=True, slots=True)
class Met:
    """A holding as it was met: its fingerprint and those of its filled fields, "" and none where it
    was not. ``why`` explains what is neither met nor gone.
    """

    state: State
    fingerprint: str = ""
    fields: Mapping[str, str] | None = None
    why: str = ""


def reread(
    connectors: Mapping[str, Connector],
    holdings: Mapping[Locator, str],
    fingerprinter: Fingerprinter,
    *,
    fields: Iterable[Locator] = (),
) -> dict[Locator, Met]:
    """Reads `holdings` (locator -> fingerprint as it was planned) again.

    Of those in `fields` each filled field gets a keyed fingerprint too. A source that is not given,
    or does not answer, leaves its holdings unreachable.
    """
    met: dict[Locator, Met] = {}
    wanted = frozenset(fields)
    by_source: dict[str, list[Locator]] = {}
    for locator in holdings:
        by_source.setdefault(locator.source, []).append(locator)
    for source, locators in by_source.items():
        connector = connectors.get(source)
        if connector is None:
            absent = Met(State.UNREACHABLE, why="the source is not among those given")
            met |= dict.fromkeys(locators, absent)
            continue
        try:
            for some in _batches(fetch_many(connector, locators, fingerprinter)):
                here = [one for _, one in some if not isinstance(one, UnreadableError)]
                prints = iter(content_fingerprints(fingerprinter, here))
                for locator, found in some:
                    if isinstance(found, UnreadableError):
                        met[locator] = _missed(locator, found)
                        continue
                    now = next(prints)
                    met[locator] = Met(
                        State.UNCHANGED if now == holdings[locator] else State.CHANGED, now,
                        dict(_fields(found, fingerprinter)) if locator in wanted else None,
                    )  # fmt: skip
        except (AccessError, SourceError) as error:
            away = Met(State.UNREACHABLE, why=str(error))
            met |= {locator: away for locator in locators if locator not in met}
    return met


def _batches(
    found: Iterable[tuple[Locator, Fetched | UnreadableError]],
) -> Iterator[list[tuple[Locator, Fetched | UnreadableError]]]:
    """As they come, so that few are in memory: rows are small, messages and files need not be."""
    some: list[tuple[Locator, Fetched | UnreadableError]] = []
    size = 0
    for locator, one in found:
        some.append((locator, one))
        size += len(one.data) if isinstance(one, Original) else 0
        if len(some) >= _ROWS or size >= _BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _missed(locator: Locator, error: UnreadableError) -> Met:
    # A record without a key of its own is known by all it holds: one that does not hold it any
    # more is another record.
    by_content = bool(locator.key) and locator.key[0][0] == CONTENT_KEY
    if error.reason == Reason.VANISHED or (by_content and error.reason == Reason.CHANGED):
        return Met(State.GONE)
    return Met(
        State.UNREACHABLE, why=f"{error.reason}{f': {error.detail}' if error.detail else ''}"
    )


def _fields(found: Row | Original, fingerprinter: Fingerprinter) -> Iterator[tuple[str, str]]:
    if isinstance(found, Row):
        for name, value in found.values:
            if value:
                yield name, fingerprinter.one(_FIELD, f"{name}\x1f{value}").hex()
