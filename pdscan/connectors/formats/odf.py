"""OpenDocument texts, presentations, spreadsheets and drawings (OASIS ODF 1.3, ISO/IEC 26300).

Sheets and slides are parts of the item; notes, comments with their authors and tracked deletions
stand as lines where they were made. Repeated cells are read once, so that a file of a few bytes
cannot claim a million rows. Page headers and footers live in the styles.
"""

from __future__ import annotations

import posixpath
import re
import zlib
from collections.abc import Iterator

from lxml import etree

from pdscan.connectors.formats.flow import Vocabulary, flow
from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.formats.odf_encryption import MANIFEST, decrypted
from pdscan.connectors.formats.package import PART_ERRORS, Package, guarded, local
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_SPOKEN = frozenset({
    "href", "string-value", "current-value", "current-string-value", "label", "title",
    "help-message", "input-help", "formula-text", "connection-resource",
})  # fmt: skip
_FORM = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_CONTROLS = frozenset(
    f"{_FORM}{name}"
    for name in (
        "text", "textarea", "formatted-text", "combobox", "listbox", "option", "item", "checkbox",
        "radio", "button", "fixed-text", "hidden", "number", "date", "time", "file", "frame",
        "connection-resource",
    )
) | {"user-field-decl", "variable-decl", f"{_TABLE}content-validation"}  # fmt: skip
_UNREAD = re.compile(r"^(mimetype|META-INF/|Configurations2?/|layout-cache$|settings\.xml$)")
_MOST_BLANKS = 1000
_FEWEST_DIGITS = 6  # of a number that could be an identifier


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of an OpenDocument file, its embedded objects as nested items."""
    with Package(content, options) as package:
        manifest = _locked(package)
        if manifest is not None:
            try:
                content = decrypted(package, manifest, options)
            except (ValueError, KeyError, OSError, zlib.error) as error:
                raise UnreadableError(Reason.ENCRYPTED, "its manifest is damaged") from error
            yield from read(content, options)
            return
        if "content.xml" not in package:
            raise UnreadableError(Reason.CORRUPT, "no content.xml in the package")
        names = sorted(package.names, key=lambda name: (name != "content.xml", name))
        for name in names:
            folder, base = posixpath.split(name)
            if _UNREAD.match(name) or name.endswith(("/settings.xml", ".rdf")):
                continue
            if base == "content.xml":
                events = _flowing(package, name, folder, options)
            elif base == "styles.xml":
                part = f"{folder} headers and footers".strip()
                events = _flowing(package, name, part, options)
            elif base == "meta.xml":
                events = _properties(package, name, f"{folder} properties".strip())
            else:
                yield package.nested(name)
                continue
            yield from guarded(events, name)


def _locked(package: Package) -> etree._Element | None:
    """The manifest of an encrypted package; None for others."""
    if MANIFEST not in package:
        return None
    try:
        root = package.xml(MANIFEST)
    except PART_ERRORS:
        return None
    return root if next(root.iter("{*}encryption-data"), None) is not None else None


def _flowing(package: Package, name: str, part: str, options: ReadOptions) -> Iterator[Yield]:
    text = Text(part, options.block_size)
    spoken: dict[tuple[str, str], None] = {}
    slides = iter(range(1, 1 << 30))

    def section(element: etree._Element) -> str | None:
        """Sheets and slides; tables within texts and cells are no parts."""
        parent = local(getattr(element.getparent(), "tag", ""))
        if local(element.tag) == "page":
            return f"{part} slide {next(slides)}".strip()
        if parent == "spreadsheet":
            return f"{part} sheet {_attribute(element, 'name')}".strip()
        return None

    words = Vocabulary(
        paragraphs=frozenset({"p", "h", "desc", "creator", "creator-initials"}) | _CONTROLS,
        tables=frozenset({"table"}),
        rows=frozenset({"table-row"}),
        cells=frozenset({"table-cell", "covered-table-cell"}),
        paragraph=lambda element: _paragraph(element, spoken),
        columns=_columns,
        value=_value,
        sections=frozenset({"table", "page"}),
        section=section,
    )
    try:
        with package.open(name) as stream:
            yield from flow(stream, words, text)
    except PART_ERRORS:
        yield from text.blocks()
        raise
    yield from text.blocks()
    yield from named(f"{part} attributes".strip(), spoken)


def _paragraph(paragraph: etree._Element, spoken: dict[tuple[str, str], None]) -> str:
    pieces: list[str] = []
    _collect(paragraph, pieces, spoken)
    return "".join(pieces)


def _collect(
    element: etree._Element, pieces: list[str], spoken: dict[tuple[str, str], None]
) -> None:
    name = local(element.tag)
    for key, value in element.attrib.items():
        if local(key) in _SPOKEN and not str(value).startswith(("#", "./Object", "Pictures/")):
            spoken[local(key), str(value)] = None
    if name == "s":
        count = _attribute(element, "c")
        pieces.append(" " * (min(int(count), _MOST_BLANKS) if count.isdecimal() else 1))
    elif name == "tab":
        pieces.append("\t")
    elif name == "line-break":
        pieces.append("\n")
    elif name in ("annotation", "note", "ruby-text"):
        return  # their paragraphs stand before this one; their marks are no part of the word
    else:
        pieces.append(element.text or "")
        for child in element:
            if isinstance(child.tag, str):
                _collect(child, pieces, spoken)
            pieces.append(child.tail or "")


def _attribute(element: etree._Element, name: str) -> str:
    return next((str(v) for key, v in element.attrib.items() if local(key) == name), "")


def _columns(cell: etree._Element) -> int:
    count = _attribute(cell, "number-columns-repeated")
    return min(int(count), 1 << 20) if count.isdecimal() and len(count) < 9 else 1


def _value(cell: etree._Element, shown: list[str]) -> str:
    """The number in a cell where its format shows another one: rounded, or in powers of ten."""
    value = _attribute(cell, "value")
    digits = value.partition(".")[0].lstrip("-")
    if len(digits) < _FEWEST_DIGITS or not digits.isdecimal():
        return ""
    return "" if digits in "".join(filter(str.isdecimal, "".join(shown))) else digits


def _properties(package: Package, name: str, part: str) -> Iterator[Yield]:
    values = []
    for element in package.xml(name).iter(etree.Element):
        label = _attribute(element, "name") or local(element.tag)
        if element.text and not element.text.isspace():
            values.append((label, element.text))
        href = _attribute(element, "href")
        if href:
            values.append((label, href))
    yield from named(part, values)
