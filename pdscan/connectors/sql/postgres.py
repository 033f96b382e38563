"""PostgreSQL: read by ranges of pages through ADBC, all workers in one snapshot.

Ranges of ``ctid`` read any table in the order it is stored, with or without a key, and touch each
page once (a TID range scan, PostgreSQL 14 and later; older servers read a table in one range).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from pdscan.connectors.sql.dialect import CannotResumeError, Options, Range, Resume, Trouble
from pdscan.connectors.sql.postgres_session import PostgresSession, milliseconds
from pdscan.connectors.sql.structure import common_family
from pdscan.connectors.structure import Column, Facts, Family, Kind, Name, Part, Table
from pdscan.model import Reason

_PAGE = 8192
_KINDS = {
    "r": Kind.TABLE, "p": Kind.PARTITIONED, "v": Kind.VIEW, "m": Kind.MATERIALIZED,
    "f": Kind.FOREIGN,
}  # fmt: skip
_STORED = (Kind.TABLE, Kind.MATERIALIZED)

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_STATES = {
    "42501": Trouble(Reason.DENIED, "the account may not read something it refers to"),
    "42P01": Trouble(Reason.VANISHED, "the table was dropped"),
    "42703": Trouble(Reason.CHANGED, "a column was dropped or renamed"),
    "25006": Trouble(Reason.DENIED, "reading it would write, which a scan never does"),
    "3F000": Trouble(Reason.VANISHED, "the schema was dropped"),
    "22023": Trouble(Reason.CHANGED, "the shared snapshot is gone", snapshot_gone=True),
    "55000": Trouble(Reason.CHANGED, "the shared snapshot is gone", snapshot_gone=True),
    "28000": Trouble(Reason.DENIED),
    "28P01": Trouble(Reason.DENIED),
    "55P03": Trouble(Reason.TIMEOUT, "another session holds a lock on the table"),
    "57014": Trouble(Reason.TIMEOUT, "the statement time-out was reached"),
    "57P01": Trouble(Reason.IO, "the connection was ended by the administrator", lost=True),
    "57P02": Trouble(Reason.IO, "the server crashed", lost=True),
    "57P03": Trouble(Reason.IO, "the server is starting or stopping", lost=True),
    "XX001": Trouble(Reason.CORRUPT, "the database reports damaged data"),
    "XX002": Trouble(Reason.CORRUPT, "the database reports a damaged index"),
    "54000": Trouble(Reason.LIMIT, "a row is larger than the database can send"),
}

# libpq gives no SQLSTATE for a connection that was never made.
_TURNED_AWAY = re.compile(
    r"authentication failed|no password supplied|no pg_hba.conf entry|does not exist"
)

_FACTS = """
WITH locked AS (
    SELECT DISTINCT relation FROM pg_catalog.pg_locks
    WHERE mode = 'AccessExclusiveLock' AND granted AND relation IS NOT NULL
)
SELECT n.nspname, c.relname, c.relkind::text, c.relispartition, c.reltuples::bigint,
    rn.nspname, rc.relname,
    -- Asking for the size of a table waits for its lock.
    CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
         WHEN locked.relation IS NULL THEN pg_catalog.pg_relation_size(c.oid)
         ELSE c.relpages::bigint * 8192 END,
    c.reltoastrelid <> 0 AND
        (locked.relation IS NOT NULL OR pg_catalog.pg_relation_size(c.reltoastrelid) > 0),
    pg_catalog.has_schema_privilege(n.oid, 'USAGE'),
    pg_catalog.has_table_privilege(c.oid, 'SELECT'),
    ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND NOT pg_catalog.has_table_privilege(c.oid, 'SELECT')
          AND NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') ORDER BY a.attnum),
    pg_catalog.has_any_column_privilege(c.oid, 'SELECT'),
    c.relrowsecurity AND pg_catalog.row_security_active(c.oid),
    current_user::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN locked ON locked.relation = c.oid
LEFT JOIN pg_catalog.pg_class rc
    ON c.relispartition AND rc.oid = pg_catalog.pg_partition_root(c.oid)
LEFT JOIN pg_catalog.pg_namespace rn ON rn.oid = rc.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """One database of a PostgreSQL server; `url` without driver, its password in place."""

    url: sa.URL
    options: Options

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""
        return "postgresql"

    def engine(self) -> sa.Engine:
        """For reflection: read-only, and never waiting long for a lock."""
        lock, statement = self.options.lock_timeout, self.options.patience
        settings = (
            f"-c default_transaction_read_only=on -c lock_timeout={milliseconds(lock)}"
            f" -c statement_timeout={milliseconds(statement)}"
        )
        return sa.create_engine(
            self._url().set(drivername="postgresql+psycopg"),
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",  # no transaction lies open while the walk is waited for
            # Names too come in the encoding of the database if none is asked for.
            connect_args={"options": settings, "client_encoding": "UTF8"},
        )

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """All but the database's own."""
        names = sa.inspect(connection).get_schema_names()
        return [n for n in names if not n.startswith("pg_") and n != "information_schema"]

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """Kinds, sizes, partitions and missing grants, in one query that waits for no lock."""
        facts: dict[Name, Facts] = {}
        parts: dict[Name, list[Part]] = {}
        for row in connection.exec_driver_sql(_FACTS):
            (schema, table, relkind, is_partition, rows, root_schema, root, size, toasted,
             may_use, may_read, missing, may_some, hidden, user) = row  # fmt: skip
            name = schema, table
            part = Part(name, size, -(-size // _PAGE))
            kind = _KINDS[relkind]
            if is_partition and kind is not Kind.FOREIGN:
                kind = Kind.PARTITION
            if is_partition and relkind == "r":
                parts.setdefault((root_schema, root), []).append(part)
            facts[name] = Facts(
                kind,
                rows,
                (part,) if kind in _STORED else (),
                self._missing(name, may_use, may_some, user),
                () if may_read else tuple(missing),
                "row-level security hides rows from this account; read as one with BYPASSRLS"
                if hidden else "",
                toasted or relkind not in "rm",
            )  # fmt: skip
        for root_name, found in parts.items():
            whole = facts[root_name]
            if any(facts[part.name].missing for part in found):
                continue  # what a grant on the whole allows is read through the whole
            facts[root_name] = Facts(
                whole.kind, sum(max(facts[part.name].rows, 0) for part in found), tuple(found),
                whole.missing, whole.missing_columns, whole.hidden,
                any(facts[part.name].large_values for part in found),
            )  # fmt: skip
        return facts

    def _missing(self, name: Name, may_use: bool, may_read: bool, user: str) -> str:
        grants = []
        if not may_use:
            grants.append(f"GRANT USAGE ON SCHEMA {self.quote(name[0])} TO {self.quote(user)}")
        if not may_read:
            grants.append(f"GRANT SELECT ON {self._name(name)} TO {self.quote(user)}")
        return "; ".join(grants)

    def family(self, kind: Any) -> Family:
        """How values of a SQLAlchemy type become texts."""
        from sqlalchemy.dialects import postgresql as pg

        nothing = (pg.INTERVAL, pg.MONEY, pg.OID, pg.BIT, pg.REGCLASS)
        return Family.NONE if isinstance(kind, nothing) else common_family(kind)

    def share_snapshot(self) -> PostgresSession:
        """A session whose snapshot the others take over."""
        session = self.session("")
        session.export()
        return session

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """Ranges of pages; the last one of each part has no end, for pages that came since."""
        if not table.facts.parts:
            return [Range(table, table.full_name)]
        version = connection.dialect.server_version_info or (0,)
        ranges: list[Range] = []
        for part in table.facts.parts:
            share = max(
                round(pieces * part.size / max(sum(p.size for p in table.facts.parts), 1)), 1
            )
            count = share if pieces else max(-(-part.size // self.options.range_bytes), 1)
            count = min(count, max(part.pages, 1)) if version >= (14,) else 1
            bounds = [part.pages * i // count for i in range(count)]
            for low, high in zip(bounds, [*bounds[1:], None], strict=True):
                first = None if count == 1 else low
                ranges.append(
                    Range(table, part.name, len(ranges), first, high, size=part.size // count)
                )
        return ranges

    def session(self, snapshot: str) -> PostgresSession:
        """A new connection in a read-only transaction that sees `snapshot`."""
        return PostgresSession(self._url(), self.options, snapshot)

    def quote(self, name: str) -> str:
        """A name between double quotes."""
        return '"' + name.replace('"', '""') + '"'

    def _name(self, name: Name) -> str:
        return ".".join(map(self.quote, name))

    def value(self, column: Column) -> str:
        """Text and integers as they are, the rest as PostgreSQL writes it."""
        name = self.quote(column.name)
        if column.family is Family.INTEGER:
            return name
        return f"{name}::text"

    def key_value(self, column: Column) -> str:
        """As PostgreSQL writes it."""
        return self.value(column)

    def document(self, column: Column) -> str:
        """The value of a column of bytes."""
        return self.quote(column.name) if column.family is Family.BINARY else ""

    def size(self, column: Column) -> str:
        """Known without reading the value for text and bytes; other types are written out where
        what is stored, compressed, is neither clearly small nor clearly large.
        """
        name = self.quote(column.name)
        if column.family is Family.BINARY:
            return f"octet_length({name})"
        if column.family is Family.TEXT:
            return f"octet_length({name}::text)"
        most = self.options.value_bytes
        return (
            f"CASE WHEN pg_column_size({name}) > {most} THEN pg_column_size({name}) "
            f"WHEN pg_column_size({name}) > {most // 8} THEN octet_length({name}::text) ELSE 0 END"
        )

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """A digest of the row: found again by ``md5(table::text)``, and telling nothing."""
        missing = table.facts.missing_columns
        if not missing:
            return (("md5(row)", "md5(t::text)"),)
        names = ", ".join(self.quote(c.name) for c in table.columns if c.name not in missing)
        return ((f"md5(row({names}))", f"md5(ROW({names})::text)"),)

    def where(self, range_: Range, resume: Resume | None) -> str:
        """The pages; in the same snapshot they give the same rows in the same order."""
        facts = range_.table.facts
        # Tables that inherit are tables of their own.
        only = "ONLY " if facts.parts else ""
        clauses = [f"FROM {only}{self._name(range_.part)} AS t"]
        bounds = []
        if range_.low is not None:
            bounds.append(f"ctid >= '({range_.low},0)'::tid")
        if range_.high is not None:
            bounds.append(f"ctid < '({range_.high},0)'::tid")
        if bounds:
            clauses.append("WHERE " + " AND ".join(bounds))
        if range_.limit:
            clauses.append(f"LIMIT {range_.limit - (resume.rows if resume else 0)}")
        if resume and resume.rows:
            if not resume.same_snapshot or not facts.parts:
                raise CannotResumeError
            clauses.append(f"OFFSET {resume.rows}")
        return " ".join(clauses)

    def trouble(self, error: BaseException) -> Trouble | None:
        """By SQLSTATE; a connection that broke has none."""
        import adbc_driver_manager as adbc

        if isinstance(error, sa.exc.DBAPIError):
            error = error.orig or error
        state = getattr(error, "sqlstate", None)
        if state in _STATES:
            return _STATES[state]
        if state and state[:2] in ("08", "57"):
            return Trouble(Reason.IO, "the connection was lost", lost=True)
        if state:
            return Trouble(Reason.IO, f"the database answered SQLSTATE {state}")
        # What ADBC's stream and libpq raise when the server is gone, without a state.
        if _TURNED_AWAY.search(str(error)):
            return Trouble(Reason.DENIED)
        if isinstance(error, (OSError, adbc.OperationalError, sa.exc.OperationalError)):
            return Trouble(Reason.IO, "the connection was lost", lost=True)
        if type(error).__module__.partition(".")[0] in ("adbc_driver_manager", "psycopg"):
            return Trouble(Reason.IO, f"the driver raised {type(error).__name__}", lost=True)
        return None

    def _url(self) -> sa.URL:
        given = {"application_name": "pdscan",
                 "connect_timeout": str(max(int(self.options.connect_timeout), 1))}  # fmt: skip
        return self.url.set(drivername="postgresql", query={**given, **self.url.query})
