"""Foreign keys that nobody declared, with the evidence for each.

A column refers to a key of another table, probably, where it is named after it, has its type, and
holds values that are there. Names alone are only a reason to look at the values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa

from pdscan.connectors.structure import Column, Family, ForeignKey, Kind, Structure, Table

_ROWS = 10_000  # looked at of a column
_VALUES = 1_000  # of them, distinct, looked up
_FEWEST = 3  # distinct values that say anything
_CONTAINED = 0.95  # of the values; the rest are orphans, which only a declared key prevents
# Names that say nothing without the table's.
_COMMON = frozenset({"id", "uuid", "guid", "key", "code", "nr", "no", "number", "name", "email"})
_READABLE = (Kind.TABLE, Kind.PARTITIONED)


@dataclass(frozen=True, slots=True)
class Relations:
    """A structure with the likely foreign keys in it, and the columns that could not be checked."""

    structure: Structure
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """A column, and the key of another table that it is named after."""

    child: Table
    column: Column
    parent: Table
    key: Column

    def __str__(self) -> str:
        return f"{'.'.join(self.child.path)}.{self.column.name}"


def with_likely(connection: sa.Connection, structure: Structure) -> Relations:
    """Looks for undeclared foreign keys: a look-up of at most a thousand values for each pair."""
    likely: dict[tuple[str, str], list[ForeignKey]] = {}
    unchecked = []
    for pair in pairs(structure):
        try:
            distinct, contained = _look_up(connection, pair)
        except sa.exc.DBAPIError:
            connection.rollback()
            unchecked.append(str(pair))
            continue
        if distinct >= _FEWEST and contained >= _CONTAINED * distinct:
            likely.setdefault(pair.child.full_name, []).append(
                ForeignKey(
                    (pair.column.name,), pair.parent.full_name, (pair.key.name,), False,
                    (
                        f"name: {pair.column.name} ~ {pair.parent.name}.{pair.key.name}",
                        f"type: {pair.column.type.lower()}",
                        f"values: {contained:,} of {distinct:,} are there",
                    ),
                )
            )  # fmt: skip
    tables = tuple(
        replace(table, foreign_keys=(*table.foreign_keys, *likely.get(table.full_name, ())))
        for table in structure.tables
    )
    return Relations(replace(structure, tables=tables), tuple(unchecked))


def pairs(structure: Structure) -> Iterator[Pair]:
    """Columns that are named after a key of the same type; those of the same schema come alone
    where there are any.
    """
    tables = [t for t in structure.tables if t.facts.kind in _READABLE and not t.facts.missing]
    keys = [(table, table.column(name)) for table in tables for name in _single_keys(table)]
    for child in tables:
        declared = {name for key in child.foreign_keys for name in key.columns}
        for column in child.columns:
            if column.name in declared or column.family in (Family.NONE, Family.JSON):
                continue
            found = [
                Pair(child, column, parent, key)
                for parent, key in keys
                if parent.full_name != child.full_name
                and _root(key.type) == _root(column.type)
                and _named_after(column.name, parent.name, key.name)
                # Two keys of the same name are as likely parts of one thing as a reference.
                and not (child.key == (column.name,) and parent.full_name > child.full_name)
            ]
            near = [pair for pair in found if pair.parent.schema == child.schema]
            yield from near or found


def _single_keys(table: Table) -> list[str]:
    names = [key[0] for key in (table.key, *table.unique) if len(key) == 1]
    return sorted({name for name in names if name not in table.facts.missing_columns})


def _root(kind: str) -> str:
    """A type without its length: the same in VARCHAR(20) and VARCHAR(36)."""
    root = re.split(r"[ (]", kind.lower(), maxsplit=1)[0]
    return "integer" if root in ("int", "integer", "bigint") else root


def _named_after(column: str, table: str, key: str) -> bool:
    words, key_words = _words(column), _words(key)
    if words == key_words:
        return column.lower() not in _COMMON
    if words[-len(key_words) :] == key_words:
        before = words[: -len(key_words)]
    elif "".join(words).endswith("".join(key_words)):
        before = ["".join(words)[: -len("".join(key_words))]]
    else:
        return False
    # The last word of the table's name, in another number or case: order_lines, customers.
    return bool(before) and _akin(before[-1], _words(table)[-1])


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", "_", name).lower()) or [
        ""
    ]


def _akin(one: str, other: str) -> bool:
    common = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        common += 1
    return common >= 3 and max(len(one), len(other)) - common <= 3


def _look_up(connection: sa.Connection, pair: Pair) -> tuple[int, int]:
    """How many distinct values of the column were looked at, and how many the key has."""
    child, parent = _table(pair.child, pair.column), _table(pair.parent, pair.key)
    column = child.c[0]
    rows = sa.select(column.label("v")).where(column.is_not(None)).limit(_ROWS).subquery()
    values = sa.select(rows.c.v).distinct().limit(_VALUES).subquery()
    known = sa.exists().where(parent.c[0] == values.c.v)
    there = sa.func.sum(sa.case((known, 1), else_=0))
    distinct, contained = connection.execute(sa.select(sa.func.count(values.c.v), there)).one()
    return int(distinct), int(contained or 0)


def _table(table: Table, column: Column) -> sa.TableClause:
    return sa.table(
        sa.quoted_name(table.name, True),
        sa.column(sa.quoted_name(column.name, True)),
        schema=sa.quoted_name(table.schema, True) if table.schema else None,
    )
