"""A manifest's deletions as one transaction per database, for a person to review and run.

Each statement is guarded: it acts on exactly one row, and only while that row's content is the one
that was planned for; if one guard fails, nothing is done at all. The content is compared by the
database itself as a salted SHA-256 (SQLite: SHA3-256) over all columns of the row. Comparing the
columns with their values would be plainer, and would write the person's data once more into a file
that is mailed around and kept; a hash over a whole row with a salt of its own does not tell them.
What is asked of the database is in one place, `guard`, for making the hash and for checking it.

SQLite has no hash among its functions; its shell ``sqlite3`` has ``sha3``. Other programs must
register such a function first.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

REMOVED = "[removed]"


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of one field of a row that stays.

    ``text`` takes the place of all of it, or of the characters [start, end) of each of ``spans``;
    None: it becomes empty (NULL).
    """

    column: str
    spans: tuple[tuple[int, int], ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one row: it is deleted, or its fields ``cuts`` are.

    ``table`` is schema and name, or the name; ``key`` are pairs of a column and its text;
    ``columns`` all columns, ``binary`` those that hold bytes. ``hash`` is what `guard` gives for
    the row as it was planned for. ``entries`` are the manifest's numbers.
    """

    entries: tuple[int, ...]
    table: tuple[str, ...]
    key: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    binary: frozenset[str] = frozenset()
    cuts: tuple[Cut, ...] = ()
    hash: str = ""


class Writer(Protocol):
    """How one kind of database is written to."""

    def guard(self, change: Change, salt: str) -> str:
        """The expression that gives the hash over a row's content, as hexadecimal digits."""

    def name(self, name: str) -> str:
        """A name as it stands in a statement."""

    def literal(self, text: str) -> str:
        """A text as it stands in a statement."""

    def joined(self, pieces: Sequence[str]) -> str:
        """The expression for the texts `pieces` put together."""

    def script(self, changes: Sequence[Change], salt: str) -> Iterator[str]:
        """The statements, each with its semicolon."""


def writer(dialect: str) -> Writer:
    """The writer for the dialect of that name; raises KeyError where there is none."""
    return _WRITERS[dialect]


def new_salt() -> str:
    """A salt for one script."""
    return secrets.token_hex(16)


def hash_query(to: Writer, change: Change, salt: str) -> str:
    """The query that gives the hash of a row as it is now; no row, or one with one column."""
    return f"SELECT {to.guard(change, salt)} FROM {_table(to, change)} WHERE {_where(to, change)}"  # noqa: S608 - quoted


def write(dialect: str, changes: Sequence[Change], salt: str, head: Iterable[str]) -> str:
    """The script; `head` are lines that say what it is."""
    to = writer(dialect)
    comments = "".join(f"-- {_one_line(line)}\n" for line in head)
    return comments + "\n".join(to.script(changes, salt)) + "\n"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(to: Writer, change: Change) -> str:
    return ".".join(map(to.name, change.table))


def _where(to: Writer, change: Change) -> str:
    return " AND ".join(f"{to.name(column)} = {to.literal(value)}" for column, value in change.key)


def _guarded(to: Writer, change: Change, salt: str) -> str:
    return f"{_where(to, change)} AND {to.guard(change, salt)} = '{change.hash}'"


def _acting(to: Writer, change: Change) -> str:
    """The statement, up to its condition."""
    table = _table(to, change)
    if not change.cuts:
        return f"DELETE FROM {table}"  # noqa: S608 - quoted
    sets = ", ".join(f"{to.name(cut.column)} = {_left(to, cut)}" for cut in change.cuts)
    return f"UPDATE {table} SET {sets}"  # noqa: S608 - quoted


def _left(to: Writer, cut: Cut) -> str:
    if cut.text is None:
        return "NULL"
    if not cut.spans:
        return to.literal(cut.text)
    return to.joined(_pieces(to.name(cut.column), apart(cut.spans), to.literal(cut.text)))


def apart(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` in order, those that overlap or touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _pieces(field: str, spans: Sequence[tuple[int, int]], literal: str) -> list[str]:
    pieces, begin = [], 0
    for start, end in spans:
        if start > begin:
            pieces.append(f"substr({field}, {begin + 1}, {start - begin})")
        pieces.append(literal)
        begin = end
    return [*pieces, f"substr({field}, {begin + 1})"]


class _Standard:
    """Names, texts and their joining as standard SQL writes them."""

    def name(self, name: str) -> str:
        return '"' + name.replace('"', '""') + '"'

    def literal(self, text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    def joined(self, pieces: Sequence[str]) -> str:
        return " || ".join(pieces)


class _PostgreSQL(_Standard):
    """An error within a transaction of PostgreSQL undoes all of it, whatever the client does."""

    def guard(self, change: Change, salt: str) -> str:
        row = ", ".join(map(self.name, change.columns))
        return f"encode(sha256(convert_to('{salt}' || ROW({row})::text, 'UTF8')), 'hex')"

    def script(self, changes: Sequence[Change], salt: str) -> Iterator[str]:
        tag = f"$pdscan_{salt}$"  # stands in no text
        yield "BEGIN;"
        yield from (f"SET LOCAL {setting};" for setting in POSTGRES_SETTINGS)
        yield f"DO {tag}\nDECLARE\n  n bigint;\nBEGIN"
        for change in changes:
            yield f"  {_acting(self, change)} WHERE {_guarded(self, change, salt)};"
            yield "  GET DIAGNOSTICS n = ROW_COUNT;"
            yield (
                f"  IF n <> 1 THEN RAISE EXCEPTION 'pdscan: entry {change.entries[0]}: the row is "
                "gone or has changed, nothing was done'; END IF;"
            )
        yield f"END\n{tag};"
        yield "COMMIT;"


#: How values are written as text must not depend on who runs the script.
POSTGRES_SETTINGS = (
    "TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'iso_8601'",
    "bytea_output = 'hex'", "extra_float_digits = 1", "standard_conforming_strings = on",
)  # fmt: skip


class _MariaDB:
    """Every statement asks whether all before it did what they should; the last one decides."""

    def guard(self, change: Change, salt: str) -> str:
        cells = [
            f"QUOTE(HEX({self.name(c)}))" if c in change.binary else f"QUOTE({self.name(c)})"
            for c in change.columns
        ]
        return f"SHA2(CONCAT_WS(',', '{salt}', {', '.join(cells)}), 256)"

    def name(self, name: str) -> str:
        return "`" + name.replace("`", "``") + "`"

    def literal(self, text: str) -> str:
        # What a backslash means depends on the server's mode; hexadecimal digits do not.
        if text.isascii() and text.isprintable() and "\\" not in text:
            return "'" + text.replace("'", "''") + "'"
        return f"_utf8mb4 0x{text.encode().hex()}" if text else "''"

    def joined(self, pieces: Sequence[str]) -> str:
        return f"CONCAT({', '.join(pieces)})"

    def script(self, changes: Sequence[Change], salt: str) -> Iterator[str]:
        yield "SET time_zone = '+00:00';"
        yield "START TRANSACTION;"
        yield "SET @pdscan_failed = 0;"
        for change in changes:
            yield (
                f"{_acting(self, change)} WHERE {_guarded(self, change, salt)} "
                "AND @pdscan_failed = 0;"
            )
            yield "SET @pdscan_rows = ROW_COUNT();"
            yield (
                f"SET @pdscan_failed = IF(@pdscan_failed = 0 AND @pdscan_rows <> 1, "
                f"{change.entries[0]}, @pdscan_failed);"
            )
        yield "SET @pdscan_end = IF(@pdscan_failed = 0, 'COMMIT', 'ROLLBACK');"
        yield "PREPARE pdscan_end FROM @pdscan_end;"
        yield "EXECUTE pdscan_end;"
        yield "DEALLOCATE PREPARE pdscan_end;"
        yield "SELECT @pdscan_failed AS pdscan_entry_that_is_gone_or_has_changed;"
        # An error that no program overlooks: a subquery with two rows.
        yield "SELECT IF(@pdscan_failed = 0, 'done', (SELECT 1 UNION ALL SELECT 2)) AS pdscan;"


class _SQLite(_Standard):
    """The guards are looked at first, all of them, and once more at the end; a failure there rolls
    back by itself, because the shell goes on after an error if it is not told otherwise.
    """

    def guard(self, change: Change, salt: str) -> str:
        cells = " || ',' || ".join(f"quote({self.name(c)})" for c in change.columns)
        return f"lower(hex(sha3('{salt}' || {cells}, 256)))"

    def script(self, changes: Sequence[Change], salt: str) -> Iterator[str]:
        says = "a row is gone or has changed, nothing was done"
        left = "a row is still as it was, nothing was done"
        yield "PRAGMA foreign_keys = ON;"
        yield "BEGIN IMMEDIATE;"
        yield f'CREATE TEMP TABLE pdscan_guard (entry, ok, CONSTRAINT "pdscan: {says}" CHECK (ok));'
        yield f'CREATE TEMP TABLE pdscan_end (entry, n, CONSTRAINT "pdscan: {left}" CHECK (n = 0));'
        counts = [
            f"(SELECT count(*) FROM {_table(self, c)} WHERE {_guarded(self, c, salt)})"  # noqa: S608 - quoted
            for c in changes
        ]
        for change, count in zip(changes, counts, strict=True):
            entry = change.entries[0]
            yield f"INSERT OR ROLLBACK INTO temp.pdscan_guard SELECT {entry}, {count} = 1;"
        # After a roll-back that table is gone too, and with it every statement fails.
        all_hold = f"(SELECT count(*) FROM temp.pdscan_guard) = {len(changes)}"  # noqa: S608 - a number
        for change in changes:
            guarded = _guarded(self, change, salt)
            yield f"{_acting(self, change)} WHERE {guarded} AND {all_hold};"
        for change, count in zip(changes, counts, strict=True):
            yield f"INSERT OR ROLLBACK INTO temp.pdscan_end SELECT {change.entries[0]}, {count};"
        yield "DROP TABLE temp.pdscan_guard;"
        yield "DROP TABLE temp.pdscan_end;"
        yield "COMMIT;"


_WRITERS: dict[str, Writer] = {
    "postgresql": _PostgreSQL(), "mysql": _MariaDB(), "mariadb": _MariaDB(), "sqlite": _SQLite(),
}  # fmt: skip
