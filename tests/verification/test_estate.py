"""The whole way for many people of the demo estate, with its databases on real servers."""

from __future__ import annotations

import csv
import mailbox
import os
import sqlite3
import subprocess
from contextlib import closing
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from unittest import mock

import pytest

from pdscan import keys
from pdscan.cli.story import _confirm_rules as confirm_rules
from pdscan.connectors.fetch import Row, fetch_many
from pdscan.connectors.files import Files
from pdscan.connectors.interface import ReadOptions
from pdscan.demo import administrator, estate
from pdscan.demo.people import Person, people
from pdscan.exports import certificate
from pdscan.exports import manifest as manifests
from pdscan.exports.manifest import REMOVES
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from tests.cli.command import Result, run_here
from tests.connectors.sql.conftest import Database

#: How many go the whole way; each takes some seconds.
_PEOPLE = int(os.environ.get("ESTATE_PEOPLE", "3"))
_COUNT = 60  # of the estate
_FOLDERS = ("payments", "forms", "newsletter", "logs", "mail")
_TYPES = {"INTEGER": "bigint", "TEXT": "varchar(400)"}


def load(file: Path, database: Database) -> None:
    """The tables of a SQLite file, keys and all, in a database of a server."""
    with closing(sqlite3.connect(file)) as connection:
        tables = [n for (n,) in connection.execute("SELECT name FROM sqlite_master "
                                                   "WHERE type = 'table' ORDER BY rowid")]  # fmt: skip
        for table in tables:
            columns = list(connection.execute(f"PRAGMA table_info({table})"))
            foreign = list(connection.execute(f"PRAGMA foreign_key_list({table})"))
            parts = [f"{c[1]} {_TYPES[c[2]]}{' PRIMARY KEY' if c[5] else ''}" for c in columns]
            parts += [f"FOREIGN KEY ({f[3]}) REFERENCES {f[2]} (id)" for f in foreign]
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
        (folder / "estate" / "logs" / "access.log.3.gz").unlink()
        administrator.remove_record(folder / "estate/forms/contact-form.csv", ["(cut off)"])
        self.write_mail()
        load(folder / "estate" / "orders.sqlite", postgres)
        load(folder / "estate" / "accounts.sqlite", mysql)
        addresses = {name: f'path = "estate/{name}"' for name in _FOLDERS} | {
            "orders": f'url = "{postgres.url}"', "accounts": f'url = "{mysql.url}"',
        }  # fmt: skip
        (folder / "pdscan.toml").write_text('key_file = "fingerprint.key"\njobs = 1\n' + "".join(
            f'[[source]]\nname = "{name}"\n{address}\nentity = "Nordkauppa Oy"\n'
            for name, address in sorted(addresses.items())
        ))  # fmt: skip
        confirm_rules(folder / "retention.toml")
        # Refunds have no date of their own here; this controller takes none of them for vouchers.
        rules = (folder / "retention.toml").read_text()
        (folder / "retention.toml").write_text(rules.replace('"refund*", ', ""))

    def write_mail(self) -> None:
        (self.folder / "estate" / "mail").mkdir()
        box = mailbox.mbox(str(self.folder / "estate" / "mail" / "support.mbox"))
        for person in self.people:
            message = EmailMessage()
            message["From"], message["To"] = person.emails[0], "help@nordkauppa.example"
            message["Message-ID"] = f"<{person.number}@mail.example>"
            message["Date"] = "Mon, 2 Nov 2026 10:00:00 +0000"
            message.set_content("Where is my order?\n")
            box.add(message)
        box.close()

    def pdscan(self, *arguments: str) -> Result:
        done = run_here(*arguments, cwd=self.folder)
        assert done.code != 2, (arguments, done.err)
        return done

    # -- what an administrator does -----------------------------------------------------------

    def carry_out(self, manifest: Path) -> None:
        done = self.pdscan("manifest", "sql", manifest.name, "-o", f"{manifest.name}.do")
        assert done.code == 0, done.err
        self.pdscan("manifest", "files", manifest.name, "-o", f"{manifest.name}.do")
        for script in sorted((self.folder / f"{manifest.name}.do").glob("*.sql")):
            database = self.postgres if script.name.startswith("orders") else self.mysql
            run_script(database, script)
        fingerprinter = Fingerprinter(keys.load(self.folder / "fingerprint.key"))
        places: dict[str, list[Locator]] = {}
        for entry in manifests.read(manifest).entries:
            if entry.action in REMOVES and entry.source in _FOLDERS:
                places.setdefault(entry.source, []).append(Locator.parse(entry.holding))
        for source, locators in places.items():
            root = self.folder / "estate" / source
            connector = Files(source, str(root), (), (), ReadOptions())
            for place, found in list(fetch_many(connector, locators, fingerprinter)):
                if isinstance(found, Row):
                    values = [value for _, value in found.values if value]
                    assert administrator.remove_record(root / place.path[0], values), place
                else:
                    self.remove_message(root / place.path[0], place.path[-1])

    def remove_message(self, file: Path, name: str) -> None:
        box = mailbox.mbox(str(file))
        (number,) = (n for n, m in box.items() if m["Message-ID"].strip("<>") == name.strip("<>"))
        box.remove(number)
        box.close()


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


def alone(everybody: tuple[Person, ...]) -> list[Person]:
    """Those who share neither a name nor a door nor a mailbox with anybody."""
    shared = {p.household for p in everybody} | {p.namesake for p in everybody}
    return [
        p for p in everybody
        if not (p.household or p.namesake or p.firm or p.number in shared or p.number <= 4)
    ]  # fmt: skip


def test_the_whole_way(world: World) -> None:
    assert world.pdscan("scan", "-o", "inventory").code == 0
    chosen = alone(world.people)[:_PEOPLE]
    assert len(chosen) == _PEOPLE
    for person in chosen:
        name = f"{person.number}"
        subject, manifest = f"{name}.json", world.folder / f"{name}.manifest"
        ids = [part for email in person.emails for part in ("--id", f"email={email}")]
        world.pdscan("subject", "inventory", *ids, "-o", subject)
        world.pdscan("subject", "review", subject, "--write", f"{name}.toml")
        review = world.folder / f"{name}.toml"
        text = review.read_text().replace('decision = ""', 'decision = "theirs"')
        review.write_text(text.replace('decided_by = ""', 'decided_by = "officer"'))
        world.pdscan("subject", "review", subject, "--apply", review.name)
        world.pdscan("export", subject, "--right", "portability", "-o", f"{name}.zip",
                     "--allow-plaintext")  # fmt: skip
        world.pdscan("erase", subject, "-o", manifest.name)
        assert world.pdscan("verify", manifest.name, "--before").code == 1  # nobody approved it
        world.pdscan("approve", manifest.name, "--role", "dpo", "--by", "officer")
        gate = world.pdscan("verify", manifest.name, "--before")
        assert gate.code == 0, gate.out
        world.carry_out(manifest)
        proof = world.pdscan("verify", manifest.name, "--after")
        assert proof.code == 0, proof.out
        place = manifest.with_name(f"{manifest.name}.certificate.json")
        issued = certificate.read(place.read_bytes(), place.name)
        kept = manifests.read(manifest).entries
        retained = any(entry.action == "retain" for entry in kept)
        assert issued.verdict == ("verified_with_retained" if retained else "verified")
        assert nowhere(world, person)


def nowhere(world: World, person: Person) -> bool:
    """By the servers' and files' own accounts, without pdscan: no address of the person is left."""
    texts = [f.read_text("utf-8", "replace") for f in (world.folder / "estate").rglob("*")
             if f.is_file() and f.suffix != ".gz"]  # fmt: skip
    texts += [str(world.postgres.run("SELECT email FROM customer"))]
    texts += [str(world.mysql.run("SELECT login, email FROM account"))]
    with (world.folder / "estate/newsletter/contacts.csv").open(encoding="utf-8") as stream:
        assert list(csv.reader(stream))
    return not any(email.lower() in text.lower() for email in person.emails for text in texts)
