"""A table that is read in many ranges is one item, whoever reads them."""

from __future__ import annotations

import pytest

from pdscan import detectors
from pdscan.model import State
from pdscan.runner import run
from pdscan.scan import Closed, Found, Opened, Plan, tasks
from tests.connectors.sql.conftest import Database

_ROWS = 3000


@pytest.mark.parametrize("server", ["postgres", "mysql"])
def test_ranges_are_joined_for_any_number_of_workers(
    server: str, request: pytest.FixtureRequest
) -> None:
    database: Database = request.getfixturevalue(server)
    for name in ("a", "b"):
        database.run(f"CREATE TABLE {name} (id int PRIMARY KEY, v text, pad text)")
        for first in range(0, _ROWS, 500):
            rows = ", ".join(f"({i}, 'u{i}@example.com', '{'x' * 500}')"
                             for i in range(first, first + 500))  # fmt: skip
            database.run(f"INSERT INTO {name} VALUES {rows}")
    database.run("ANALYZE" if server == "postgres" else "ANALYZE TABLE a, b")
    results = []
    for jobs in (0, 1, 2):
        connector = database.open(range_bytes=100_000)
        ranges = sum(len(task.steps) for task in tasks([connector]))
        assert ranges > 6
        plan = Plan((connector,), tuple(detectors.load(["email"], None)), bytes(32))
        messages = list(run(plan, tasks(plan.connectors), jobs))
        connector.close()
        opened = [m for m in messages if isinstance(m, Opened)]
        closed = [m for m in messages if isinstance(m, Closed)]
        assert [(m.number, m.item.path[-1]) for m in opened] == [(0, "a"), (1, "b")]
        assert [(m.number, m.entry.item.path[-1]) for m in closed] == [(0, "a"), (1, "b")]
        for ended in closed:
            assert ended.entry.outcome.state is State.READ
            assert ended.entry.outcome.rows == _ROWS
        found = [
            (row["item"], row["key"])
            for message in messages if isinstance(message, Found)
            for row in message.batch.to_pylist()
        ]  # fmt: skip
        assert found == [(item, f"id:{i}") for item in (0, 1) for i in range(_ROWS)]
        results.append([m.entry for m in closed])
    assert results[0] == results[1] == results[2]
