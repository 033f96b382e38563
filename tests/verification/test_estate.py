"""The whole way for many people of the demo estate, with its databases on real servers.

``ESTATE_PEOPLE=20 pytest tests/verification/test_estate.py -s`` goes it for twenty, and prints what
became of each.
"""

from __future__ import annotations

import gzip
import json
import mailbox
import os
import re
import shutil
import sqlite3
import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from pdscan import keys
from pdscan.cli.story import _confirm_rules as confirm_rules
from pdscan.connectors.fetch import Original, Row, fetch_many
from pdscan.connectors.files import Files
from pdscan.connectors.interface import ReadOptions
from pdscan.demo import administrator, estate
from pdscan.demo.people import Person, people
from pdscan.exports import certificate
from pdscan.exports import manifest as manifests
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from tests.cli.command import Result, run_here
from tests.connectors.sql.conftest import Database

#: How many go the whole way; each takes some seconds.
_PEOPLE = int(os.environ.get("ESTATE_PEOPLE", "3"))
_COUNT = 60  # of the estate
_FILES = ("payments", "forms", "newsletter", "logs", "desk")
_TYPES = {"INTEGER": "bigint", "TEXT": "varchar(400)"}


def load(file: Path, database: Database) -> None:
    """The tables of a SQLite file, keys and all, in a database of a server."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [n for (n,) in connection.execute("SELECT name FROM sqlite_master "
                                                   "WHERE type = 'table' ORDER BY rowid")]  # fmt: skip
        for table in tables:
            columns = list(connection.execute(f"PRAGMA table_info({table})"))
            foreign = list(connection.execute(f"PRAGMA foreign_key_list({table})"))
            parts = [
                f"{name} {_TYPES[kind]}{' NOT NULL' if required else ''}"
                f"{' PRIMARY KEY' if key else ''}"
                for _, name, kind, required, _, key in columns
            ]
            parts += [f"FOREIGN KEY ({f[3]}) REFERENCES {f[2]} (id)" for f in foreign]
            for _, index, unique, *_ in connection.execute(f"PRAGMA index_list({table})"):
                names = [row[2] for row in connection.execute(f"PRAGMA index_info({index})")]
                if unique and names != ["id"]:
                    parts.append(f"UNIQUE ({', '.join(names)})")
            database.run(f"CREATE TABLE {table} ({', '.join(parts)})")
            rows = [
                "(" + ", ".join("NULL" if v is None else "'" + str(v).replace("'", "''") + "'"
                                for v in row) + ")"
                for row in connection.execute(f"SELECT * FROM {table}")
            ]  # fmt: skip
            database.run(f"INSERT INTO {table} VALUES {', '.join(rows)}")
    file.unlink()


class World:
    """The estate: orders in PostgreSQL, accounts in MariaDB, files and a mailbox beside them."""

    def __init__(self, folder: Path, postgres: Database, mysql: Database) -> None:
        self.folder, self.postgres, self.mysql = folder, postgres, mysql
        with mock.patch("pdscan.demo.estate.people", partial(people, _COUNT)):
            self.people = estate.write(folder / "estate", folder / "truth.json")
        for system in {p.name for p in (folder / "estate").iterdir() if p.is_dir()} - {*_FILES}:
            shutil.rmtree(folder / "estate" / system)
        (folder / "estate/payments/paypal-2026-09.pdf").unlink()  # nothing of it can be cut out
        known = json.loads((folder / "truth.json").read_text())
        for person in known["people"]:
            person["places"] = [
                place for place in person["places"] if (folder / "estate" / place["file"]).exists()
            ]
        (folder / "truth.json").write_text(json.dumps(known))
        administrator.salvage(folder / "estate/logs/access.log.3.gz")
        administrator.fill_up(folder / "estate/forms/contact-form.csv")
        self.write_mail()
        load(folder / "estate" / "orders.sqlite", postgres)
        load(folder / "estate" / "accounts.sqlite", mysql)
        addresses = {name: f'path = "estate/{name}"' for name in _FILES} | {
            "orders": f'url = "{postgres.url}"', "accounts": f'url = "{mysql.url}"',
        }  # fmt: skip
        (folder / "pdscan.toml").write_text('key_file = "fingerprint.key"\njobs = 1\n' + "".join(
            f'[[source]]\nname = "{name}"\n{address}\nentity = "Nordkauppa Oy"\n'
            for name, address in sorted(addresses.items())
        ))  # fmt: skip
        confirm_rules(folder / "retention.toml")
        self.owners = dict(self.owned())

    def write_mail(self) -> None:
        """Everybody wrote once; every other message mentions somebody else, who is to be cut out."""
        (self.folder / "estate" / "desk").mkdir()
        box = mailbox.mbox(str(self.folder / "estate" / "desk" / "support.mbox"))
        for person in self.people:
            other = self.people[person.number % len(self.people)]
            message = EmailMessage()
            message["From"], message["To"] = person.emails[0], "help@nordkauppa.example"
            message["Message-ID"] = f"<{person.number}@mail.example>"
            message["Date"] = "Mon, 2 Nov 2026 10:00:00 +0000"
            asked = f"Please answer {other.emails[0]} too, åäö.\n" if person.number % 2 else ""
            message.set_content(f"Where is my order?\n{asked}")
            box.add(message)
        box.close()

    def pdscan(self, *arguments: str) -> Result:
        done = run_here(*arguments, cwd=self.folder)
        assert done.code != 2, (arguments, done.err)
        return done

    # -- what the data protection officer knows ---------------------------------------------------

    def owned(self) -> Iterator[tuple[tuple[str, str], int]]:
        """(place, record) -> the number of the person it is about, by the estate's own truth."""
        for person in json.loads((self.folder / "truth.json").read_text())["people"]:
            for place in person["places"]:
                name, _, value = place["key"].partition("=")
                file = place["file"]
                if place["table"]:
                    yield (place["table"], value), person["number"]
                elif name == "line":
                    text = administrator.unpacked(self.folder / "estate" / file)
                    yield (file, text.split("\n")[int(value) - 1]), person["number"]
                else:
                    yield (file, value), person["number"]

    def decide(self, subject: Path, person: Person) -> None:
        """Looks at every holding that is open, and says whose it is."""
        review = subject.with_suffix(".toml")
        self.pdscan("subject", "review", subject.name, "--write", review.name)
        text = review.read_text()
        places = [Locator.parse(h["locator"]) for h in tomllib.loads(text).get("holding", [])]
        decided = dict(self.decided(places, person))

        def fill(match: re.Match[str]) -> str:
            return match[0].replace(
                'decision = ""', f'decision = "{decided[json.loads(match[1])]}"'
            )

        text = re.sub(r'locator = (".*")\n(?:#.*\n)*decision = ""', fill, text)
        review.write_text(text.replace('decided_by = ""', 'decided_by = "officer"'))
        self.pdscan("subject", "review", subject.name, "--apply", review.name)

    def decided(self, places: list[Locator], person: Person) -> Iterator[tuple[str, str]]:
        fingerprinter = Fingerprinter(keys.load(self.folder / "fingerprint.key"))
        for place in places:
            if place.source in _FILES:
                root = self.folder / "estate" / place.source
                connector = Files(place.source, str(root), (), (), ReadOptions())
                ((_, found),) = fetch_many(connector, [place], fingerprinter)
                file = f"{place.source}/{place.path[0]}"
                if isinstance(found, Row):
                    said = [value for _, value in found.values if value]
                else:
                    assert isinstance(found, Original)
                    said = [place.path[-1]]
                owner = next((self.owners[file, v] for v in said if (file, v) in self.owners), 0)
            else:
                owner = self.owners[place.path[-1], place.key[0][1]]
            yield str(place), "theirs" if owner == person.number else "not theirs"

    # -- what an administrator does -----------------------------------------------------------

    def carry_out(self, manifest: Path) -> None:
        """The statements and the list, as they are; the manifest itself is not looked at."""
        work = f"{manifest.name}.do"
        for kind in ("sql", "files"):
            done = self.pdscan("manifest", kind, manifest.name, "-o", work)
            assert done.code == 0, done.err
        for script in sorted((self.folder / work).glob("*.sql")):
            database = self.postgres if script.name.startswith("orders") else self.mysql
            run_script(database, script)
        list(administrator.work_through(self.folder / work / "files.jsonl"))


def run_script(database: Database, script: Path) -> None:
    url = database.url
    command = [
        "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", str(url.host), "-p", str(url.port),
        "-U", str(url.username), "-d", database.name,
    ]  # fmt: skip
    if url.drivername == "mysql":
        command = ["mariadb", "--no-defaults", "--protocol=tcp", "-h", str(url.host), "-P",
                   str(url.port), "-u", str(url.username), database.name]  # fmt: skip
    with script.open("rb") as stream:
        done = subprocess.run(command, stdin=stream, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.fixture
def world(tmp_path: Path, postgres: Database, mysql: Database) -> World:
    return World(tmp_path, postgres, mysql)


def test_the_whole_way(world: World) -> None:
    assert world.pdscan("scan", "-o", "inventory").code == 0
    chosen = world.people[4 : 4 + _PEOPLE]  # the first four are staff, whose orders others placed
    assert len(chosen) == _PEOPLE
    assert [lost(world, person) for person in world.people] == [[]] * _COUNT
    for person in chosen:
        world.pdscan("scan", "-o", "inventory", "--replace")
        name = f"{person.number}"
        subject, manifest = world.folder / f"{name}.json", world.folder / f"{name}.manifest"
        ids = [part for email in person.emails for part in ("--id", f"email={email}")]
        world.pdscan("subject", "inventory", *ids, "-o", subject.name)
        world.decide(subject, person)
        world.pdscan("export", subject.name, "--right", "portability", "-o", f"{name}.zip",
                     "--allow-plaintext")  # fmt: skip
        world.pdscan("erase", subject.name, "-o", manifest.name)
        assert world.pdscan("verify", manifest.name, "--before").code == 1  # nobody approved it
        world.pdscan("approve", manifest.name, "--role", "dpo", "--by", "officer")
        gate = world.pdscan("verify", manifest.name, "--before")
        assert gate.code == 0, gate.out
        world.carry_out(manifest)
        proof = world.pdscan("verify", manifest.name, "--after")
        assert proof.code == 0, proof.out
        place = manifest.with_name(f"{manifest.name}.certificate.json")
        issued = certificate.read(place.read_bytes(), place.name)
        entries = manifests.read(manifest).entries
        retained = any(entry.action == "retain" for entry in entries)
        assert issued.verdict == ("verified_with_retained" if retained else "verified")
        assert issued.open == {}
        actions = Counter(str(entry.action) for entry in entries)
        print(f"{person.number:>3} {issued.verdict:<24}", dict(sorted(actions.items())))  # noqa: T201
        assert left(world, person) == []
    untouched = [person for person in world.people if person not in chosen]
    assert [lost(world, person) for person in untouched] == [[]] * len(untouched)


def everything(world: World) -> Iterator[str]:
    """Every record of the estate by the servers' and files' own accounts, without pdscan."""
    for file in sorted((world.folder / "estate").rglob("*")):
        if file.is_file():
            data = file.read_bytes()
            yield from (
                (gzip.decompress(data) if file.suffix == ".gz" else data).decode().split("\n")
            )
    for table in ("customer", "address", "orders", "refund", "warranty"):
        yield from map(str, world.postgres.run(f"SELECT * FROM {table}"))
    for table in ("account", "session", "consent"):
        yield from map(str, world.mysql.run(f"SELECT * FROM {table}"))


def lost(world: World, person: Person) -> list[str]:
    """What the estate's truth says of the person and is not there any more."""
    known = json.loads((world.folder / "truth.json").read_text())["people"][person.number - 1]
    gone = []
    for place in known["places"]:
        name, _, value = place["key"].partition("=")
        if place["table"]:
            database = world.mysql if place["file"].startswith("accounts") else world.postgres
            (text,) = database.run(f"SELECT * FROM {place['table']} WHERE id = '{value}'") or ("",)
        else:
            text = administrator.unpacked(world.folder / "estate" / place["file"])
            assert name == "line" or value in text
        plain = str(text).replace(" ", "")
        if not all(held.replace(" ", "") in plain for held in place["holds"].values()):
            gone.append(f"{place['file']} {place['key']}")
    return gone


def left(world: World, person: Person) -> list[str]:
    """Where an address of the person still stands."""
    return [
        row for row in everything(world)
        if any(email.lower() in row.lower().replace("%40", "@") for email in person.emails)
    ]  # fmt: skip
