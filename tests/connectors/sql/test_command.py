"""The real command on real servers, as a user calls it."""

from __future__ import annotations

import gzip
import json
import os
import secrets
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pdscan.model import Locator
from tests.cli.command import REPOSITORY, pdscan, run_here
from tests.connectors.sql.conftest import Database

SHOP = (
    "CREATE TABLE customers (id int PRIMARY KEY, email varchar(99), note text)",
    "INSERT INTO customers VALUES (1, 'anna@example.com', 'Soita: maija@example.org, kiitos'),"
    " (2, 'ä@example.com', NULL), (7, NULL, 'henkilötunnus 131052-308T')",
    "CREATE TABLE orders (a int, b varchar(9), v text, PRIMARY KEY (a, b))",
    "INSERT INTO orders VALUES (1, 'x/&=', 'to: pekka@example.net')",
)


@pytest.fixture(params=["postgres", "mysql", "sqlite"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a shop."""
    if request.param == "sqlite":
        with sqlite3.connect(tmp_path / "shop.db") as connection:
            for statement in SHOP:
                connection.execute(statement)
        connection.close()
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    database: Database = request.getfixturevalue(request.param)
    for statement in SHOP:
        database.run(statement)
    yield database.url.render_as_string()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def reread(address: str, locator: Locator) -> str:
    """What stands at `locator`, asked of the database itself."""
    driver = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
    url = sa.make_url(address)
    url = url.set(drivername=driver.get(url.drivername, url.drivername))
    with sa.create_engine(url, poolclass=sa.pool.NullPool).connect() as connection:
        quote = connection.dialect.identifier_preparer.quote
        where = " AND ".join(f"{quote(name)} = :{name}" for name, _ in locator.key)
        values = {name: int(value) if value.isdigit() else value for name, value in locator.key}
        table = ".".join(map(quote, locator.path))
        row = connection.execute(
            sa.text(f"SELECT {quote(locator.field)} FROM {table} WHERE {where}"),
            values,
        ).one()
    assert locator.span is not None
    return str(row[0])[slice(*locator.span)]


def test_every_locator_leads_to_what_was_found(address: str, tmp_path: Path) -> None:
    done = pdscan("scan", address, "-o", "i", "-f", "ndjson", "--show-values", cwd=tmp_path)
    assert done.code == 0, done.err
    found = lines(done.out)
    values = {one["value"] for one in found}
    assert values >= {
        "anna@example.com", "maija@example.org", "ä@example.com", "131052-308T",
        "pekka@example.net",
    }  # fmt: skip
    for one in found:
        assert reread(address, Locator.parse(one["locator"])) == one["value"]
    ledger = lines(run_here("inventory", "ledger", "i", "-f", "ndjson", cwd=tmp_path).out)
    said = {Locator.parse(row["locator"]).path[-1]: row for row in ledger}
    assert len(said) == len(ledger) == 2
    assert (said["customers"]["state"], said["customers"]["rows"]) == ("read", 3)
    assert said["orders"]["findings"] == 1


def test_a_sample_says_so_everywhere(address: str, tmp_path: Path) -> None:
    done = run_here("scan", address, "-o", "i", "--sample", "2", cwd=tmp_path)
    assert done.code == 3
    assert "A sample" in done.out
    assert "only a sample was read (2 rows)" in done.out
    assert "A sample" in run_here("inventory", "show", "i", cwd=tmp_path).out
    run = json.loads((tmp_path / "i" / "run.json").read_text())
    assert run["complete"] is False
    assert run["settings"]["sample"]["value"] == 2


def test_settings_of_one_source(postgres: Database, tmp_path: Path) -> None:
    postgres.run("CREATE TABLE t AS SELECT 'a@example.com' AS v FROM generate_series(1, 100)")
    postgres.run("CREATE VIEW w AS SELECT * FROM t")
    (tmp_path / "pdscan.toml").write_text(
        f'[[source]]\nname = "shop"\nurl = "{postgres.url.render_as_string()}"\n'
        "sample = 10\nviews = true\n"
    )
    done = run_here("scan", "shop", "-o", "i", cwd=tmp_path)
    assert done.code == 3, done.err
    ledger = lines(run_here("inventory", "ledger", "i", "-f", "ndjson", cwd=tmp_path).out)
    assert [(row["locator"], row["rows"]) for row in ledger] == [
        ("shop:public!/t", 10), ("shop:public!/w", 10),
    ]  # fmt: skip
    # A flag goes before the file.
    assert run_here("scan", "shop", "--sample", "0", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('url = "mysql://h/d"\nrate = "fast"', "source 1: rate: a whole number"),
        ('url = "mysql://h/d"\nveiws = true', "did you mean views?"),
        ('path = "."\nviews = true', "no settings of databases"),
    ],
)
def test_wrong_settings_of_a_source(table: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pdscan.toml").write_text(f'[[source]]\nname = "s"\n{table}\n')
    done = run_here("scan", "s", cwd=tmp_path)
    assert done.code == 2
    assert said in done.err


@pytest.fixture
def account(mysql: Database) -> Iterator[tuple[str, str]]:
    """A user who needs a password, and the password."""
    user, password = f"u{secrets.token_hex(5)}", f"geheim{secrets.token_hex(8)}"
    mysql.run(f"CREATE USER {user}@'%' IDENTIFIED BY '{password}'")
    mysql.run(f"GRANT SELECT ON {mysql.name}.* TO {user}@'%'")
    yield user, password
    mysql.run(f"DROP USER {user}@'%'")


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def command_lines() -> bytes:
    """Of all processes that run now."""
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes()
        except OSError:
            continue
    return found


@pytest.mark.parametrize("way", ["environment", "command", "url"])
def test_a_password_is_used_and_never_shown(
    way: str, mysql: Database, account: tuple[str, str], tmp_path: Path
) -> None:
    user, password = account
    mysql.run("CREATE TABLE t (id int PRIMARY KEY, v text)")
    mysql.run("INSERT INTO t SELECT seq, 'a@example.com' FROM seq_1_to_4000")
    url = mysql.url.set(username=user)
    command = ""
    environment = {}
    if way == "url":
        url = url.set(password=password)
    elif way == "command":
        (tmp_path / "secret").write_text(password)
        command = f'password_command = "cat {tmp_path / "secret"}"\n'
    else:
        environment = {"PDSCAN_PASSWORD_SHOP": password}
    home = tmp_path / "home"
    home.mkdir()
    (home / "pdscan.toml").write_text(
        f'[[source]]\nname = "shop"\nurl = "{url.render_as_string(hide_password=False)}"\n'
        f"rate = 2000\n{command}"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", "from pdscan.cli import main; main()",
         "scan", "shop", "-o", "i", "--jobs", "2", "--findings"],
        cwd=home, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "XDG_CONFIG_HOME": str(home / "c"),
             **environment},
    )  # fmt: skip
    seen = b""
    while not seen.count(str(mysql.name).encode()) and running.poll() is None:
        shown = mysql.run(
            f"SELECT count(*) FROM information_schema.processlist WHERE user = '{user}'"
        )
        if shown[0][0]:
            seen = command_lines() + str(mysql.name).encode()
        time.sleep(0.02)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert seen, "the scan was over before anybody looked"
    assert b"a@e" not in out  # masked
    (home / "pdscan.toml").unlink()
    for shown_to in (seen, out, err, everything(home)):
        assert password.encode() not in shown_to
    assert (b"PDSCAN_PASSWORD_SHOP" in err) == (way == "url")  # what to do instead
    # What the configuration is printed as hides it too.
    wrong = url.set(password=f"wrong-{password}").render_as_string(hide_password=False)
    again = run_here("scan", wrong, cwd=home)
    assert again.code == 3
    assert password not in again.out + again.err
    assert "turned the account away" in again.out


@pytest.mark.parametrize(
    "url", ["postgresql://x@127.0.0.1:1/d", "mysql://x@127.0.0.1:1/d", "sqlite:////no/such/file.db"]
)
def test_a_source_that_does_not_answer(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("anna@example.com")
    done = run_here("scan", url, "a.txt", "-f", "ndjson", cwd=tmp_path)
    assert done.code == 3
    assert len(lines(done.out)) == 1  # the other source is read all the same


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_the_result_is_the_same_for_any_number_of_workers(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(server)
    database.run("CREATE TABLE t (id int PRIMARY KEY, v text)")
    for start in range(0, 60, 20):
        rows = ", ".join(f"({i}, 'user{i}@example.com')" for i in range(start, start + 20))
        database.run(f"INSERT INTO t VALUES {rows}")
    results = []
    for jobs in ("1", "2"):
        address = database.url.render_as_string()
        done = run_here("scan", address, "-o", jobs, "--jobs", jobs, cwd=tmp_path)
        assert done.code == 0, done.err
        results.append([(tmp_path / jobs / name).read_bytes()
                        for name in ("findings.parquet", "items.parquet")])  # fmt: skip
    assert results[0] == results[1]


@pytest.mark.parametrize("way", ["postgres", "mysql", "sqlite", "file", "archive"])
def test_the_inventory_tells_how_tables_hang_together(
    way: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    tables = (
        "CREATE TABLE customers (id int PRIMARY KEY, email varchar(99) UNIQUE)",
        "CREATE TABLE orders (order_no int PRIMARY KEY, customer_id int, placed_by int,"
        " FOREIGN KEY (placed_by) REFERENCES customers (id))",
        "INSERT INTO customers VALUES (11, 'a'), (12, 'b'), (13, 'c'), (14, 'd')",
        "INSERT INTO orders VALUES (101, 11, 11), (102, 12, 11), (103, 13, NULL), (104, 13, NULL)",
    )
    path: list[str] = []
    if way in ("postgres", "mysql"):
        database: Database = request.getfixturevalue(way)
        for statement in tables:
            database.run(statement)
        target = database.url.render_as_string()
    else:
        with sqlite3.connect(tmp_path / "shop.db") as connection:
            for statement in tables:
                connection.execute(statement)
        connection.close()
        target = f"sqlite:///{tmp_path / 'shop.db'}"
        if way != "sqlite":
            target, path = "shop.db", ["shop.db"]
        if way == "archive":
            with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
                archive.write(tmp_path / "shop.db", "shop.db")
            target, path = "shop.zip", ["shop.zip", "shop.db"]
    done = run_here("scan", target, "-o", "i", cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    (found,) = json.loads((tmp_path / "i" / "structure.json").read_text())["databases"]
    assert found["source"]
    assert found["path"] == path
    customers, orders = found["tables"]
    assert (customers["name"], customers["key"], customers["unique"]) == (
        "customers", ["id"], [["email"]],
    )  # fmt: skip
    declared, likely = orders["foreign_keys"]
    assert (declared["columns"], declared["declared"]) == (["placed_by"], True)
    assert (likely["columns"], likely["table"][1], likely["referred"]) == (
        ["customer_id"], "customers", ["id"],
    )  # fmt: skip
    assert likely["evidence"][-1] == "values: 3 of 3 are there"


def test_a_person_in_a_database_named_by_its_address(postgres: Database, tmp_path: Path) -> None:
    postgres.run("CREATE TABLE keyless (who text); INSERT INTO keyless VALUES ('a@example.com')")
    packed = gzip.compress(b"from: a@example.com", mtime=0).hex()
    postgres.run("CREATE TABLE mails (id int PRIMARY KEY, body bytea)")
    postgres.run(f"INSERT INTO mails VALUES (7, '\\x{packed}')")
    address = postgres.url.render_as_string()
    assert run_here("scan", address, "-o", "i", cwd=tmp_path).code == 0
    done = run_here("subject", "find", "i", "--id", "email=a@example.com", cwd=tmp_path)
    assert "The person's: 2" in done.out
    assert "public!/keyless#key=md5(row):" in done.out
    assert "public!/mails!/id%3A7/body!/body" in done.out


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_a_slow_rate_is_no_hang(
    server: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    database: Database = request.getfixturevalue(server)
    database.run("CREATE TABLE t (id int PRIMARY KEY, v varchar(40))")
    rows = ", ".join(f"({number}, 'a{number}@example.com')" for number in range(90))
    database.run(f"INSERT INTO t VALUES {rows}")
    (tmp_path / "pdscan.toml").write_text(
        "[databases]\nrate = 40\nstatement_timeout = 1\n[limits]\nseconds = 2\n"
    )
    address = database.url.render_as_string()
    began = time.monotonic()
    done = run_here("scan", address, "-o", "i", "--jobs", "1", cwd=tmp_path)
    assert done.code == 0, done.out + done.err
    assert time.monotonic() - began > 2
    ledger = lines(run_here("inventory", "ledger", "i", "-f", "ndjson", cwd=tmp_path).out)
    assert [(row["state"], row["findings"]) for row in ledger] == [("read", 90)]
