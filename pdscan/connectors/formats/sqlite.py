"""SQLite databases: each table's columns, rows told apart by their primary key.

Opened read-only; one in write-ahead mode is opened as it stands (``immutable``), because SQLite
would otherwise create files beside it, and what still lies in its log is named as not read.
See https://www.sqlite.org/uri.html and https://www.sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pyarrow as pa

from pdscan.connectors import decode
from pdscan.connectors.cells import cell_blocks
from pdscan.connectors.formats.contents import HeldContent, read_up_to
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.connectors.structure import Structure
from pdscan.errors import UnreadableError
from pdscan.model import Ints, Reason, written_key

_ROWS = 4096  # read at a time
_LONG_BLOB = 64 << 10  # bytes; a longer one is a document rather than a text

Value = str | int | float | bytes | None


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """One block for each column of some thousand rows; documents in BLOBs are nested contents."""
    with connected(content, options) as database:
        try:
            for (name,) in database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            ).fetchall():
                yield from _table(database, name)
            yield _structure(database, content)
        except sqlite3.DatabaseError as error:
            raise UnreadableError(Reason.CORRUPT, type(error).__name__) from error
    if content.size is not None and content.size < _declared_size(content.head):
        yield Gap(Reason.TRUNCATED, "shorter than its header says")
    if content.path is not None:
        log = content.path.with_name(content.path.name + "-wal")
        if log.is_file() and log.stat().st_size:
            yield Gap(Reason.CHANGED, "the latest changes lie in its -wal file: checkpoint it")


def _structure(database: sqlite3.Connection, content: Content) -> Structure:
    """How the tables hang together; raises sqlite3.DatabaseError."""
    import sqlalchemy as sa  # takes a while, and few files are databases

    from pdscan.connectors.sql.dialect import Options
    from pdscan.connectors.sql.relations import with_likely
    from pdscan.connectors.sql.sqlite import SQLite
    from pdscan.connectors.sql.structure import reflect

    dialect = SQLite(content.path or Path(content.name), Options())
    engine = sa.create_engine("sqlite://", creator=lambda: database, poolclass=sa.pool.StaticPool)
    try:
        with engine.connect() as connection:
            facts = dialect.facts(connection)
            found = reflect(connection, "", dialect.schemas(connection), facts, dialect.family)
            return with_likely(connection, found).structure
    except sa.exc.DBAPIError as error:
        raise sqlite3.DatabaseError(type(error.orig).__name__) from error


@contextmanager
def connected(content: Content, options: ReadOptions) -> Iterator[sqlite3.Connection]:
    """The database in `content`, which nothing writes to."""
    with tempfile.TemporaryDirectory(prefix="pdscan-") as folder:
        path = content.path
        data = b""
        if path is None:
            with content.open() as stream:
                data = read_up_to(stream, options.limits.member_memory)
                if more := stream.read(1):
                    path = Path(folder, "database")  # in a folder of mode 0700
                    with path.open("xb") as copy:
                        copy.write(data + more)
                        while chunk := stream.read(1 << 20):
                            copy.write(chunk)
        if path is None:
            database = sqlite3.connect(":memory:")
            # A database in write-ahead mode cannot be opened in memory; its header says which.
            database.deserialize(data[:18] + b"\1\1" + data[20:])
        else:
            is_logged = content.head[18:20] == b"\2\2"
            address = f"file:{quote(str(path.absolute()))}?mode=ro"
            database = sqlite3.connect(address + ("&immutable=1" if is_logged else ""), uri=True)
        with closing(database):
            database.text_factory = _text
            database.execute("PRAGMA query_only = ON")
            database.execute("PRAGMA trusted_schema = OFF")
            yield database


def _declared_size(head: bytes) -> int:
    page = int.from_bytes(head[16:18], "big")
    return int.from_bytes(head[28:32], "big") * (65536 if page == 1 else page)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", decode.PATCH)


def _table(database: sqlite3.Connection, table: str) -> Iterator[Yield]:
    try:
        info = database.execute(f"PRAGMA table_xinfo({_quoted(table)})").fetchall()
        columns = [name for _, name, *_ in info]
        key = [name for _, name, _, _, _, place, _ in sorted(info, key=lambda c: c[5]) if place]
        rowid = _row_id(columns)
        if not key and rowid and _has_row_id(database, table, rowid):
            selected = [rowid, *columns]
        else:
            selected = columns
        # The names come from the database's own schema and are quoted; values never enter.
        names = ", ".join(map(_quoted, selected))
        cursor = database.execute(f"SELECT {names} FROM {_quoted(table)}")  # noqa: S608
    except sqlite3.OperationalError as error:
        if "no such module" in str(error):
            yield Gap(Reason.UNSUPPORTED, f"virtual table {table}")
            return
        raise
    shown = key or ([rowid] if selected is not columns else [])
    places = [selected.index(name) for name in shown]
    first = 0
    while rows := cursor.fetchmany(_ROWS):
        records = np.arange(first, first + len(rows), dtype=np.int64)
        keys = partial(_keys, rows, shown, places)
        for number, name in enumerate(selected):
            if name == rowid and selected is not columns and number == 0:
                continue
            yield from _column(table, name, [row[number] for row in rows], records, keys)
        first += len(rows)


def _column(
    table: str, name: str, values: list[Value], records: Ints, keys: partial[pa.Array]
) -> Iterator[Yield]:
    texts: list[str | None] = []
    documents: list[tuple[int, bytes]] = []
    for number, value in enumerate(values):
        text = _as_text(value)
        texts.append(text)
        if text is None and isinstance(value, bytes) and value:
            documents.append((number, value))
    try:
        column = pa.array(texts, pa.large_string())
    except UnicodeEncodeError:
        column = pa.array([t and t.encode("utf-8", "replace").decode() for t in texts])
    yield from cell_blocks(column, [name], records, keys=keys, part=table)
    for number, value in documents:
        step = f"{table}/{keys(np.array([number]))[0].as_py() or records[number]}/{name}"
        yield Nested(step, HeldContent(step, value))


def _as_text(value: Value) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        if len(value) > _LONG_BLOB or b"\0" in value:
            return None
        try:
            return value.decode()
        except UnicodeDecodeError:
            return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e18 else None
    return None if value is None else str(value)


def _keys(
    rows: list[tuple[Value, ...]], names: list[str], places: list[int], cells: Ints
) -> pa.Array:
    written = [
        written_key(
            *(
                (name, _key_text(rows[cell][place]))
                for name, place in zip(names, places, strict=True)
            )
        )
        for cell in cells.tolist()
    ]
    return pa.array(written, pa.string())


def _key_text(value: Value) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _row_id(columns: list[str]) -> str:
    """The first of the row id's names that no column has taken."""
    taken = {name.lower() for name in columns}
    return next((name for name in ("rowid", "_rowid_", "oid") if name not in taken), "")


def _has_row_id(database: sqlite3.Connection, table: str, name: str) -> bool:
    try:
        database.execute(f"SELECT {name} FROM {_quoted(table)} LIMIT 0")  # noqa: S608 - see _table
    except sqlite3.OperationalError:
        return False
    return True


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
