"""The structure of a database, asked of it: tables, columns, keys, and which columns hold text.

Names, keys and comments come from SQLAlchemy's reflection, the same for every database; what only
the database itself can tell (sizes, grants, partitions) comes as `Facts` from its own module.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope

from pdscan.connectors.structure import (
    Column,
    Facts,
    Family,
    ForeignKey,
    Kind,
    Name,
    Structure,
    Table,
)


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
    # SQLite has an index for what its own syntax hides from the reflection of constraints.
    indexes = _where_known(inspector.get_multi_indexes, {**every, "include_auto_indexes": True})
    foreign = _where_known(inspector.get_multi_foreign_keys, every)
    comments = _where_known(inspector.get_multi_table_comment, every)
    views = set(inspector.get_view_names(schema))
    tables = []
    for place, described in columns.items():
        name = place[1]
        default = Facts(kind=Kind.VIEW if name in views else Kind.TABLE)
        known = facts.get((schema or "", name), default)
        plain = partial(_plain, dialect=inspector.dialect)
        nullable = {plain(c["name"]) for c in described if c.get("nullable", True)}
        primary = tuple(map(plain, (keys.get(place) or {}).get("constrained_columns") or ()))
        together = {tuple(map(plain, u["column_names"])) for u in uniques.get(place) or ()}
        together |= {
            tuple(map(plain, i["column_names"])) for i in indexes.get(place) or () if _is_whole(i)
        }
        unique = tuple(sorted(together - {primary}))
        tables.append(
            Table(
                schema or "",
                name,
                tuple(
                    Column(
                        name,
                        _type_name(column["type"], inspector.dialect),
                        Family.JSON if name in known.json_columns else family(column["type"]),
                        name in nullable,
                        column.get("comment") or "",
                    )
                    for column in described
                    for name in [plain(column["name"])]
                ),
                primary or next((key for key in unique if not nullable & set(key)), ()),
                unique,
                tuple(
                    ForeignKey(
                        tuple(map(plain, key["constrained_columns"])),
                        (key["referred_schema"] or schema or "", plain(key["referred_table"])),
                        tuple(map(plain, key["referred_columns"])),
                        on_delete=str((key.get("options") or {}).get("ondelete") or "").upper(),
                    )
                    for key in foreign.get(place) or ()
                ),
                (comments.get(place) or {}).get("text") or "",
                known,
            )
        )
    return tables


def _plain(name: str, dialect: Dialect) -> str:
    """A name as it is: of MySQL SQLAlchemy gives those in a statement with their quotes doubled."""
    return name.replace("``", "`") if dialect.name in ("mysql", "mariadb") else name


def _is_whole(index: Any) -> bool:
    """Whether an index keeps columns, not expressions, unique in all rows."""
    options = index.get("dialect_options") or {}
    is_partial = any(name.endswith("_where") for name in options)
    return bool(index["unique"]) and None not in index["column_names"] and not is_partial


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
