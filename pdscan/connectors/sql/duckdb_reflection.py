"""DuckDB as SQLAlchemy sees it: what its tables are made of, from its own catalogue.

The dialect on PyPI reflects through the catalogue of PostgreSQL, which DuckDB has in part only.
https://duckdb.org/docs/stable/sql/meta/duckdb_table_functions
"""

from __future__ import annotations

import re
from contextlib import suppress
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import UserDefinedType

#: Nothing but the file itself is opened, and never written to.
SETTINGS = {
    "access_mode": "READ_ONLY", "threads": "1", "memory_limit": "512MB",
    "enable_external_access": "false", "autoinstall_known_extensions": "false",
}  # fmt: skip

_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "VARCHAR": sa.String, "JSON": sa.JSON, "BLOB": sa.LargeBinary, "BOOLEAN": sa.Boolean,
    "TINYINT": sa.SmallInteger, "UTINYINT": sa.SmallInteger, "SMALLINT": sa.SmallInteger,
    "USMALLINT": sa.SmallInteger, "INTEGER": sa.Integer, "UINTEGER": sa.Integer,
    "BIGINT": sa.BigInteger, "UBIGINT": sa.BigInteger, "HUGEINT": sa.BigInteger,
    "UHUGEINT": sa.BigInteger, "FLOAT": sa.Float, "DOUBLE": sa.Float, "DATE": sa.Date,
    "TIME": sa.Time, "INTERVAL": sa.Interval,
}  # fmt: skip
_NESTED = re.compile(r"\]$|^(STRUCT|MAP|UNION)\(")


class Named(UserDefinedType[Any]):
    """A type that is known by its name only; ``is_nested`` ones hold values within."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_nested = bool(_NESTED.search(name))

    def get_col_spec(self, **_: Any) -> str:
        """As DuckDB writes it."""
        return self.name


def type_of(name: str) -> sa.types.TypeEngine[Any]:
    """The SQLAlchemy type of DuckDB's type `name`."""
    known = _TYPES.get(name)
    if known is not None:
        return known()
    if name.startswith("TIMESTAMP"):
        return sa.DateTime()
    if found := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", name):
        return sa.Numeric(int(found[1]), int(found[2]))
    return Named(name)


class DuckDBReflection(DefaultDialect):
    """Enough of a dialect to connect and to reflect."""

    name = "duckdb"
    driver = "duckdb"
    default_paramstyle = "qmark"
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """The driver."""
        import duckdb

        module: ModuleType = duckdb
        return module

    def create_connect_args(self, url: sa.URL) -> Any:
        """The file, never to be written to."""
        return [url.database or ""], {"config": SETTINGS}

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Ends the transaction, where there is one."""
        with suppress(self.dbapi.Error):  # type: ignore[union-attr] # set by then
            dbapi_connection.rollback()

    def _get_server_version_info(self, connection: sa.Connection) -> tuple[int, ...]:
        return ()

    def _get_default_schema_name(self, connection: sa.Connection) -> str:
        return "main"

    def get_schema_names(self, connection: sa.Connection, **_: Any) -> list[str]:
        """Those that hold something."""
        return [row[0] for row in self._asked(
            connection, "SELECT DISTINCT schema_name FROM duckdb_columns() WHERE NOT internal AND "
            "database_name = current_database() ORDER BY 1"
        )]  # fmt: skip

    def get_table_names(
        self, connection: sa.Connection, schema: str | None = None, **_: Any
    ) -> list[str]:
        """The tables of a schema."""
        return [name for name, _ in self._described(connection, "table", schema)]

    def get_view_names(
        self, connection: sa.Connection, schema: str | None = None, **_: Any
    ) -> list[str]:
        """The views of a schema."""
        return [name for name, _ in self._described(connection, "view", schema)]

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """Names, types and comments, in order."""
        asked = self._asked(
            connection,
            "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() WHERE "
            "database_name = current_database() AND schema_name = ? AND table_name = ? "
            "ORDER BY column_index", schema or "main", table_name,
        )  # fmt: skip
        return [
            {"name": column, "type": type_of(kind), "nullable": nullable, "default": None,
             "comment": comment}
            for column, kind, nullable, comment in asked
        ]  # fmt: skip

    def get_pk_constraint(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """The primary key."""
        keys = self._constraints(connection, "PRIMARY KEY", schema, table_name)
        return {"constrained_columns": keys[0][0] if keys else [], "name": None}

    def get_unique_constraints(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """Columns that are unique together."""
        found = self._constraints(connection, "UNIQUE", schema, table_name)
        return [{"name": None, "column_names": columns} for columns, _, _ in found]

    def get_foreign_keys(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """Foreign keys; they do not leave their schema."""
        found = self._constraints(connection, "FOREIGN KEY", schema, table_name)
        return [
            {"name": None, "constrained_columns": columns, "referred_schema": schema,
             "referred_table": referred_table, "referred_columns": referred, "options": {}}
            for columns, referred_table, referred in found
        ]  # fmt: skip

    def get_indexes(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> list[Any]:
        """Not asked: keys are constraints."""
        return []

    def get_table_comment(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        """The comment on a table or view."""
        for kind in ("table", "view"):
            for name, comment in self._described(connection, kind, schema):
                if name == table_name:
                    return {"text": comment}
        return {"text": None}

    def _described(
        self, connection: sa.Connection, kind: str, schema: str | None
    ) -> list[tuple[str, str | None]]:
        return self._asked(
            connection,
            f"SELECT {kind}_name, comment FROM duckdb_{kind}s() WHERE NOT internal AND "  # noqa: S608 - one of two words
            "database_name = current_database() AND schema_name = ? ORDER BY 1", schema or "main",
        )  # fmt: skip

    def _constraints(
        self, connection: sa.Connection, kind: str, schema: str | None, table: str
    ) -> list[tuple[list[str], str, list[str]]]:
        return self._asked(
            connection,
            "SELECT constraint_column_names, referenced_table, referenced_column_names "
            "FROM duckdb_constraints() WHERE database_name = current_database() AND "
            "schema_name = ? AND table_name = ? AND constraint_type = ? ORDER BY constraint_index",
            schema or "main", table, kind,
        )  # fmt: skip

    @staticmethod
    def _asked(connection: sa.Connection, question: str, *values: str) -> list[Any]:
        return [tuple(row) for row in connection.exec_driver_sql(question, values)]


sa.dialects.registry.register("duckdb.pdscan", __name__, DuckDBReflection.__name__)
