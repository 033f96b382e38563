from __future__ import annotations

import pickle
import time

import psycopg
import pytest

from pdscan.connectors.interface import Unit
from pdscan.connectors.sql import seen
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.errors import AccessError, SourceError
from pdscan.model import Block, Locator, Outcome, Reason, State
from tests.connectors.sql.conftest import Database, read_all, read_unit


def units(connector: SqlConnector) -> list[Unit]:
    return [walked for walked in connector.walk() if isinstance(walked, Unit)]


HIDDEN = "s3cret"

# (type, value, the texts that are looked at)
TYPES = [
    ("text", "'mäki@esimerkki.fi'", ["mäki@esimerkki.fi"]),
    ("varchar(40)", "'a'", ["a"]),
    ("char(4)", "'ab'", ["ab"]),
    ("name", "'ab'", ["ab"]),
    ("bigint", "8112289874", ["8112289874"]),
    ("bigint", "102030405", ["102030405", "0102030405"]),  # zeros were lost
    ("int", "401234567", ["401234567", "0401234567"]),
    ("int", "12345", []),
    ("numeric(12,0)", "198112289874", ["198112289874"]),
    ("numeric", "8112289874", ["8112289874"]),
    ("date", "'1981-12-28'", ["1981-12-28"]),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("inet", "'192.0.2.7'", ["192.0.2.7/32"]),
    ("cidr", "'192.0.2.0/24'", ["192.0.2.0/24"]),
    ("text[]", "array['a@b.fi','c d']", ['{a@b.fi,"c d"}']),
    ("xml", "'<a>b@c.fi</a>'", ["<a>b@c.fi</a>"]),
    ("jsonb", """'{"to": [{"mail": "å@b.fi"}, 3], "tel": 401234567}'""", ["401234567", "å@b.fi"]),
    ("json", r"""'["line\nbreak", "\u00e5"]'""", ["line\nbreak", "å"]),
    ("point", "'(1,2)'", ["(1,2)"]),
    ("int4range", "'[1,5)'", ["[1,5)"]),
    ("tsvector", "'a b'::tsvector", ["'a' 'b'"]),
    ("mood", "'glad'", ["glad"]),
    ("address", "row('Gatan 1', '00100')::address", ['("Gatan 1",00100)']),
    ("mail", "'d@e.fi'", ["d@e.fi"]),
    ("hstore", "'mail=>\"h@s.fi\"'", ['"mail"=>"h@s.fi"']),
    ("boolean", "true", []),
    ("float8", "1234567890.5", []),
    ("timestamptz", "now()", []),
    ("money", "12", []),
]  # fmt: skip


def test_types(postgres: Database) -> None:
    postgres.run("CREATE EXTENSION hstore; CREATE TYPE mood AS ENUM ('glad')")
    postgres.run("CREATE TYPE address AS (street text, code text)")
    postgres.run("CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')")
    columns = ", ".join(f"v{i} {kind}" for i, (kind, _, _) in enumerate(TYPES))
    postgres.run(f"CREATE TABLE t (id int PRIMARY KEY, {columns})")
    postgres.run(f"INSERT INTO t VALUES (1, {', '.join(value for _, value, _ in TYPES)})")
    postgres.run("INSERT INTO t (id) VALUES (2)")
    read = read_all(postgres.open())
    found: dict[str, list[str]] = {}
    for field, key, text in read.cells["t"]:
        assert key == "id:1"
        found.setdefault(field.split(".")[0].split("[")[0], []).append(text)
    assert {name: sorted(texts) for name, texts in found.items()} == {
        f"v{i}": sorted(texts) for i, (_, _, texts) in enumerate(TYPES) if texts
    }
    assert read.outcome("t").state is State.READ
    assert "v25 (boolean)" in read.outcome("t").told


def test_json_paths_are_the_fields(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (id int PRIMARY KEY, v jsonb)")
    postgres.run("""INSERT INTO t VALUES (7, '{"to": [{"mail": "a@b.fi"}], "x@y.fi": "known"}')""")
    assert set(read_all(postgres.open()).cells["t"]) == {
        ("v.to[0].mail", "id:7", "a@b.fi"),
        ("v", "id:7", "x@y.fi"),  # a key that is data is looked into, and names no field
        ("v.*", "id:7", "known"),
    }


def test_names_with_quotes_and_emoji(postgres: Database) -> None:
    schema, table, column = 'sch"ema 🏢', "ta'ble %s :x 🧾", 'co"l $1 😀 %'
    names = ['"' + name.replace('"', '""') + '"' for name in (schema, table, column)]
    postgres.run(f"CREATE SCHEMA {names[0]}")
    postgres.run("CREATE TABLE {}.{} ({} text PRIMARY KEY)".format(*names))
    postgres.run("INSERT INTO {}.{} VALUES ('a&b=ä/😀')".format(*names[:2]))
    connector = postgres.open()
    (unit,) = units(connector)
    (cell,), outcome = read_unit(connector, unit)
    connector.close()
    assert outcome.state is State.READ
    field, key, text = cell
    locator = Locator.parse(f"shop:x#key={key}&field=x")
    assert (unit.path, field, text) == ((schema, table), column, "a&b=ä/😀")
    assert locator.key == ((column, "a&b=ä/😀"),)


def test_as_many_columns_as_there_can_be(postgres: Database) -> None:
    columns = [f"c{i} text" for i in range(1600)]
    postgres.run(f"CREATE TABLE wide ({', '.join(columns)})")
    postgres.run("INSERT INTO wide (c0, c1599) VALUES ('a@b.fi', 'c@d.fi')")
    read = read_all(postgres.open())
    assert {(field, text) for field, _, text in read.cells["wide"]} == {
        ("c0", "a@b.fi"), ("c1599", "c@d.fi"),
    }  # fmt: skip


def test_keyless_rows_are_found_again_by_a_digest(postgres: Database) -> None:
    postgres.run("CREATE TABLE log (who text, what text)")
    postgres.run("INSERT INTO log VALUES ('a@b.fi', 'x'), ('c@d.fi', NULL)")
    read = read_all(postgres.open())
    (key,) = [key for _, key, text in read.cells["log"] if text == "c@d.fi"]
    ((_, digest),) = Locator.parse(f"s:log#key={key}").key
    assert postgres.run(f"SELECT who FROM log WHERE md5(log::text) = '{digest}'") == [("c@d.fi",)]
    assert "c@d.fi" not in key


def test_a_unique_key_without_nulls_stands_in_for_a_primary_one(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (a text UNIQUE, b text NOT NULL UNIQUE, c text)")
    postgres.run("INSERT INTO t VALUES (NULL, 'k1', 'text')")
    assert ("c", "b:k1", "text") in read_all(postgres.open()).cells["t"]


def test_bytes_that_are_no_utf8(postgres: Database) -> None:
    name = f"{postgres.name}_ascii"
    postgres.run(
        f"CREATE DATABASE {name} ENCODING 'SQL_ASCII' "
        "LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    try:
        other = Database(postgres.url.set(database=name), postgres.run)
        address = f"host={other.url.host} port={other.url.port} user=root dbname={name}"
        with psycopg.connect(address) as connection:
            connection.execute("SET client_encoding TO 'SQL_ASCII'")
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
            connection.execute(
                b"INSERT INTO t VALUES (1, 'M\xe4ki a@b.fi'), (2, 'M\xc3\xa4ki'), (3, E'\\x80')"
            )
        read = read_all(other.open())
    finally:
        postgres.run(f"DROP DATABASE {name} WITH (FORCE)")
    assert read.texts("t", "v") == ["Mäki a@b.fi", "Mäki", "€"]
    assert "2 values that are not UTF-8" in read.outcome("t").told
    assert "windows-1252" in read.outcome("t").encoding


def test_values_too_large_and_bytes_are_in_the_ledger(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (id int PRIMARY KEY, v text, photo bytea)")
    postgres.run("INSERT INTO t VALUES (1, repeat('x', 200000), '\\x00ff'), (2, 'small', NULL)")
    read = read_all(postgres.open(value_bytes=100_000))
    assert read.texts("t", "v") == ["small"]
    outcome = read.outcome("t")
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.LIMIT)
    assert "1 values above 100,000 bytes" in outcome.told
    assert "1 short binary values" in outcome.told


def test_values_that_are_not_text_are_measured_as_text(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (id int PRIMARY KEY, v jsonb)")
    for number, digests in ((1, 1_000), (2, 5_000)):
        postgres.run(
            f"INSERT INTO t SELECT {number}, to_jsonb(string_agg(md5(i::text), '')) "
            f"FROM generate_series(1, {digests}) i"
        )
    read = read_all(postgres.open(value_bytes=100_000))
    assert [len(text) for text in read.texts("t", "v")] == [32_000]
    assert "1 values above 100,000 bytes" in read.outcome("t").told


# -- what is read, and what is not -------------------------------------------------------------


def test_partitions_once_views_on_request_foreign_tables_named(postgres: Database) -> None:
    postgres.run("CREATE TABLE p (id int, v text) PARTITION BY RANGE (id)")
    postgres.run("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")
    postgres.run(
        "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (99) PARTITION BY LIST (v)"
    )
    postgres.run("CREATE TABLE p21 PARTITION OF p2 DEFAULT")
    postgres.run("INSERT INTO p VALUES (1, 'one'), (11, 'two')")
    postgres.run("CREATE VIEW v AS SELECT * FROM p; CREATE MATERIALIZED VIEW m AS SELECT * FROM p")
    postgres.run("CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw")
    postgres.run("CREATE FOREIGN TABLE f (a text) SERVER s")
    read = read_all(postgres.open())
    assert sorted(read.texts("p", "v")) == ["one", "two"]
    assert set(read.cells) == {"p"}
    assert {name: read.outcome(name).state for name in ("v", "m", "f")} == dict.fromkeys(
        ("v", "m", "f"), State.SKIPPED
    )
    read = read_all(postgres.open(views=True))
    assert sorted(read.texts("v", "v")) == sorted(read.texts("m", "v")) == ["one", "two"]


def test_tables_that_inherit_are_read_once(postgres: Database) -> None:
    postgres.run("CREATE TABLE base (v text); CREATE TABLE child (w text) INHERITS (base)")
    postgres.run("INSERT INTO base VALUES ('b'); INSERT INTO child VALUES ('c', 'd')")
    read = read_all(postgres.open())
    assert read.texts("base", "v") == ["b"]
    assert read.texts("child", "v") == ["c"]


def test_missing_grants_are_named(postgres: Database, role: str) -> None:
    postgres.run("CREATE SCHEMA secret; CREATE TABLE secret.s (v text)")
    postgres.run("CREATE TABLE closed (v text); CREATE TABLE open (v text, w text)")
    postgres.run("INSERT INTO open VALUES ('seen', 'hidden')")
    postgres.run(f"GRANT SELECT (v) ON open TO {role}")
    postgres.run("CREATE TABLE rls (v text); ALTER TABLE rls ENABLE ROW LEVEL SECURITY")
    postgres.run(f"GRANT SELECT ON rls TO {role}")
    read = read_all(postgres.open(role))
    closed, secret = read.outcome("closed"), read.outcome("s")
    assert (closed.state, closed.reason) == (State.UNREADABLE, Reason.DENIED)
    assert f'GRANT SELECT ON "public"."closed" TO "{role}"' in closed.told
    assert f'GRANT USAGE ON SCHEMA "secret" TO "{role}"' in secret.told
    assert [text for _, _, text in read.cells["open"]] == ["seen"]
    assert read.outcome("open").reason is Reason.DENIED
    assert "no grant to read: w" in read.outcome("open").told
    assert "row-level security" in read.outcome("rls").told
    # The grants that were named are the ones that help.
    for outcome in (closed, secret):
        postgres.run(outcome.told.removeprefix("needed: "))
    assert read_all(postgres.open(role)).outcome("s").state is State.READ


def test_partitions_read_through_a_grant_on_the_whole(postgres: Database, role: str) -> None:
    postgres.run("CREATE TABLE p (id int, v text) PARTITION BY RANGE (id)")
    postgres.run("CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)")
    postgres.run("INSERT INTO p VALUES (1, 'one')")
    postgres.run(f"GRANT SELECT ON p TO {role}")
    assert read_all(postgres.open(role)).texts("p", "v") == ["one"]


def test_nothing_can_be_written(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (v text); CREATE FUNCTION f() RETURNS text LANGUAGE sql AS "
                 "$$ INSERT INTO public.t VALUES ('x') RETURNING v $$; "
                 "CREATE VIEW evil AS SELECT f() AS v")  # fmt: skip
    read = read_all(postgres.open(views=True))
    assert read.outcome("evil").state is State.UNREADABLE
    assert postgres.run("SELECT count(*) FROM t") == [(0,)]


# -- one snapshot, and what goes wrong ---------------------------------------------------------


def test_all_workers_see_one_snapshot(postgres: Database) -> None:
    postgres.run("CREATE TABLE a (v text); CREATE TABLE b (v text)")
    postgres.run("INSERT INTO a VALUES ('before'); INSERT INTO b VALUES ('before')")
    connector = postgres.open()
    first, second = units(connector)
    read_unit(connector, first)
    postgres.run("UPDATE b SET v = 'after'; INSERT INTO b VALUES ('after')")
    worker: SqlConnector = pickle.loads(pickle.dumps(connector))  # noqa: S301 - our own bytes
    assert [text for _, _, text in read_unit(worker, second)[0]] == ["before"]
    ((seen,),) = postgres.run(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pdscan' "
        f"AND datname = '{postgres.name}'"
    )
    assert seen == 3  # the holder of the snapshot, and two readers
    postgres.run("SET lock_timeout TO '2s'; DROP TABLE a")  # no lock is left on what was read
    worker.close()
    connector.close()


def many_rows(database: Database, rows: int = 60_000) -> list[str]:
    database.run("CREATE TABLE t (id int PRIMARY KEY, v text, pad text)")
    database.run(
        f"INSERT INTO t SELECT i, 'row ' || i, repeat('x', 600) FROM generate_series(1, {rows}) i"
    )
    return [f"row {i}" for i in range(1, rows + 1)]


def end_backends(database: Database, state: str = "active") -> int:
    return len(database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
        f"AND application_name = 'pdscan' AND datname = '{database.name}' AND state = '{state}'"
    ))  # fmt: skip


def read_with_accident(
    connector: SqlConnector, unit: Unit, accident: object
) -> tuple[list[str], Outcome]:
    assert callable(accident)
    texts: list[str] = []
    outcome = None
    for event in connector.read(unit):
        if isinstance(event, Outcome):
            outcome = event
        elif isinstance(event, Block):
            fields = event.layout.fields  # type: ignore[union-attr]
            if fields == ["v"]:
                texts += event.text.decode().split("\n")
                if accident is not None and len(texts) > 1000:
                    accident()
                    accident = lambda: None  # noqa: E731
    assert outcome is not None
    return texts, outcome


def test_a_killed_backend_is_taken_up_again_where_it_broke(postgres: Database) -> None:
    expected = many_rows(postgres)
    connector = postgres.open()
    (unit,) = units(connector)
    killed: list[int] = []
    texts, outcome = read_with_accident(
        connector, unit, lambda: killed.append(end_backends(postgres))
    )
    connector.close()
    assert killed == [1]
    assert texts == expected
    assert outcome.state is State.READ


@pytest.mark.parametrize("has_key", [True, False])
def test_a_server_that_forgot_the_snapshot_is_told_in_the_ledger(
    postgres: Database, has_key: bool
) -> None:
    expected = many_rows(postgres)
    if not has_key:
        postgres.run("ALTER TABLE t DROP CONSTRAINT t_pkey")
    connector = postgres.open()
    (unit,) = units(connector)
    killed: list[int] = []

    def restart() -> None:
        killed.append(end_backends(postgres, "idle in transaction"))
        killed.append(end_backends(postgres))
        # What was read moves to the end of the table; what was not, is changed.
        postgres.run("UPDATE t SET pad = 'y' WHERE id <= 10")
        postgres.run("INSERT INTO t VALUES (-1, 'row -1', 'came later')")

    texts, outcome = read_with_accident(connector, unit, restart)
    assert killed == [1, 1]
    if has_key:
        assert sorted(texts) == sorted([*expected, "row -1"])
    else:  # a row that was changed is another
        assert set(texts) == {*expected, "row -1"}
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.CHANGED)
    assert "read in a later snapshot" in outcome.told
    connector.close()


def test_keys_that_are_too_many_leave_a_gap(
    postgres: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "_MOST_BYTES", 1000)
    expected = many_rows(postgres)
    connector = postgres.open()
    (unit,) = units(connector)

    def restart() -> None:
        end_backends(postgres, "idle in transaction")
        end_backends(postgres)

    texts, outcome = read_with_accident(connector, unit, restart)
    assert texts == expected[: len(texts)]
    assert len(texts) < len(expected)
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.IO)
    assert f"{len(texts):,} rows" in outcome.told
    # What is read after that is whole, and says that it is of another time.
    texts, outcome = read_with_accident(connector, unit, lambda: None)
    connector.close()
    assert texts == expected
    assert (outcome.state, outcome.reason) == (State.PARTIAL, Reason.CHANGED)


def test_a_table_dropped_while_scanned(postgres: Database) -> None:
    postgres.run("CREATE TABLE a (v text); CREATE TABLE b (v text)")
    connector = postgres.open()
    first, second = units(connector)
    postgres.run("DROP TABLE a")
    assert read_unit(connector, first)[1].reason is Reason.VANISHED
    assert read_unit(connector, second)[1].state is State.READ
    connector.close()


def test_a_lock_is_waited_for_a_little_and_told(postgres: Database) -> None:
    postgres.run("CREATE TABLE a (v text); CREATE TABLE b (v text); INSERT INTO b VALUES ('b')")
    address = f"host={postgres.url.host} port={postgres.url.port} user=root dbname={postgres.name}"
    with psycopg.connect(address) as other:
        other.execute("LOCK TABLE a IN ACCESS EXCLUSIVE MODE")
        started = time.monotonic()
        read = read_all(postgres.open(lock_timeout=0.2))
        assert time.monotonic() - started < 5
    assert (read.outcome("a").state, read.outcome("a").reason) == (State.UNREADABLE, Reason.TIMEOUT)
    assert "lock" in read.outcome("a").told
    assert read.texts("b", "v") == ["b"]


def test_a_statement_that_takes_too_long(postgres: Database) -> None:
    postgres.run("CREATE VIEW slow AS SELECT 'x' AS v, pg_sleep(20)::text AS w")
    read = read_all(postgres.open(views=True, statement_timeout=0.5))
    assert read.outcome("slow").reason is Reason.TIMEOUT


def test_ranges_cover_a_table_once(postgres: Database) -> None:
    expected = many_rows(postgres, 20_000)
    postgres.run("DELETE FROM t WHERE id % 7 = 0")
    connector = postgres.open(range_bytes=200_000)
    ranges = units(connector)
    connector.close()
    assert len(ranges) > 5
    read = read_all(postgres.open(range_bytes=200_000))
    assert read.texts("t", "v") == [v for i, v in enumerate(expected, 1) if i % 7]


def test_a_sample_is_spread_and_marked(postgres: Database) -> None:
    many_rows(postgres, 20_000)
    postgres.run("ANALYZE t")
    read = read_all(postgres.open(sample=80))
    rows = [int(text.split()[1]) for text in read.texts("t", "v")]
    assert len(rows) == 80
    assert max(rows) > 15_000
    for outcome in read.outcomes["t"]:
        assert outcome.state is State.PARTIAL
        assert "10 rows" in outcome.told


def test_a_limit_on_rows_per_second(postgres: Database) -> None:
    many_rows(postgres, 20_000)
    started = time.monotonic()
    read_all(postgres.open(rate=20_000))
    assert time.monotonic() - started > 0.9


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"database": "pdscan_is_not_there"}, AccessError),
        ({"port": 1}, SourceError),
        ({"username": "pdscan_nobody"}, AccessError),
    ],
)
def test_no_way_in(postgres: Database, change: dict[str, object], error: type[Exception]) -> None:
    url = postgres.url.set(password=HIDDEN, **change)  # type: ignore[arg-type]
    with pytest.raises(error) as caught:
        list(Database(url, postgres.run).open().walk())
    assert HIDDEN not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "shop" in str(caught.value)


def test_settings_never_show_the_password(postgres: Database) -> None:
    connector = Database(postgres.url.set(password=HIDDEN), postgres.run).open()
    assert HIDDEN not in repr(connector) + repr(vars(connector))
