"""Writes the systems of the demo estate as their files: databases, payment reports, web forms,
newsletter lists and server logs of two sister companies.

Everything is derived from `pdscan.demo.people`: the same bytes every time.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pdscan.demo.people import SEED, Person, people
from pdscan.demo.truth import Truth

NOW = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
COMPANIES = ((1, "Nordkauppa Oy", "fi"), (2, "Nordhandel AB", "se"))

_ORDERS = """
CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, login TEXT, email TEXT);
CREATE TABLE customer (
    id INTEGER PRIMARY KEY, company_id INTEGER REFERENCES company, name TEXT, email TEXT,
    phone TEXT, personal_id TEXT, firm TEXT, business_id TEXT, vat_number TEXT, created TEXT);
CREATE TABLE address (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, type TEXT, street TEXT,
    postcode TEXT, town TEXT, country TEXT);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer,
    company_id INTEGER REFERENCES company, ordered_at TEXT, ip TEXT, total_cents INTEGER,
    passport_number TEXT, handled_by INTEGER REFERENCES staff, note TEXT);
CREATE TABLE refund (
    id INTEGER PRIMARY KEY, order_id INTEGER REFERENCES orders, iban TEXT, holder TEXT,
    cents INTEGER);
CREATE TABLE warranty (
    id INTEGER PRIMARY KEY, customer_id INTEGER REFERENCES customer, serial_number TEXT,
    registered TEXT);
"""
_ACCOUNTS = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY, login TEXT UNIQUE, email TEXT, password_hash TEXT, password_hint TEXT,
    last_login TEXT, last_login_ip TEXT);
CREATE TABLE session (
    id TEXT PRIMARY KEY, account_id INTEGER REFERENCES account, started TEXT, ip TEXT);
CREATE TABLE consent (
    id INTEGER PRIMARY KEY, account_id INTEGER REFERENCES account, purpose TEXT, given INTEGER,
    decided TEXT);
"""
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.6723.91 Safari",
)


def write(folder: Path, truth_file: Path) -> tuple[Person, ...]:
    """Writes the estate into `folder` (made if need be) and the truth about it beside it."""
    everybody, truth = people(), Truth()
    for name in ("payments", "forms", "newsletter", "logs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder, everybody, truth)
    writer.orders("orders.sqlite")
    writer.accounts("accounts.sqlite")
    writer.paypal_csv("payments/paypal-2026-10.csv")
    writer.paypal_json("payments/paypal-transactions.json")
    writer.wix("forms/contact-form.csv")
    writer.sendgrid_csv("newsletter/contacts.csv")
    writer.sendgrid_json("newsletter/suppressions.json")
    writer.logs("logs")
    truth.write(truth_file, everybody)
    return everybody


class _Writer:
    """One method per system; what it writes about somebody it also notes as the truth."""

    def __init__(self, folder: Path, everybody: Sequence[Person], truth: Truth) -> None:
        self._folder = folder
        self._everybody = everybody
        self._truth = truth

    def _rng(self, file: str) -> random.Random:
        return random.Random(f"{SEED} {file}")  # noqa: S311 - the same bytes every time

    def _when(self, rng: random.Random, days: int = 2000) -> datetime:
        return NOW - timedelta(seconds=rng.randrange(days * 86400))

    # -- databases -------------------------------------------------------------------------

    def orders(self, file: str) -> None:
        """The order database that both companies share, with the same staff."""
        rng, note = self._rng(file), self._truth.note
        tables: dict[str, list[tuple[Any, ...]]] = {
            name: [] for name in ("customer", "address", "orders", "refund", "warranty")
        }
        for person in self._everybody:
            for company, _name, country in COMPANIES:
                if country != person.country and person.number % 6:
                    continue
                key = len(tables["customer"]) + 1
                email = _mailbox(person, company)
                phone = _spelled(person, rng)
                identity = _identity(person, company) if person.number % 4 == 1 else None
                firm = person.firm
                tables["customer"].append((
                    key, company, person.name, email, phone, identity, firm and firm.name,
                    firm and firm.business_id, firm and firm.vat, f"{self._when(rng):%Y-%m-%d}",
                ))  # fmt: skip
                holds = {"email": email, "phone": phone}
                if identity:
                    holds["fi.hetu" if person.country == "fi" else "se.personnummer"] = identity
                if firm:
                    kind = "fi.ytunnus" if firm.country == "fi" else "se.orgnr"
                    holds |= {kind: firm.business_id, "eu.vat": firm.vat}
                note(person, file, f"id={key}", holds, "customer")
                for kind in ("billing", "delivery")[: 1 + (person.number % 3 == 0)]:
                    row = len(tables["address"]) + 1
                    tables["address"].append((row, key, kind, person.street, person.postcode,
                                              person.town, person.country.upper()))  # fmt: skip
                    note(person, file, f"id={row}", {}, "address")
                for _ in range(rng.randrange(1, 4)):
                    self._order(file, rng, tables, person, key, company)
                if rng.random() < 0.2:
                    row = len(tables["warranty"]) + 1
                    serial = f"NK-{rng.randrange(16**6):06X}"
                    tables["warranty"].append((row, key, serial, f"{self._when(rng):%Y-%m-%d}"))
                    note(person, file, f"id={row}", {}, "warranty")
        staff = [
            (number, person.name, person.login, f"{person.login}@nordkauppa.example")
            for number, person in enumerate(self._everybody[:4], 1)
        ]
        for row, (person, values) in enumerate(zip(self._everybody, staff, strict=False), 1):
            note(person, file, f"id={row}", {"email": values[3]}, "staff")
        self._database(file, _ORDERS, {"company": COMPANIES, "staff": staff, **tables})

    def _order(
        self, file: str, rng: random.Random, tables: dict[str, list[tuple[Any, ...]]],
        person: Person, customer: int, company: int,
    ) -> None:  # fmt: skip
        row = len(tables["orders"]) + 1
        address = rng.choice(person.addresses)
        passport = person.passport if rng.random() < 0.03 and person.country == "fi" else None
        remark = None
        holds = {"ipv6" if ":" in address else "ipv4": address}
        if passport:
            holds["fi.passport"] = passport
        if rng.random() < 0.05:
            remark = f"Soita ennen toimitusta, puh. {person.phone}"
            holds["phone"] = person.phone
        tables["orders"].append((
            row, customer, company, f"{self._when(rng):%Y-%m-%d %H:%M:%S}", address,
            rng.randrange(990, 99_000), passport, 1 + row % 4, remark,
        ))  # fmt: skip
        self._truth.note(person, file, f"id={row}", holds, "orders")
        if rng.random() < 0.08:
            refund = len(tables["refund"]) + 1
            tables["refund"].append((refund, row, person.iban, person.name, 990))
            self._truth.note(person, file, f"id={refund}", {"iban": person.iban}, "refund")

    def accounts(self, file: str) -> None:
        """The login database of the web shop."""
        rng, note = self._rng(file), self._truth.note
        accounts: list[tuple[Any, ...]] = []
        sessions: list[tuple[Any, ...]] = []
        consents: list[tuple[Any, ...]] = []
        for person in self._everybody:
            if person.number % 3 == 2:
                continue
            key, address = person.number, person.addresses[0]
            kind = "ipv6" if ":" in address else "ipv4"
            digest = f"$2b$12${rng.getrandbits(256):064x}"
            hint = f"koiran nimi, tai soita {person.phone}" if person.number % 60 == 1 else None
            accounts.append((key, person.login, person.emails[-1], digest, hint,
                             f"{self._when(rng, 400):%Y-%m-%dT%H:%M:%SZ}", address))  # fmt: skip
            holds = {"email": person.emails[-1], kind: address}
            note(person, file, f"id={key}", holds | ({"phone": person.phone} if hint else {}),
                 "account")  # fmt: skip
            if person.number % 5 == 0:
                token = f"{rng.getrandbits(128):032x}"
                sessions.append((token, key, f"{self._when(rng, 30):%Y-%m-%dT%H:%M:%SZ}", address))
                note(person, file, f"id={token}", {kind: address}, "session")
            row = len(consents) + 1
            consents.append((row, key, "direct marketing", person.number % 2,
                             f"{self._when(rng):%Y-%m-%d}"))  # fmt: skip
            note(person, file, f"id={row}", {}, "consent")
        tables = {"account": accounts, "session": sessions, "consent": consents}
        self._database(file, _ACCOUNTS, tables)

    def _database(
        self, file: str, schema: str, tables: Mapping[str, Sequence[tuple[Any, ...]]]
    ) -> None:
        path = self._folder / file
        path.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(schema)
            for name, rows in tables.items():
                marks = ",".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)  # noqa: S608 - our own names

    # -- files of service providers ------------------------------------------------------------

    def paypal_csv(self, file: str) -> None:
        """A PayPal activity report."""
        rng = self._rng(file)
        rows = []
        for person in self._everybody[::3]:
            transaction = f"{rng.getrandbits(80) % 36**8:017X}"
            when, cents = self._when(rng, 31), rng.randrange(990, 99_000)
            address = f"{person.name}, {person.street}, {person.postcode} {person.town}"
            rows.append([f"{when:%d/%m/%Y}", f"{when:%H:%M:%S}", "UTC", person.name,
                         "Express Checkout Payment", "Completed", "EUR", f"{cents / 100:.2f}",
                         person.emails[0], "pay@nordkauppa.example", transaction, address,
                         _note(person)])  # fmt: skip
            holds = {"email": person.emails[0]}
            if person.number % 75 == 1:
                holds["payment_card"] = "4111 1111 1111 1111"
            self._truth.note(person, file, f"Transaction ID={transaction}", holds)
        header = ["Date", "Time", "TimeZone", "Name", "Type", "Status", "Currency", "Gross",
                  "From Email Address", "To Email Address", "Transaction ID", "Shipping Address",
                  "Note"]  # fmt: skip
        self._csv(file, header, rows)

    def paypal_json(self, file: str) -> None:
        """The same provider's transactions from its programming interface."""
        rng = self._rng(file)
        details = []
        for person in self._everybody[1::7]:
            transaction = f"{rng.getrandbits(80) % 36**8:017X}"
            details.append({
                "transaction_info": {
                    "transaction_id": transaction,
                    "transaction_initiation_date": f"{self._when(rng, 31):%Y-%m-%dT%H:%M:%S+0000}",
                    "transaction_amount": {"currency_code": "EUR", "value": "49.90"},
                },
                "payer_info": {
                    "email_address": person.emails[0],
                    "phone_number": {"national_number": _national(person)},
                    "payer_name": {"given_name": person.given, "surname": person.family},
                },
                "shipping_info": {"address": {"line1": person.street, "city": person.town,
                                              "postal_code": person.postcode}},
            })  # fmt: skip
            self._truth.note(person, file, f"transaction_id={transaction}",
                             {"email": person.emails[0]})  # fmt: skip
        self._json(file, {"transaction_details": details, "total_items": len(details)})

    def wix(self, file: str) -> None:
        """A contact form's export: whatever the visitors typed, one broken row among it."""
        rng = self._rng(file)
        rows = []
        for person in self._everybody[4::9]:
            identity = _identity(person, 1)
            word = "henkilötunnukseni on" if person.country == "fi" else "mitt personnummer är"
            message, holds = (
                _MESSAGES[person.number // 9 % len(_MESSAGES)],
                {"email": person.emails[0]},
            )
            if "{identity}" in message:
                holds["fi.hetu" if person.country == "fi" else "se.personnummer"] = identity
            if "{phone}" in message:
                holds["phone"] = _spelled(person, random.Random(person.number))  # noqa: S311
            if "{iban}" in message:
                holds["iban"] = person.iban
            text = message.format(
                identity=f"{word} {identity}", phone=holds.get("phone", ""), name=person.name,
                iban=" ".join(person.iban[i : i + 4] for i in range(0, len(person.iban), 4)),
            )  # fmt: skip
            submitted = f"{self._when(rng, 300):%Y-%m-%dT%H:%M:%S.000Z}"
            rows.append([submitted, person.given, person.family, person.emails[0], text])
            self._truth.note(person, file, f"Submission time={submitted}", holds)
        rows.sort()
        rows.insert(7, ["2026-03-05T10:00:00.000Z", "(cut off)"])
        header = ["Submission time", "First name", "Last name", "Email", "Message"]
        self._csv(file, header, rows)

    def sendgrid_csv(self, file: str) -> None:
        """The newsletter's contacts."""
        rows = []
        for person in self._everybody:
            if person.number % 2:
                email = person.emails[len(person.emails) // 2].upper() if person.number % 31 == 0 \
                    else person.emails[len(person.emails) // 2]  # fmt: skip
                state = "unsubscribed" if person.number % 11 == 0 else "subscribed"
                rows.append([email, person.given, person.family, person.country.upper(), state])
                self._truth.note(person, file, f"email={email}", {"email": email})
        self._csv(file, ["email", "first_name", "last_name", "country", "state"], rows)

    def sendgrid_json(self, file: str) -> None:
        """Who must not get newsletters any more."""
        rng = self._rng(file)
        entries = []
        for person in self._everybody[10::11]:
            created = int(self._when(rng, 700).timestamp())
            entries.append({"created": created, "email": person.emails[0]})
            key = f"email={person.emails[0]}"
            self._truth.note(person, file, key, {"email": person.emails[0]})
        self._json(file, entries)

    # -- logs ----------------------------------------------------------------------------------

    def logs(self, folder: str) -> None:
        """Web server logs, rotated and compressed; the oldest is cut off, as after a full disk."""
        rng = self._rng(folder)
        for age, name in enumerate(("access.log", "access.log.1", "access.log.2.gz",
                                    "access.log.3.gz")):  # fmt: skip
            file = f"{folder}/{name}"
            lines = list(self._requests(file, rng, age, note=age < 3))
            data = "".join(lines).encode()
            if name.endswith(".gz"):
                data = gzip.compress(data, mtime=0)
            self._path(file).write_bytes(data if age < 3 else data[: len(data) // 3])

    def _requests(
        self, file: str, rng: random.Random, age: int, *, note: bool
    ) -> Iterator[str]:  # fmt: skip
        when = NOW - timedelta(days=7 * (age + 1))
        for line in range(1, 1001):
            when += timedelta(seconds=rng.randrange(1200))
            person = rng.choice(self._everybody)
            address, path = person.addresses[-1], f"/tuote/{rng.randrange(500)}"
            holds = {"ipv6" if ":" in address else "ipv4": address}
            if line % 40 == 0:
                encoded = person.emails[0].replace("@", "%40")
                path = f"/newsletter/confirm?email={encoded}"
                holds["email"] = encoded
            elif line % 55 == 0:
                path = f"/reset?user={person.emails[-1]}&t={rng.getrandbits(64):x}"
                holds["email"] = person.emails[-1]
            if note:
                self._truth.note(person, file, f"line={line}", holds)
            yield (
                f"{address} - - [{when:%d/%b/%Y:%H:%M:%S +0000}] "
                f'"GET {path} HTTP/1.1" 200 {rng.randrange(300, 90_000)} '
                f'"https://shop.nordkauppa.example/" "{rng.choice(_AGENTS)}"\n'
            )

    def _csv(self, file: str, header: list[str], rows: Iterable[list[str]]) -> None:
        with self._path(file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows(rows)

    def _json(self, file: str, document: Any) -> None:
        text = json.dumps(document, ensure_ascii=False, indent=2)
        self._path(file).write_text(text + "\n", "utf-8")

    def _path(self, file: str) -> Path:
        return self._folder / file


_MESSAGES = (
    "Hei! Milloin tilaukseni saapuu?\nTerveisin, {name}",
    "Voitteko soittaa minulle numeroon {phone}? Kiitos.",
    "Hej, {identity}. Kan ni uppdatera mina uppgifter?",
    "Palauttakaa rahat tilille {iban}, kiitos.",
    "Tuotenumero 12345-678 ei toimi, mitä teen?",
)


def _mailbox(person: Person, company: int) -> str:
    """Where the order confirmation goes: the firm's shared mailbox for every other contact."""
    if person.firm is not None and person.number % 16 == 0:
        return person.firm.mailbox
    return person.emails[(company - 1) % len(person.emails)]


def _identity(person: Person, company: int) -> str:
    """The second company writes Swedish identity numbers with the century."""
    if person.country == "se" and company == 2:
        century = person.born.year // 100
        return f"{century}{person.identity.replace('+', '-')}"
    return person.identity


def _spelled(person: Person, rng: random.Random) -> str:
    """A telephone number as people write it."""
    rest = _national(person)
    prefix = person.phone.removesuffix(rest)
    return rng.choice((
        person.phone, f"{prefix} {rest[:2]} {rest[2:5]} {rest[5:]}", f"0{rest}",
        f"0{rest[:2]}-{rest[2:]}",
    ))  # fmt: skip


def _national(person: Person) -> str:
    return person.phone.removeprefix("+358").removeprefix("+46")


def _note(person: Person) -> str:
    """A card number somebody typed where none belongs: the card industry's test number."""
    return "kortti 4111 1111 1111 1111 ei toiminut" if person.number % 75 == 1 else ""
