"""Tables of a package, whatever their columns are called."""

from __future__ import annotations

import json

import pytest

from pdscan.exports.package.model import Form
from pdscan.exports.package.tables import ITEM, Table, written


def _read(table: Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(b"".join(written(table, Form.JSON)))
    return rows


@pytest.mark.parametrize("column", ["item", "system", "id", "ITEM", "pdscan item"])
def test_columns_of_a_system_are_text(column: str) -> None:
    table = Table("orders", "orders")
    table.add([(ITEM, "1"), (column, "Kahvinkeitin"), ("price", "12")])
    (row,) = _read(table)
    assert sorted(map(str, row.values())) == ["1", "12", "Kahvinkeitin"]
    assert row[ITEM] == 1
    types = {field["name"]: field["type"] for field in table.schema({}, Form.JSON)["fields"]}
    assert [name for name, kind in types.items() if kind == "integer"] == [ITEM]


def test_items_are_numbered() -> None:
    table = Table("items", "items", key="item")
    table.add([("item", "7"), ("system", "shop")])
    assert _read(table) == [{"item": 7, "system": "shop"}]
