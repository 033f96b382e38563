"""DuckDB for real, any other database through SQLAlchemy, and drivers that are not there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa

from pdscan.connectors.fetch import Row, fetch, look_up
from pdscan.connectors.interface import Unit
from pdscan.connectors.sql import opening
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.dialect import Dialect, Options, Range
from pdscan.connectors.sql.generic import Generic
from pdscan.connectors.sql.opening import open_database
from pdscan.connectors.sql.rows import Selection
from pdscan.connectors.structure import Column, Facts, Family, ForeignKey, Table
from pdscan.errors import SourceError, UsageError
from pdscan.model import Locator, Reason, State
from tests.connectors.reading import read_all as read_items
from tests.connectors.sql.conftest import read_all


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(path) as file:
        file.execute(
            """
            CREATE SCHEMA crm;
            CREATE TABLE customers (
                id INTEGER PRIMARY KEY, mail VARCHAR UNIQUE, tags VARCHAR[],
                who STRUCT(name VARCHAR, phones VARCHAR[]), seen INET, born DATE, big HUGEINT,
                ok BOOLEAN, image BLOB
            );
            INSERT INTO customers VALUES
                (1, 'a@b.fi', ['x@y.fi'], {name: 'Åsa', phones: ['040 123']}, NULL, '1981-12-28',
                 102030405060, true, 'text'),
                (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '\\x00\\xFF');
            CREATE TABLE notes (customer INTEGER REFERENCES customers (id), "odd "" name" VARCHAR);
            INSERT INTO notes VALUES (1, 'n@o.fi'), (1, 'again');
            CREATE TABLE crm.leads (v VARCHAR);
            INSERT INTO crm.leads SELECT 'lead ' || range FROM range(100);
            CREATE VIEW seen AS SELECT v FROM crm.leads;
            COMMENT ON COLUMN customers.mail IS 'where to write to';
        """.replace("seen INET", "seen VARCHAR")
        )
    return path


def opened(path: Path, **options: object) -> SqlConnector:
    url = sa.URL.create("duckdb", database=str(path))
    return open_database("duck", url, Options(**options))  # type: ignore[arg-type]


def test_duckdb_is_read(path: Path) -> None:
    read = read_all(opened(path))
    assert set(read.cells["customers"]) == {
        ("mail", "id:1", "a@b.fi"), ("tags[0]", "id:1", "x@y.fi"), ("who.name", "id:1", "Åsa"),
        ("who.phones[0]", "id:1", "040 123"), ("born", "id:1", "1981-12-28"),
        ("big", "id:1", "102030405060"), ("image", "id:1", "text"),
    }  # fmt: skip
    assert read.outcome("customers").rows == 2
    assert "1 short binary values" in read.outcome("customers").told
    assert "hold no text: ok (boolean)" in read.outcome("customers").told
    assert read.texts("notes", 'odd " name') == ["n@o.fi", "again"]
    assert len(read.cells["leads"]) == 100
    assert read.outcome("seen").state is State.SKIPPED
    assert len(read_all(opened(path, views=True)).cells["seen"]) == 100


def test_the_structure_of_duckdb(path: Path) -> None:
    tables = {table.full_name: table for table in opened(path).structure().tables}
    customers, notes = tables["main", "customers"], tables["main", "notes"]
    assert customers.key == ("id",)
    assert ("mail",) in customers.unique
    assert customers.column("mail").comment == "where to write to"
    assert customers.column("who").type == 'STRUCT("name" VARCHAR, phones VARCHAR[])'
    assert notes.foreign_keys == (ForeignKey(("customer",), ("main", "customers"), ("id",)),)


def test_rows_of_duckdb_are_found_again(path: Path) -> None:
    connector = opened(path)
    for table, field in (("customers", "mail"), ("notes", 'odd " name')):
        for name, key, text in read_all(opened(path)).cells[table]:
            if name == field:
                row = fetch(connector, Locator.parse(f"duck:main!/{table}#key={key}"))
                assert isinstance(row, Row)
                assert dict(row.values)[field] == text
    (found,) = look_up(connector, ("main", "customers"), "mail", ["a@b.fi"])
    assert found.key == (("id", "1"),)


def test_a_table_of_duckdb_in_ranges(path: Path) -> None:
    with duckdb.connect(path) as file:
        file.execute(
            "CREATE TABLE large AS SELECT range AS id, 'r' || range AS v FROM range(50000)"
        )
        file.execute("DELETE FROM large WHERE id % 7 = 0")
        ((expected,),) = file.sql("SELECT count(*) FROM large").fetchall()
    connector = opened(path)
    (table,) = (t for t in connector.structure().tables if t.name == "large")
    with connector.connected() as connection:
        ranges = connector.dialect.ranges(connection, table, 7)
    assert len(ranges) == 7
    session = connector.dialect.session("")
    texts = [
        text
        for one in ranges
        for batch in session.batches(
            Selection(connector.dialect, one, 1 << 20).statement(None), 1 << 20
        )
        for text in batch.column(1).to_pylist()
    ]
    session.close()
    assert len(texts) == len(set(texts)) == expected
    sample = read_all(opened(path, sample=40))
    assert sum(outcome.rows or 0 for outcome in sample.outcomes["large"]) == 40
    assert {outcome.reason for outcome in sample.outcomes["large"]} == {Reason.SAMPLE}


@pytest.mark.parametrize("content", [None, b"no database at all " * 1000])
def test_files_that_are_no_duckdb(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "other.duckdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match="no DuckDB database"):
        read_all(opened(path))
    assert path.exists() == (content is not None)


def test_a_duckdb_file_that_is_written_to(path: Path) -> None:
    code = f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(SourceError, match="another process has it open for writing"):
            read_all(opened(path))


def test_a_duckdb_file_is_not_written_to(path: Path) -> None:
    before = path.read_bytes(), sorted(path.parent.iterdir())
    connector = opened(path)
    read_all(connector)
    with connector.connected() as connection, pytest.raises(sa.exc.SQLAlchemyError):
        connection.exec_driver_sql("CREATE TABLE mine (v int)")
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


# -- any other -------------------------------------------------------------------------------------


def test_sqlite_through_sqlalchemy(tmp_path: Path) -> None:
    url = sa.URL.create("sqlite+pysqlite", database=str(tmp_path / "a.db"))
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr("letter.txt", "to: z@example.com")
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (k BLOB PRIMARY KEY, v TEXT, d BLOB)")
        connection.exec_driver_sql(
            "INSERT INTO t VALUES (?, ?, ?)", (b"\1\2", "a:b@c.fi", packed.read_bytes())
        )
    options = Options()
    connector = SqlConnector("any", Generic(url, options), options)
    (unit,) = (step for step in connector.walk() if isinstance(step, Unit))
    letter, archive, table = read_items(connector, unit)
    assert letter.text == "to: z@example.com"
    assert archive.item.path == ("main", "t", "k:0102/d")
    assert table.cell("a:b@c.fi") == ("", "v", "k:0102", 0)
    row = fetch(connector, Locator("any", ("main", "t"), (("k", "0102"),)))
    assert isinstance(row, Row)
    assert dict(row.values)["v"] == "a:b@c.fi"


TABLE = Table(
    "dbo", "customers",
    (Column("id", "INTEGER", Family.INTEGER), Column("e-mail", "NVARCHAR", Family.TEXT),
     Column("scan", "BLOB", Family.BINARY)),
    ("id",), facts=Facts(),
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "mssql+pymssql://sa@db.example/shop",
            "SELECT [id] AS c0, CASE WHEN DATALENGTH([e-mail]) > 99 THEN NULL ELSE [e-mail] END AS"
            " c1, CASE WHEN DATALENGTH([scan]) > 99 THEN NULL ELSE [scan] END AS c2, CASE WHEN"
            " DATALENGTH([e-mail]) > 99 THEN 1 ELSE 0 END + CASE WHEN DATALENGTH([scan]) > 99 THEN"
            " 1 ELSE 0 END AS c3 FROM [dbo].[customers]",
        ),
        (
            "oracle+oracledb://sa@db.example/shop",
            'SELECT "ID" AS c0, CASE WHEN LENGTH("e-mail") > 99 THEN NULL ELSE "e-mail" END AS c1,'
            ' CASE WHEN LENGTHB("SCAN") > 99 THEN NULL ELSE "SCAN" END AS c2, CASE WHEN'
            ' LENGTH("e-mail") > 99 THEN 1 ELSE 0 END + CASE WHEN LENGTHB("SCAN") > 99 THEN 1 ELSE'
            ' 0 END AS c3 FROM "DBO"."CUSTOMERS"',
        ),
    ],
)
def test_what_other_servers_are_asked(url: str, expected: str) -> None:
    connector = open_database("crm", sa.make_url(url))
    dialect: Dialect = connector.dialect
    selection = Selection(dialect, Range(TABLE, TABLE.full_name), 99)
    assert selection.statement(None) == expected


def test_servers_that_do_not_answer() -> None:
    connector = open_database("crm", sa.make_url("mssql+pymssql://sa@127.0.0.1:9/shop"))
    with pytest.raises(SourceError, match="crm: the database did not answer"):
        list(connector.walk())


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mssql+pyodbc://sa@db.example/shop",
         "crm: the driver pyodbc is not installed; pip install 'pdscan[mssql]' "
         "(and begin the URL with mssql+pymssql://)"),
        ("mysql+mysqlconnector2://sa@db.example/shop", None),
        ("mongodb://sa@db.example/shop",
         "crm: no driver for mongodb is installed; install the SQLAlchemy dialect of that database"),
        ("duckdb://", "crm: name the file, as in duckdb:///path/to/file.duckdb"),
    ],
)  # fmt: skip
def test_drivers_that_are_not_there(url: str, message: str | None) -> None:
    if message is None:  # PyMySQL reads them, whatever driver was named
        assert open_database("crm", sa.make_url(url)).dialect.name == "mysql"
        return
    with pytest.raises(UsageError) as caught:
        open_database("crm", sa.make_url(url))
    assert str(caught.value) == message


def test_an_extra_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(UsageError, match=r"pip install 'pdscan\[duckdb\]'"):
        opening.open_database("crm", sa.make_url("duckdb:///shop.duckdb"))
