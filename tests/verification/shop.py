"""A small shop in PostgreSQL, a CSV file, a mailbox and a contract, and a manifest about Aino.

The manifest is made by hand from what stands there, so that verification is tested by itself.
"""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path

from pdscan import detectors
from pdscan.connectors.fetch import Original, Row, content_fingerprint, fetch_many
from pdscan.connectors.files import Files
from pdscan.connectors.interface import Connector, ReadOptions
from pdscan.connectors.records import records
from pdscan.exports import manifest as manifests
from pdscan.exports.manifest import Action, Datum, Entry, Ground, Header, Manifest, Person
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.recognise import recognise
from pdscan.model import Locator
from pdscan.scan import Plan
from pdscan.verification import after, before, disguises, state
from pdscan.verification.model import Acceptance, Problem
from tests.connectors.sql.conftest import Database

KEY = bytes(range(32))
KINDS = ("email", "phone", "fi.hetu", "iban")
AINO = {"email": "aino@example.com", "phone": "+358401234567", "fi.hetu": "131052-308T"}
BJORN = "bjorn@example.org"
_SCHEMA = """
CREATE TABLE customer (id int PRIMARY KEY, name text, email text, phone text, hetu text);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int REFERENCES customer, note text);
CREATE TABLE session (id int PRIMARY KEY, customer_id int REFERENCES customer ON DELETE CASCADE,
                      agent text);
CREATE TABLE invoice (id int PRIMARY KEY, buyer text, email text, total int);
INSERT INTO customer VALUES (1, 'Aino Koivuranta', 'aino@example.com', '+358401234567', '131052-308T'),
                            (2, 'Björn Almvik', 'bjorn@example.org', NULL, NULL);
INSERT INTO orders VALUES (10, 1, 'puh. 0401234567'), (20, 2, 'bjorn@example.org');
INSERT INTO session VALUES (100, 1, 'x'), (200, 2, 'x');
INSERT INTO invoice VALUES (7, 'Aino Koivuranta', 'aino@example.com', 4990),
                           (8, 'Björn Almvik', 'bjorn@example.org', 990);
"""
_CSV = (
    "email,message\nbjorn@example.org,Hej\naino@example.com,Hei\n"
    "bjorn@example.org,soita 0501112223\n"
)


@dataclass
class Shop:
    """The systems, and the gate and the proof over them."""

    database: Database
    folder: Path
    accepted: list[Acceptance] = field(default_factory=list)
    others: list[Manifest] = field(default_factory=list)
    known: list[Problem] = field(default_factory=list)
    values: tuple[disguises.Value, ...] = tuple(disguises.Value(k, v) for k, v in AINO.items())
    left_out: tuple[str, ...] = ()

    def open(self) -> None:
        self.database.run(_SCHEMA)
        files = self.folder / "files"
        files.mkdir()
        (files / "forms.csv").write_text(_CSV)
        (files / "contract.txt").write_text("Sopimus: Aino Koivuranta, aino@example.com.\n")
        (files / "others.csv").write_text("email\nbjorn@example.org\n")
        (files / "others.txt").write_text("Björn, bjorn@example.org\n")
        self.mail(files / "others.mbox", (
            ("4", BJORN, "shop@shop.example", "Hej"), ("5", BJORN, "shop@shop.example", "Hej igen"),
        ))  # fmt: skip
        self.mail(files / "mail.mbox", (
            ("1", "aino@example.com", "shop@shop.example", "Where is my order?"),
            ("2", BJORN, "shop@shop.example", "Ask aino@example.com about it, or bjorn."),
        ))  # fmt: skip
        self._connectors = self._connect()
        self.manifest = self._plan()

    def close(self) -> None:
        for connector in self._connectors:
            if hasattr(connector, "close"):
                connector.close()

    @property
    def files(self) -> Path:
        return self.folder / "files"

    def mail(self, path: Path, messages: Iterable[tuple[str, str, str, str]]) -> None:
        path.unlink(missing_ok=True)
        box = mailbox.mbox(str(path))
        for number, sender, to, text in messages:
            message = EmailMessage()
            message["From"], message["To"] = sender, to
            message["Message-ID"] = f"<{number}@shop.example>"
            message["Date"] = "Mon, 2 Nov 2026 10:00:00 +0000"
            message.set_content(text)
            if number == "1":  # what others are in goes along with the message
                message.add_attachment(
                    "email\nbjorn@example.org\n", subtype="csv", filename="l.csv"
                )
            box.add(message)
        box.close()

    # -- what is checked -------------------------------------------------------------------

    def plan(self) -> Plan:
        self.close()
        self._connectors = self._connect()
        return Plan(self._connectors, detectors.load(KINDS, None), KEY)

    def gate(self) -> before.Gate:
        gate = before.check(self.manifest, self.plan(), 0, accepted=self.accepted, known=self.known)
        self.state: state.Before | None = gate.state
        return gate

    def proof(self) -> after.Proof:
        return after.check(
            self.manifest, self.plan(), 0, self.state,
            disguised=disguises.disguises(self.values), accepted=self.accepted, known=self.known,
            others=self.others,
        )  # fmt: skip

    def delete(self) -> None:
        """What the manifest says, done by hand."""
        self.database.run(
            "DELETE FROM session WHERE id = 100; DELETE FROM orders WHERE id = 10;"
            "DELETE FROM customer WHERE id = 1; UPDATE invoice SET email = NULL WHERE id = 7"
        )
        (self.files / "forms.csv").write_text(_CSV.replace("aino@example.com,Hei\n", ""))
        self.mail(self.files / "mail.mbox", (
            ("2", BJORN, "shop@shop.example", "Ask [removed] about it, or bjorn."),
        ))  # fmt: skip

    # -- the manifest ----------------------------------------------------------------------

    def _connect(self) -> tuple[Connector, ...]:
        known: dict[str, Callable[[], Connector]] = {
            "shop": self.database.open,
            "files": lambda: Files("files", str(self.files), (), (), ReadOptions()),
        }
        return tuple(make() for name, make in known.items() if name not in self.left_out)

    def _plan(self) -> Manifest:
        fingerprinter = Fingerprinter(KEY)
        mbox = ("mail.mbox", "<1@shop.example>"), ("mail.mbox", "<2@shop.example>")
        (csv_key,) = (
            record.key for record in records(self._connectors[1], ("forms.csv",), fingerprinter)
            if ("email", "aino@example.com") in record.values
        )  # fmt: skip
        prefix = ("public",)
        chosen = [
            (Locator("shop", (*prefix, "session"), (("id", "100"),)), Action.ERASE),
            (Locator("shop", (*prefix, "orders"), (("id", "10"),)), Action.ERASE),
            (Locator("shop", (*prefix, "customer"), (("id", "1"),)), Action.ERASE),
            (Locator("shop", (*prefix, "invoice"), (("id", "7"),)), Action.RETAIN),
            (Locator("files", ("forms.csv",), (("#", csv_key),)), Action.ERASE),
            (Locator("files", ("contract.txt",)), Action.RETAIN),
            (Locator("files", self._message(mbox[0])), Action.ERASE),
            (Locator("files", self._message(mbox[1])), Action.RETAIN),
        ]
        found = self._fingerprints([locator for locator, _ in chosen])
        people = tuple(self.people())
        entries: list[Entry] = []
        for locator, action in chosen:
            fingerprint, text = found[locator]
            data = tuple(
                Datum(p.kind, "", p.preview, p.fingerprint, str(locator))
                for p in people if AINO[p.kind] in text
            )  # fmt: skip
            whole = Entry(
                len(entries) + 1, str(locator), str(locator), locator.source, action, "request",
                fingerprint=fingerprint, data=data,
            )  # fmt: skip
            if action is Action.RETAIN:
                ground = Ground("accounting", "statutory_min", "Kirjanpitolaki 1336/1997 2:10",
                                until="2032-12-31")  # fmt: skip
                whole = replace(whole, grounds=(ground,), until="2032-12-31", keep=("*",))
            entries.append(whole)
            if locator.path[-1] == "invoice":
                entries[-1] = replace(whole, keep=("id", "buyer", "total"))
                part = replace(locator, field="email")
                entries.append(replace(whole, number=len(entries) + 1, locator=str(part),
                                       action=Action.ERASE, keep=()))  # fmt: skip
            elif locator == chosen[-1][0]:
                part = replace(locator, span=(4, 20))
                entries.append(replace(whole, number=len(entries) + 1, locator=str(part),
                                       action=Action.REDACT, keep=()))  # fmt: skip
        kinds = tuple(f"{d.kind}/{d.version}" for d in detectors.load(KINDS, None))
        header = Header(
            "m1", "2026-11-22T10:00:00+00:00", len(entries), fingerprinter.key_id, "pdscan",
            person=people, detectors=kinds,
        )  # fmt: skip
        path = self.folder / "manifest.jsonl"
        manifests.write(Manifest(header, tuple(entries)), path)
        return manifests.read(path)

    def _message(self, wanted: tuple[str, str]) -> tuple[str, ...]:
        from pdscan.model import Item

        for unit in self._connectors[1].walk():
            if unit.path == ("mail.mbox",):  # type: ignore[union-attr]
                paths = [e.path for e in self._connectors[1].read(unit) if isinstance(e, Item)]  # type: ignore[arg-type]
                (path,) = (p for p in paths if wanted[1].strip("<>") in p[-1])
                return path
        raise AssertionError("no mailbox")

    def people(self) -> Iterable[Person]:
        for kind, value in AINO.items():
            known = recognise(
                value, detectors.load([kind], None), Fingerprinter(KEY), labelled=True
            )
            (one,) = known
            yield Person(kind, one.fingerprint.hex(), one.preview)

    def _fingerprints(self, locators: Sequence[Locator]) -> dict[Locator, tuple[str, str]]:
        found: dict[Locator, tuple[str, str]] = {}
        fingerprinter = Fingerprinter(KEY)
        for connector in self._connectors:
            mine = [locator for locator in locators if locator.source == connector.source]
            for locator, fetched in fetch_many(connector, mine, fingerprinter):
                assert isinstance(fetched, Row | Original), (locator, fetched)
                text = str(fetched.values) if isinstance(fetched, Row) else fetched.data.decode()
                found[locator] = content_fingerprint(fingerprinter, fetched), text
        return found
