from __future__ import annotations

import pytest

from pdscan.connectors.sql.relations import with_likely
from pdscan.connectors.sql.structure import ForeignKey, Kind, Structure
from tests.connectors.sql.conftest import Database

SHOP = (
    "CREATE TABLE customers (id int PRIMARY KEY, email varchar(99) UNIQUE, note text)",
    "CREATE TABLE orders (order_no int PRIMARY KEY, customer_id int, placed_by int,"
    " FOREIGN KEY (placed_by) REFERENCES customers (id))",
    "CREATE TABLE order_lines (id int PRIMARY KEY, order_no int, product_id int)",
    "CREATE TABLE products (id int PRIMARY KEY, customer_id varchar(9))",
    "INSERT INTO customers VALUES (11, 'a', NULL), (12, 'b', NULL),"
    " (13, 'c', NULL), (14, 'd', NULL)",
    "INSERT INTO orders VALUES (101, 11, 11), (102, 12, 11), (103, 13, NULL), (104, 13, NULL)",
    "INSERT INTO order_lines VALUES (1, 101, 900), (2, 102, 901), (3, 103, 902)",
    "INSERT INTO products VALUES (1, 'x')",
)


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_declared_and_likely_keys(server: str, request: pytest.FixtureRequest) -> None:
    database: Database = request.getfixturevalue(server)
    for statement in SHOP:
        database.run(statement)
    connector = database.open()
    structure = connector.structure()
    with connector.connected() as connection:
        relations = with_likely(connection, structure)
    connector.close()
    tables = {table.name: table for table in relations.structure.tables}
    schema = tables["orders"].schema
    assert tables["customers"].key == ("id",)
    assert tables["customers"].unique == (("email",),)
    declared, likely = tables["orders"].foreign_keys
    assert declared == ForeignKey(("placed_by",), (schema, "customers"), ("id",))
    assert (likely.columns, likely.table, likely.declared) == (
        ("customer_id",), (schema, "customers"), False
    )  # fmt: skip
    assert likely.evidence[0] == "name: customer_id ~ customers.id"
    assert likely.evidence[2] == "values: 3 of 3 are there"
    (line,) = tables["order_lines"].foreign_keys
    assert (line.columns, line.table) == (("order_no",), (schema, "orders"))
    # product_id is named after products, but its values are not there.
    assert relations.unchecked == ()
    assert Structure.from_json(relations.structure.to_json()) == relations.structure


def test_comments_and_kinds(postgres: Database) -> None:
    postgres.run("CREATE TABLE t (v text); COMMENT ON TABLE t IS 'people'")
    postgres.run("COMMENT ON COLUMN t.v IS 'sähköposti'; CREATE VIEW w AS SELECT 1 AS x")
    table, view = postgres.open().structure().tables
    assert (table.comment, table.column("v").comment) == ("people", "sähköposti")
    assert view.facts.kind is Kind.VIEW
