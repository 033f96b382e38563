"""Reading and scanning databases, against the database's own way of handing a table out.

    python bench/databases.py [--rows 1000000] [--servers postgresql,mysql]

Needs PostgreSQL and MariaDB on 127.0.0.1 with an administrator ``root`` without a password, and
their clients ``psql`` and ``mysql``. Makes a database of its own and drops it. Each figure is of a
process of its own, so that peak memory is that of the one job.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from pdscan.connectors.interface import Unit
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.opening import open_database
from pdscan.connectors.sql.rows import Selection
from pdscan.detectors import email, fi_hetu
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block

HOST = "127.0.0.1"

CUSTOMERS = """CREATE TABLE customers (id {int} PRIMARY KEY, name varchar(80), email varchar(120),
    phone varchar(20), hetu varchar(11), street varchar(80), city varchar(40), iban varchar(34))"""
ORDERS = """CREATE TABLE orders (id {int} PRIMARY KEY, customer_id {int}, ordered date,
    ip varchar(45), delivery varchar(120), reference varchar(30), total numeric(10,2))"""
TICKETS = """CREATE TABLE tickets (id {int} PRIMARY KEY, customer_id {int}, subject varchar(120),
    body text)"""

# {n} is the row's number; both servers know lpad, mod, concat and substring.
VALUES = {
    "customers": (
        "{n}, concat('Matti Meikäläinen ', {n}), concat('matti.', {n}, '@example.com'), "
        "concat('+358 40 ', lpad({t}({n}), 7, '0')), {hetu}, concat('Mannerheimintie ', {n}), "
        "'Helsinki', concat('FI21 1234 ', lpad({t}({n}), 10, '0'))"
    ),
    "orders": (
        "{n}, 1 + mod({n} * 7, {rows}), '2024-05-17', "
        "concat('192.0.2.', mod({n}, 250)), concat('Posti, Mannerheimintie ', {n}, ', 00100'), "
        "concat('RF', lpad({t}({n}), 12, '0')), 12.50"
    ),
    "tickets": (
        "{n}, 1 + mod({n} * 7, {rows}), concat('Problem with sensor ', {n}), "
        "concat('Hello, the sensor I bought in spring stopped sending values again, and the lamp "
        "on its side blinks red every ten seconds. I have tried another battery and another room. "
        "Please tell me what to do. ', CASE WHEN mod({n}, 20) = 0 THEN concat('You reach me at "
        "matti.', {n}, '@example.com.') ELSE '' END, ' Kind regards, Matti')"
    ),
}


def statements(server: str, rows: int) -> Iterator[str]:
    is_postgres = server == "postgresql"
    for create in (CUSTOMERS, ORDERS, TICKETS):
        yield create.format(int="bigint")
    source = f"generate_series(1, {rows}) AS s(n)" if is_postgres else f"seq_1_to_{rows} AS s"
    number, text = ("n", "text") if is_postgres else ("seq", "concat")
    born = "lpad({t}(1 + mod({n}, 28)), 2, '0'), lpad({t}(1 + mod({n}, 12)), 2, '0'), " \
           "lpad({t}(mod({n}, 99)), 2, '0')"  # fmt: skip
    digits = "lpad({t}(2 + mod({n}, 897)), 3, '0')"
    whole = "bigint" if is_postgres else "unsigned"
    check = (
        "substring('0123456789ABCDEFHJKLMNPRSTUVWXY', "
        f"CAST(1 + mod(CAST(concat({born}, {digits}) AS {whole}), 31) AS int), 1)"
    )
    hetu = f"concat({born}, '-', {digits}, {check})".format(n=number, t=text)
    for table, values in VALUES.items():
        filled = values.format(n=number, t=text, rows=rows, hetu=hetu)
        yield f"INSERT INTO {table} SELECT {filled} FROM {source}"
    for table in VALUES:
        yield f"ANALYZE {table}" if is_postgres else f"ANALYZE TABLE {table}"


def run(connection: sa.Connection, statement: str) -> None:
    connection.exec_driver_sql(statement.replace("%", "%%"))


def admin(server: str, database: str) -> sa.Engine:
    driver = "postgresql+psycopg" if server == "postgresql" else "mysql+pymysql"
    url = sa.URL.create(driver, "root", None, HOST, None, database)
    return sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)


def units(connector: SqlConnector, table: str) -> list[Unit]:
    return [u for u in connector.walk() if isinstance(u, Unit) and u.path[-1] == table]


def native(server: str, url: str, table: str) -> tuple[float, int]:
    """The same columns and keys, as the server's own client hands them out."""
    connector = open_database("bench", sa.make_url(url))
    selection = Selection(connector.dialect, units(connector, table)[0].range, 16 << 20)
    names = ", ".join(dict.fromkeys([*selection.key, *(c.name for c in selection.columns)]))
    connector.close()
    database = sa.make_url(url).database or ""
    if server == "postgresql":
        query = f"COPY (SELECT {names} FROM {table}) TO STDOUT"
        command = ["psql", "-h", HOST, "-U", "root", "-qc", query, database]
    else:
        query = f"SELECT {names} FROM {table}"
        command = ["mysql", "-h", HOST, "-uroot", "--quick", "-e", query, database]
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started, 0


def read(server: str, url: str, table: str) -> tuple[float, int]:
    connector = open_database("bench", sa.make_url(url))
    todo = units(connector, table)
    started = time.perf_counter()
    size = sum(len(e.text) for u in todo for e in connector.read(u) if isinstance(e, Block))
    taken = time.perf_counter() - started
    connector.close()
    return taken, size


def scan(server: str, url: str, table: str) -> tuple[float, int]:
    scanner = Scanner(Engine([email.DETECTOR, fi_hetu.DETECTOR]), Fingerprinter(bytes(32)))
    connector = open_database("bench", sa.make_url(url))
    todo = units(connector, table)
    started = time.perf_counter()
    found = 0
    for unit in todo:
        blocks = (event for event in connector.read(unit) if isinstance(event, Block))
        found += sum(batch.num_rows for batch in scanner.scan(blocks))
    taken = time.perf_counter() - started
    connector.close()
    return taken, found


@dataclass(frozen=True)
class Measured:
    seconds: float
    cpu: float  # seconds of the scanning process alone, whatever else the machine does
    count: int
    memory: int  # MB


def child(
    job: Callable[[str, str, str], tuple[float, int]], server: str, url: str, table: str,
    answer: multiprocessing.SimpleQueue[Measured],
) -> None:  # fmt: skip
    before = time.process_time()
    taken, count = job(server, url, table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    answer.put(Measured(taken, time.process_time() - before, count, peak))


def measured(
    job: Callable[[str, str, str], tuple[float, int]], server: str, url: str, table: str
) -> Measured:
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[Measured] = context.SimpleQueue()
    process = context.Process(target=child, args=(job, server, url, table, answer))
    process.start()
    process.join()
    return answer.get()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--servers", default="postgresql,mysql")
    arguments = parser.parse_args()
    name = f"pdscan_bench_{secrets.token_hex(4)}"
    for server in arguments.servers.split(","):
        first = admin(server, "postgres" if server == "postgresql" else "mysql")
        with first.connect() as connection:
            run(connection, f"CREATE DATABASE {name}")
        try:
            with admin(server, name).connect() as connection:
                for statement in statements(server, arguments.rows):
                    run(connection, statement)
            url = f"{server}://root@{HOST}/{name}"
            for table in VALUES:
                report(server, url, table, arguments.rows)
        finally:
            with first.connect() as connection:
                run(connection, f"DROP DATABASE {name}")


def report(server: str, url: str, table: str, rows: int) -> None:
    base = measured(native, server, url, table)
    print(f"{server} {table}: client to /dev/null {rows / base.seconds:,.0f} rows/s")
    for job in (read, scan):
        ran = measured(job, server, url, table)
        what = f"{ran.count:,} findings" if job is scan else f"{ran.count / 1e6:,.0f} MB of text"
        print(
            f"  {job.__name__}: {rows / ran.seconds:,.0f} rows/s, "
            f"{base.seconds / ran.seconds:.2f} x, {rows / ran.cpu:,.0f} rows per CPU second, "
            f"{what}, peak {ran.memory} MB"
        )


if __name__ == "__main__":
    main()
