"""Pictures in the binary Office formats ([MS-ODRAW] blips), cut out by their record headers."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested
from pdscan.model import Reason

#: Record type, and what the bitmaps begin with after their identifiers.
_BLIPS = {
    0xF01D: ("jpg", b"\xff\xd8"), 0xF01E: ("png", b"\x89PNG"), 0xF01F: ("dib", b""),
    0xF029: ("tif", b""), 0xF02A: ("jpg", b"\xff\xd8"),
}  # fmt: skip
_METAFILES = (0xF01A, 0xF01B, 0xF01C)
_HEADER = re.compile(rb"[\x00-\xff]{2}[\x1a-\x1f\x29\x2a]\xf0")


def pictures(data: bytes) -> Iterator[Nested | Gap]:
    """The bitmaps in `data` as nested items; metafiles, which nothing here reads, as one gap."""
    at = number = metafiles = 0
    while found := _HEADER.search(data, at):
        at = found.start() + 1
        kind_at = found.start() + 2
        if len(data) < kind_at + 6:
            break
        kind, length = struct.unpack_from("<HI", data, kind_at)
        body = kind_at + 6
        if not 0 < length <= len(data) - body:
            continue
        if kind in _METAFILES and length > 50:
            metafiles += 1
            at = body + length
            continue
        ending, magic = _BLIPS.get(kind, ("", b""))
        for skip in (17, 33):
            picture = data[body + skip : body + length]
            if magic and picture.startswith(magic):
                number += 1
                name = f"picture {number}.{ending}"
                yield Nested(name, HeldContent(name, picture))
                at = body + length
                break
    if metafiles:
        yield Gap(Reason.NO_TEXT, f"{metafiles} metafile{'s' if metafiles > 1 else ''}")
