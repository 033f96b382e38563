"""What every system of the demo estate is written with: a folder, the people, and the truth."""

from __future__ import annotations

import csv
import json
import random
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pdscan.demo.people import SEED, Person
from pdscan.demo.truth import Truth

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
#: Number, name and country of the two sister companies.
COMPANIES = ((1, "Nordkauppa Oy", "fi"), (2, "Nordhandel AB", "se"))


@dataclass(frozen=True, slots=True)
class Site:
    """Where a system is written; what it writes about somebody it also notes as the truth.

    Each file draws its chances from its own generator, so a new system changes no other.
    """

    folder: Path
    people: Sequence[Person]
    truth: Truth

    def chances(self, file: str) -> random.Random:
        """The generator of a file: the same every time."""
        return random.Random(f"{SEED} {file}")  # noqa: S311 - the same bytes every time

    def path(self, file: str) -> Path:
        """Where `file` lies; its folder is made if need be."""
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def note(
        self, person: Person, file: str, key: str, holds: Mapping[str, str], table: str = ""
    ) -> None:
        """The record `key` of `file` is about `person` (see `pdscan.demo.truth.Place`)."""
        self.truth.note(person, file, key, dict(holds), table)

    def csv(self, file: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Writes a CSV file."""
        with self.path(file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows(rows)

    def json(self, file: str, document: Any) -> None:
        """Writes a JSON file."""
        text = json.dumps(document, ensure_ascii=False, indent=2)
        self.path(file).write_text(text + "\n", "utf-8")

    def lines(self, file: str, documents: Iterable[Any]) -> None:
        """Writes a file of one JSON document a line."""
        texts = (json.dumps(one, ensure_ascii=False) + "\n" for one in documents)
        self.path(file).write_text("".join(texts), "utf-8")

    def database(
        self, file: str, schema: str, tables: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> None:
        """Writes a SQLite file."""
        path = self.path(file)
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(schema)
            for name, rows in tables.items():
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own names


def when(chances: random.Random, days: int = 2000) -> datetime:
    """A moment in the `days` before `NOW`."""
    return NOW - timedelta(seconds=chances.randrange(days * 86400))


def address_kind(address: str) -> str:
    """Of an address of the network."""
    return "ipv6" if ":" in address else "ipv4"


def identity_kind(person: Person) -> str:
    """Of the number a state gave."""
    return "fi.hetu" if person.country == "fi" else "se.personnummer"


def identity(person: Person, company: int) -> str:
    """The number a state gave, as a company writes it: the second one with the century."""
    if person.country == "se" and company == 2:
        return f"{person.born.year // 100}{person.identity.replace('+', '-')}"
    return person.identity


def national(person: Person) -> str:
    """The telephone number without the country's code."""
    return person.phone.removeprefix("+358").removeprefix("+46")


def spelled(person: Person, chances: random.Random) -> str:
    """The telephone number as people write it."""
    rest = national(person)
    prefix = person.phone.removesuffix(rest)
    return chances.choice((
        person.phone, f"{prefix} {rest[:2]} {rest[2:5]} {rest[5:]}", f"0{rest}",
        f"0{rest[:2]}-{rest[2:]}",
    ))  # fmt: skip
