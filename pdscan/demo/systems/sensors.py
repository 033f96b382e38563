"""The cloud service behind the sensors that are sold: accounts, devices, and who sent what when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pdscan.demo.site import NOW, Site, address_kind

_SCHEMA = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY, name TEXT, email TEXT, company TEXT, language TEXT);
CREATE TABLE sensor (
    id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES account, serial_number TEXT, place TEXT);
"""
DATABASE, LIVE, ARCHIVE = "cloud/sensors.sqlite", "cloud/traffic.jsonl", "cloud/traffic-q3.parquet"


def write(site: Site) -> None:
    """``cloud``."""
    rng = site.chances("cloud")
    accounts: list[tuple[Any, ...]] = []
    sensors: list[tuple[Any, ...]] = []
    people = [person for person in site.people if person.number % 7 == 4]
    for key, person in enumerate(people, 1):
        company = person.firm.name if person.firm is not None else None
        accounts.append((key, person.name, person.emails[-1], company, person.country))
        site.note(person, DATABASE, f"id={key}", {"email": person.emails[-1]}, "account")
        for _ in range(1 + key % 2):
            row = len(sensors) + 1
            sensors.append((row, key, f"NS-{rng.randrange(16**6):06X}", person.town))
            site.note(person, DATABASE, f"id={row}", {}, "sensor")
    site.database(DATABASE, _SCHEMA, {"account": accounts, "sensor": sensors})
    events: dict[str, list[dict[str, str]]] = {LIVE: [], ARCHIVE: []}
    for file, days, count in ((LIVE, 7, 240), (ARCHIVE, 90, 240)):
        for number in range(count):
            person = rng.choice(people)
            event = f"e{len(file)}{number:05}"
            address = person.addresses[0]
            at = NOW - timedelta(seconds=rng.randrange(days * 86400))
            events[file].append({"event": event, "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                                 "account": person.emails[-1], "ip": address,
                                 "bytes": f"{rng.randrange(200, 9000)}"})  # fmt: skip
            holds = {"email": person.emails[-1], address_kind(address): address}
            site.note(person, file, f"event={event}", holds)
    site.lines(LIVE, events[LIVE])
    pq.write_table(pa.Table.from_pylist(events[ARCHIVE]), site.path(ARCHIVE))
