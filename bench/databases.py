"""Reading and scanning databases, against the database's own way of handing a table out.

Needs PostgreSQL and MariaDB on 127.0.0.1 with an administrator ``root`` without a password, and
their clients ``psql`` and ``mysql``. Makes a database of its own and drops it. Each figure is of a
process of its own, so that peak memory is that of the one job.
"""

from __future__ import annotations

import multiprocessing
import resource
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from bench.measure import Run
from bench.table import Row
from pdscan import runner
from pdscan.connectors.interface import Unit
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.opening import open_database
from pdscan.connectors.sql.rows import Selection
from pdscan.detectors import email, fi_hetu
from pdscan.model import Block
from pdscan.scan import Found, Plan, Task

HOST = "127.0.0.1"
_ROWS = 1_000_000
_TARGETS = {1: 0.25, 2: 0.45}  # of the speed of COPY, by workers

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
    return _scan(url, table, 1)


def scan_with_two(server: str, url: str, table: str) -> tuple[float, int]:
    return _scan(url, table, 2)


def _scan(url: str, table: str, workers: int) -> tuple[float, int]:
    """By worker processes, as the command does it: findings come through the pipe."""
    connector = open_database("bench", sa.make_url(url))
    plan = Plan((connector,), (email.DETECTOR, fi_hetu.DETECTOR), bytes(32))
    work = [Task(n, (unit,)) for n, unit in enumerate(units(connector, table))]
    started = time.perf_counter()
    messages = runner.run(plan, iter(work), workers)
    found = sum(len(message.batch) for message in messages if isinstance(message, Found))
    taken = time.perf_counter() - started
    connector.close()
    return taken, found


class Load:
    """What the server has to bear while a scan runs, looked at ten times a second."""

    def __init__(self, server: str, database: str) -> None:
        self.locks: set[str] = set()
        self.most, self.longest = 0, 0.0
        self._question = _POSTGRES_LOAD if server == "postgresql" else _MYSQL_LOAD
        self._connection = admin(server, database).connect()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            row = self._connection.exec_driver_sql(self._question).one()
            self.most, self.longest = max(self.most, row[0]), max(self.longest, float(row[1] or 0))
            self.locks |= set(filter(None, (row[2] or "").split(", ")))

    def __str__(self) -> str:
        return (
            f"at most {self.most} locks on tables ({', '.join(sorted(self.locks)) or 'none seen'}),"
            f" longest transaction {self.longest:.1f} s"
        )


# Locks on the server's own catalogue are those of the question itself.
_POSTGRES_LOAD = """
SELECT count(l.relation), max(extract(epoch FROM clock_timestamp() - a.xact_start)),
    string_agg(DISTINCT l.mode, ', ')
FROM pg_stat_activity a LEFT JOIN pg_locks l ON l.pid = a.pid AND l.relation >= 16384
WHERE a.application_name = 'pdscan' AND a.datname = current_database()
"""
_MYSQL_LOAD = """
SELECT coalesce(sum(trx_tables_locked), 0), max(timestampdiff(second, trx_started, now())),
    group_concat(DISTINCT CASE WHEN trx_rows_locked > 0 THEN 'row locks' END)
FROM information_schema.innodb_trx
"""


@dataclass(frozen=True)
class Measured:
    seconds: float
    cpu: float  # seconds of the scanning processes alone, whatever else the machine does
    count: int
    memory: int  # MB, of the largest process


def child(
    job: Callable[[str, str, str], tuple[float, int]], server: str, url: str, table: str,
    answer: multiprocessing.SimpleQueue[Measured],
) -> None:  # fmt: skip
    before = time.process_time()
    taken, count = job(server, url, table)
    mine, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = time.process_time() - before + workers.ru_utime + workers.ru_stime
    peak = max(mine.ru_maxrss, workers.ru_maxrss) // 1024
    answer.put(Measured(taken, cpu, count, peak))


def measured(
    job: Callable[[str, str, str], tuple[float, int]], server: str, url: str, table: str
) -> Measured:
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.SimpleQueue[Measured] = context.SimpleQueue()
    process = context.Process(target=child, args=(job, server, url, table, answer))
    process.start()
    if job is native or job is read:
        process.join()
    else:
        with Load(server, sa.make_url(url).database or "") as load:
            process.join()
        print(f"{server}, {job.__name__} {table}: {load}", file=sys.stderr)
    return answer.get()


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """Each table read, and scanned for two kinds by one worker and by two; needs no `folder`."""
    del folder
    count = _ROWS // 20 if small else _ROWS
    name = f"pdscan_bench_{secrets.token_hex(4)}"
    for server in ("postgresql", "mysql"):
        first = admin(server, "postgres" if server == "postgresql" else "mysql")
        with first.connect() as connection:
            run(connection, f"CREATE DATABASE {name}")
        try:
            with admin(server, name).connect() as connection:
                for statement in statements(server, count):
                    run(connection, statement)
            url = f"{server}://root@{HOST}/{name}"
            for table in VALUES:
                yield from _compared(server, url, table, count)
        finally:
            with first.connect() as connection:
                run(connection, f"DROP DATABASE {name}")


def _compared(server: str, url: str, table: str, count: int) -> Iterator[Row]:
    base = measured(native, server, url, table)
    client = "psql COPY to /dev/null" if server == "postgresql" else "mysql --quick to /dev/null"
    size = 0
    for workers, job in ((0, read), (1, scan), (2, scan_with_two)):
        ran = measured(job, server, url, table)
        size = size or ran.count  # bytes of text, which reading gives
        target = _TARGETS.get(workers) if server == "postgresql" else None
        by = f"scan {table}, {workers} workers" if workers else f"read {table}"
        yield Row(
            f"{server}, {by}: {count / ran.seconds:,.0f} rows/s", client, size,
            Run(base.seconds, base.memory << 20), Run(ran.seconds, ran.memory << 20), target,
        )  # fmt: skip
