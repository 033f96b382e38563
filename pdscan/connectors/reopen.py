"""Reads again what a locator points to: the text of a span, as it stands now."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from pdscan.connectors.contents import read_again
from pdscan.connectors.interface import Connector
from pdscan.errors import UnreadableError
from pdscan.model import Block, Item, Locator, Outcome, Places, Reason, place_name, written_key


def text_at(connector: Connector, locator: Locator) -> str:
    """The text of the locator's span (without a span: of its cell, or of the whole item).

    The item is read again by the same reader. Raises `UnreadableError`: VANISHED where the item,
    the key or the field is not there any more, the item's own reason where it cannot be read,
    CHANGED where its text is shorter than the span.
    """
    cells = list(_cells(connector, locator))
    if not cells:
        raise UnreadableError(Reason.VANISHED, "the place is not in the item any more")
    if locator.span is None:
        return cells[0] if len(cells) == 1 else "".join(cells)
    first, last = locator.span
    for cell in cells:
        if last <= len(cell):
            return cell[first:last]
    raise UnreadableError(Reason.CHANGED, "the text is shorter than it was")


def _cells(connector: Connector, locator: Locator) -> Iterator[str]:
    """The texts that the locator may mean: cells with its key and field, or the whole of a part."""
    wanted = written_key(*locator.key)
    parts: dict[str, list[str]] = {}
    named: set[str] = set()
    for block in _blocks(connector, locator):
        running = parts.setdefault(block.part, [])
        running.append(block.text.decode("utf-8", "replace"))
        if block.layout is None:
            if locator.field in ("", block.part, place_name(block.part, block.label)):
                named.add(block.part)
            continue
        breaks = np.flatnonzero(np.frombuffer(block.text, np.uint8) == 0x0A)
        starts = np.concatenate([[0], breaks[breaks + 1 < len(block.text)] + 1])
        places = block.layout.place(starts)
        if places.own_text:
            yield from _matching(block, places, locator.field, wanted)
        elif not wanted:
            # Offsets run on through the part; a field only says where in it.
            prefix = f"{block.part}/" if block.part else ""
            name = locator.field.removeprefix(prefix)
            if not name or locator.field == block.part or name in places.fields:
                named.add(block.part)
    for part in parts:
        if part in named:
            yield "".join(parts[part])


def _matching(block: Block, places: Places, field: str, wanted: str) -> Iterator[str]:
    fields = {n for n, name in enumerate(places.fields) if place_name(block.part, name) == field}
    rows = np.flatnonzero(np.isin(places.field, list(fields)))
    known = -1
    for row in rows.tolist():
        start, end = int(places.cell_start[row]), int(places.cell_end[row])
        key = places.keys[row].as_py() if places.keys is not None else ""
        if start != known and key == wanted:
            known = start
            yield block.text[start:end].decode("utf-8", "replace")


def _blocks(connector: Connector, locator: Locator) -> Iterator[Block]:
    """The blocks of the locator's own item."""
    open_items: list[tuple[str, ...]] = []
    seen = False
    for event in read_again(connector, locator.path):
        if isinstance(event, Item):
            open_items.append(event.path)
            seen = seen or event.path == locator.path
        elif isinstance(event, Outcome):
            path = open_items.pop()
            if path == locator.path:
                if event.reason and not event.characters:
                    raise UnreadableError(event.reason, event.detail)
                return
        elif isinstance(event, Block) and open_items[-1] == locator.path:
            yield event
    if not seen:
        raise UnreadableError(Reason.VANISHED)
