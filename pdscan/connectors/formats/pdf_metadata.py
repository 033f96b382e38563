"""What stands beside the pages of a PDF: XMP packets, and the data of XFA forms."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium
from lxml import etree

from pdscan.connectors.formats.interface import Gap
from pdscan.connectors.formats.package import leaves, parse_xml
from pdscan.connectors.formats.prose import named
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

_XMP = (b"<x:xmpmeta", b"</x:xmpmeta>")
_LONGEST_XMP = 4 << 20
_XFA_PARTS = ("datasets", "template", "form")


def xmp(stream: BinaryIO) -> Iterator[Block]:
    """The XMP packets that stand in the file as they are (ISO 16684-1 wants them so)."""
    stream.seek(0)
    found: dict[tuple[str, str], None] = {}
    rest = b""
    while chunk := stream.read(1 << 20):
        rest += chunk
        while (start := rest.find(_XMP[0])) >= 0:
            end = rest.find(_XMP[1], start)
            if end < 0:
                break
            packet, rest = rest[start : end + len(_XMP[1])], rest[end + len(_XMP[1]) :]
            try:
                found.update(dict.fromkeys(leaves(parse_xml(packet), attributes=True)))
            except (etree.XMLSyntaxError, ValueError, UnreadableError):
                continue  # a broken copy of what the properties say
        keep = start if start >= 0 and len(rest) - start < _LONGEST_XMP else -len(_XMP[0])
        rest = rest[keep:]
    yield from named("XMP metadata", found)


def xfa(document: pypdfium2.PdfDocument) -> Iterator[Block | Gap]:
    """The data and the form of XFA documents, XML that no page shows."""
    for index in range(max(pdfium.FPDF_GetXFAPacketCount(document), 0)):
        size = pdfium.FPDF_GetXFAPacketName(document, index, None, 0)
        name_buffer = ctypes.create_string_buffer(max(size, 1))
        pdfium.FPDF_GetXFAPacketName(document, index, name_buffer, size)
        name = name_buffer.value.decode("utf-8", "replace")
        if name not in _XFA_PARTS:
            continue
        length = ctypes.c_ulong()
        pdfium.FPDF_GetXFAPacketContent(document, index, None, 0, length)
        buffer = ctypes.create_string_buffer(max(length.value, 1))
        pdfium.FPDF_GetXFAPacketContent(document, index, buffer, length.value, length)
        try:
            root = parse_xml(buffer.raw[: length.value])
        except (etree.XMLSyntaxError, ValueError, UnreadableError):
            yield Gap(Reason.CORRUPT, f"XFA {name}")
            continue
        yield from named(f"XFA {name}", leaves(root))
