"""In which order rows may be deleted: children of foreign keys before their parents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Table = tuple[str, ...]  # source, path of the item, table


@dataclass(frozen=True, slots=True)
class Reference:
    """A row that refers to another by a foreign key.

    ``on_delete`` is what the database does to it when the other is deleted: ``CASCADE``, ``SET
    NULL``, … ("" or ``NO ACTION``: it refuses); ``declared`` is False where the foreign key is only
    likely, so that the database does nothing and the row is left pointing nowhere.
    """

    locator: str
    field: str
    on_delete: str = ""
    declared: bool = True

    def __str__(self) -> str:
        effect = {"CASCADE": "deleted along", "SET NULL": "its field emptied"}.get(self.on_delete)
        if not self.declared:
            effect = "left pointing nowhere"
        return f"{self.locator} ({self.field}: {effect or 'prevents the deletion'})"


def steps(tables: Iterable[Table], references: Iterable[tuple[Table, Table]]) -> dict[Table, int]:
    """The step in which rows of each table are deleted, from 1; `references` are pairs of child and
    parent. Tables that refer to one another in a circle share no order among themselves.
    """
    children: dict[Table, set[Table]] = {table: set() for table in tables}
    for child, parent in references:
        if child in children and parent in children and child != parent:
            children[parent].add(child)
    found: dict[Table, int] = {}
    for table in sorted(children):
        _settle(table, children, found)
    return found


def _settle(table: Table, children: Mapping[Table, set[Table]], found: dict[Table, int]) -> None:
    """Depth first, without recursion: schemas with long chains of tables exist."""
    stack = [table]
    open_tables: set[Table] = set()
    while stack:
        current = stack[-1]
        if current in found:
            stack.pop()
            continue
        open_tables.add(current)
        waiting = [c for c in sorted(children[current]) if c not in found and c not in open_tables]
        if waiting:
            stack += waiting
            continue
        found[current] = 1 + max((found.get(c, 0) for c in children[current]), default=0)
        open_tables.discard(current)
        stack.pop()


def shown(references: Sequence[Reference], most: int = 20) -> tuple[str, ...]:
    """`references` as a manifest lists them; beyond `most` only their number."""
    more = len(references) - most
    return (*map(str, references[:most]), *([f"and {more:,} more"] if more > 0 else []))
