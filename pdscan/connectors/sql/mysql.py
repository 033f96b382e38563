"""MariaDB and MySQL: read by ranges of the primary key, each worker in a snapshot of its own.

These servers cannot show one session's snapshot to another: with one worker all tables are read in
one snapshot, with several each worker sees the moment when it began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from pdscan.connectors.sql import mysql_rows
from pdscan.connectors.sql.dialect import CannotResumeError, Options, Range, Resume, Trouble
from pdscan.connectors.sql.structure import common_family
from pdscan.connectors.structure import Column, Facts, Family, Kind, Name, Part, Table
from pdscan.model import Reason

_OWN = frozenset({"information_schema", "mysql", "performance_schema", "sys"})
_LARGE = ("mediumtext", "longtext", "json", "mediumblob", "longblob", "geometry")

# https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference
_ERRORS = {
    1044: Trouble(Reason.DENIED), 1045: Trouble(Reason.DENIED), 1049: Trouble(Reason.DENIED),
    1698: Trouble(Reason.DENIED),
    1142: Trouble(Reason.DENIED, "SELECT on the table was refused"),
    1143: Trouble(Reason.DENIED, "SELECT on a column was refused"),
    1146: Trouble(Reason.VANISHED, "the table was dropped"),
    1054: Trouble(Reason.CHANGED, "a column was dropped or renamed"),
    1412: Trouble(Reason.CHANGED, "the table was altered while it was scanned"),
    1205: Trouble(Reason.TIMEOUT, "another session holds a lock on the table"),
    1969: Trouble(Reason.TIMEOUT, "the statement time-out was reached"),
    3024: Trouble(Reason.TIMEOUT, "the statement time-out was reached"),
    1317: Trouble(Reason.TIMEOUT, "the statement was ended by the administrator"),
    1034: Trouble(Reason.CORRUPT, "the database reports a damaged table"),
    1356: Trouble(Reason.CORRUPT, "the view refers to what is not there or may not be read"),
    1153: Trouble(Reason.LIMIT, "a row is larger than the server's max_allowed_packet"),
}  # fmt: skip
_LOST = frozenset({1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006,
                   2013, 2014, 2055})  # fmt: skip

_TABLES = """
SELECT t.table_schema, t.table_name, t.table_type, t.engine, t.table_rows, t.data_length,
    current_user()
FROM information_schema.tables t
"""
_COLUMNS = """
SELECT table_schema, table_name, column_name, data_type, find_in_set('select', privileges)
FROM information_schema.columns ORDER BY table_schema, table_name, ordinal_position
"""
_JSON = """
SELECT constraint_schema, table_name, check_clause FROM information_schema.check_constraints
WHERE LEFT(check_clause, 11) = 'json_valid('
"""


@dataclass(frozen=True, slots=True)
class MySQL:
    """One database of a server, or all of them where `url` names none; its password in place."""

    url: sa.URL
    options: Options

    @property
    def name(self) -> str:
        """As SQLAlchemy names it."""
        return "mysql"

    def engine(self) -> sa.Engine:
        """For reflection: read-only, and never waiting long for a lock."""
        return sa.create_engine(
            self.url.set(drivername="mysql+pymysql"),
            poolclass=sa.pool.NullPool,
            isolation_level="AUTOCOMMIT",  # no transaction lies open while the walk is waited for
            connect_args=self._arguments(),
        )

    def schemas(self, connection: sa.Connection) -> Sequence[str | None]:
        """The one of the URL, or all but the server's own."""
        if self.url.database:
            return [self.url.database]
        return [n for n in sa.inspect(connection).get_schema_names() if n.lower() not in _OWN]

    def facts(self, connection: sa.Connection) -> Mapping[Name, Facts]:
        """Kinds, sizes, missing grants, and which columns of text hold JSON."""
        json: dict[Name, list[str]] = {}
        with suppress(sa.exc.DBAPIError):  # MySQL has a type for JSON instead, and no table_name
            for schema, table, clause in connection.exec_driver_sql(_JSON):
                column = clause[len("json_valid(") : -1].strip("`").replace("``", "`")
                json.setdefault((schema, table), []).append(column)
        unread: dict[Name, list[str]] = {}
        read: set[Name] = set()
        large: set[Name] = set()
        for schema, table, column, kind, may_read in connection.exec_driver_sql(_COLUMNS):
            name = schema, table
            if may_read:
                read.add(name)
            else:
                unread.setdefault(name, []).append(column)
            if kind.lower() in _LARGE:
                large.add(name)
        facts: dict[Name, Facts] = {}
        for schema, table, kind, _, rows, size, user in connection.exec_driver_sql(_TABLES):
            name = schema, table
            missing = "" if name in read else f"GRANT SELECT ON {self._name(name)} TO {user}"
            facts[name] = Facts(
                Kind.VIEW if "VIEW" in kind else Kind.TABLE,
                -1 if rows is None else rows,
                (Part(name, size or 0),) if "VIEW" not in kind else (),
                missing,
                tuple(unread.get(name, ())) if not missing else (),
                large_values=name in large,
                json_columns=tuple(json.get(name, ())),
            )
        return facts

    def family(self, kind: Any) -> Family:
        """How values of a SQLAlchemy type become texts."""
        from sqlalchemy.dialects import mysql

        nothing = (mysql.BIT, mysql.YEAR, mysql.TINYINT, mysql.MEDIUMINT)
        return Family.NONE if isinstance(kind, nothing) else common_family(kind)

    def share_snapshot(self) -> None:
        """There is no such thing here."""
        return

    def ranges(self, connection: sa.Connection, table: Table, pieces: int) -> list[Range]:
        """Ranges of the first column of the key where it is a whole number."""
        size = sum(part.size for part in table.facts.parts)
        count = pieces or max(-(-size // self.options.range_bytes), 1)
        if count > 1 and table.key and table.column(table.key[0]).family is Family.INTEGER:
            key: sa.ColumnClause[int] = sa.column(sa.quoted_name(table.key[0], True))
            whole = sa.table(sa.quoted_name(table.name, True), schema=table.schema)
            low, high = connection.execute(
                sa.select(sa.func.min(key), sa.func.max(key)).select_from(whole)
            ).one()
            if low is not None and high - low >= count:
                bounds = [low + (high + 1 - low) * i // count for i in range(1, count)]
                ends = zip([None, *bounds], [*bounds, None], strict=True)
                return [
                    Range(table, table.full_name, i, first, last, size=size // count)
                    for i, (first, last) in enumerate(ends)
                ]
        return [Range(table, table.full_name, size=size)]

    def session(self, snapshot: str) -> MySQLSession:
        """A new connection in a read-only transaction with a snapshot of its own."""
        # The dialect knows what the URL asks for beyond names: TLS, sockets, time-outs.
        _, asked = self.engine().dialect.create_connect_args(self.url)
        return MySQLSession({**asked, **self._arguments()}, self.options)

    def quote(self, name: str) -> str:
        """A name between grave accents."""
        return "`" + name.replace("`", "``") + "`"

    def _name(self, name: Name) -> str:
        return ".".join(map(self.quote, name))

    def value(self, column: Column) -> str:
        """All values travel as text."""
        name = self.quote(column.name)
        return f"CAST({name} AS CHAR)" if column.family is Family.CAST else name

    def key_value(self, column: Column) -> str:
        """As text, bytes in hexadecimal."""
        name = self.quote(column.name)
        return f"HEX({name})" if column.family is Family.BINARY else self.value(column)

    def document(self, column: Column) -> str:
        """The value of a column of bytes."""
        return self.quote(column.name) if column.family is Family.BINARY else ""

    def size(self, column: Column) -> str:
        """Bytes of the value."""
        return f"OCTET_LENGTH({self.quote(column.name)})"

    def row_key(self, table: Table) -> tuple[tuple[str, str], ...]:
        """A digest of all columns: can be found again, and tells nothing."""
        hidden = table.facts.missing_columns
        # As bytes: texts of two collations cannot be joined.
        cells = [
            f"IFNULL(CAST({self.quote(c.name)} AS BINARY), '')"
            for c in table.columns
            if c.name not in hidden
        ]
        return (("md5(row)", f"MD5(CONCAT_WS(CHAR(31), {', '.join(cells)}))"),)

    def where(self, range_: Range, resume: Resume | None) -> str:
        """The range, in the order of the key, which is the order of storage."""
        table = range_.table
        conditions = []
        key = [self.quote(name) for name in table.key]
        if range_.low is not None:
            conditions.append(f"{key[0]} >= {range_.low}")
        if range_.high is not None:
            conditions.append(f"{key[0]} < {range_.high}")
        if resume and resume.rows:
            conditions.append(f"({', '.join(key)}) > ({self._after(table, resume)})")
        clauses = [f"FROM {self._name(range_.part)}"]
        if conditions:
            clauses.append("WHERE " + " AND ".join(conditions))
        if key and table.facts.kind is Kind.TABLE:
            clauses.append("ORDER BY " + ", ".join(key))
        if range_.limit:
            clauses.append(f"LIMIT {range_.limit - (resume.rows if resume else 0)}")
        return " ".join(clauses)

    def _after(self, table: Table, resume: Resume) -> str:
        if not table.key:
            raise CannotResumeError
        literals = []
        for name, value in zip(table.key, resume.key, strict=True):
            family = table.column(name).family
            if not isinstance(value, bytes) or family is Family.BINARY:
                raise CannotResumeError
            if family is Family.INTEGER:
                literals.append(str(int(value)))
            else:
                literals.append(f"CONVERT(0x{value.hex()} USING utf8mb4)" if value else "''")
        return ", ".join(literals)

    def trouble(self, error: BaseException) -> Trouble | None:
        """By the server's and the client's error numbers."""
        import pymysql

        if isinstance(error, sa.exc.DBAPIError):
            error = error.orig or error
        if isinstance(error, FileNotFoundError):
            return Trouble(Reason.IO, "a file that the URL names is not there")
        if not isinstance(error, pymysql.err.MySQLError):
            return None
        code = error.args[0] if error.args else 0
        if code in _LOST or isinstance(error, pymysql.err.InterfaceError):
            return Trouble(Reason.IO, "the connection was lost", lost=True)
        return _ERRORS.get(code, Trouble(Reason.IO, f"the database answered error {code}"))

    def _arguments(self) -> dict[str, Any]:
        # `program_name` is what SHOW PROCESSLIST's tables show of a client.
        lock = max(int(self.options.lock_timeout), 1)
        return {
            "charset": "utf8mb4",
            "connect_timeout": max(int(self.options.connect_timeout), 1),
            "program_name": "pdscan",
            "init_command": f"SET SESSION lock_wait_timeout={lock}, "
            f"innodb_lock_wait_timeout={lock}",
        }


class MySQLSession:
    """A PyMySQL connection in one repeatable-read, read-only transaction."""

    snapshot = ""

    def __init__(self, arguments: Mapping[str, Any], options: Options) -> None:
        import pymysql

        # Of any type: what reads rows (`mysql_rows`) uses more of it than its types tell.
        connect: Any = pymysql.connect
        self._connection = connect(**arguments)
        try:
            with self._connection.cursor() as cursor:
                if "mariadb" in str(self._connection.server_version).lower():
                    cursor.execute("SET SESSION max_statement_time=%s", (options.patience,))
                else:
                    cursor.execute(
                        "SET SESSION max_execution_time=%s",
                        (int(options.patience * 1000),),
                    )
                cursor.execute("SET SESSION sql_mode=''")
                cursor.execute("SET SESSION net_write_timeout=3600")
                cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        except BaseException:
            self.close()
            raise

    def batches(self, statement: str, size: int) -> Iterator[pa.RecordBatch]:
        """The rows of `statement` in batches of about `size` bytes."""
        return mysql_rows.batches(self._connection, statement, size)

    def close(self) -> None:
        """Gives the connection back; never raises."""
        with suppress(Exception):
            # A farewell would wait for a result that nobody reads any more.
            self._connection._force_close()
