"""Pages, Numbers and Keynote: XML before 2013, since then an undocumented format (`iwa`).

Previews, often a PDF, and pictures are nested items.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator

from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.iwa import texts
from pdscan.connectors.formats.package import Package, guarded, local, parse_xml, read_all
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block, Reason

_INDEXES = ("index.xml", "index.apxl", "index.xml.gz", "index.apxl.gz")
_MUTE = (".plist", ".xsl", ".tef", "buildVersionHistory.plist")
_SPOKEN = ("s", "string", "href", "name", "title", "author", "comment", "text", "v")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of an old iWork document; previews and pictures of any as nested items."""
    with Package(content, options) as package:
        old = [name for name in package.names if name in _INDEXES]
        for name in old:
            yield from guarded(_index(package, name, options), name)
        if not old and any(name.endswith((".iwpv2", ".iwph")) for name in package.names):
            yield Gap(Reason.ENCRYPTED, "an iWork password is needed")
        for name in package.names:
            if name.endswith(".iwa"):
                yield from guarded(_archive(package, name, options), name)
            elif name not in old and not name.endswith(_MUTE):
                yield package.nested(name)


def _archive(package: Package, name: str, options: ReadOptions) -> Iterator[Block]:
    text = Text(name, options.block_size)
    try:
        for said in texts(package.read(name)):
            text.line(said)
            yield from text.full_blocks()
    finally:
        yield from text.blocks()


def _index(package: Package, name: str, options: ReadOptions) -> Iterator[Block]:
    data = package.read(name)
    if name.endswith(".gz"):
        try:
            with gzip.open(io.BytesIO(data)) as stream:
                data = read_all(stream, options.limits, name)  # type: ignore[arg-type]  # reads like one
        except zlib.error as error:
            raise OSError("damaged") from error
    text = Text("", options.block_size)
    spoken: dict[tuple[str, str], None] = {}
    root = parse_xml(data)
    for element in root.iter("*"):
        tag = local(element.tag)
        for key, value in element.attrib.items():
            if local(key) in _SPOKEN and not str(value).startswith(("SF", "sf-", "sfa:")):
                spoken[tag, str(value)] = None
        if tag == "p":
            text.line("".join(str(piece) for piece in element.itertext()))
        elif element.text and not any(local(a.tag) == "p" for a in element.iterancestors()):
            text.line(element.text)
        yield from text.full_blocks()
    yield from text.blocks()
    yield from named("attributes", spoken)
