"""Real servers and files, and a small shop to delete from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

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


@pytest.fixture
def shop(postgres: Database, tmp_path: Path) -> Iterator[Shop]:  # noqa: F811 - the fixture
    shop = Shop(postgres, tmp_path)
    shop.open()
    yield shop
    shop.close()
