"""The blocks of items, looked at through windows: no identifier is lost or doubled at an edge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.columns import count_characters
from pdscan.matching.candidates import Survey
from pdscan.matching.engine import Engine, Hits
from pdscan.matching.findings import SCHEMA, SCHEMA_WITH_VALUES
from pdscan.matching.fingerprints import SIZE, Fingerprinter
from pdscan.matching.masks import SECRET, mask
from pdscan.matching.packs import Base, Pack
from pdscan.matching.rulers import Ruler
from pdscan.matching.text import on_characters
from pdscan.model import Block, Bytes2D, Ints

_PACK = 1 << 20  # bytes of small blocks that are matched together
_SMALL = 1 << 16  # bytes up to which a block is matched as it is
_DENSE = 2 << 20  # bytes of dense text that are matched together


@dataclass(slots=True)
class _Text:
    """What is known of the part of an item that is being read."""

    part: str
    base: Base = field(default_factory=Base)
    tail: bytes = b""  # seen, to be looked at again with what follows
    accepted: int = 0  # bytes of the tail whose findings are out already
    is_cut: bool = False  # the text began before the tail
    before: bytes = b""  # what stands at the base: measured only if something follows

    def settled(self) -> Base:
        """Where the text stands that follows what was seen so far."""
        if self.before:
            self.base = _after(self.base, self.before, Ruler(self.before), len(self.before))
            self.before = b""
        return self.base


class Scanner:
    """Findings of items, as record batches of `findings.SCHEMA`, in the order they were fed."""

    def __init__(
        self, engine: Engine, fingerprinter: Fingerprinter, *, values: bool = False
    ) -> None:
        self._engine = engine
        self._fingerprinter = fingerprinter
        self._values = values
        self._kinds = pa.array([d.kind for d in engine.detectors], pa.string())
        self._secret = np.array([d.secret for d in engine.detectors], np.bool_)
        self._pack = Pack()
        self._texts: dict[int, _Text] = {}
        self._failed: dict[int, Exception] = {}

    def scan(self, blocks: Iterable[Block], item: int = 0) -> Iterator[pa.RecordBatch]:
        """The findings in all blocks of one item."""
        for block in blocks:
            yield from self.feed(item, block)
        self.close(item)
        yield from self.flush()

    def feed(self, item: int, block: Block) -> Iterator[pa.RecordBatch]:
        """Looks at the next block of `item`; the findings may come out later.

        An item that matching fails on is given up, see `failure`; the others are not touched by it.
        """
        if item in self._failed:
            return
        text = self._texts.get(item)
        if text is None or text.part != block.part:
            text = self._texts[item] = _Text(block.part)
        is_small = len(block.text) < _SMALL or block.layout is not None
        if is_small and not block.joins and not text.tail:
            self._pack.add(item, block, block.text, text.settled())
            text.before = block.text
            if self._pack.size >= _PACK:
                yield from self.flush()
            return
        try:
            text.settled()
            if len(block.text) < 8 * self._engine.reserve:
                block = replace(block, text=text.tail + block.text)
            elif text.tail:
                yield from self._look_at_seam(item, text, block)
            yield from self._look(item, text, block)
        except Exception as error:  # a bug costs the item that shows it
            self._failed[item] = error

    def flush(self) -> Iterator[pa.RecordBatch]:
        """The findings in what was fed so far, but for the end of a text that goes on."""
        pack, self._pack = self._pack, Pack()
        if not pack:
            return
        try:
            found = self._packed(pack)
        except Exception:  # one of its items did it: they are looked at one by one
            yield from self._apart(pack)
            return
        if found is not None:
            yield found

    def _packed(self, pack: Pack) -> pa.RecordBatch | None:
        window = pack.close()
        hits = self._engine.match(self._engine.survey(window), pack)
        if hits is None:
            return None
        rows = pack.wanted(hits.start, hits.end)
        return self._batch(pack, window, Ruler(window), hits, rows) if len(rows) else None

    def _apart(self, pack: Pack) -> Iterator[pa.RecordBatch]:
        for item, single in pack.apart():
            if item in self._failed:
                continue
            try:
                found = self._packed(single)
            except Exception as error:
                self._failed[item] = error
                continue
            if found is not None:
                yield found

    def failure(self, item: int) -> Exception | None:
        """What matching failed with on `item`; told once its findings are out."""
        return self._failed.pop(item, None)

    @property
    def is_empty(self) -> bool:
        """Whether the findings of all that was fed and closed are out."""
        return not self._pack

    def close(self, item: int) -> None:
        """Forgets `item`, of which no block follows."""
        self._texts.pop(item, None)

    def characters(self, item: int) -> int:
        """How many characters the last part of `item` has so far."""
        text = self._texts.get(item)
        return text.settled().characters if text else 0

    def _look_at_seam(self, item: int, text: _Text, block: Block) -> Iterator[pa.RecordBatch]:
        """Looks at where `block` joins the tail, so that the two need not be put together."""
        reserve = self._engine.reserve
        seam = text.tail + block.text[: _character_start(block.text, 2 * reserve)]
        survey = self._engine.survey(seam, cut_left=text.is_cut, cut_right=True)
        ruler = Ruler(seam)
        yield from self._findings(item, text, block, survey, ruler, len(text.tail) + reserve)
        text.base = _after(text.base, seam, ruler, len(text.tail))
        text.accepted, text.is_cut = reserve, True

    def _look(self, item: int, text: _Text, block: Block) -> Iterator[pa.RecordBatch]:
        """Looks at `block`, which stands at ``text.base``; keeps what has to be seen again."""
        window, reserve = block.text, self._engine.reserve
        ruler = Ruler(window)
        limit = keep = len(window)
        if block.joins:
            limit = max(len(window) - reserve, text.accepted)
            keep = _character_start(window, max(limit - reserve, 0))
        if limit > text.accepted:
            survey = self._engine.survey(window, cut_left=text.is_cut, cut_right=block.joins)
            if survey.is_dense and len(window) > _DENSE and block.layout is None:
                text.tail = b""
                for piece in _pieces(block):
                    if text.tail:
                        yield from self._look_at_seam(item, text, piece)
                    yield from self._look(item, text, piece)
                return
            yield from self._findings(item, text, block, survey, ruler, limit)
        text.base = _after(text.base, window, ruler, keep)
        text.is_cut = block.joins and (text.is_cut or keep > 0)
        text.tail, text.accepted = window[keep:], limit - keep

    def _findings(
        self, item: int, text: _Text, block: Block, survey: Survey, ruler: Ruler, limit: int
    ) -> Iterator[pa.RecordBatch]:
        """The findings that begin between what is accepted already and `limit`; they come with the
        next pack where it pays to take out the pieces that they stand in.
        """
        bounds = None
        if block.layout is None and not survey.is_dense:
            bounds = self._engine.pieces(survey)
        if bounds is not None:
            self._cut(item, text, block, survey, ruler, bounds, limit)
            if self._pack.size >= _PACK:
                yield from self.flush()
            return
        yield from self.flush()
        pack = Pack()
        pack.add(item, block, survey.window, text.base)
        pack.close()
        hits = self._engine.match(survey, pack)
        if hits is not None:
            rows = np.flatnonzero((hits.start >= text.accepted) & (hits.start < limit))
            if len(rows):
                yield self._batch(pack, survey.window, ruler, hits, rows)

    def _cut(
        self, item: int, text: _Text, block: Block, survey: Survey, ruler: Ruler, bounds: Ints,
        limit: int,
    ) -> None:  # fmt: skip
        """Lays the pieces of the window within `bounds` into the pack."""
        window, size = survey.window, len(survey.window)
        bounds = on_characters(window, bounds)
        bounds = bounds[(bounds[:, 1] > text.accepted) & (bounds[:, 0] < limit)]
        if not len(bounds):
            return
        low, high = bounds.T
        lines = ruler.lines(low)
        starts = ruler.line_starts(low, lines)
        column = ruler.between(starts, low) + np.where(lines == 0, text.base.column, 0)
        characters = ruler.characters(low) + text.base.characters
        self._pack.add_pieces(
            item,
            block,
            [window[first:last] for first, last in bounds.tolist()],
            np.stack([characters, lines + text.base.lines, column], axis=1),
            np.stack([text.accepted - low, limit - low], axis=1),
            np.stack([(low > 0) | survey.cut_left, (high < size) | survey.cut_right], axis=1),
        )

    def _batch(
        self, pack: Pack, window: bytes, ruler: Ruler, hits: Hits, rows: Ints
    ) -> pa.RecordBatch:
        start, end, detector, places = (
            hits.start[rows],
            hits.end[rows],
            hits.detector[rows],
            hits.places,
        )
        block = pack.block_at(start)
        own = pack.own_text[block]
        # Offsets count from the cell where it has a text of its own, else from the part.
        origin = np.where(own, places.cell_start[rows], pack.first[block])
        shift = np.where(own, 0, pack.characters[block])
        lines = ruler.lines(start)
        above = lines - ruler.lines(pack.first)[block]
        line_start = np.maximum(ruler.line_starts(start, lines), pack.first[block])
        column = ruler.between(line_start, start) + 1 + np.where(above == 0, pack.columns[block], 0)
        line = np.where(own, 0, pack.lines[block] + above + 1)
        first = ruler.characters(start) - ruler.characters(origin) + shift
        count = len(rows)
        columns = [
            pa.array(pack.items[block]),
            pa.array(places.record[rows]),
            pa.nulls(count, pa.string()) if places.keys is None
            else places.keys.take(pa.array(rows)),
            _named(block.astype(np.int32), pack.parts),
            _named(places.field[rows], places.fields),
            pa.DictionaryArray.from_arrays(pa.array(detector.astype(np.int32)), self._kinds),
            pa.array(line),
            pa.array(np.where(own, 0, column).astype(np.int32)),
            pa.array(first),
            pa.array(first + ruler.between(start, end)),
            pa.array(hits.likelihood[rows]),
            _named(hits.evidence[rows].astype(np.int32), hits.evidences),
            self._previews(window, hits, rows),
            self._fingerprints(hits, rows),
        ]  # fmt: skip
        if not self._values:
            return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)
        texts = [window[a:b].decode("utf-8", "replace")
                 for a, b in zip(start.tolist(), end.tolist(), strict=True)]  # fmt: skip
        return pa.RecordBatch.from_arrays(
            [*columns, pa.array(texts, pa.string())], schema=SCHEMA_WITH_VALUES
        )

    def _previews(self, window: bytes, hits: Hits, rows: Ints) -> pa.Array:
        previews = mask(window, hits.start[rows], hits.end[rows])
        secret = self._secret[hits.detector[rows]]
        return pc.if_else(pa.array(secret), SECRET, previews) if secret.any() else previews

    def _fingerprints(self, hits: Hits, rows: Ints) -> pa.Array:
        """Kind by kind, because the values of a kind are about equally long."""
        prints = np.empty((len(rows), SIZE), np.uint8)
        detector, row = hits.detector[rows], hits.row[rows]
        for number in np.flatnonzero(np.bincount(detector)).tolist():
            mine = np.flatnonzero(detector == number)
            values = hits.canonical[number][row[mine]]
            kind = self._engine.detectors[number].fingerprint_kind
            prints[mine] = self._fingerprinter.column(kind, values, _lengths(values))
        return pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(SIZE), len(rows), [None, pa.py_buffer(prints)]
        )


def _lengths(values: Bytes2D) -> Ints:
    """How many bytes stand before the first zero of each row."""
    zero = values == 0
    first = zero.argmax(axis=1)
    lengths: Ints = np.where(zero[np.arange(len(values)), first], first, values.shape[1])
    return lengths


def _named(codes: npt.NDArray[np.int32], names: Iterable[str]) -> pa.Array:
    """Codes with their names as a dictionary column; equal names share a code."""
    distinct: dict[str, int] = {}
    recode = np.array([distinct.setdefault(name, len(distinct)) for name in names], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(recode[codes]), pa.array(distinct, pa.string()))


def _after(base: Base, text: bytes, ruler: Ruler, end: int) -> Base:
    """Where the text stands that follows the first `end` bytes of `text`, which is at `base`."""
    characters, lines = ruler.at(end)
    column = base.column + characters
    if lines:
        column = count_characters(text, text.rindex(b"\n", 0, end) + 1, end)
    return Base(base.characters + characters, base.lines + lines, column)


def _pieces(block: Block) -> Iterator[Block]:
    """`block` cut into smaller ones that join: dense text needs memory for all it holds."""
    start = 0
    while start < len(block.text):
        end = _character_start(block.text, min(start + _DENSE, len(block.text)))
        is_last = end == len(block.text)
        yield replace(block, text=block.text[start:end], joins=block.joins or not is_last)
        start = end


def _character_start(text: bytes, offset: int) -> int:
    while 0 < offset < len(text) and text[offset] & 0xC0 == 0x80:
        offset -= 1
    return offset
