"""Compressed RTF as Outlook stores it ([MS-OXRTFCP])."""

from __future__ import annotations

from pdscan.errors import UnreadableError
from pdscan.model import Reason

_COMPRESSED, _PLAIN = b"LZFu", b"MELA"
_RING = 4096
_FILL = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(data: bytes) -> bytes:
    """The RTF in `data`; raises UnreadableError where it is not compressed RTF.

    What stands before a cut is returned. At most 17 bytes come out of two bytes, so that the size
    of what goes in bounds what comes out.
    """
    kind = data[8:12]
    if kind == _PLAIN:
        return data[16:]
    if kind != _COMPRESSED:
        raise UnreadableError(Reason.CORRUPT, "compressed RTF")
    out = bytearray(_FILL)
    at, end = 16, len(data)
    while at < end:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            if at + 1 >= end:
                break
            token = data[at] << 8 | data[at + 1]
            at += 2
            offset, length = token >> 4, (token & 0xF) + 2
            back = (len(out) - offset) % _RING
            if back == 0:  # points at where writing is: the end mark
                return bytes(out[len(_FILL) :])
            start = len(out) - back
            if start < 0:
                raise UnreadableError(Reason.CORRUPT, "compressed RTF")
            for position in range(start, start + length):
                out.append(out[position])
    return bytes(out[len(_FILL) :])
