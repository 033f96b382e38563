"""Books and other packages of web pages (EPUB 2 and 3): the pages as nested items, and metadata."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from lxml import etree

from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.package import Package, guarded, leaves
from pdscan.connectors.formats.prose import named
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Reason

_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = (".xhtml", ".html", ".htm", ".xml")
_UNREAD = ("mimetype", "META-INF/container.xml", _ENCRYPTION)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The pages of a book as nested items, its metadata and table of contents as text."""
    with Package(content, options) as package:
        barred: set[str] = set()
        if _ENCRYPTION in package:
            yield from guarded(_barred(package, barred), _ENCRYPTION)
        for name in package.names:
            if name in barred:
                yield Gap(Reason.ENCRYPTED, name)
            elif name in _UNREAD or name.endswith((".css", ".ttf", ".otf", ".woff", ".woff2")):
                continue
            elif name.endswith((".opf", ".ncx")):
                yield from guarded(_metadata(package, name), name)
            elif name.endswith(_PAGES):
                yield package.nested(name, "text/html")
            else:
                yield package.nested(name)


def _metadata(package: Package, name: str) -> Iterator[Block]:
    yield from named(posixpath.basename(name), leaves(package.xml(name)))


def _barred(package: Package, barred: set[str]) -> Iterator[Block]:
    """Notes which parts are encrypted; garbled typefaces are in the list too, nobody reads them."""
    for element in package.xml(_ENCRYPTION).iter(etree.Element):
        uri = element.get("URI")
        if uri and uri in package and not str(uri).endswith((".ttf", ".otf", ".woff")):
            barred.add(str(uri))
    yield from ()
