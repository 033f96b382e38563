"""Columnar files: Parquet, ORC, Arrow and Feather, by row group, stripe or batch.

Strings and numbers that may be identifiers (integers, decimals) are columns of texts; structures,
lists and maps are flattened (``orders.item.email``), texts in binary columns read, other binaries
left to their own type as nested contents. A row's key is its number: these files have no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.cells import cell_blocks
from pdscan.connectors.formats.contents import HeldContent, seekable_stream
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Ints, Reason

_ROWS = 8192  # of a batch: a block then is about a megabyte of usual texts
_LONG_BINARY = 64 << 10  # bytes; a longer one is a document rather than a text


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """One block for each column of each batch."""
    stream = seekable_stream(content, options.limits.member_memory)
    try:
        first = 0
        for batch in _batches(stream):
            rows = np.arange(first, first + len(batch), dtype=np.int64)
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                yield from _column(name, column, rows)
            first += len(batch)
    except pa.ArrowNotImplementedError as error:
        raise UnreadableError(Reason.UNSUPPORTED, "an encoding that Arrow does not read") from error
    except (pa.ArrowInvalid, pa.ArrowException) as error:
        raise UnreadableError(Reason.CORRUPT) from error
    finally:
        stream.close()


def _batches(stream: BinaryIO) -> Iterator[pa.RecordBatch]:
    magic = stream.read(4)
    stream.seek(0)
    if magic == b"PAR1":
        from pyarrow import parquet

        yield from parquet.ParquetFile(stream).iter_batches(_ROWS)
    elif magic[:3] == b"ORC":
        from pyarrow import orc

        file = orc.ORCFile(stream)
        for number in range(file.nstripes):
            yield from _sliced(file.read_stripe(number))
    elif magic == b"FEA1":
        from pyarrow import feather

        for batch in feather.read_table(stream).to_batches():
            yield from _sliced(batch)
    elif magic == b"ARRO":
        file = pa.ipc.open_file(stream)
        for number in range(file.num_record_batches):
            yield from _sliced(file.get_batch(number))
    else:
        for batch in pa.ipc.open_stream(stream):
            yield from _sliced(batch)


def _sliced(batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    for first in range(0, len(batch), _ROWS):
        yield batch.slice(first, _ROWS)


def _column(name: str, column: pa.Array, rows: Ints) -> Iterator[Yield]:
    """The texts of one column, however it is nested; `rows` are the records of its values."""
    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        yield from _column(name, column.storage, rows)
    elif pa.types.is_dictionary(kind):
        yield from _column(name, column.dictionary_decode(), rows)
    elif pa.types.is_struct(kind):
        for field, values in zip(kind, column.flatten(), strict=True):
            yield from _column(f"{name}.{field.name}", values, rows)
    elif pa.types.is_map(kind):
        borders = column.offsets.to_numpy().astype(np.int64)
        entries = np.repeat(rows, np.diff(borders))
        first, count = int(borders[0]), int(borders[-1] - borders[0])
        keys, items = column.keys.slice(first, count), column.items.slice(first, count)
        yield from _column(f"{name}.key", keys, entries)
        yield from _column(f"{name}.value", items, entries)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or _is_other_list(kind):
        yield from _column(f"{name}[]", column.flatten(), rows[_parents(column)])
    elif pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or _is_other_binary(kind):
        yield from _binary(name, column, rows)
    else:
        texts = _texts(column)
        if texts is not None:
            yield from _block(name, texts, rows)


def _block(name: str, texts: pa.Array, rows: Ints) -> Iterator[Yield]:
    return cell_blocks(texts, [name], rows, keys=partial(_keys, rows, _ordinals(rows)))


def _texts(column: pa.Array) -> pa.Array | None:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_integer(kind):
        return column.cast(pa.large_string())
    if pa.types.is_string_view(kind):
        return column.cast(pa.large_string())
    if pa.types.is_floating(kind):
        # Identifiers that a table without integers with gaps made floats of: whole numbers.
        whole = pc.and_(pc.is_finite(column), pc.less(pc.abs(column), 2.0**63))
        whole = pc.and_(whole, pc.equal(pc.trunc(column), column))
        integers = pc.if_else(whole, column, None).cast(pa.int64(), safe=False)
        return integers.cast(pa.large_string())
    if pa.types.is_decimal(kind):
        return column.cast(pa.large_string())
    return None


def _binary(name: str, column: pa.Array, rows: Ints) -> Iterator[Yield]:
    values: list[str | None] = []
    documents: list[tuple[int, bytes]] = []
    for number, value in enumerate(column.to_pylist()):
        text = _as_text(value) if value else None
        values.append(text)
        if value and text is None:
            documents.append((number, value))
    yield from _block(name, pa.array(values, pa.large_string()), rows)
    for number, value in documents:
        step = f"{name} of row {rows[number]}"
        yield Nested(step, HeldContent(step, value))


def _as_text(value: bytes) -> str | None:
    if len(value) > _LONG_BINARY or b"\0" in value:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _parents(column: pa.Array) -> Ints:
    parents: Ints = pc.list_parent_indices(column).to_numpy(zero_copy_only=False).astype(np.int64)
    return parents


def _ordinals(rows: Ints) -> Ints | None:
    """The number of each value within its row, None where each row has one."""
    if len(rows) < 2 or (np.diff(rows) > 0).all():
        return None
    begins = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1])
    first = np.zeros(len(rows), np.int64)
    first[begins] = begins
    return np.arange(len(rows)) - np.maximum.accumulate(first)


def _keys(rows: Ints, ordinals: Ints | None, cells: Ints) -> pa.Array:
    written = ["row:", pa.array(rows[cells]).cast(pa.string())]
    if ordinals is not None:
        written += ["&n:", pa.array(ordinals[cells]).cast(pa.string())]
    return pc.binary_join_element_wise(*written, "")


def _is_other_list(kind: Any) -> bool:
    return bool(pa.types.is_fixed_size_list(kind) or pa.types.is_list_view(kind))


def _is_other_binary(kind: Any) -> bool:
    return bool(pa.types.is_fixed_size_binary(kind) or pa.types.is_binary_view(kind))
