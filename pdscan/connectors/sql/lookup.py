"""Rows of a table asked for by the values of some of its columns.

Names are quoted by the database's own rules, values are bound; a value is compared as its column
has it where that is known, so that an index serves, else as the text that keys are written as.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from pdscan.connectors.sql.dialect import Dialect
from pdscan.connectors.structure import Column, Family, Structure, Table
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_VALUES = 400  # in one statement: SQLite once took 999, and long lists are planned badly
_INTEGERS = ("int", "integer", "bigint", "smallint", "tinyint", "mediumint", "serial", "bigserial")

Values = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: its key as locators have it, and all that may be read of it, as texts."""

    key: tuple[tuple[str, str], ...]
    values: Values


@dataclass(frozen=True, slots=True)
class Tables:
    """An open database."""

    connection: sa.Connection
    structure: Structure
    dialect: Dialect

    def table(self, name: Sequence[str]) -> Table:
        """The table of that path or name; raises `UnreadableError` (VANISHED)."""
        wanted = tuple(name)
        for table in self.structure.tables:
            if table.path == wanted or (table.name,) == wanted:
                return table
        raise UnreadableError(Reason.VANISHED, "the table is not there any more")

    def rows(
        self, table: Table, columns: Sequence[str], values: Iterable[Sequence[str]]
    ) -> Iterator[TableRow]:
        """The rows in which `columns` have one of `values`, as texts. Raises `UnreadableError`."""
        known = {column.name: column for column in table.columns}
        readable = [c for c in table.columns if c.name not in table.facts.missing_columns]
        key = self._key(table)
        fields = [expression for _, expression in key]
        fields += [self.dialect.quote(column.name) for column in readable]
        matched = [_Matched.of(name, known.get(name), key, self.dialect) for name in columns]
        remaining = iter(values)
        while some := list(islice(remaining, max(_VALUES // len(columns), 1))):
            for row in self._select(table, fields, matched, some):
                yield TableRow(
                    tuple(
                        (name, str(value))
                        for (name, _), value in zip(key, row, strict=False)
                        if value is not None
                    ),
                    tuple(
                        (column.name, _text(value))
                        for column, value in zip(readable, row[len(key) :], strict=True)
                    ),
                )

    def document(
        self, table: Table, key: Sequence[tuple[str, str]], column: Column
    ) -> bytes | None:
        """The bytes in `column` of the row with that key; None where there are none. Raises
        `UnreadableError`: VANISHED where the row is not there any more.
        """
        known = {known.name: known for known in table.columns}
        matched = [_Matched.of(n, known.get(n), self._key(table), self.dialect) for n, _ in key]
        fields = [self.dialect.document(column)]
        for (value,) in self._select(table, fields, matched, [[value for _, value in key]]):
            return None if value is None else bytes(value)
        raise UnreadableError(Reason.VANISHED, "the row is not there any more")

    def _select(
        self, table: Table, fields: Sequence[str], matched: Sequence[_Matched],
        values: Iterable[Sequence[str]],
    ) -> Iterator[Any]:  # fmt: skip
        where, bound = _condition(matched, values, self.connection.dialect.paramstyle)
        if not bound:
            return
        source = ".".join(map(self.dialect.quote, table.path))
        # The digest of a row without a key is made of all of `t`.
        statement = f"SELECT {', '.join(fields)} FROM {source} t WHERE {where}"  # noqa: S608 - quoted names, bound values
        yield from self.answers(statement, bound)

    def key_names(self, table: Table) -> tuple[str, ...]:
        """What the keys of the table's rows are made of."""
        return tuple(name for name, _ in self._key(table))

    def _key(self, table: Table) -> tuple[tuple[str, str], ...]:
        if table.key and not set(table.key) & set(table.facts.missing_columns):
            return tuple((n, self.dialect.key_value(table.column(n))) for n in table.key)
        return self.dialect.row_key(table)

    def answers(self, statement: str, bound: dict[str, Any] | tuple[Any, ...]) -> Iterator[Any]:
        """What the database answers to `statement`. Raises `UnreadableError`."""
        style = self.connection.dialect.paramstyle
        if style in ("format", "pyformat"):
            # The driver reads every other per cent sign as the beginning of a mark.
            statement = statement.replace("%", "%%").replace("%%s", "%s")
        try:
            yield from self.connection.exec_driver_sql(statement, bound)
        except Exception as error:
            trouble = self.dialect.trouble(error)
            if trouble is None:
                raise
            raise UnreadableError(trouble.reason, trouble.detail) from None


@dataclass(frozen=True, slots=True)
class _Matched:
    """What is compared, and whether as a whole number."""

    expression: str
    is_integer: bool

    @classmethod
    def of(
        cls, name: str, column: Column | None, key: Sequence[tuple[str, str]], dialect: Dialect
    ) -> _Matched:
        if column is None:
            expression = dict(key).get(name)
            if expression is None:
                raise UnreadableError(Reason.VANISHED, "the column is not there any more")
            return cls(expression, False)
        if column.type.lower().split("(")[0].split(" ")[0] in _INTEGERS:
            return cls(dialect.quote(name), True)
        if column.family is Family.TEXT and dialect.name != "sqlite":
            return cls(dialect.quote(name), False)
        # A column of SQLite holds any type, whatever it was declared as.
        return cls(dialect.key_value(column), False)

    def value(self, text: str) -> str | int | None:
        if not self.is_integer:
            return text
        return int(text) if text.lstrip("-").isdecimal() else None


def _condition(
    matched: Sequence[_Matched], values: Iterable[Sequence[str]], style: str
) -> tuple[str, Any]:
    bound: list[Any] = []
    clauses = []

    def mark(value: Any) -> str:
        bound.append(value)
        if style in ("format", "pyformat"):
            return "%s"
        return (
            "?"
            if style == "qmark"
            else f":{len(bound) if style == 'numeric' else f'v{len(bound)}'}"
        )

    if len(matched) == 1:
        wanted = [v for (text,) in values if (v := matched[0].value(text)) is not None]
        where = f"{matched[0].expression} IN ({', '.join(map(mark, wanted))})"
    else:
        for texts in values:
            pairs = list(zip(matched, texts, strict=True))
            if all(one.value(text) is not None for one, text in pairs):
                equal = (f"{one.expression} = {mark(one.value(text))}" for one, text in pairs)
                clauses.append(f"({' AND '.join(equal)})")
        where = " OR ".join(clauses)
    if style in ("named",):
        return where, {f"v{number}": value for number, value in enumerate(bound, 1)}
    return where, tuple(bound)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes | memoryview | bytearray):
        return bytes(value).hex()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
