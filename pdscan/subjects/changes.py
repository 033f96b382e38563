"""What changed in the sources since they were scanned, so that it can be looked at again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pdscan.connectors.interface import Connector, Unit
from pdscan.connectors.structure import Structure
from pdscan.errors import PdscanError
from pdscan.inventory import Inventory
from pdscan.model import Entry, Locator, State
from pdscan.subjects.columns import TABLE
from pdscan.subjects.model import NOT_COMPARED, NotRead

_SAME = 1e-6  # seconds: what a number of 64 bits leaves of a time


@dataclass(frozen=True, slots=True)
class Changes:
    """``units`` are to be read again; the findings in ``outdated`` items (locators) do not count
    any more; ``unknown`` are sources of which it cannot be told.
    """

    units: tuple[Unit, ...]
    outdated: tuple[str, ...]
    unknown: tuple[NotRead, ...]


def changes(inventory: Inventory, connectors: Mapping[str, Connector]) -> Changes:
    """Compares size and time of each file with those it was scanned with."""
    known: dict[str, tuple[int | None, float | None]] = {}
    members: dict[str, list[str]] = {}
    databases: set[str] = set()
    for row in inventory.items().to_pylist():
        outermost = row["locator"].partition("!/")[0]
        members.setdefault(outermost, []).append(row["locator"])
        if row["locator"] == outermost:
            known[outermost] = row["size"], row["modified"]
        if row["media_type"] == TABLE:
            databases.add(row["source"])
    units: list[Unit] = []
    outdated: list[str] = []
    unknown: list[NotRead] = []
    seen: set[str] = set()
    for source in inventory.run["sources"]:
        name = source["name"]
        connector = connectors.get(name)
        if connector is None or name in databases:
            said = "a database" if name in databases else "the source is not at hand"
            finished = inventory.run["finished"]
            unknown.append(
                NotRead(
                    f"{name}:", State.PARTIAL, NOT_COMPARED,
                    f"{said}; what is new since {finished} is found by keys only",
                )
            )  # fmt: skip
            seen |= {locator for locator in members if locator.startswith(str(Locator(name)))}
            continue
        try:
            for step in connector.walk():
                if isinstance(step, Structure):
                    continue
                if isinstance(step, Entry):
                    seen.add(str(step.item.locator))
                    continue
                locator = str(Locator(name, step.path))
                seen.add(locator)
                if not _is_same(step, known.get(locator)):
                    units.append(step)
                    outdated += members.get(locator, ())
        except PdscanError as error:
            unknown.append(NotRead(f"{name}:", State.UNREADABLE, "cannot be walked", str(error)))
            seen |= {locator for locator in members if locator.startswith(str(Locator(name)))}
    gone = [locator for locator in members if locator not in seen]
    outdated += [member for locator in gone for member in members[locator]]
    return Changes(tuple(units), tuple(dict.fromkeys(outdated)), tuple(unknown))


def _is_same(unit: Unit, known: tuple[int | None, float | None] | None) -> bool:
    if known is None:
        return False
    size, modified = known
    if size is not None and size != unit.cost:
        return False
    if modified is None or unit.modified is None:
        return modified == unit.modified
    return abs(modified - unit.modified) < _SAME


def names_of(changed: Iterable[Unit]) -> list[str]:
    """The locators of `changed`."""
    return [str(Locator(unit.source, unit.path)) for unit in changed]
