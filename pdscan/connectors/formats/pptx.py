"""PowerPoint presentations (PPTX, PPTM, PPSX, POTX): ECMA-376 part 1, PresentationML.

Slides, hidden ones too, are parts named by their place in the show ("slide 3"), with their notes
beside them ("notes 3"); masters, layouts, comments, charts and diagrams have parts of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pdscan.connectors.formats import ooxml
from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.formats.package import PART_ERRORS, Package
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_FLOWING = re.compile(
    r"(slide|notesslide|slidemaster|slidelayout|notesmaster|handoutmaster|comment|moderncomment"
    r"|chart|chartex|drawing|data|vmldrawing)(?:_[0-9a-f_]*)?(\d*)\.(?:xml|vml)$"
)
_NAMES = {
    "slidemaster": "master", "slidelayout": "layout", "notesmaster": "notes master",
    "handoutmaster": "handout master", "moderncomment": "comment", "notesslide": "notes",
}  # fmt: skip


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of a presentation, its embedded files as nested items."""
    with Package(content, options) as package:
        main = [n for n in package.names if n.lower().endswith("ppt/presentation.xml")]
        numbers, notes = _order(package, main[0]) if main else ({}, {})
        if not main and not any("slides/" in name.lower() for name in package.names):
            raise UnreadableError(Reason.CORRUPT, "no presentation part in the package")

        def title(name: str) -> str | None:
            found = _FLOWING.search(name)
            if found is None or "commentauthors" in name:
                return None
            if name in numbers:
                return f"slide {numbers[name]}"
            if name in notes:
                return f"notes {notes[name]}"
            if found[1] == "slide":
                return f"slide outside the show {found[2]}"
            return f"{_NAMES.get(found[1], found[1])} {found[2]}".strip()

        order = {n: 2 * i for n, i in numbers.items()} | {n: 2 * i + 1 for n, i in notes.items()}
        yield from ooxml.read_parts(package, title, order, options)


def _order(package: Package, main: str) -> tuple[dict[str, int], dict[str, int]]:
    """The numbers of the slides, and of the slides that notes belong to, by lower-case part name.

    An unreadable list of slides leaves the slides without a number; they are read all the same.
    """
    numbers: dict[str, int] = {}
    notes: dict[str, int] = {}
    try:
        root = package.xml(main)
    except PART_ERRORS:
        return numbers, notes
    parts = ooxml.relationships(package, main)
    for number, slide in enumerate(root.iter("{*}sldId"), 1):
        ids = [str(v) for k, v in slide.attrib.items() if str(k).endswith("}id")]
        name = parts.get(ids[0], "") if ids else ""
        if name in package:
            numbers[name.lower()] = number
            for other in ooxml.relationships(package, name).values():
                if "notesslides/" in other.lower():
                    notes[other.lower()] = number
    return numbers, notes
