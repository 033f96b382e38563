"""XML, streamed: each element's and attribute's text under its path.

The path (``customers/customer/@email``) is the field, with an index at every step the key. Mixed
content is one text with the elements in it, so that markup within a line does not cut an
identifier. Entities are never resolved; those that a document declares are texts themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from lxml import etree

from pdscan.connectors.cells import Cells
from pdscan.connectors.decode import wide_encoding
from pdscan.connectors.formats.interface import Content, Note, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason, written_key


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The texts in the order in which their elements end."""
    cells = Cells(options.block_size)
    walker = _Walker(cells)
    encoding = ""
    # A declaration may claim UTF-8 for what is UTF-16; the bytes know better.
    wide = None if content.head[:2] in (b"\xff\xfe", b"\xfe\xff") else wide_encoding(content.head)
    with content.open() as stream:
        events = etree.iterparse(
            stream, events=("start", "end", "comment", "pi"), resolve_entities=False,
            no_network=True, huge_tree=False, load_dtd=False, encoding=wide,
        )  # fmt: skip
        try:
            for event, node in events:
                if not encoding:
                    info = node.getroottree().docinfo
                    encoding = (info.encoding or "utf-8").lower()
                    walker.entities(info)
                walker.take(event, node)
                if cells.is_full:
                    yield cells.take()
        except etree.XMLSyntaxError as error:
            yield cells.take()
            yield Note(encoding=encoding)
            raise UnreadableError(Reason.CORRUPT, "not XML from some point on") from error
    yield cells.take()
    yield Note(encoding=encoding)


@dataclass(slots=True)
class _Level:
    """An element that is open."""

    label: str
    path: str
    is_mixed: bool = False
    counts: dict[str, int] = field(default_factory=dict)  # its children so far, by name
    last: str = ""


class _Walker:
    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._levels = [_Level("", "")]
        self._record = 0

    def take(self, event: str, node: Any) -> None:
        """One event of the parser."""
        if event == "start":
            self._start(node)
        elif event == "end":
            self._end(node)
        elif node.text and node.text.strip():
            level = self._levels[-1]
            name = "comment()" if event == "comment" else "processing-instruction()"
            number = level.counts[name] = level.counts.get(name, 0) + 1
            self._add(node.text, f"{level.label}/{name}", f"{level.path}/{name}[{number}]")

    def entities(self, info: Any) -> None:
        """What the document declares, which is not put in place."""
        for number, entity in enumerate(info.internalDTD.entities() if info.internalDTD else ()):
            if entity.content:
                self._add(entity.content, "!ENTITY", f"/!ENTITY[{number + 1}]")

    def _start(self, node: Any) -> None:
        parent = self._levels[-1]
        above = node.getparent()
        if above is not None and not parent.is_mixed:
            before = node.getprevious()
            tail = above.text if before is None else before.tail
            parent.is_mixed = bool(tail and tail.strip())
            while not parent.is_mixed and (before := node.getprevious()) is not None:
                above.remove(before)
        name = _local(node.tag)
        number = parent.counts[name] = parent.counts.get(name, 0) + 1
        # The children of the root are the records, and theirs where the root only wraps lists.
        depth = len(self._levels)
        if depth == 2 or (depth == 3 and parent.last == name):
            self._record += 1
        parent.last = name
        level = _Level(
            f"{parent.label}/{name}" if parent.label else name, f"{parent.path}/{name}[{number}]"
        )
        self._levels.append(level)
        for attribute, value in node.attrib.items():
            step = f"/@{_local(attribute)}"
            self._add(value, level.label + step, level.path + step)

    def _end(self, node: Any) -> None:
        level = self._levels.pop()
        children = len(node)
        last = node[-1] if children else None
        is_mixed = level.is_mixed or (last is not None and bool((last.tail or "").strip()))
        if not self._levels[-1].is_mixed:
            text = "".join(node.itertext()) if is_mixed else (node.text or "")
            if text.strip():
                self._add(text, level.label, level.path)
            for child in node:
                node.remove(child)

    def _add(self, text: str, label: str, path: str) -> None:
        self._cells.add(text, label, self._record, partial(_key, path))


def _key(path: str) -> str:
    return written_key(("xpath", path))


def _local(tag: Any) -> str:
    return cast(str, tag).rpartition("}")[2]
