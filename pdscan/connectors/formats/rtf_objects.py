"""Objects and pictures inside RTF: hexadecimal or raw data to nested items."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pdscan.connectors.formats.compound import ole10_native
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested, Yield
from pdscan.connectors.formats.prose import named
from pdscan.model import Reason

_LINKED = 1
_ENDINGS = {"pngblip": "png", "jpegblip": "jpg"}
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))


@dataclass(slots=True)
class Binary:
    r"""The data of one ``\pict`` or ``\objdata`` group, and the control words that stood in it."""

    kind: str
    hexadecimal: bytearray = field(default_factory=bytearray)
    raw: bytearray = field(default_factory=bytearray)
    words: list[str] = field(default_factory=list)

    def data(self) -> bytes:
        """The bytes; an odd digit at the end is dropped."""
        digits = bytes(self.hexadecimal).translate(None, _NOT_HEX)
        return bytes.fromhex(digits[: len(digits) // 2 * 2].decode("ascii")) + bytes(self.raw)


def nested(binaries: Iterable[Binary]) -> Iterator[Yield]:
    """Objects and bitmaps as nested items; metafiles, which nothing here reads, as one gap."""
    objects = images = metafiles = 0
    for binary in binaries:
        data = binary.data()
        if not data:
            continue
        if binary.kind == "objdata":
            objects += 1
            yield from _object(data, f"object {objects}")
            continue
        ending = next((_ENDINGS[word] for word in binary.words if word in _ENDINGS), "")
        if ending:
            images += 1
            name = f"picture {images}.{ending}"
            yield Nested(name, HeldContent(name, data))
        else:
            metafiles += 1
    if metafiles:
        yield Gap(Reason.NO_TEXT, f"{metafiles} metafile{'s' if metafiles > 1 else ''}")


def _object(data: bytes, name: str) -> Iterator[Yield]:
    """The native data of an OLE 1 object, or where a linked one leads ([MS-OLEDS] 2.2)."""
    names: list[bytes] = []
    kind = size = 0
    try:
        (kind,) = struct.unpack_from("<I", data, 4)
        at = 8
        for _ in range(3):
            (length,) = struct.unpack_from("<I", data, at)
            names.append(data[at + 4 : at + 4 + length].rstrip(b"\0"))
            at += 4 + length
        (size,) = struct.unpack_from("<I", data, at)
    except struct.error:
        if kind != _LINKED:
            yield Gap(Reason.CORRUPT, name)
            return
    if kind == _LINKED:
        yield from named(name, [("link", n.decode("cp1252", "replace")) for n in names])
        return
    native = data[at + 4 : at + 4 + size]
    if names[0] == b"Package":
        label, inner = ole10_native(struct.pack("<I", len(native)) + native)
        if label:
            yield Nested(f"{name}/{label}", HeldContent(label, inner))
            return
    if native:
        yield Nested(name, HeldContent(name, native))
