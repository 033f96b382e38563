"""How a database hangs together: tables, columns, keys, and which columns hold text worth a look.

Names, keys and comments come from SQLAlchemy's reflection, the same for every database; what only
the database itself can tell (sizes, grants, partitions) comes as `Facts` from its own module.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

Name = tuple[str, str]  # schema ("" where the database has none) and table


class Kind(StrEnum):
    """What a relation is."""

    TABLE = "table"
    PARTITIONED = "partitioned table"
    PARTITION = "partition"
    VIEW = "view"
    MATERIALIZED = "materialized view"
    FOREIGN = "foreign table"


class Family(StrEnum):
    """How a column's values become texts."""

    TEXT = "text"  # is text
    CAST = "cast"  # is written as text by the database
    INTEGER = "integer"  # may hold identifiers that were taken for numbers
    JSON = "json"
    BINARY = "binary"  # may hold documents and images
    NONE = "none"  # cannot hold an identifier: truth values, floating point, times


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``type`` as the database writes it."""

    name: str
    type: str
    family: Family
    nullable: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """``columns`` of one table hold values of the columns ``referred`` of ``table``.

    ``evidence`` says why this is believed where the database does not declare it. ``on_delete`` is
    what becomes of a row when the one it refers to is deleted: ``CASCADE``, ``SET NULL``, …; ""
    where the database then refuses, or does not care.
    """

    columns: tuple[str, ...]
    table: Name
    referred: tuple[str, ...]
    declared: bool = True
    evidence: tuple[str, ...] = ()
    on_delete: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """What is read as one piece of storage: the table itself, or one of its partitions."""

    name: Name
    size: int = 0  # bytes, about
    pages: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What only the database itself can tell of one relation.

    ``missing`` is the statement that grants what the account lacks, ``missing_columns`` the columns
    it may not read in a table that it otherwise may; ``hidden`` says why rows are not seen.
    """

    kind: Kind = Kind.TABLE
    rows: int = -1
    parts: tuple[Part, ...] = ()
    missing: str = ""
    missing_columns: tuple[str, ...] = ()
    hidden: str = ""
    large_values: bool = True
    json_columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """One relation. ``key`` is the primary key, else a unique key without nulls; () if neither."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    comment: str = ""
    facts: Facts = field(default_factory=Facts)

    @property
    def full_name(self) -> Name:
        """Schema and name."""
        return self.schema, self.name

    @property
    def path(self) -> tuple[str, ...]:
        """The path of its locator."""
        return (self.schema, self.name) if self.schema else (self.name,)

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Structure:
    """All that was found in one source, in the order of names."""

    source: str
    dialect: str
    tables: tuple[Table, ...]

    def to_json(self) -> bytes:
        """The file ``structure.json`` of an inventory."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)

    @classmethod
    def from_json(cls, data: bytes) -> Structure:
        """What `to_json` wrote; raises `msgspec.ValidationError`."""
        return msgspec.json.decode(data, type=cls)


def reflect(
    connection: sa.Connection,
    source: str,
    schemas: Sequence[str | None],
    facts: Mapping[Name, Facts],
    family: Callable[[Any], Family],
) -> Structure:
    """The structure of `schemas` (None: the default one, written as no schema)."""
    inspector = sa.inspect(connection)
    tables: list[Table] = []
    for schema in schemas:
        with warnings.catch_warnings():
            # Types that SQLAlchemy does not know are read as the database writes them.
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            tables += _reflect_schema(inspector, schema, facts, family)
    tables.sort(key=lambda table: table.full_name)
    return Structure(source, connection.dialect.name, tuple(tables))


def _reflect_schema(
    inspector: sa.Inspector,
    schema: str | None,
    facts: Mapping[Name, Facts],
    family: Callable[[Any], Family],
) -> list[Table]:
    every: dict[str, Any] = {
        "schema": schema, "kind": ObjectKind.ANY, "scope": ObjectScope.DEFAULT
    }  # fmt: skip
    columns = inspector.get_multi_columns(**every)
    keys = _where_known(inspector.get_multi_pk_constraint, every)
    uniques = _where_known(inspector.get_multi_unique_constraints, every)
    foreign = _where_known(inspector.get_multi_foreign_keys, every)
    comments = _where_known(inspector.get_multi_table_comment, every)
    views = set(inspector.get_view_names(schema))
    tables = []
    for place, described in columns.items():
        name = place[1]
        default = Facts(kind=Kind.VIEW if name in views else Kind.TABLE)
        known = facts.get((schema or "", name), default)
        nullable = {column["name"] for column in described if column.get("nullable", True)}
        unique = tuple(sorted(tuple(u["column_names"]) for u in uniques.get(place) or ()))
        primary = tuple((keys.get(place) or {}).get("constrained_columns") or ())
        tables.append(
            Table(
                schema or "",
                name,
                tuple(
                    Column(
                        column["name"],
                        _type_name(column["type"], inspector.dialect),
                        Family.JSON
                        if column["name"] in known.json_columns
                        else family(column["type"]),
                        column["name"] in nullable,
                        column.get("comment") or "",
                    )
                    for column in described
                ),
                primary or next((key for key in unique if not nullable & set(key)), ()),
                unique,
                tuple(
                    ForeignKey(
                        tuple(key["constrained_columns"]),
                        (key["referred_schema"] or schema or "", key["referred_table"]),
                        tuple(key["referred_columns"]),
                        on_delete=str((key.get("options") or {}).get("ondelete") or "").upper(),
                    )
                    for key in foreign.get(place) or ()
                ),
                (comments.get(place) or {}).get("text") or "",
                known,
            )
        )
    return tables


def _where_known(ask: Callable[..., Any], every: dict[str, Any]) -> Mapping[Any, Any]:
    try:
        return dict(ask(**every))
    except NotImplementedError:  # not every dialect knows comments and constraints
        return {}


def _type_name(kind: Any, dialect: Dialect) -> str:
    try:
        return str(kind.compile(dialect=dialect))
    except (sa.exc.CompileError, NotImplementedError):
        return "unknown"


def common_family(kind: Any) -> Family:
    """The family of a SQLAlchemy type; unknown types are written as text by the database."""
    for known, family in _FAMILIES:
        if isinstance(kind, known):
            return family
    if isinstance(kind, sa.types.Numeric):
        return Family.NONE if kind.scale else Family.CAST
    return Family.CAST


_FAMILIES: tuple[tuple[type[Any], Family], ...] = (
    (sa.types.JSON, Family.JSON),
    (sa.types.Enum, Family.CAST),
    (sa.types.String, Family.TEXT),
    (sa.types.SmallInteger, Family.NONE),
    (sa.types.Integer, Family.INTEGER),
    (sa.types.Boolean, Family.NONE),
    (sa.types.Float, Family.NONE),
    (sa.types.DateTime, Family.NONE),
    (sa.types.Time, Family.NONE),
    (sa.types.Interval, Family.NONE),
    (sa.types.LargeBinary, Family.BINARY),
    (sa.types._Binary, Family.BINARY),
)
