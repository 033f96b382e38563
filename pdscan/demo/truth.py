"""Who is where in the demo estate: what a scan, an export or an erasure is measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pdscan.demo.people import Person


@dataclass(frozen=True, slots=True)
class Place:
    """A record that is a person's: the file, the table where it has tables, the record's key.

    ``holds`` maps the kinds of identifiers in the record to the texts as they stand there.
    """

    file: str
    key: str
    holds: dict[str, str]
    table: str = ""


@dataclass(slots=True)
class Truth:
    """Collects places by person while the estate is written."""

    places: dict[int, list[Place]] = field(default_factory=dict)

    def note(
        self, person: Person, file: str, key: str, holds: dict[str, str], table: str = ""
    ) -> None:
        """The record `key` of `file` is about `person`."""
        self.places.setdefault(person.number, []).append(Place(file, key, holds, table))

    def write(self, path: Path, people: tuple[Person, ...]) -> None:
        """Writes all of it as JSON."""
        document = {"format": "pdscan/demo-truth/1", "people": list(self._people(people))}
        text = json.dumps(document, ensure_ascii=False, indent=1, default=str)
        path.write_text(text + "\n", "utf-8")

    def _people(self, people: tuple[Person, ...]) -> Iterator[dict[str, object]]:
        for person in people:
            yield asdict(person) | {
                "places": [asdict(place) for place in self.places.get(person.number, [])]
            }
