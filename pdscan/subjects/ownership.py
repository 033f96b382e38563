"""Whose a row of a database is where it does not say so itself: by its foreign keys.

An order is the customer's, a refund the order's, so the customer's. But an order also names the
company that sold it and the member of staff who handled it, and is neither's. So of all references
to tables of people, or to tables that are people's in their turn, one is the owner's: the one that
tells most apart. A table of people is nobody's, unless nearly each of its rows refers to another
person (an account to its customer).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pdscan.connectors.fetch import Row
from pdscan.connectors.structure import ForeignKey, Kind, Name, Table
from pdscan.connectors.tables import Tables
from pdscan.errors import UnreadableError

_LOOKED_AT = 20_000  # rows of a table, to see how much a reference tells apart
_ONE_TO_ONE = 0.5  # distinct people to rows, at least, between two tables of people


@dataclass(frozen=True, slots=True)
class Owner:
    """The rows of ``child`` belong to those of ``parent`` that ``key`` refers to."""

    child: Table
    parent: Table
    key: ForeignKey


@dataclass(frozen=True, slots=True)
class Related:
    """A row that belongs together with another, and whether the database says so itself."""

    table: Table
    row: Row
    declared: bool


class Ownership:
    """The owners' references of one database; `people` are the names of its tables of people."""

    def __init__(self, tables: Tables, people: set[Name]) -> None:
        self.tables = tables
        self.people = people
        self._owners = {owner.child.full_name: owner for owner in _owners(tables, people)}

    def owned(self, table: Table, rows: Iterable[Row]) -> Iterator[Related]:
        """The rows that belong to `rows` of `table`, one step down. Raises `UnreadableError`."""
        rows = list(rows)
        for owner in self._owners.values():
            if owner.parent.full_name == table.full_name:
                values = _values(rows, owner.key.referred)
                yield from self._related(owner, owner.child, owner.key.columns, values)

    def owning(self, table: Table, rows: Iterable[Row]) -> Iterator[Related]:
        """The rows that `rows` of `table` belong to, one step up. Raises `UnreadableError`."""
        owner = self._owners.get(table.full_name)
        if owner is not None:
            values = _values(rows, owner.key.columns)
            yield from self._related(owner, owner.parent, owner.key.referred, values)

    def _related(
        self, owner: Owner, table: Table, columns: tuple[str, ...], values: set[tuple[str, ...]]
    ) -> Iterator[Related]:
        for found in self.tables.rows(table, columns, sorted(values)) if values else ():
            yield Related(table, Row(found.key, found.values), owner.key.declared)


def _values(rows: Iterable[Row], columns: tuple[str, ...]) -> set[tuple[str, ...]]:
    found = set()
    for row in rows:
        values = dict(row.values)
        wanted = tuple(values.get(column) for column in columns)
        if all(value is not None for value in wanted):
            found.add(tuple(value or "" for value in wanted))
    return found


def _owners(tables: Tables, people: set[Name]) -> Iterator[Owner]:
    by_name = {table.full_name: table for table in tables.structure.tables}
    belonging = set(people)
    while True:
        fresh = []
        for table in by_name.values():
            if table.full_name in belonging or table.facts.kind is Kind.VIEW:
                continue
            if owner := _most_telling(tables, table, by_name, belonging):
                fresh.append(owner)
        yield from fresh
        if not fresh:
            break
        belonging |= {owner.child.full_name for owner in fresh}
    for name in people:
        owner = _most_telling(tables, by_name[name], by_name, people)
        if owner is not None and _tells(tables, owner.child, owner.key)[1] >= _ONE_TO_ONE:
            yield owner


def _most_telling(
    tables: Tables, table: Table, by_name: dict[Name, Table], parents: set[Name]
) -> Owner | None:
    choices = [
        Owner(table, by_name[key.table], _complete(key, by_name[key.table]))
        for key in table.foreign_keys
        if key.table in parents and key.table in by_name and key.table != table.full_name
    ]
    if len(choices) < 2:
        return choices[0] if choices else None
    told = [(_tells(tables, table, choice.key)[0], choice) for choice in choices]
    most = max(count for count, _ in told)
    best = [choice for count, choice in told if count == most]
    return best[0] if len(best) == 1 else None


def _complete(key: ForeignKey, parent: Table) -> ForeignKey:
    """SQLite lets a reference leave out the columns of a primary key."""
    if key.referred and all(key.referred):
        return key
    return ForeignKey(key.columns, key.table, parent.key, key.declared, key.evidence)


def _tells(tables: Tables, table: Table, key: ForeignKey) -> tuple[int, float]:
    """How many the reference tells apart, and per row, in the first rows of the table."""
    quote = tables.dialect.quote
    columns = ", ".join(map(quote, key.columns))
    source = ".".join(map(quote, table.path))
    filled = " AND ".join(f"{quote(column)} IS NOT NULL" for column in key.columns)
    rows = f"SELECT {columns} FROM {source} WHERE {filled} LIMIT {_LOOKED_AT}"  # noqa: S608 - quoted
    statement = (
        f"SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT {columns} FROM ({rows}) a) b), "  # noqa: S608 - quoted
        f"(SELECT COUNT(*) FROM ({rows}) c)"
    )
    try:
        distinct, count = next(iter(tables.answers(statement, ())))
    except (UnreadableError, StopIteration):
        return 0, 0.0
    return int(distinct), int(distinct) / count if count else 0.0
