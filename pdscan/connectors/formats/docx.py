"""Word documents (DOCX, DOCM, DOTX, DOTM): ECMA-376 part 1, WordprocessingML.

Body, headers, footers, notes, comments, text boxes, charts and diagrams are parts of their own in
locators; tracked deletions are read as the paragraphs they were; embedded files, pictures and
imported chunks (altChunk) are nested items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pdscan.connectors.formats import ooxml
from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.formats.package import Package
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_FLOWING = re.compile(
    r"(header|footer|footnotes|endnotes|comments|document)(\d*)\.xml$"
    r"|(chart|chartex|drawing|data|vmldrawing|userShapes)(\d+)\.(xml|vml)$"
)
_SPOKEN = re.compile(r"(commentsextended|commentsids|commentsextensible)\.xml$")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of a Word document, its embedded files as nested items."""
    with Package(content, options) as package:
        body = [name.lower() for name in package.names if _is_body(name.lower())]
        if not body:
            raise UnreadableError(Reason.CORRUPT, "no document part in the package")
        yield from ooxml.read_parts(package, _title, {n: i for i, n in enumerate(body)}, options)


def _is_body(name: str) -> bool:
    return re.search(r"(^|/)document\d*\.xml$", name) is not None and "glossary" not in name


def _title(name: str) -> str | None:
    if _SPOKEN.search(name):
        return None
    found = _FLOWING.search(name)
    if found is None:
        return None
    if _is_body(name):
        return ""
    title = f"{found[1] or found[3]} {found[2] or found[4] or ''}".strip()
    return f"glossary {title}" if "glossary" in name else title
