"""From a URL to a connector: which kind of database it is."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pdscan.connectors.interface import ReadOptions
from pdscan.connectors.sql.connector import SqlConnector
from pdscan.connectors.sql.dialect import Dialect, Options
from pdscan.errors import UsageError


def open_database(
    source: str, url: sa.URL, options: Options | None = None, reading: ReadOptions | None = None
) -> SqlConnector:
    """The connector for the database at `url` (see `credentials.resolve`).

    Raises UsageError where no driver for it is installed.
    """
    options = options or Options()
    try:
        return SqlConnector(source, _dialect(source, url, options), options, reading)
    except sa.exc.NoSuchModuleError:
        raise UsageError(
            f"{source}: no driver for {url.get_backend_name()} is installed; "
            "install the SQLAlchemy dialect of that database"
        ) from None
    except ImportError as error:
        raise UsageError(
            f"{source}: the driver {error.name} is not installed; {_install(url, error.name)}"
        ) from None


#: The drivers that come with a part of pdscan of their name.
_EXTRAS = {"duckdb": "duckdb", "mssql": "mssql+pymssql", "oracle": "oracle+oracledb"}


def _install(url: sa.URL, driver: str | None) -> str:
    name = url.get_backend_name()
    if name not in _EXTRAS:
        return f"pip install {driver}"
    return f"pip install 'pdscan[{name}]' (and begin the URL with {_EXTRAS[name]}://)"


def _dialect(source: str, url: sa.URL, options: Options) -> Dialect:
    name = url.drivername.partition("+")[0]
    if name in ("postgresql", "postgres"):
        import adbc_driver_postgresql  # noqa: F401 - says at once if it is not there
        import psycopg  # noqa: F401

        from pdscan.connectors.sql.postgres import PostgreSQL

        return PostgreSQL(url.set(drivername="postgresql"), options)
    if name in ("mysql", "mariadb"):
        import pymysql  # noqa: F401

        from pdscan.connectors.sql.mysql import MySQL

        return MySQL(url.set(drivername="mysql"), options)
    if name == "sqlite":
        if not url.database or url.database == ":memory:":
            raise UsageError(f"{source}: name the file, as in sqlite:///path/to/file.db")
        from pdscan.connectors.sql.sqlite import SQLite

        return SQLite(Path(url.database), options)
    if name == "duckdb":
        if not url.database or url.database == ":memory:":
            raise UsageError(f"{source}: name the file, as in duckdb:///path/to/file.duckdb")
        import duckdb  # noqa: F401 - says at once if it is not there

        from pdscan.connectors.sql.duckdb import DuckDB

        return DuckDB(url.database, options)
    from pdscan.connectors.sql.generic import Generic

    url.get_dialect().import_dbapi()  # says at once if the driver is not there
    return Generic(url, options)
