"""Paragraphs and tables out of an XML part, streamed: the engine of the OOXML and ODF readers.

What a paragraph is made of is the vocabulary's knowledge; what is common stands here: order,
paragraphs within paragraphs (text boxes, notes), tables, headers of tables, and flat memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from lxml import etree

from pdscan.connectors.formats.prose import Text
from pdscan.model import Block

_LONGEST_HEADER = 60  # characters; what is longer is no name of a column
_FEWEST_COLUMNS = 3  # tables of two columns are forms: the name stands to the left


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The local names that give an XML language its structure.

    ``paragraph`` turns a finished paragraph into its text; paragraphs within it are empty by then.
    Names that belong to several languages are written with their namespace, ``{uri}name``.
    ``columns`` tells how many columns a cell covers, ``value`` what it holds beyond its lines.
    ``alternative`` is the element whose paragraphs say again, for older programs, what has been
    said before. Elements in ``heard`` are shown to ``hear`` for their attributes, wherever they
    stand. ``section`` names the part that begins with an element of ``sections`` (a sheet, a
    slide), None where no part begins.
    """

    paragraphs: frozenset[str]
    tables: frozenset[str]
    rows: frozenset[str]
    cells: frozenset[str]
    paragraph: Callable[[etree._Element], str]
    columns: Callable[[etree._Element], int]
    value: Callable[[etree._Element, list[str]], str] = lambda _cell, _lines: ""
    alternative: str = ""
    heard: frozenset[str] = frozenset()
    hear: Callable[[etree._Element], None] = lambda _: None
    sections: frozenset[str] = frozenset()
    section: Callable[[etree._Element], str | None] = lambda _: None


@dataclass(slots=True)
class _Table:
    first: list[tuple[int, str]] = field(default_factory=list)
    header: tuple[str, ...] = ()
    rows: int = 0
    cells: list[tuple[int, str]] = field(default_factory=list)
    column: int = 0
    lines: list[str] = field(default_factory=list)  # of the cell that is open
    open: bool = False


def flow(stream: BinaryIO, words: Vocabulary, text: Text) -> Iterator[Block]:
    """Reads the XML in `stream` into `text`; yields blocks as they fill, the rest stays in `text`.

    Raises `lxml.etree.XMLSyntaxError` where the XML is broken; `text` then holds what stood before.
    """
    kinds = {name: kind for kind in ("paragraphs", "tables", "rows", "cells")
             for name in getattr(words, kind)}  # fmt: skip
    names = dict.fromkeys((*kinds, *words.sections, *words.heard, words.alternative))
    tags = [name if "}" in name else f"{{*}}{name}" for name in names if name]
    tables: list[_Table] = []
    said: set[str] = set()
    alternative = depth = 0
    records = 0
    for event, element in etree.iterparse(
        stream, events=("start", "end"), tag=tags, resolve_entities=False, no_network=True,
        huge_tree=False,
    ):  # fmt: skip
        name = element.tag.rpartition("}")[2]
        kind = kinds.get(name) or kinds.get(element.tag, "")
        if event == "start":
            if name in words.heard:
                words.hear(element)
            if name in words.sections and (part := words.section(element)) is not None:
                yield from text.begin(part)
            if kind == "paragraphs":
                depth += 1
            elif kind == "tables":
                tables.append(_Table())
            elif kind == "rows" and tables:
                tables[-1].cells, tables[-1].column = [], 0
            elif kind == "cells" and tables:
                tables[-1].lines, tables[-1].open = [], True
            elif name == words.alternative:
                alternative += 1
            continue
        if kind == "paragraphs":
            depth -= 1
            line = words.paragraph(element)
            if depth:
                # In a text box, which may be told twice.
                if alternative and line in said:
                    line = ""
                said.add(line)
            _put(tables, text, line)
            yield from text.full_blocks()
            if not depth:
                said.clear()
        elif kind == "cells" and tables:
            table = tables[-1]
            if value := words.value(element, table.lines):
                table.lines.append(value)
            table.cells.append((table.column, "\n".join(table.lines)))
            table.column += words.columns(element)
            table.open = False
        elif kind == "rows" and tables:
            records += 1
            _end_row(tables, text, records)
            yield from text.full_blocks()
        elif kind == "tables" and tables:
            tables.pop()
        elif name == words.alternative:
            alternative -= 1
        if kind:
            _forget(element)


def _put(tables: list[_Table], text: Text, line: str) -> None:
    for table in reversed(tables):
        if table.open:
            if line and not line.isspace():
                table.lines.append(line)
            return
    text.line(line)


def _end_row(tables: list[_Table], text: Text, record: int) -> None:
    table, outer = tables[-1], tables[:-1]
    table.rows += 1
    cells, table.cells = table.cells, []
    if any(other.open for other in outer):
        for _, cell in cells:
            _put(outer, text, cell)
        return
    if table.rows == 1:
        table.first = cells
    elif table.rows == 2:
        table.header = header(table.first, [cell for _, cell in cells])
    names = table.header
    text.row([(cell, names[at] if at < len(names) else "") for at, cell in cells], record)


def header(first: list[tuple[int, str]], second: list[str]) -> tuple[str, ...]:
    """The names of the columns of a table that begins with these rows; empty if there are none.

    The first row names the columns if it is made of different short texts without digits, and the
    second is not. In tables of two columns, most of them forms with the names to the left, already
    the first column must show it: a value must never pass for the name of a column.
    """
    while first and not first[-1][1]:
        first = first[:-1]
    names = [" ".join(name.split()) for _, name in first]
    if not first or first[-1][0] != len(first) - 1 or len(set(names)) < len(names):
        return ()
    if any(not 0 < len(name) <= _LONGEST_HEADER or _is_data(name) for name in names):
        return ()
    shown = second if len(names) >= _FEWEST_COLUMNS else second[:1]
    return tuple(names) if any(map(_is_data, shown)) else ()


def _is_data(text: str) -> bool:
    return any(character.isdigit() or character == "@" for character in text)


def _forget(element: etree._Element) -> None:
    """Frees what has been read: the element's content, and the siblings before it."""
    element.clear(keep_tail=True)  # type: ignore[call-arg]  # the stubs are older than lxml 4.4
    parent = element.getparent()
    if parent is None:
        return
    previous = element.getprevious()
    while previous is not None and previous.tag == element.tag:
        before = previous.getprevious()
        if previous.tail is None or previous.tail.isspace():
            parent.remove(previous)
        previous = before
