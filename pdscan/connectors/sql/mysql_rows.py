"""Rows as MySQL and MariaDB send them, as Arrow columns.

A driver makes an object of each value, which costs more than the server needs to send it. Here the
packets are told apart one by one, and their values column by column in NumPy. The form of a row is
that of the text protocol: each value is preceded by its length, 0xfb stands for NULL.
https://mariadb.com/docs/server/reference/clientserver-protocol/4-server-response-packets/result-set-packets
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pdscan.columns import blank_after, gather
from pdscan.model import Ints

_MOST_PACKET = 0xFFFFFF
_NULL, _TWO, _THREE, _EIGHT = 0xFB, 0xFC, 0xFD, 0xFE
_SPARE = bytes(16)  # so that a length or a prefix can be read at the end of the data
_INLINE = 12  # bytes that a view of Arrow holds itself


def batches(connection: Any, statement: str, size: int) -> Iterator[pa.RecordBatch]:
    """The rows of `statement` in batches of about `size` bytes, each value as bytes.

    `connection` is one of PyMySQL; its errors are raised. It is of no more use where the batches
    are not read to the end.
    """
    from pymysql.connections import MySQLResult
    from pymysql.constants import COMMAND

    connection._execute_command(COMMAND.COM_QUERY, statement)
    result = MySQLResult(connection)
    result.init_unbuffered_query()
    result.unbuffered_active = False  # else it reads what is left when it is thrown away
    count = int(result.field_count)
    names = [f"c{i}" for i in range(count)]
    buffer = bytearray()
    ended = False
    while not ended:
        starts, used, ended = _packets(connection, buffer, size)
        if starts:
            data = bytes(buffer[:used]) + _SPARE
            columns = _columns(data, np.array(starts, np.int64), count)
            yield pa.RecordBatch.from_arrays(columns, names)
        del buffer[:used]


def _packets(connection: Any, buffer: bytearray, size: int) -> tuple[list[int], int, bool]:
    """Where the rows in `buffer` begin, filled up to `size` bytes or the end of the result; how
    many bytes they take, and whether the result has ended.
    """
    starts: list[int] = []
    at, have = 0, len(buffer)
    while at < size:
        if have - at < 5:
            have = _more(connection, buffer)
            continue
        length = buffer[at] | buffer[at + 1] << 8 | buffer[at + 2] << 16
        end = at + 4 + length
        while length == _MOST_PACKET:  # goes on in the next packet
            while have < end + 4:
                have = _more(connection, buffer)
            length = int.from_bytes(buffer[end : end + 3], "little")
            del buffer[end : end + 4]
            have -= 4
            end += length
        while have < end:
            have = _more(connection, buffer)
        first = buffer[at + 4]
        if first == 0xFF or (first == 0xFE and end - at - 4 < 9):
            connection._next_seq_id = (buffer[at + 3] + 1) % 256
            if first == 0xFF:
                from pymysql.err import raise_mysql_exception

                raise_mysql_exception(bytes(buffer[at + 4 : end]))
            return starts, at, True
        starts.append(at + 4)
        at = end
    return starts, at, False


def _more(connection: Any, buffer: bytearray) -> int:
    """Reads what the server has sent; the buffer's new length. Raises where it went away."""
    from pymysql.err import OperationalError

    try:
        piece = connection._rfile.read1(1 << 18)
    except OSError as error:
        raise OperationalError(2013, f"lost connection ({type(error).__name__})") from None
    if not piece:
        raise OperationalError(2013, "lost connection")
    buffer += piece
    return len(buffer)


def _columns(data: bytes, at: Ints, count: int) -> list[pa.Array]:
    """The `count` values of each row that begins `at` in `data`."""
    codes = np.frombuffer(data, np.uint8)
    columns = []
    for _ in range(count):
        first = codes[at].astype(np.int64)
        length, head = np.where(first == _NULL, 0, first), np.ones(len(at), np.int64)
        for mark, width in ((_TWO, 2), (_THREE, 3), (_EIGHT, 8)):
            rows = np.flatnonzero(first == mark)
            if len(rows):
                places = codes[at[rows, None] + 1 + np.arange(width)].astype(np.int64)
                length[rows] = (places << (8 * np.arange(width))).sum(axis=1)
                head[rows] = 1 + width
        start = at + head
        columns.append(_column(data, codes, start, length, first != _NULL))
        at = start + length
    return columns


def _column(
    data: bytes,
    codes: npt.NDArray[np.uint8],
    start: Ints,
    length: Ints,
    known: npt.NDArray[np.bool_],
) -> pa.Array:
    """The bytes of `data` at `start`, of `length`, by views that Arrow copies from."""
    count = len(start)
    views: npt.NDArray[np.uint8] = np.zeros((count, 4 + _INLINE), np.uint8)
    views[:, :4] = length.astype("<i4").view(np.uint8).reshape(count, 4)
    views[:, 4:] = blank_after(gather(data, start, _INLINE), length)
    far = np.flatnonzero(length > _INLINE)
    views[far, 8:12] = 0  # of the first and only buffer
    views[far, 12:] = start[far].astype("<i4").view(np.uint8).reshape(len(far), 4)
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    column = pa.Array.from_buffers(
        pa.binary_view(), count, [valid, pa.py_buffer(views), pa.py_buffer(data)]
    )
    return column.cast(pa.binary())
