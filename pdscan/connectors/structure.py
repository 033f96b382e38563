"""How the tables of a database hang together: columns, keys, references."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

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
    """The tables of one database, in the order of names.

    ``path`` is that of the item that holds them all (a SQLite file); () where each is an item.
    """

    source: str
    dialect: str
    tables: tuple[Table, ...]
    path: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """As it stands in the file ``structure.json`` of an inventory."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes) -> Structure:
        """What `to_json` wrote; raises `msgspec.ValidationError`."""
        return msgspec.json.decode(data, type=cls)
