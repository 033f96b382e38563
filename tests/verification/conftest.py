"""Real servers and files, and a small shop to delete from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.sql.conftest import (  # noqa: F401 - fixtures
    Database,
    mysql,
    mysql_database,
    mysql_port,
    postgres,
    postgres_database,
    postgres_port,
)
from tests.verification.shop import Shop

#: Takes what was done, and how it was called, for the table that ``pytest -v`` prints at the end.
Told = Callable[[str, str], None]


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Told:
    def tell(done: str, called: str) -> None:
        request.node.user_properties.append(("fault", f"{done:<62}{called}"))

    return tell


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of faults: what was done, how it was called, and whether it should be so."""
    if terminalreporter.config.get_verbosity() < 0:  # -q is the project's own
        return
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, text in report.user_properties:
                if name == "fault":
                    terminalreporter.write_line(f"{outcome:<7} {text}")


@pytest.fixture
def shop(postgres: Database, tmp_path: Path) -> Iterator[Shop]:  # noqa: F811 - the fixture
    shop = Shop(postgres, tmp_path)
    shop.open()
    yield shop
    shop.close()
