"""HTML: what a person reads, and what stands in attributes, scripts, styles and comments.

Text runs on through elements within a line and ends with blocks, cells and breaks, so that markup
neither splits nor glues identifiers. Each such piece is a line of the text that offsets count in;
its field is the element, for attributes ``a/@href``, for form fields their name. Images that are
written into the page are nested contents.
"""

from __future__ import annotations

import base64
import binascii
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser

from pdscan.connectors.cells import Cells
from pdscan.connectors.decode import Text, declared_encoding
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Content, Nested, Note, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd mark nobr q s samp small
    span strike strong sub sup time tt u var wbr
    """.split()  # noqa: SIM905 - easier to read
)
_VERBATIM = frozenset(("script", "style", "textarea", "pre", "noscript", "template", "title"))
_DUMB = frozenset(
    """
    class style width height rel type lang dir align valign border cellpadding cellspacing colspan
    rowspan bgcolor color face size role target media charset
    """.split()  # noqa: SIM905 - as above
)
_META = re.compile(rb"(?i)<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]{2,40})")
_DATA_URI = re.compile(r"data:([\w.+-]+/[\w.+-]+)?[^,]{0,100};base64,(.+)", re.DOTALL)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The page's text in document order."""
    declared = None if content.head.startswith(BOM_UTF8) else _META.search(content.head)
    text = Text(
        content, options.block_size,
        declared=declared_encoding(declared[1].decode("ascii")) if declared else "",
    )  # fmt: skip
    parts, size = [], 0
    for chunk in text:
        parts.append(chunk)
        size += len(chunk)
        if size > options.limits.member_memory // 4:  # the tree takes several times the text
            raise UnreadableError(Reason.LIMIT, "too large a page to be held in memory")
    page = _Page(LexborHTMLParser(b"".join(parts)), Cells(options.block_size, own_text=False))
    parts.clear()
    yield from page.read()
    yield Note(encoding=text.encoding)


class _Page:
    def __init__(self, tree: LexborHTMLParser, cells: Cells) -> None:
        self._tree = tree
        self._cells = cells
        self._line: list[str] = []
        self._images = 0

    def read(self) -> Iterator[Yield]:
        """Walks the tree without recursion: a page may nest as deep as it likes."""
        node: Any = self._tree.root
        while node is not None and node.prev is not None:  # comments before the first element
            node = node.prev
        blocks = ["html"]
        while node is not None:
            tag = node.tag
            if tag == "-text":
                self._line.append(node.text_content or "")
                is_open = False
            else:
                is_open = self._enter(node, tag, blocks)
                if attributes := node.attributes:
                    yield from self._attributes(tag, attributes)
                if self._cells.is_full:
                    yield self._cells.take()
            if is_open and (child := node.child) is not None:
                node = child
                continue
            while node is not None:
                if tag[0] != "-" and tag not in _INLINE and len(blocks) > 1:
                    self._break(blocks.pop())
                following = node.next
                if following is not None:
                    node = following
                    break
                node = node.parent
                tag = "-document" if node is None else node.tag
        self._break(blocks[-1])
        yield self._cells.take()

    def _enter(self, node: Any, tag: str, blocks: list[str]) -> bool:
        if tag == "-comment":
            if comment := node.comment_content:
                self._cells.add(comment, "comment")
        elif tag in _VERBATIM:
            self._break(blocks[-1])
            if text := node.text(deep=True, strip=False):
                self._cells.add(text, tag)
            blocks.append(tag)
            return False
        elif tag not in _INLINE:
            self._break(blocks[-1])
            if tag[0] != "-":
                blocks.append(tag)
        return True

    def _break(self, block: str) -> None:
        if self._line:
            text = "".join(self._line)
            self._line.clear()
            for blank in "\n\t\r\f":
                if blank in text:
                    text = text.replace(blank, " ")
            text = text.strip(" ")
            while "  " in text:
                text = text.replace("  ", " ")
            if text:
                self._cells.add(text, block)

    def _attributes(self, tag: str, attributes: dict[str, str | None]) -> Iterator[Nested]:
        for name, value in attributes.items():
            if not value or name in _DUMB:
                continue
            if image := _DATA_URI.match(value):
                yield from self._image(image)
                continue
            if name in ("href", "src", "action"):
                value = unquote(value)
            if name == "value" and (label := attributes.get("name") or attributes.get("id")):
                self._cells.add(value, label)
            else:
                self._cells.add(value, f"{tag}/@{name}")

    def _image(self, image: re.Match[str]) -> Iterator[Nested]:
        self._images += 1
        name = f"image {self._images}"
        try:
            data = base64.b64decode(unquote(image[2]))
        except (binascii.Error, ValueError):
            self._cells.add(image[0], "data URI")
        else:
            yield Nested(name, HeldContent(name, data))
