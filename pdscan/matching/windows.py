"""The blocks of an item, looked at through windows: no identifier is lost or doubled at an edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from pdscan.matching.engine import Engine, Hits
from pdscan.matching.findings import SCHEMA, SCHEMA_WITH_VALUES
from pdscan.matching.fingerprints import SIZE, Fingerprinter
from pdscan.matching.masks import mask
from pdscan.matching.text import blank_after, gather
from pdscan.model import Block, Ints

_NEWLINE = 0x0A


@dataclass(slots=True)
class _Base:
    """Where a window begins in the text of its part."""

    characters: int = 0
    lines: int = 0
    column: int = 0  # characters since the last line break


class Scanner:
    """Findings of whole items, as record batches without the ``item`` column filled in (0)."""

    def __init__(
        self, engine: Engine, fingerprinter: Fingerprinter, *, values: bool = False
    ) -> None:
        self._engine = engine
        self._fingerprinter = fingerprinter
        self._values = values
        self._kinds = pa.array([d.kind for d in engine.detectors], pa.string())
        #: Characters of text looked at since the start, all parts of all items.
        self.characters = 0

    def scan(self, blocks: Iterable[Block]) -> Iterator[pa.RecordBatch]:
        """The findings in the blocks of one item, in order."""
        tail, accepted, base, part, is_cut = b"", 0, _Base(), None, False
        for block in blocks:
            if block.part != part:
                tail, accepted, base, part, is_cut = b"", 0, _Base(), block.part, False
            window = tail + block.text if tail else block.text
            reserve = self._engine.reserve
            if block.joins:
                limit = max(len(window) - reserve, accepted)
                keep = _character_start(window, max(limit - reserve, 0))
            else:
                limit = keep = len(window) + 1
            if limit > accepted:
                hits = self._engine.match(
                    window, cut_left=is_cut, cut_right=block.joins,
                    layout=block.layout, label=block.label,
                )  # fmt: skip
                if hits is not None:
                    rows = np.flatnonzero((hits.start >= accepted) & (hits.start < limit))
                    if len(rows):
                        yield self._batch(block, window, base, hits, rows)
            if not block.joins:
                self._advance(base, window)
                tail, accepted, is_cut = b"", 0, False
                continue
            self._advance(base, window[:keep])
            tail, accepted, is_cut = window[keep:], limit - keep, is_cut or keep > 0

    def _advance(self, base: _Base, text: bytes) -> None:
        count = _count_characters(text)
        base.characters += count
        self.characters += count
        codes = np.frombuffer(text, np.uint8)
        lines = int(np.count_nonzero(codes == _NEWLINE))
        if lines:
            base.lines += lines
            base.column = _count_characters(text[text.rindex(b"\n") + 1 :])
        else:
            base.column += count

    def _batch(
        self, block: Block, window: bytes, base: _Base, hits: Hits, rows: Ints
    ) -> pa.RecordBatch:
        start, end, detector = hits.start[rows], hits.end[rows], hits.detector[rows]
        at = _CharacterIndex(window)
        start_char, end_char = at(start), at(end)
        places = hits.places
        if places is not None and places.own_text:
            origin = at(places.cell_start[rows])
            line = column = np.zeros(len(rows), np.int64)
            first, last = start_char - origin, end_char - origin
        else:
            breaks = np.flatnonzero(np.frombuffer(window, np.uint8) == _NEWLINE)
            above = np.searchsorted(breaks, start)
            line = base.lines + above + 1
            bol = np.concatenate([[0], breaks + 1])[above]
            column = start_char - at(bol) + 1 + np.where(above == 0, base.column, 0)
            first, last = start_char + base.characters, end_char + base.characters
        count = len(rows)
        if places is None:
            field = pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [block.label])
            record = np.full(count, -1, np.int64)
            key = pa.nulls(count, pa.string())
        else:
            field = pa.DictionaryArray.from_arrays(
                pa.array(places.field[rows]), pa.array(places.fields, pa.string())
            )
            record = places.record[rows]
            key = (
                pa.nulls(count, pa.string())
                if places.keys is None
                else pa.array([places.keys[row] for row in rows.tolist()], pa.string())
            )
        columns = [
            pa.array(np.zeros(count, np.int32)),
            pa.array(record),
            key,
            pa.DictionaryArray.from_arrays(np.zeros(count, np.int32), [block.part]),
            field,
            pa.DictionaryArray.from_arrays(detector.astype(np.int32), self._kinds),
            pa.array(line),
            pa.array(column.astype(np.int32)),
            pa.array(first),
            pa.array(last),
            pa.array(hits.likelihood[rows]),
            pa.DictionaryArray.from_arrays(
                hits.evidence[rows].astype(np.int32), pa.array(hits.evidences, pa.string())
            ),
            self._previews(window, start, end),
            self._fingerprints(hits, rows),
        ]
        if not self._values:
            return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
        texts = [window[a:b].decode("utf-8", "replace")
                 for a, b in zip(start.tolist(), end.tolist(), strict=True)]  # fmt: skip
        return pa.RecordBatch.from_arrays(
            [*columns, pa.array(texts, pa.string())], schema=SCHEMA_WITH_VALUES
        )

    def _previews(self, window: bytes, start: Ints, end: Ints) -> pa.Array:
        length = end - start
        return mask(blank_after(gather(window, start, int(length.max())), length), length)

    def _fingerprints(self, hits: Hits, rows: Ints) -> pa.Array:
        prints = np.empty((len(rows), SIZE), np.uint8)
        detector, row = hits.detector[rows], hits.row[rows]
        for number in np.unique(detector).tolist():
            mine = np.flatnonzero(detector == number)
            values = hits.canonical[number][row[mine]]
            filled = values != 0
            length = values.shape[1] - np.argmax(filled[:, ::-1], axis=1)
            length = np.where(filled.any(axis=1), length, 0)
            kind = self._engine.detectors[number].fingerprint_kind
            prints[mine] = self._fingerprinter.column(kind, values, length)
        return pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(SIZE), len(rows), [None, pa.py_buffer(prints)]
        )


class _CharacterIndex:
    """Byte offsets in a text as character offsets."""

    def __init__(self, text: bytes) -> None:
        self._before = None
        if not text.isascii():
            begins = np.frombuffer(text, np.int8) >= -64
            self._before = np.concatenate([[0], np.cumsum(begins, dtype=np.int64)])

    def __call__(self, offsets: Ints) -> Ints:
        return offsets if self._before is None else self._before[offsets]


def _count_characters(text: bytes) -> int:
    if text.isascii():
        return len(text)
    return int(np.count_nonzero(np.frombuffer(text, np.int8) >= -64))


def _character_start(text: bytes, offset: int) -> int:
    while 0 < offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset
