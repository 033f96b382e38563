"""The servers that the tests of databases use."""

from tests.connectors.sql.conftest import (  # noqa: F401 - fixtures
    mysql,
    mysql_database,
    mysql_port,
    postgres,
    postgres_database,
    postgres_port,
)
