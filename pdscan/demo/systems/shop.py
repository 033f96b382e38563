"""The order database that the sister companies share, and the web shop's login database."""

from __future__ import annotations

import random
from typing import Any

from pdscan.demo.people import Person
from pdscan.demo.site import COMPANIES, Site, address_kind, identity, identity_kind, spelled, when

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


def write(site: Site) -> None:
    """``orders.sqlite`` and ``accounts.sqlite``."""
    _orders(site, "orders.sqlite")
    _accounts(site, "accounts.sqlite")


def _orders(site: Site, file: str) -> None:
    """The order database that both companies share, with the same staff."""
    rng, note = site.chances(file), site.note
    tables: dict[str, list[tuple[Any, ...]]] = {
        name: [] for name in ("customer", "address", "orders", "refund", "warranty")
    }
    for person in site.people:
        for company, _name, country in COMPANIES:
            if country != person.country and person.number % 6:
                continue
            key = len(tables["customer"]) + 1
            email = _mailbox(person, company)
            phone = spelled(person, rng)
            personal_id = identity(person, company) if person.number % 4 == 1 else None
            firm = person.firm
            tables["customer"].append((
                key, company, person.name, email, phone, personal_id, firm and firm.name,
                firm and firm.business_id, firm and firm.vat, f"{when(rng):%Y-%m-%d}",
            ))  # fmt: skip
            holds = {"email": email, "phone": phone}
            if personal_id:
                holds[identity_kind(person)] = personal_id
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
                _order(site, file, rng, tables, person, key, company)
            if rng.random() < 0.2:
                row = len(tables["warranty"]) + 1
                serial = f"NK-{rng.randrange(16**6):06X}"
                tables["warranty"].append((row, key, serial, f"{when(rng):%Y-%m-%d}"))
                note(person, file, f"id={row}", {}, "warranty")
    staff = [person for person in site.people if person.work_email]
    rows = [(row, p.name, p.login, p.work_email) for row, p in enumerate(staff, 1)]
    for row, person in enumerate(staff, 1):
        note(person, file, f"id={row}", {"email": person.work_email or ""}, "staff")
    site.database(file, _ORDERS, {"company": COMPANIES, "staff": rows, **tables})


def _order(
    site: Site, file: str, rng: random.Random, tables: dict[str, list[tuple[Any, ...]]],
    person: Person, customer: int, company: int,
) -> None:  # fmt: skip
    row = len(tables["orders"]) + 1
    address = rng.choice(person.addresses)
    passport = person.passport if rng.random() < 0.03 and person.country == "fi" else None
    remark = None
    holds = {address_kind(address): address}
    if passport:
        holds["fi.passport"] = passport
    if rng.random() < 0.05:
        remark = f"Soita ennen toimitusta, puh. {person.phone}"
        holds["phone"] = person.phone
    tables["orders"].append((
        row, customer, company, f"{when(rng):%Y-%m-%d %H:%M:%S}", address,
        rng.randrange(990, 99_000), passport, 1 + row % 4, remark,
    ))  # fmt: skip
    site.note(person, file, f"id={row}", holds, "orders")
    if rng.random() < 0.08:
        refund = len(tables["refund"]) + 1
        tables["refund"].append((refund, row, person.iban, person.name, 990))
        site.note(person, file, f"id={refund}", {"iban": person.iban}, "refund")


def _accounts(site: Site, file: str) -> None:
    """The login database of the web shop."""
    rng, note = site.chances(file), site.note
    accounts: list[tuple[Any, ...]] = []
    sessions: list[tuple[Any, ...]] = []
    consents: list[tuple[Any, ...]] = []
    for person in site.people:
        if person.number % 3 == 2:
            continue
        key, address = person.number, person.addresses[0]
        kind = address_kind(address)
        digest = f"$2b$12${rng.getrandbits(256):064x}"
        hint = f"koiran nimi, tai soita {person.phone}" if person.number % 60 == 1 else None
        accounts.append((key, person.login, person.emails[-1], digest, hint,
                         f"{when(rng, 400):%Y-%m-%dT%H:%M:%SZ}", address))  # fmt: skip
        holds = {"email": person.emails[-1], kind: address}
        note(person, file, f"id={key}", holds | ({"phone": person.phone} if hint else {}),
             "account")  # fmt: skip
        if person.number % 5 == 0:
            token = f"{rng.getrandbits(128):032x}"
            sessions.append((token, key, f"{when(rng, 30):%Y-%m-%dT%H:%M:%SZ}", address))
            note(person, file, f"id={token}", {kind: address}, "session")
        row = len(consents) + 1
        consents.append((row, key, "direct marketing", person.number % 2,
                         f"{when(rng):%Y-%m-%d}"))  # fmt: skip
        note(person, file, f"id={row}", {}, "consent")
    tables = {"account": accounts, "session": sessions, "consent": consents}
    site.database(file, _ACCOUNTS, tables)


def _mailbox(person: Person, company: int) -> str:
    """Where the order confirmation goes: the firm's shared mailbox for every other contact."""
    if person.firm is not None and person.number % 16 == 0:
        return person.firm.mailbox
    return person.emails[(company - 1) % len(person.emails)]
