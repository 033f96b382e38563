"""The tables of databases, and of SQLite files wherever they lie, to be asked for rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from pdscan.connectors.contents import held
from pdscan.connectors.formats import sqlite as sqlite_format
from pdscan.connectors.interface import Connector, ReadOptions
from pdscan.connectors.sql.connector import MEDIA_TYPE, SqlConnector
from pdscan.connectors.sql.dialect import Options
from pdscan.connectors.sql.lookup import TableRow, Tables
from pdscan.connectors.sql.relations import with_likely
from pdscan.connectors.sql.sqlite import SQLite
from pdscan.connectors.sql.structure import reflect

__all__ = ["SQLITE", "TableRow", "Tables", "has_tables", "tables_of"]

SQLITE = "application/vnd.sqlite3"


@contextmanager
def tables_of(
    connector: Connector, path: Sequence[str] = (), *, likely: bool = False
) -> Iterator[Tables]:
    """The database that `connector` is, or that its item `path` holds.

    With `likely` the foreign keys that are probable but not declared are looked for too. Raises
    `UnreadableError`, and `AccessError` or `SourceError` as walking does.
    """
    if isinstance(connector, SqlConnector) and not connector.is_document(path):
        with connector.connected() as connection:
            structure = connector.structure()
            if likely:
                structure = with_likely(connection, structure).structure
            yield Tables(connection, structure, connector.dialect)
        return
    dialect = SQLite(Path(), Options())
    with (
        held(connector, path) as content,
        sqlite_format.connected(content, _reading(connector)) as database,
    ):
        database.text_factory = str
        engine = sa.create_engine(
            "sqlite://", creator=lambda: database, poolclass=sa.pool.StaticPool
        )
        with engine.connect() as connection:
            facts = dialect.facts(connection)
            structure = reflect(connection, connector.source, [None], facts, dialect.family)
            if likely:
                structure = with_likely(connection, structure).structure
            yield Tables(connection, structure, dialect)


def has_tables(connector: Connector, media_type: str) -> bool:
    """Whether an item of `media_type` is one whose rows can be asked for."""
    is_table = isinstance(connector, SqlConnector) and media_type == MEDIA_TYPE
    return is_table or media_type == SQLITE


def _reading(connector: Connector) -> ReadOptions:
    return getattr(connector, "options", None) or ReadOptions()
