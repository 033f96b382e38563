"""A body of a message in a format of its own (HTML, RTF), read as a text of the message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from pdscan.connectors.formats import format_of
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Note, Reader, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

BOM = b"\xef\xbb\xbf"  # settles the encoding for whoever reads on


@cache
def _reader(media_type: str) -> Reader:
    known = format_of(media_type)
    if known is None:
        raise UnreadableError(Reason.UNSUPPORTED, media_type)
    return known.load()


def body_events(media_type: str, data: bytes, part: str, options: ReadOptions) -> Iterator[Yield]:
    """What the reader of `media_type` finds in `data`, as the text `part` of the message."""
    for event in _reader(media_type)(HeldContent(part, data), options):
        if isinstance(event, Block):
            yield replace(event, part=f"{part} {event.part}".rstrip())
        elif not isinstance(event, Note):  # the charset of a part is not that of the message
            yield event
