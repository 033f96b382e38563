"""How fast the places of a manifest are read again, and the whole gate: ``python -m
bench.verification [ENTRIES]``.

Needs PostgreSQL on 127.0.0.1 with an administrator ``root`` without a password; makes a database of
its own and drops it. Prints wall-clock and processor seconds, and how many questions were asked:
the processor's are those of this process, the server works beside it.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import sqlalchemy as sa

from pdscan import detectors
from pdscan.connectors.fetch import content_fingerprint, fetch_many
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.opening import open_database
from pdscan.errors import UnreadableError
from pdscan.exports.manifest import Action, Entry, Header, Manifest, Person
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.scan import Plan
from pdscan.verification import before
from pdscan.verification.reread import reread

_SERVER = "postgresql+psycopg://root@127.0.0.1"
_KEY = bytes(range(32))
_ENTRIES = 100_000
_Done = TypeVar("_Done")


def main(entries: int) -> None:
    """Measures `entries` rows of one table, each with an entry of its own."""
    name = f"pdscan_bench_{secrets.token_hex(4)}"
    admin = sa.create_engine(f"{_SERVER}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as server:
        server.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            _fill(name, entries)
            _measure(open_database("shop", sa.make_url(f"{_SERVER}/{name}")), entries)
        finally:
            server.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def _fill(name: str, entries: int) -> None:
    engine = sa.create_engine(f"{_SERVER}/{name}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE visit (id bigint PRIMARY KEY, email text, phone text, at timestamp, "
            "page text)"
        )
        connection.exec_driver_sql(
            "INSERT INTO visit SELECT n, 'p' || n || '@example.com', '+35840' || lpad(n::text, 7, "
            f"'0'), '2026-01-01', 'page ' || mod(n, 500) FROM generate_series(1, {entries} + 1) n"
        )
    engine.dispose()


def _measure(connector: SqlConnector, entries: int) -> None:
    fingerprinter = Fingerprinter(_KEY)
    places = [
        Locator("shop", ("public", "visit"), (("id", str(n)),)) for n in range(1, entries + 1)
    ]
    planned = {
        place: content_fingerprint(fingerprinter, found)
        for place, found in fetch_many(connector, places, fingerprinter)
        if not isinstance(found, UnreadableError)
    }
    known = Manifest(
        Header("m", "2026-11-22T10:00:00+00:00", entries, fingerprinter.key_id, "pdscan",
               person=(Person("email", "00" * 12, "*"),)),
        tuple(
            Entry(n, str(place), str(place), "shop", Action.ERASE, "request", fingerprint=content)
            for n, (place, content) in enumerate(planned.items(), 1)
        ),
    )  # fmt: skip
    asked: list[str] = []

    @sa.event.listens_for(sa.Engine, "before_cursor_execute")
    def ask(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement)

    _timed("read again", entries, asked,
           lambda: reread({"shop": connector}, planned, fingerprinter))  # fmt: skip
    plan = Plan((connector,), detectors.load(("email", "phone"), None), _KEY)
    gate = _timed("the gate", entries, asked, lambda: before.check(known, plan, 0))
    print({str(p.weight): p.why for p in gate.problems} or "go")
    connector.close()


def _timed(what: str, entries: int, asked: list[str], do: Callable[[], _Done]) -> _Done:
    asked.clear()
    begin, used = time.perf_counter(), time.process_time()
    done = do()
    seconds, used = time.perf_counter() - begin, time.process_time() - used
    print(
        f"{what}: {entries:,} entries in {seconds:.1f} s ({entries / seconds:,.0f}/s), "
        f"{used:.1f} s of this process ({entries / used:,.0f}/s), {len(asked):,} statements"
    )
    return done


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _ENTRIES)
