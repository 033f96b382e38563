"""Gets again what a locator of a row, message or file points to: all of it, as it stands now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from pdscan.connectors.contents import HoldsContent, members
from pdscan.connectors.formats.interface import Content
from pdscan.connectors.identify import identify
from pdscan.connectors.interface import Connector
from pdscan.connectors.peel import explain
from pdscan.connectors.records import CONTENT_KEY, Fingerprints, Spot, parts, records
from pdscan.connectors.tables import Tables, tables_of
from pdscan.errors import UnreadableError
from pdscan.model import Locator, Reason

_PURPOSE = "content"
_MESSAGE = "message/rfc822"
#: Messages that are taken apart from a store of many have no bytes of their own.
_PUT_TOGETHER = "application/vnd.pdscan."


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table, CSV file, sheet, or a record of JSON: its key, its values in order, and
    where it stands in its file.
    """

    key: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str | None], ...]
    spot: Spot = field(default=Spot(), compare=False)


@dataclass(frozen=True, slots=True)
class Original:
    """A message as .eml, a file, a member of an archive, as it is."""

    name: str
    media_type: str
    data: bytes


Fetched = Row | Original


def fetch(
    connector: Connector, locator: Locator, fingerprints: Fingerprints | None = None
) -> Fetched:
    """What lies at `locator`: of its row where it has a key, else the whole item.

    `fingerprints` resolves keys made of a record's content (``#``). Raises `UnreadableError`:
    VANISHED where it is not there any more, CHANGED where a record is not as it was.
    """
    ((_, found),) = fetch_many(connector, [locator], fingerprints)
    if isinstance(found, UnreadableError):
        raise found
    return found


def fetch_many(
    connector: Connector, locators: Iterable[Locator], fingerprints: Fingerprints | None = None
) -> Iterator[tuple[Locator, Fetched | UnreadableError]]:
    """The same for many, all of one source: one pass over each table or file.

    Those of one table or file come together, in the order in which the first of them was named.
    """
    groups: dict[tuple[object, ...], list[Locator]] = {}
    for locator in dict.fromkeys(locators):
        # Of a SQLite file the field holds the table.
        names = tuple(name for name, _ in locator.key)
        part = locator.field if names and names != (CONTENT_KEY,) else ""
        # A mailbox is read once for all its messages.
        path = locator.path if names else _outermost(connector, locator.path)
        groups.setdefault((path, part, names), []).append(locator)
    for group in groups.values():
        names = tuple(name for name, _ in group[0].key)
        try:
            if not names:
                yield from _originals(connector, group)
            elif names == (CONTENT_KEY,):
                yield from _records(connector, group, fingerprints)
            else:
                yield from _rows(connector, group, names)
        except UnreadableError as error:
            yield from ((locator, error) for locator in group)


def look_up(
    connector: Connector, path: Sequence[str], column: str, values: Iterable[str], table: str = ""
) -> Iterator[Row]:
    """The rows of a table whose `column` has one of `values`; `table` names it where `path` is a
    SQLite file. Raises `UnreadableError`.
    """
    with tables_of(connector, path) as tables:
        found = tables.table([table] if table else path)
        for row in tables.rows(found, [column], ((value,) for value in values)):
            yield Row(row.key, row.values)


def content_fingerprint(fingerprints: Fingerprints, fetched: Fetched) -> str:
    """Keyed, in hexadecimal; the same content gives the same, wherever it lies."""
    (fingerprint,) = content_fingerprints(fingerprints, [fetched])
    return fingerprint


def content_fingerprints(fingerprints: Fingerprints, fetched: Sequence[Fetched]) -> list[str]:
    """Those of many, several times as fast as one by one."""
    if not fetched:
        return []
    digests = np.frombuffer(b"".join(map(_digest, fetched)), np.uint8).reshape(len(fetched), -1)
    lengths = np.full(len(fetched), digests.shape[1], np.int64)
    return [mac.tobytes().hex() for mac in fingerprints.column(_PURPOSE, digests, lengths)]


def _digest(fetched: Fetched) -> bytes:
    digest = hashlib.sha256()
    if isinstance(fetched, Original):
        digest.update(fetched.data)
    else:
        for name, value in fetched.values:
            written = "\x1d" if value is None else f"\x1f{value}"
            digest.update(f"\x1e{name}{written}".encode("utf-8", "surrogatepass"))
    return digest.digest()


def _outermost(connector: Connector, path: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return connector.outermost(path) if isinstance(connector, HoldsContent) else path
    except Exception:  # it is told when the item is asked for
        return path


def _originals(
    connector: Connector, group: list[Locator]
) -> Iterator[tuple[Locator, Fetched | UnreadableError]]:
    """Those of one file, or one document in a table."""
    wanted = {locator.path: locator for locator in group}
    for path, content in members(connector, list(wanted)):
        if isinstance(content, UnreadableError):
            yield wanted[path], content
            continue
        try:
            yield wanted[path], _original(connector, path, content)
        except UnreadableError as error:
            yield wanted[path], error
        except Exception as error:  # a broken stream raises whatever its decompressor does
            yield wanted[path], UnreadableError(*explain(error))


def _original(connector: Connector, path: tuple[str, ...], content: Content) -> Original:
    media_type = identify(content)
    name = path[-1].rpartition("/")[2]
    if media_type.startswith(_PUT_TOGETHER):
        text = "\n\n".join(f"{part}\n{text}" for part, text in parts(connector, path))
        return Original(name, "text/plain", text.encode())
    with content.open() as stream:
        data = stream.read()
    if data.startswith(b"From ") and len(path) > 1:
        media_type = _MESSAGE  # in a mailbox, whose own line this is
        data = data.partition(b"\n")[2]
    return Original(name, media_type, data)


def _records(
    connector: Connector, group: list[Locator], fingerprints: Fingerprints | None
) -> Iterator[tuple[Locator, Fetched | UnreadableError]]:
    if fingerprints is None:
        raise UnreadableError(Reason.UNSUPPORTED, "its key is made with the fingerprint key")
    wanted = {(locator.field, locator.key[0][1]): locator for locator in group}
    for record in records(connector, group[0].path, fingerprints):
        locator = wanted.pop((record.part, record.key), None)
        if locator is not None:
            yield locator, Row(locator.key, tuple(record.values), record.spot)
    for locator in wanted.values():
        yield locator, UnreadableError(Reason.CHANGED, "no record holds what it held")


def _rows(
    connector: Connector, group: list[Locator], names: tuple[str, ...]
) -> Iterator[tuple[Locator, Fetched | UnreadableError]]:
    wanted = {locator.key: locator for locator in group}
    with tables_of(connector, group[0].path) as tables:
        table = tables.table(_table_of(group[0], tables))
        keys = [tuple(value for _, value in key) for key in wanted]
        for row in tables.rows(table, names, keys):
            locator = wanted.pop(row.key, None)
            if locator is not None:
                yield locator, Row(row.key, row.values)
    for locator in wanted.values():
        yield locator, UnreadableError(Reason.VANISHED, "the row is not there any more")


def _table_of(locator: Locator, tables: Tables) -> tuple[str, ...]:
    """The field of a row in a SQLite file names the table; of a database the path does."""
    by_path = any(table.path == locator.path for table in tables.structure.tables)
    return locator.path if by_path else (locator.field,)
