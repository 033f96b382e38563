"""From a resolved case to the value that packages, manifests and verification start from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pdscan.connectors.fetch import content_fingerprint, fetch_many
from pdscan.connectors.interface import Connector
from pdscan.errors import UnreadableError
from pdscan.inventory import Inventory
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Likelihood, Locator, State, place_name
from pdscan.subjects.columns import Columns, token
from pdscan.subjects.evidence import MANY, Judge
from pdscan.subjects.given import Given
from pdscan.subjects.kinds import LOOSE, NAME, OWN, PERSONAL, TELLING
from pdscan.subjects.model import Finding, Holding, Identifier, NotRead, Role, Subject
from pdscan.subjects.places import Place, Places
from pdscan.subjects.resolve import Held, Joined, Resolver

_HEADERS = ("from", "to", "cc", "bcc", "sender", "reply-to", "delivered-to", "return-path")


@dataclass(frozen=True, slots=True)
class Case:
    """What is looked into: inventories, the sources behind them, and facts that go along.

    `outdated` are, for each inventory, the locators of items that changed since it was made: they
    are in a later one, or gone; `entities` maps sources to legal entities; `categories` maps kinds.
    """

    inventories: tuple[Inventory, ...]
    connectors: Mapping[str, Connector]
    fingerprinter: Fingerprinter
    entities: Mapping[str, str]
    categories: Mapping[str, str]
    outdated: tuple[frozenset[str], ...] = ()
    names: tuple[Path, ...] = ()
    not_compared: tuple[NotRead, ...] = ()


def resolve(case: Case, given: Given, *, now: datetime, request: str = "") -> Subject:
    """The person that `given` tells of. Raises UsageError where a key leads nowhere."""
    columns = Columns(case.inventories, case.outdated)
    places = Places(columns, case.connectors, case.fingerprinter)
    try:
        resolver = Resolver(columns, places, given)
        resolver.run()
        holdings = _Holdings(case, columns, places, resolver).all()
    finally:
        places.close()
    identifiers = [_identifier(one) for one in resolver.joined.values()]
    ours = [
        identifier for one, identifier in zip(resolver.joined.values(), identifiers, strict=True)
        if one.given or one.verdict.joins or (one.kind in LOOSE and one.verdict.persons <= 1)
    ]  # fmt: skip
    return Subject(
        identifiers=tuple(sorted(ours, key=_order)),
        holdings=tuple(holdings),
        ambiguous=tuple(sorted((i for i in identifiers if _is_ambiguous(i, ours)), key=_order)),
        not_read=tuple(_not_read(case, columns, places)),
        key=case.fingerprinter.key_id,
        inventories=tuple(str(path) for path in case.names),
        request=request,
        created=now.isoformat(timespec="seconds"),
    )


def _order(identifier: Identifier) -> tuple[bool, str, str]:
    return not identifier.given, identifier.kind, identifier.fingerprint


def _is_ambiguous(identifier: Identifier, ours: list[Identifier]) -> bool:
    return identifier not in ours or identifier.persons > 1


def _identifier(one: Joined) -> Identifier:
    reason = one.verdict.reason
    if one.path:
        reason = f"{reason}; found in {one.path[-1].locator}"
    return Identifier(
        one.kind, one.fingerprint.hex(), one.preview, one.given, reason, one.verdict.persons
    )


def _not_read(case: Case, columns: Columns, places: Places) -> Iterator[NotRead]:
    for number, inventory in enumerate(case.inventories):
        left_out = case.outdated[number] if number < len(case.outdated) else ()
        for row in inventory.items().to_pylist():
            unread = row["state"] in (State.PARTIAL, State.UNREADABLE)
            if unread and row["locator"] not in left_out:
                yield NotRead(row["locator"], row["state"], row["reason"], row["detail"])
    for locator, said in sorted(places.unread.items()):
        yield NotRead(locator, State.UNREADABLE, said, "when it was looked into again")
    yield from case.not_compared


class _Holdings:
    """Each place as a holding."""

    def __init__(self, case: Case, columns: Columns, places: Places, resolver: Resolver) -> None:
        self._case = case
        self._columns = columns
        self._places = places
        self._joined = resolver.joined
        self._held = resolver.held
        self._judge = Judge(columns, places)

    def all(self) -> list[Holding]:
        self._places.rows(self._held)
        fingerprints = self._fingerprints(self._held)
        strangers = {
            token(f["fingerprint"]): f["kind"]
            for held in self._held.values() for f in held.findings
            if f["kind"] in TELLING and not self._is_ours(held, f)
        }  # fmt: skip
        verdicts = self._judge.verdicts(strangers)
        shared = {number for number, verdict in verdicts.items() if verdict.persons > MANY}
        made = [self._holding(held, fingerprints, shared) for held in self._held.values()]
        return sorted(made, key=lambda holding: holding.locator)

    def _holding(self, held: Held, fingerprints: Mapping[Place, str], shared: set[int]) -> Holding:
        fact = self._columns.items[held.place.item]
        findings = [self._finding(held, f) for f in held.findings if f["kind"] in PERSONAL]
        strangers = {
            token(f["fingerprint"]): f for f in held.findings
            if (
                f["kind"] in TELLING
                or (f["kind"] in OWN and f["likelihood"] >= Likelihood.LIKELY)
            )
            and not self._is_ours(held, f) and token(f["fingerprint"]) not in shared
        }  # fmt: skip
        kinds = Counter("own" if f["kind"] in OWN else f["kind"] for f in strangers.values())
        others = max(kinds.values(), default=0)
        is_row = bool(held.place.key) or held.place.record >= 0
        return Holding(
            locator=str(self._places.locator(held.place)),
            source=fact.source,
            entity=self._case.entities.get(fact.source, ""),
            media_type="" if is_row else fact.media_type,
            role=self._role(held, list(strangers.values())) if others else Role.SOLE,
            likelihood=held.likelihood,
            path=held.path,
            findings=tuple(findings),
            others=others,
            fingerprint=fingerprints.get(held.place, ""),
        )

    def _is_ours(self, held: Held, finding: Mapping[str, Any]) -> bool:
        """Whether it is the person's own. What several people have (a family's telephone) is
        theirs in a cell of its own of their row; in a text it may be the others'. A door or an
        address of the network is theirs and the others' alike.
        """
        one = self._joined.get(token(finding["fingerprint"]))
        if one is None:
            return False
        if one.given or one.verdict.joins or one.verdict.persons <= 1:
            return True
        if one.verdict.persons > MANY:
            return False
        is_row = bool(held.place.key) or held.place.record >= 0
        return (one.kind in LOOSE and one.kind != NAME) or (is_row and finding["start"] == 0)

    def _finding(self, held: Held, finding: Mapping[str, Any]) -> Finding:
        item = Locator.parse(self._columns.items[finding["item"]].locator)
        key = self._places.locator(self._places.place(finding)).key
        locator = Locator(
            item.source, item.path, key, place_name(finding["part"], finding["field"]),
            (finding["start"], finding["end"]),
        )  # fmt: skip
        return Finding(
            str(locator), finding["kind"], self._case.categories.get(finding["kind"], ""),
            finding["preview"], finding["fingerprint"].hex(), Likelihood(finding["likelihood"]),
            self._is_ours(held, finding),
        )  # fmt: skip

    def _role(self, held: Held, strangers: list[dict[str, Any]]) -> Role:
        """Mentioned: named in running text only, where others fill fields or headers."""
        ours = [f for f in held.findings if self._is_ours(held, f)]
        if held.place.key or held.place.record >= 0:
            mentioned = all(f["start"] > 0 for f in ours) and any(
                f["start"] == 0 for f in strangers
            )
        else:
            mentioned = not any(map(_is_header, ours)) and any(map(_is_header, strangers))
        return Role.MENTIONED if mentioned and ours else Role.SHARED

    def _fingerprints(self, places: Iterable[Place]) -> dict[Place, str]:
        """Those of the contents as they are now."""
        found = {
            place: content_fingerprint(self._case.fingerprinter, row)
            for place, row in self._places.rows(places).items()
        }
        whole: dict[str, dict[Locator, Place]] = {}
        for place in self._held:
            if not place.key and place.record < 0:
                locator = self._places.locator(place)
                whole.setdefault(locator.source, {})[locator] = place
        for source, wanted in whole.items():
            connector = self._case.connectors.get(source)
            if connector is None:
                continue
            for locator, fetched in fetch_many(connector, wanted, self._case.fingerprinter):
                if isinstance(fetched, UnreadableError):
                    self._places.unread[str(locator)] = str(fetched)
                else:
                    digest = content_fingerprint(self._case.fingerprinter, fetched)
                    found[wanted[locator]] = digest
        return found


def _is_header(finding: Mapping[str, Any]) -> bool:
    words = f"{finding['part']} {finding['field']}".lower().replace("header ", "").split()
    return any(word in _HEADERS for word in words)


def decided(subject: Subject, holdings: Iterable[Holding]) -> Subject:
    """`subject` with `holdings` in place of its own."""
    return replace(subject, holdings=tuple(holdings))
