"""A block of short texts with names: the headers of a mail, the properties of a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from pdscan.model import Block, Ints, Places


class CellLayout:
    """Cells one after the other, a line break between them, each with a field's name."""

    def __init__(self, starts: Sequence[int], size: int, fields: Sequence[str]) -> None:
        self._starts = starts
        self._size = size
        self._fields = fields

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` lie."""
        bounds = np.array([*self._starts, self._size + 1], np.int64)
        cell = np.searchsorted(bounds, starts, side="right") - 1
        return Places(
            field=cell.astype(np.int32),
            fields=self._fields,
            record=np.zeros(len(starts), np.int64),
            cell_start=bounds[cell],
            cell_end=bounds[cell + 1] - 1,
            own_text=True,
        )

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The cells of all fields that `wants` accepts; see `pdscan.model.CellLayout`."""
        bounds = np.array([*self._starts, self._size + 1], np.int64)
        chosen = np.array([wants(name) for name in self._fields], np.bool_)
        return bounds[:-1][chosen], bounds[1:][chosen] - 1


def cell_blocks(cells: Iterable[tuple[str, str]], part: str, block_size: int) -> Iterator[Block]:
    """Blocks of about `block_size` bytes with the texts of `cells`, (field, text) pairs.

    A field that comes again is told apart: ``Received``, ``Received[2]``.
    """
    seen: dict[str, int] = {}
    fields: list[str] = []
    starts: list[int] = []
    texts: list[bytes] = []
    size = 0
    for field, text in cells:
        if not text:
            continue
        count = seen[field] = seen.get(field, 0) + 1
        encoded = text.encode("utf-8", "replace")
        fields.append(field if count == 1 else f"{field}[{count}]")
        starts.append(size)
        texts.append(encoded)
        size += len(encoded) + 1
        if size >= block_size:
            yield Block(b"\n".join(texts), CellLayout(starts, size - 1, fields), part=part)
            fields, starts, texts, size = [], [], [], 0
    if texts:
        yield Block(b"\n".join(texts), CellLayout(starts, size - 1, fields), part=part)


def text_blocks(text: bytes, part: str, block_size: int) -> Iterator[Block]:
    """UTF-8 `text` as blocks of about `block_size` bytes that run on into one another."""
    start = 0
    while len(text) - start > block_size:
        end = start + block_size
        while end > start and text[end] & 0xC0 == 0x80:
            end -= 1
        yield Block(text[start:end], joins=True, part=part)
        start = end
    if start < len(text):
        yield Block(text[start:] if start else text, part=part)
