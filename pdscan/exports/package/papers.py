"""The papers of a package: what was processed and why (Art. 15), what was read, what was left out,
and the Data Package descriptor. Each has a JSON Schema in ``exports/schemas`` that goes along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pdscan.exports.package.disclosure import Disclosure, Processing
from pdscan.exports.package.model import FORMAT, MARK, Order, Withheld
from pdscan.exports.package.page import NotRead
from pdscan.exports.package.tables import Table
from pdscan.model import Locator
from pdscan.subjects.model import Subject

#: The profile of Data Package v2 that the descriptor follows.
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_RIGHTS = {
    "rectification": "Article 16", "erasure": "Article 17", "restriction": "Article 18",
    "portability": "Article 20", "objection": "Article 21", "complaint": "Article 77",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """What the papers are written from; ``tables`` are those of each source with its entity."""

    subject: Subject
    order: Order
    disclosure: Disclosure
    tables: Sequence[tuple[str, str, tuple[Table, ...]]]


def datapackage(said: Said, resources: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The descriptor (https://datapackage.org/standard/data-package/)."""
    described: dict[str, Any] = {
        "$schema": PROFILE, "name": said.order.name, "pdscan:format": FORMAT,
        "pdscan:right": str(said.order.right), "pdscan:mark": MARK,
        "title": "Personal data of one person",
        "description": f"Where something was blacked out stands {MARK}; withheld.json says why. "
                       "Every row leads to its item in the table items.",
    }  # fmt: skip
    if said.subject.created:
        described["created"] = said.subject.created
    name = said.disclosure.controller.name
    if name != "unknown":
        described["contributors"] = [{"title": name, "roles": ["controller"]}]
    return described | {"resources": list(resources)}


def art15(said: Said) -> dict[str, Any]:
    """What GDPR Art. 15(1) and (2) ask for, system by system and table by table."""
    return {
        "format": "pdscan/art15/1",
        "controller": asdict(said.disclosure.controller),
        "systems": [
            {
                "system": source, "entity": entity,
                "tables": [_told(said.disclosure, source, table) for table in tables],
            }
            for source, entity, tables in said.tables
        ],
        "rights": _RIGHTS,
    }  # fmt: skip


def _told(disclosure: Disclosure, source: str, table: Table) -> dict[str, Any]:
    whole = disclosure.of(source, table.title)
    columns = {
        name: _processing(particular)
        for column, name in table.named.items()
        if _differs(particular := disclosure.of(source, table.title, column), whole)
    }
    told = {"table": table.name, **_processing(whole), "categories": sorted(table.kinds)}
    return told | {"columns": columns} if columns else told


def _differs(one: Processing, other: Processing) -> bool:
    return _processing(one) != _processing(other)


def _processing(said: Processing) -> dict[str, Any]:
    return {
        "purpose": said.purpose or "unknown",
        "basis": str(said.basis), "basis_iri": said.basis.iri,
        "origin": str(said.origin), "received_from": said.received_from or "unknown",
        "retention": said.retention or "unknown",
        "recipients": "unknown" if said.recipients is None else list(said.recipients),
        "transfers": "unknown" if said.transfers is None else list(said.transfers),
    }  # fmt: skip


def coverage(said: Said, items: Mapping[str, int]) -> dict[str, Any]:
    """What was read and what not. Names of files are left out: they may be other people's."""
    gaps = not_read(said.subject)
    return {
        "format": "pdscan/coverage/1", "complete": not gaps,
        "systems": [
            {"system": source, "items": count} for source, count in sorted(items.items())
        ],
        "not_read": [
            {"system": g.source, "state": g.state, "reason": g.reason, "count": g.count}
            for g in gaps
        ],
    }  # fmt: skip


def not_read(subject: Subject) -> list[NotRead]:
    """What was not read, added up."""
    counts = Counter(
        (Locator.parse(gap.locator).source, gap.state, gap.reason) for gap in subject.not_read
    )
    return [NotRead(*key, count) for key, count in sorted(counts.items())]


def withheld(left_out: Sequence[Withheld]) -> dict[str, Any]:
    """What was left out and why; never what stood there."""
    return {
        "format": "pdscan/withheld/1",
        "withheld": [
            {name: str(value) if name == "why" else value
             for name, value in asdict(one).items() if value not in ("", 0)}
            for one in left_out
        ],
    }  # fmt: skip
