"""How well people are told apart: each person of the demo estate is asked for, and the answer held
against the truth. ``python -m bench.subjects FOLDER [STRIDE]`` over a folder made by pdscan demo.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pdscan.connectors.files import Files
from pdscan.connectors.interface import Connector
from pdscan.connectors.records import records
from pdscan.inventory import Inventory
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Likelihood, Locator
from pdscan.subjects.columns import Columns
from pdscan.subjects.given import parse
from pdscan.subjects.places import Place, Places
from pdscan.subjects.resolve import Resolver

_DATABASES = {"orders.sqlite": "orders", "accounts.sqlite": "accounts"}
_VAGUE = {"ipv4", "ipv6", "person_name"}  # what many people have
_CUT_OFF = "access.log.3"  # nobody notes whose the lines of the damaged log are


@dataclass(frozen=True, slots=True)
class Found:
    """The places of one person: those held by evidence, those to decide, and the truth.

    ``named`` are those of the truth in which more than an address of the network stands, or that
    are a row behind a key.
    """

    accepted: frozenset[Place]
    undecided: frozenset[Place]
    true: frozenset[Place]
    named: frozenset[Place]


@dataclass
class Estate:
    """The demo estate in `folder`, scanned."""

    folder: Path
    _items: dict[int, dict[tuple[str, str, str], Place]] = field(default_factory=dict)

    @cached_property
    def inventory(self) -> Inventory:
        return Inventory(self.folder / "demo.inventory")

    @cached_property
    def fingerprinter(self) -> Fingerprinter:
        return Fingerprinter((self.folder / "fingerprint.key").read_bytes())

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        return {
            source["name"]: Files(source["name"], str(self._root(source["address"])))
            for source in self.inventory.run["sources"]
        }

    def _root(self, address: str) -> Path:
        """The address, which may be relative to where the scan was started."""
        return self.folder / "estate" / Path(address).name

    @cached_property
    def people(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.folder / "truth.json").read_text())["people"]
        return found

    @cached_property
    def columns(self) -> Columns:
        return Columns([self.inventory])

    @cached_property
    def places(self) -> Places:
        return Places(self.columns, self.connectors, self.fingerprinter)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {fact.locator: n for n, fact in enumerate(self.columns.items)}

    def place(self, truth: Mapping[str, Any]) -> Place:
        """Where a place of the truth lies."""
        file, table, key = truth["file"], truth["table"], truth["key"]
        source, _, name = file.rpartition("/") if file in _DATABASES else file.partition("/")
        source, path = source or _DATABASES[file], tuple(name.split("!/"))
        if name.endswith(".gz"):
            path = (name, name.removesuffix(".gz"))
        item = self._numbers[str(Locator(source, path))]
        column, _, value = key.partition("=")
        if not key:
            return Place(item)
        if column == "line":
            return Place(item, record=int(value) - 1)
        if file.endswith(".sqlite"):
            return Place(item, table, f"{column}:{value}")
        return self._records(item, source, path)[table, column, value]

    def _records(
        self, item: int, source: str, path: tuple[str, ...]
    ) -> dict[tuple[str, str, str], Place]:
        """The records of an item by part and by each of their values."""
        if item not in self._items:
            self._items[item] = {
                (record.part, name.rpartition(".")[2], text): Place(
                    item, record.part, record=record.number
                )
                for record in records(self.connectors[source], path)
                for name, text in record.values
            }
        return self._items[item]

    def locator(self, truth: Mapping[str, Any]) -> str:
        """The locator of a place of the truth."""
        return str(self.places.locator(self.place(truth)))

    def said(self, person: Mapping[str, Any]) -> list[str]:
        """What the person would say of themselves."""
        emails = (*person["emails"], person["work_email"])
        return [
            f"name={person['given']} {person['family']}", f"phone={person['phone']}",
            *(f"email={email}" for email in emails if email),
        ]  # fmt: skip

    def ask(self, person: Mapping[str, Any]) -> Found:
        """What is found of `person` by what they would say of themselves."""
        given = parse(self.said(person), self.fingerprinter)
        resolver = Resolver(self.columns, self.places, given)
        resolver.run()
        held = {
            place: one for place, one in resolver.held.items()
            if _CUT_OFF not in self.columns.items[place.item].locator
        }  # fmt: skip
        accepted = frozenset(p for p, one in held.items() if one.likelihood >= Likelihood.LIKELY)
        true, named = set(), set()
        for noted in person["places"]:
            place = self.place(noted)
            true.add(place)
            if place.key or set(noted["holds"]) - _VAGUE:
                named.add(place)
        return Found(accepted, frozenset(held) - accepted, frozenset(true), frozenset(named))


def main() -> None:
    estate = Estate(Path(sys.argv[1]))
    stride = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    answers = {person["number"]: estate.ask(person) for person in estate.people[::stride]}
    accepted = sum(len(a.accepted) for a in answers.values())
    right = sum(len(a.accepted & a.true) for a in answers.values())
    named = sum(len(a.named) for a in answers.values())
    there = sum(len(a.accepted & a.named) for a in answers.values())
    undecided = sum(len(a.undecided) for a in answers.values())
    open_named = sum(len(a.undecided & a.named) for a in answers.values())
    open_right = sum(len(a.undecided & a.true) for a in answers.values())
    true = sum(len(a.true) for a in answers.values())
    wrong = [number for number, a in answers.items() if a.accepted - a.true]
    print(f"people {len(answers)}, accepted {accepted}, of them wrong {accepted - right} ({wrong})")
    print(f"named places {named}, accepted {there}, to decide {open_named}")
    print(f"all places {true}, accepted {right}, to decide {open_right} (of {undecided} questions)")


if __name__ == "__main__":
    main()
