from __future__ import annotations

import time

import pymysql
import pytest

from pdscan.connectors.interface import Unit
from pdscan.connectors.sql import mysql_rows
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.errors import AccessError, SourceError
from pdscan.model import Block, Locator, Outcome, Reason, State
from tests.connectors.sql.conftest import Database, cells_of, read_all, read_unit


def units(connector: SqlConnector) -> list[Unit]:
    return [walked for walked in connector.walk() if isinstance(walked, Unit)]


def client(database: Database) -> pymysql.Connection:
    assert database.url.port is not None
    return pymysql.connect(
        host=database.url.host or "", port=database.url.port, user="root", charset="utf8mb4",
        database=database.name, autocommit=True,
    )  # fmt: skip


HIDDEN = "s3cret"

# (type, value, the texts that are looked at)
TYPES = [
    ("text", "'mäki@esimerkki.fi'", ["mäki@esimerkki.fi"]),
    ("varchar(40) character set latin1", "'Sjöström'", ["Sjöström"]),
    ("char(4)", "'ab'", ["ab"]),
    ("text", "'nul\\0byte'", ["nul\0byte"]),
    ("bigint", "8112289874", ["8112289874"]),
    ("bigint unsigned", "102030405", ["102030405", "0102030405"]),  # zeros were lost
    ("int", "401234567", ["401234567", "0401234567"]),
    ("int", "12345", []),
    ("decimal(12,0)", "198112289874", ["198112289874"]),
    ("date", "'1981-12-28'", ["1981-12-28"]),
    ("date", "'0000-00-00'", ["0000-00-00"]),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("inet6", "'2001:db8::1'", ["2001:db8::1"]),
    ("enum('glad','a')", "'glad'", ["glad"]),
    ("set('x','y')", "'x,y'", ["x,y"]),
    ("json", """'{"to": [{"mail": "å@b.fi"}], "tel": 401234567}'""", ["401234567", "å@b.fi"]),
    ("longtext", "repeat('ä', 70000)", ["ä" * 70000]),
    ("boolean", "true", []),
    ("double", "1234567890.5", []),
    ("datetime", "now()", []),
]  # fmt: skip


def test_types(mysql: Database) -> None:
    columns = ", ".join(f"v{i} {kind}" for i, (kind, _, _) in enumerate(TYPES))
    mysql.run("SET SESSION sql_mode=''")
    mysql.run(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    mysql.run(f"INSERT INTO t VALUES (1, {', '.join(value for _, value, _ in TYPES)})")
    mysql.run("INSERT INTO t (id) VALUES (2)")
    read = read_all(mysql.open())
    found: dict[str, list[str]] = {}
    for field, key, text in read.cells["t"]:
        assert key == "id:1"
        found.setdefault(field.split(".")[0], []).append(text)
    assert {name: sorted(texts) for name, texts in found.items()} == {
        f"v{i}": sorted(texts) for i, (_, _, texts) in enumerate(TYPES) if texts
    }
    assert read.outcome("t").state is State.READ


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_rows_are_what_the_driver_makes_of_them(mysql: Database, size: int) -> None:
    mysql.run("CREATE TABLE t (id int PRIMARY KEY AUTO_INCREMENT, a longblob, b longtext)")
    edges = [0, 1, 11, 12, 13, 250, 251, 252, 65_535, 65_536, 70_000, 300_000]
    for length in edges:
        mysql.run(f"INSERT INTO t (a, b) VALUES (repeat(0x00, {length}), repeat('å', {length}))")
        mysql.run(f"INSERT INTO t (a, b) VALUES (repeat(0xfb, {length}), NULL), (NULL, 'x')")
    statement = "SELECT id, a, b FROM t ORDER BY id"
    expected = [
        tuple(None if v is None else str(v).encode() if isinstance(v, int)
              else v.encode() if isinstance(v, str) else v for v in row)
        for row in mysql.run(statement)
    ]  # fmt: skip
    connection = client(mysql)
    with connection:
        got = []
        for batch in mysql_rows.batches(connection, statement, size):
            got += list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
        assert got == expected
        # The connection is good for more.
        (only,) = mysql_rows.batches(connection, "SELECT 1", size)
        assert only.column(0).to_pylist() == [b"1"]


def test_a_row_larger_than_a_packet(mysql: Database) -> None:
    length = 9_000_000  # two of them need two packets of the protocol
    with client(mysql) as connection:
        statement = f"SELECT repeat('x', {length}), repeat('y', {length}), 'z'"
        (batch,) = mysql_rows.batches(connection, statement, 1 << 20)
        assert [set(column[0].as_py()) for column in batch.columns] == [{120}, {121}, {122}]
        assert [len(column[0].as_py()) for column in batch.columns] == [length, length, 1]


def test_names_with_quotes_and_emoji(mysql: Database) -> None:
    # MariaDB has no characters beyond the basic plane in names.
    table, column = "ta'ble %s :x `ä", 'co"l $1 å % b'
    names = ["`" + name.replace("`", "``") + "`" for name in (table, column)]
    mysql.run("CREATE TABLE {} ({} varchar(40) PRIMARY KEY)".format(*names))
    mysql.run(f"INSERT INTO {names[0]} VALUES ('a&b=ä/😀')")
    connector = mysql.open(sample=10)
    (unit,) = units(connector)
    (cell,), outcome = read_unit(connector, unit)
    connector.close()
    assert "1 rows" in outcome.told
    field, key, text = cell
    assert (unit.path, field, text) == ((mysql.name, table), column, "a&b=ä/😀")
    assert Locator.parse(f"shop:x#key={key}").key == ((column, "a&b=ä/😀"),)


def test_keys_of_bytes_and_of_several_columns(mysql: Database) -> None:
    mysql.run("CREATE TABLE t (a binary(2), b varchar(9), v text, PRIMARY KEY (a, b))")
    mysql.run("INSERT INTO t VALUES (0x00ff, 'å&b', 'text')")
    assert ("v", "a:00FF&b:%C3%A5%26b", "text") in read_all(mysql.open()).cells["t"]


def test_keyless_rows_are_found_again_by_a_digest(mysql: Database) -> None:
    mysql.run(
        "CREATE TABLE log (who text COLLATE utf8mb4_swedish_ci, what text COLLATE utf8mb4_bin)"
    )
    mysql.run("INSERT INTO log VALUES ('a@b.fi', 'x'), ('c@d.fi', NULL)")
    (key,) = [key for _, key, text in read_all(mysql.open()).cells["log"] if text == "c@d.fi"]
    ((name, digest),) = Locator.parse(f"s:log#key={key}").key
    assert name == "md5(row)"
    assert len(digest) == 32


def test_what_is_not_read_is_told(mysql: Database) -> None:
    mysql.run("CREATE TABLE t (id int PRIMARY KEY, v longtext, photo blob)")
    mysql.run("INSERT INTO t VALUES (1, repeat('x', 200000), 0x00ff), (2, 'small', NULL)")
    mysql.run("CREATE VIEW w AS SELECT v FROM t")
    read = read_all(mysql.open(value_bytes=100_000))
    assert read.texts("t", "v") == ["small"]
    assert read.outcome("t").reason is Reason.LIMIT
    assert "1 values above 100,000 bytes" in read.outcome("t").told
    assert "1 short binary values" in read.outcome("t").told
    assert read.outcome("w").state is State.SKIPPED
    assert "small" in read_all(mysql.open(views=True)).texts("w", "v")


def test_missing_grants_are_named(mysql: Database) -> None:
    user = mysql.name
    mysql.run("CREATE TABLE closed (v text)")
    mysql.run("CREATE TABLE open (v text, w text)")
    mysql.run("INSERT INTO open VALUES ('seen', 'hidden')")
    mysql.run(f"CREATE USER {user}@'127.0.0.1'")
    try:
        mysql.run(f"GRANT INSERT ON closed TO {user}@'127.0.0.1'")
        mysql.run(f"GRANT SELECT (v), INSERT ON open TO {user}@'127.0.0.1'")
        read = read_all(mysql.open(user))
    finally:
        mysql.run(f"DROP USER {user}@'127.0.0.1'")
    closed = read.outcome("closed")
    assert (closed.state, closed.reason) == (State.UNREADABLE, Reason.DENIED)
    assert f"GRANT SELECT ON `{mysql.name}`.`closed` TO" in closed.told
    assert [text for _, _, text in read.cells["open"]] == ["seen"]
    assert "no grant to read: w" in read.outcome("open").told


# -- the snapshot, and what goes wrong ---------------------------------------------------------


def many_rows(database: Database, rows: int = 60_000) -> list[str]:
    database.run("CREATE TABLE t (id int PRIMARY KEY, v text, pad text)")
    database.run(
        f"INSERT INTO t SELECT seq, concat('row ', seq), repeat('x', 600) FROM seq_1_to_{rows}"
    )
    return [f"row {i}" for i in range(1, rows + 1)]


def read_with_kill(database: Database, connector: SqlConnector) -> tuple[list[str], Outcome]:
    (unit,) = units(connector)
    texts: list[str] = []
    outcome = None
    killed: list[tuple[object, ...]] = []
    for event in connector.read(unit):
        if isinstance(event, Outcome):
            outcome = event
        elif isinstance(event, Block):
            texts += [text for field, _, text in cells_of(event) if field == "v"]
            if not killed:
                killed = database.run(
                    "SELECT id FROM information_schema.processlist WHERE db = database() "
                    "AND id <> connection_id() AND info LIKE 'SELECT%'"
                )
                for (process,) in killed:
                    database.run(f"KILL CONNECTION {process}")
    connector.close()
    assert outcome is not None
    assert len(killed) == 1
    return texts, outcome


def test_one_session_sees_one_moment(mysql: Database) -> None:
    mysql.run("CREATE TABLE a (v text)")
    mysql.run("CREATE TABLE b (v text)")
    mysql.run("INSERT INTO b VALUES ('before')")
    connector = mysql.open()
    first, second = units(connector)
    read_unit(connector, first)
    mysql.run("UPDATE b SET v = 'after'")
    assert [text for _, _, text in read_unit(connector, second)[0]] == ["before"]
    connector.close()


def test_a_killed_connection_is_taken_up_again_at_the_last_key(mysql: Database) -> None:
    expected = many_rows(mysql)
    texts, outcome = read_with_kill(mysql, mysql.open())
    assert texts == expected
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.CHANGED)


def test_rows_without_a_key_are_taken_up_again_by_what_they_hold(mysql: Database) -> None:
    expected = many_rows(mysql)
    mysql.run("ALTER TABLE t DROP PRIMARY KEY")
    texts, outcome = read_with_kill(mysql, mysql.open())
    assert sorted(texts) == sorted(expected)
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.CHANGED)


def test_a_table_dropped_while_scanned(mysql: Database) -> None:
    mysql.run("CREATE TABLE a (v text)")
    mysql.run("CREATE TABLE b (v text)")
    connector = mysql.open()
    first, second = units(connector)
    mysql.run("DROP TABLE a")
    assert read_unit(connector, first)[1].reason is Reason.VANISHED
    assert read_unit(connector, second)[1].state is State.READ
    connector.close()


def test_a_lock_is_waited_for_a_little_and_told(mysql: Database) -> None:
    mysql.run("CREATE TABLE a (v text)")
    connector = mysql.open(lock_timeout=1)
    (unit,) = units(connector)
    with client(mysql) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE a WRITE")
        started = time.monotonic()
        _, outcome = read_unit(connector, unit)
        assert time.monotonic() - started < 5
    connector.close()
    assert (outcome.state, outcome.reason) == (State.UNREADABLE, Reason.TIMEOUT)


def test_a_statement_that_takes_too_long(mysql: Database) -> None:
    mysql.run("CREATE VIEW slow AS SELECT 'x' AS v, sleep(20) AS w")
    assert read_all(mysql.open(views=True, statement_timeout=0.5)).outcome("slow").reason is (
        Reason.TIMEOUT
    )


def test_ranges_cover_a_table_once(mysql: Database) -> None:
    expected = many_rows(mysql, 20_000)
    mysql.run("DELETE FROM t WHERE id % 7 = 0")
    mysql.run("ANALYZE TABLE t")
    connector = mysql.open(range_bytes=200_000)
    assert len(units(connector)) > 5
    read = read_all(connector)
    assert read.texts("t", "v") == [v for i, v in enumerate(expected, 1) if i % 7]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"port": 1}, SourceError),
        ({"username": "pdscan_nobody"}, AccessError),
        ({"query": {"ssl_ca": "/not/there.pem"}}, SourceError),
    ],
)
def test_no_way_in(mysql: Database, change: dict[str, object], error: type[Exception]) -> None:
    url = mysql.url.set(password=HIDDEN, **change)  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        list(Database(url, mysql.run).open().walk())
    assert HIDDEN not in str(caught.value)
    assert caught.value.__cause__ is None


def test_options_of_the_url_hold_for_reading_too(mysql: Database) -> None:
    url = mysql.url.update_query_dict({"ssl_ca": "/not/there.pem"})
    dialect = Database(url, mysql.run).open().dialect
    with pytest.raises(FileNotFoundError):
        dialect.session("")


def test_names_with_grave_accents(mysql: Database) -> None:
    mysql.run(
        "CREATE TABLE `par``ent` (`i``d` int PRIMARY KEY, `a````b` text, j json) charset utf8mb4"
    )
    mysql.run("""INSERT INTO `par``ent` VALUES (7, 'two', '{"k`": "in"}')""")
    read = read_all(mysql.open())
    assert read.cells["par`ent"] == [("a``b", "i%60d:7", "two"), ("j.k`", "i%60d:7", "in")]
