"""A given name looked for as it is written: where no detector can tell that a word is a name.

The longest word of the name, without its last letters, is looked for in the bytes; what stands
around it is then compared as names are (`pdscan.subjects.names`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np

from pdscan.connectors.interface import Connector
from pdscan.connectors.records import blocks
from pdscan.model import Block
from pdscan.subjects import names

_ALIKE = {"a": "aàáâãäåæ", "e": "eèéêë", "i": "iìíîï", "o": "oòóôõöø", "u": "uùúûü", "y": "yýÿü",
          "n": "nñ", "c": "cç"}  # fmt: skip
_ENDING = 3  # letters that a case or a slip may change
_SHORTEST = 3
_AROUND = 60  # bytes that are compared, to either side
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")


def mentions(
    connector: Connector, path: tuple[str, ...], given: Sequence[str]
) -> Iterator[tuple[str, str, int, str]]:
    """(part, field, record, key) of the places in an item where one of the names `given` may be
    meant; a record of -1 means the item. Raises `UnreadableError`.
    """
    wanted = [(name, _pattern(name)) for name in given if names.fold(name)]
    for block in blocks(connector, path):
        for name, pattern in wanted:
            hits = [hit.start() for hit in pattern.finditer(block.text)]
            yield from _places(block, name, hits)


def _places(block: Block, name: str, hits: list[int]) -> Iterator[tuple[str, str, int, str]]:
    starts = np.array(hits, np.int64)
    if not hits:
        return
    if block.layout is None:
        if any(_is_meant(block.text[max(at - _AROUND, 0) : at + _AROUND], name) for at in hits):
            yield block.part, block.label, -1, ""
        return
    places = block.layout.place(starts)
    for row, at in enumerate(hits):
        low = max(at - _AROUND, int(places.cell_start[row]))
        high = min(at + _AROUND, int(places.cell_end[row]))
        if _is_meant(block.text[low:high], name):
            key = places.keys[row].as_py() if places.keys is not None else ""
            field = places.fields[places.field[row]]
            yield block.part, field, int(places.record[row]), key


def _is_meant(around: bytes, name: str) -> bool:
    """Whether as many words in a row as the name has may be it; a single word is not enough for a
    name of several, but in a cell of its own, whose row is looked at.
    """
    words = _WORD.findall(around.decode("utf-8", "ignore"))
    count = len(name.split())
    if len(words) < count:
        return any(names.alike(name, word) for word in words if len(word) > 1)
    runs = (" ".join(words[at : at + count]) for at in range(len(words) - count + 1))
    return any(names.alike(name, run) for run in runs)


def _pattern(name: str) -> re.Pattern[bytes]:
    word = max(names.fold(name), key=len)
    stem = word[: max(len(word) - _ENDING, min(_SHORTEST, len(word)))]
    signs = []
    for letter in stem:
        every = {form for sign in _ALIKE.get(letter, letter) for form in (sign, sign.upper())}
        every |= {unicodedata.normalize("NFD", sign) for sign in every}
        written = sorted((sign.encode() for sign in every), key=len, reverse=True)
        signs.append(b"(?:" + b"|".join(map(re.escape, written)) + b")")
    return re.compile(b"".join(signs))
