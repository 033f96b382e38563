"""Compound files that are no document of their own: what Office embeds as ``oleObject1.bin``."""

from __future__ import annotations

from collections.abc import Iterator

from pdscan.connectors.formats import compound
from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Reason


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The file wrapped in an embedded object; other compound files give their properties and are
    otherwise named as not read.
    """
    with compound.open_compound(content, options) as ole:
        yield from compound.properties(ole, options)
        found = list(compound.embedded(ole, (), options))
        yield from found
        if not found:
            yield Gap(Reason.UNSUPPORTED, "a compound file of an unknown program")
