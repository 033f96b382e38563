"""Backups: the dump of an older shop in a tar, and a zip that somebody once made for a laptop.

They hold only whom those systems held then.
"""

from __future__ import annotations

import csv
import io
import sqlite3
from contextlib import closing

from pdscan.demo import papers
from pdscan.demo.people import Person
from pdscan.demo.site import Site, national

_DUMP, _SQL = "backups/oldshop-2023.tar.gz", "oldshop/customers.sql"
_DUMPED = f"{_DUMP}!/oldshop-2023.tar!/{_SQL}"
_ZIP, _LIST, _COPY = "backups/laptop-2024.zip", "asiakkaat.csv", "kassa.sqlite"
_SCHEMA = """\
CREATE TABLE `customers` (
  `id` int NOT NULL,
  `name` varchar(80),
  `email` varchar(120),
  `phone` varchar(20),
  `street` varchar(120),
  PRIMARY KEY (`id`)
);
"""


def write(site: Site) -> None:
    """``backups``."""
    _dump(site)
    _laptop(site)


def _dump(site: Site) -> None:
    rows = []
    for person in site.people:
        if person.number % 6 == 1:
            key = 70_000 + person.number
            rows.append(f"({key},'{person.name}','{person.emails[0]}','{person.phone}',"
                        f"'{person.street}')")  # fmt: skip
            site.note(person, _DUMPED, f"id={key}",
                      {"email": person.emails[0], "phone": person.phone})  # fmt: skip
    values = ",\n".join(rows)
    text = f"-- Dump of oldshop, 2023-06-30\n{_SCHEMA}\nINSERT INTO `customers` VALUES {values};\n"
    site.path(_DUMP).write_bytes(papers.tarred({_SQL: text.encode()}))


def _laptop(site: Site) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";")
    writer.writerow(["Asiakasnro", "Nimi", "Puhelin", "Sähköposti"])
    tills: list[Person] = []
    for person in site.people:
        if person.number % 12 == 5:
            phone = f"0{national(person)}"
            writer.writerow([f"{person.number}", person.name, phone, person.emails[0]])
            site.note(person, f"{_ZIP}!/{_LIST}", f"Sähköposti={person.emails[0]}",
                      {"phone": phone, "email": person.emails[0]})  # fmt: skip
        if person.number % 18 == 3:
            tills.append(person)
            site.note(person, f"{_ZIP}!/{_COPY}", f"id={person.number}",
                      {"email": person.emails[0]}, "kanta_asiakas")  # fmt: skip
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE kanta_asiakas (id INTEGER PRIMARY KEY, nimi TEXT, "
                           "email TEXT)")  # fmt: skip
        rows = [(person.number, person.name, person.emails[0]) for person in tills]
        connection.executemany("INSERT INTO kanta_asiakas VALUES (?, ?, ?)", rows)
        connection.commit()
        copy = bytes(connection.serialize())
    files = {_LIST: stream.getvalue().encode(), _COPY: copy}
    site.path(_ZIP).write_bytes(papers.zipped(files))
