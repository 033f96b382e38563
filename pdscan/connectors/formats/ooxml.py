"""What Word and PowerPoint documents share (ECMA-376): paragraphs, properties, links, people.

Every part of the package is looked at, also those that no relationship leads to: what was deleted
in the program may still lie in the file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from pdscan.connectors.formats.flow import Vocabulary, flow
from pdscan.connectors.formats.interface import Gap, Yield
from pdscan.connectors.formats.package import PART_ERRORS, Package, guarded, leaves, local
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block

#: Attributes that carry what somebody wrote: alternative texts, authors, tooltips, variables, and
#: the accounts of people who commented.
_SPOKEN = frozenset({
    "descr", "title", "alt", "author", "initials", "name", "userId", "tooltip", "lastEdited",
    "string", "displayText", "entryMacro", "exitMacro", "helpText", "statusText", "instr",
    "connectString", "query", "sender", "recipients",
})  # fmt: skip
_SPOKEN_ON = {
    "docVar": "val", "tag": "val", "alias": "val", "default": "val", "listEntry": "val",
    "connectString": "val", "query": "val", "addressFieldName": "val", "mailSubject": "val",
    "placeholder": "val", "statusText": "val",
    "helpText": "val", "tblCaption": "val", "tblDescription": "val",
}  # fmt: skip
_HEARD = frozenset({
    "docPr", "cNvPr", "shape", "rect", "oval", "line", "roundrect", "imagedata", "textpath",
    "hyperlink", "hlinkClick", "hlinkHover", "ins", "del", "moveFrom", "moveTo", "rPrChange",
    "pPrChange", "sectPrChange", "tblPrChange", "trPrChange", "tcPrChange", "cellIns", "cellDel",
    "cellMerge", "comment", "cm", "author", "cmAuthor", "tag", "alias", "listItem", "default",
    "statusText", "helpText", "fldSimple", "tblCaption", "tblDescription", "placeholder", "name",
    "ffData", "result", "listEntry", "sld", "cSld",
})  # fmt: skip
#: Names that programs give by themselves: "Picture 1" says nothing about anybody.
_NAMED = frozenset({"cNvPr", "docPr", "cmAuthor", "author", "presenceInfo", "person"})
_SKIPPED = re.compile(
    r"(^|/)(styles|stylesWithEffects|fontTable|webSettings|theme\d*|themeOverride\d*|numbering"
    r"|presProps|viewProps|tableStyles|_rels/\.rels|\[Content_Types\]|calcChain|colors\d*|style\d*"
    r"|layout\d*|quickStyle\d*|styles\d*)\.xml$",
    re.IGNORECASE,
)
#: No text in them: typefaces, settings of printers, pictures of the first page's look.
_MUTE = re.compile(r"\.(odttf|fntdata|ttf|otf)$|(^|/)printerSettings\d*\.bin$", re.IGNORECASE)


@dataclass(slots=True)
class Aside:
    """What stands beside the running text of a part, collected while it is read."""

    deleted: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)
    spoken: dict[tuple[str, str], None] = field(default_factory=dict)

    def blocks(self, part: str) -> Iterator[Block]:
        """What was collected, each kind as a part of its own beside `part`."""
        for name, lines in (("deleted text", self.deleted), ("field codes", self.fields)):
            text = Text(f"{part} {name}".strip())
            text.lines(lines)
            yield from text.blocks()
        yield from named(f"{part} attributes".strip(), self.spoken)
        self.deleted, self.fields, self.spoken = [], [], {}


_TEXT, _DELETED, _FIELD = {"t", "v", "pt", "text"}, {"delText"}, {"instrText", "delInstrText"}
_SIGNS = {"br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}


_SEEN = tuple(f"{{*}}{name}" for name in (*_TEXT, *_DELETED, *_FIELD, *_SIGNS, "tab", "moveFrom"))


def vocabulary(aside: Aside) -> Vocabulary:
    """WordprocessingML and DrawingML; what is not running text goes to `aside`."""
    return Vocabulary(
        paragraphs=frozenset({"p", "v", "pt", "text"}),
        tables=frozenset({"tbl"}),
        rows=frozenset({"tr"}),
        cells=frozenset({"tc"}),
        paragraph=lambda element: _paragraph(element, aside),
        columns=_span,
        alternative="Fallback",
        heard=_HEARD,
        hear=lambda element: _listen(element, local(element.tag), aside),
    )


def _paragraph(paragraph: etree._Element, aside: Aside) -> str:
    now: list[str] = []
    codes: list[str] = []
    changed = False
    for element in paragraph.iter(*_SEEN):
        name = local(element.tag)
        if name in _TEXT:
            now.append(element.text or "")
        elif name in _SIGNS:
            now.append(_SIGNS[name])
        elif name == "tab" and local(_parent(element)) == "r":
            now.append("\t")
        elif name in _FIELD:
            codes.append(element.text or "")
        elif name in _DELETED or name == "moveFrom":
            changed = True
    if changed:
        former, now = _versions(paragraph)
        aside.deleted.append("".join(former))
    if codes:
        aside.fields.append("".join(codes))
    return "".join(now)


def _versions(paragraph: etree._Element) -> tuple[list[str], list[str]]:
    """The paragraph as it was before the tracked changes, and as it is with them."""
    former: list[str] = []
    now: list[str] = []
    for element in paragraph.iter(etree.Element):
        name = local(element.tag)
        if name in _TEXT or name in _DELETED:
            text = element.text or ""
        elif name in _SIGNS or (name == "tab" and local(_parent(element)) == "r"):
            text = _SIGNS.get(name, "\t")
        else:
            continue
        around = {local(ancestor.tag) for ancestor in element.iterancestors()}
        if not around & {"ins", "moveTo"}:
            former.append(text)
        if name not in _DELETED and not around & {"del", "moveFrom"}:
            now.append(text)
    return former, now


def _parent(element: etree._Element) -> object:
    parent = element.getparent()
    return parent.tag if parent is not None else ""


def _span(cell: etree._Element) -> int:
    for element in cell.iter("{*}gridSpan"):
        for value in element.attrib.values():
            return _columns(str(value))
    return _columns(str(cell.get("gridSpan", "1")))


def _columns(value: str) -> int:
    return min(int(value), 1000) if value.isdigit() and len(value) < 6 else 1


def _listen(element: etree._Element, name: str, aside: Aside) -> None:
    for key, value in element.attrib.items():
        attribute = local(key)
        said = attribute in _SPOKEN and (attribute != "name" or name in _NAMED)
        if (said or _SPOKEN_ON.get(name) == attribute) and value:
            aside.spoken[attribute if attribute != "val" else name, str(value)] = None


def part_text(package: Package, name: str, part: str, options: ReadOptions) -> Iterator[Yield]:
    """The text of one XML part of a document: paragraphs, tables, and what stands beside them."""
    aside = Aside()
    text = Text(part, options.block_size)
    try:
        with package.open(name) as stream:
            yield from flow(stream, vocabulary(aside), text)
        yield from text.blocks()
    except PART_ERRORS:
        yield from text.blocks()
        yield from aside.blocks(part)
        raise
    yield from aside.blocks(part)


def plain_part(package: Package, name: str, part: str, *, attributes: bool) -> Iterator[Yield]:
    """A part whose elements name their texts: properties, custom XML."""
    yield from named(part, leaves(package.xml(name), attributes))


def spoken_part(package: Package, name: str, part: str) -> Iterator[Yield]:
    """A part of settings or people: only the attributes that somebody wrote."""
    aside = Aside()
    for element in package.xml(name).iter(etree.Element):
        _listen(element, local(element.tag), aside)
    yield from aside.blocks(part)


def properties(package: Package, name: str) -> Iterator[Yield]:
    """The document's properties; custom ones under the names their users gave them."""
    values: list[tuple[str, str]] = []
    for element in package.xml(name).iter(etree.Element):
        if element.text and not element.text.isspace():
            custom = next((a.get("name") for a in element.iterancestors() if a.get("name")), None)
            values.append((str(custom) if custom else local(element.tag), element.text))
    yield from named("properties", values)


def links(package: Package) -> Iterator[Yield]:
    """Where the relationships of all parts lead outside of the package: mail addresses, pages,
    attached templates with the folders of their users.
    """
    targets: dict[str, None] = {}
    gaps: list[Gap] = []
    for name in package.names:
        if not name.lower().endswith(".rels"):
            continue
        found = guarded(_targets(package, name, targets), name)
        gaps += [event for event in found if isinstance(event, Gap)]
    yield from named("hyperlinks", (("link", target) for target in targets))
    yield from gaps


def _targets(package: Package, name: str, targets: dict[str, None]) -> Iterator[Block]:
    for element in package.xml(name).iter("{*}Relationship"):
        if element.get("TargetMode") == "External":
            targets[str(element.get("Target", ""))] = None
    yield from ()


def relationships(package: Package, name: str) -> dict[str, str]:
    """The parts that part `name` refers to, by relationship id; empty where that cannot be read."""
    folder, base = posixpath.split(name)
    rels = posixpath.join(folder, "_rels", f"{base}.rels")
    if rels not in package:
        return {}
    try:
        root = package.xml(rels)
    except PART_ERRORS:
        return {}
    found = {}
    for element in root.iter("{*}Relationship"):
        target = str(element.get("Target", "")).replace("\\", "/")
        if element.get("TargetMode") != "External":
            path = posixpath.normpath(posixpath.join("/", folder, target))
            found[str(element.get("Id", ""))] = path.lstrip("/")
    return found


Namer = Callable[[str], str | None]


def read_parts(
    package: Package,
    title: Namer,
    order: dict[str, int],
    options: ReadOptions,
    done: Callable[[str], bool] = lambda _: False,
) -> Iterator[Yield]:
    """All parts of a document. `title` gives the part's name in locators, None for parts that
    hold no running text; parts in `order` come first, parts that are `done` are left out.
    """
    for name in sorted(package.names, key=lambda n: (order.get(n.lower(), len(order)), n)):
        lower = name.lower()
        if lower.endswith(".rels") or _SKIPPED.search(name) or _MUTE.search(name) or done(name):
            continue
        if not lower.endswith((".xml", ".vml")):
            yield package.nested(name)
            continue
        part = title(lower)
        if lower.startswith("docprops/"):
            events = properties(package, name)
        elif part is not None:
            events = part_text(package, name, part, options)
        elif lower.startswith("customxml/item") and "props" not in lower:
            events = plain_part(package, name, name, attributes=True)
        else:
            events = spoken_part(package, name, name)
        yield from guarded(events, name)
    yield from links(package)
