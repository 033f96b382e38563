"""Who is where in the demo estate: what a scan, an export or an erasure is measured against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pdscan.demo.people import Person


@dataclass(frozen=True, slots=True)
class Place:
    """Something that is a person's, alone or among others: a record of a file, or the whole of it.

    ``file`` lies below the estate; what lies within it follows behind ``!/``, as in locators: a
    member of an archive, a message of a mailbox by its Message-ID, what is attached to it (a log
    that is compressed is named as if it were not). ``key`` is that of a record, as
    ``column=value`` or ``line=number``, or "" where the person is in the file or message as a
    whole; ``table`` names the table or sheet where there are several. ``holds`` maps the kinds of
    identifiers in it to the texts as they stand there: ``person_name`` where nothing but the name
    tells, nothing at all where only a foreign key leads there.
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
