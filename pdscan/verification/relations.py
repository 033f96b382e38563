"""Rows that refer to rows of a manifest, and what a deletion would do to them.

Asked of the database as it stands: a row that came since, or that a cascade would take along, is in
no plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pdscan.connectors.interface import Connector
from pdscan.connectors.records import CONTENT_KEY
from pdscan.connectors.structure import ForeignKey, Table
from pdscan.connectors.tables import Tables, tables_of
from pdscan.errors import AccessError, SourceError, UnreadableError
from pdscan.model import Locator

_TAKES = ("CASCADE", "SET NULL", "SET DEFAULT")


@dataclass(frozen=True, slots=True)
class Child:
    """A row that refers to another by foreign key; ``cascades`` says what deleting the other does
    to it ("" where the database would refuse, or nothing is declared).
    """

    locator: Locator
    parent: Locator
    columns: tuple[str, ...]
    cascades: str = ""


@dataclass(frozen=True, slots=True)
class Unasked:
    """A database, or a table, that could not be asked."""

    locator: Locator
    why: str


def children(
    connectors: Mapping[str, Connector], parents: Iterable[Locator]
) -> Iterator[Child | Unasked]:
    """The rows that refer to rows of `parents` by a declared foreign key.

    One question for each foreign key, not for each row. Sources that are not given are left out.
    """
    groups: dict[tuple[str, tuple[str, ...]], list[Locator]] = {}
    for locator in parents:
        if locator.key and locator.key[0][0] != CONTENT_KEY and locator.source in connectors:
            # The rows of a file name the table in the field, those of a database in the path.
            path = locator.path if locator.field else ()
            groups.setdefault((locator.source, path), []).append(locator)
    for (source, path), locators in groups.items():
        try:
            with tables_of(connectors[source], path) as tables:
                yield from _children(tables, locators)
        except (UnreadableError, AccessError, SourceError) as error:
            yield Unasked(Locator(source, path), str(error))


def _children(tables: Tables, parents: list[Locator]) -> Iterator[Child | Unasked]:
    by_table: dict[tuple[str, ...], list[Locator]] = {}
    for locator in parents:
        by_table.setdefault((locator.field,) if locator.field else locator.path, []).append(locator)
    for name, locators in by_table.items():
        try:
            table = tables.table(name)
        except UnreadableError:
            continue  # it is gone, and nothing refers to it
        for child in tables.structure.tables:
            for key in child.foreign_keys:
                if key.table == table.full_name and key.declared:
                    try:
                        yield from _referring(tables, child, key, locators)
                    except UnreadableError as error:
                        path = locators[0].path if locators[0].field else child.path
                        yield Unasked(Locator(locators[0].source, path), str(error))


def _referring(
    tables: Tables, child: Table, key: ForeignKey, parents: list[Locator]
) -> Iterator[Child]:
    values: dict[tuple[str, ...], Locator] = {}
    for parent in parents:
        pairs = dict(parent.key)
        # SQLite does not say which column a bare REFERENCES means: it is the primary key.
        referred = key.referred or tuple(pairs)
        if all(column in pairs for column in referred):
            values[tuple(pairs[column] for column in referred)] = parent
    if not values:
        return
    cascades = key.on_delete if key.on_delete in _TAKES else ""
    for row in tables.rows(child, key.columns, values):
        held = dict(row.values)
        # A collation may take for equal what is not written alike.
        parent = values.get(tuple(str(held[column]) for column in key.columns), parents[0])
        in_file = bool(parent.field)
        yield Child(
            Locator(parent.source, parent.path if in_file else child.path, row.key,
                    child.name if in_file else ""),
            parent, key.columns, cascades,
        )  # fmt: skip
