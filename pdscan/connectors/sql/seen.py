"""The keys of the rows that were read of a range: so that it can be read again without them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.connectors.sql.rows import Selection

_MOST_BYTES = 64 << 20  # of keys held; of a range with more it cannot be told what was read


class Seen:
    """Holds the columns of keys as they came; they are written only when they are needed."""

    def __init__(self, selection: Selection) -> None:
        self._selection = selection
        self._keys: list[pa.RecordBatch] = []
        self._size = 0
        self._known: pa.Array | None = None  # what to leave out

    @property
    def is_whole(self) -> bool:
        """Whether the keys of all rows that were read are known."""
        return bool(self._selection.key) and self._size <= _MOST_BYTES

    def begin_anew(self) -> None:
        """The range is read from its beginning: what was read by now is left out."""
        written = [self._written(key) for key in self._keys]
        self._known = pa.concat_arrays(written) if written else None

    def new(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows of `batch` that were not read before the range was begun anew."""
        if self._known is None:
            return batch
        key = self._selection.key_columns(batch)
        return batch.filter(pc.invert(pc.is_in(self._written(key), self._known)))

    def add(self, batch: pa.RecordBatch) -> None:
        """Notes that the rows of `batch` are being read."""
        key = self._selection.key_columns(batch)
        self._size += key.nbytes
        if self.is_whole:
            self._keys.append(key)
        else:
            self._keys.clear()

    def _written(self, key: pa.RecordBatch) -> pa.Array:
        write = self._selection.key_writer(key)
        assert write is not None  # noqa: S101 - there is a key, or the range is not begun anew
        return write(np.arange(key.num_rows, dtype=np.int64))
