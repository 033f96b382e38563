"""Pictures: what cameras and programs wrote into them, and the text that is seen (extra ``ocr``).

Exif (CIPA DC-008), XMP, comments and text chunks are cells named after their field; a position is
one text of latitude and longitude in decimal degrees, as people write them. Text is read by OCR,
frame by frame, and its part says so.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from lxml import etree
from PIL import ExifTags, Image, ImageFile, ImageOps, IptcImagePlugin, UnidentifiedImageError

from pdscan.connectors.formats import binary, ocr
from pdscan.connectors.formats.contents import seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Note, Yield
from pdscan.connectors.formats.package import leaves, parse_xml
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

#: Those of Pillow's decoders that need no other program and are fed by cameras and scanners.
_DECODERS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "PPM")
_PREVIEWS = ("thumbnail.", "preview.")  # of ODF, Office Open XML and iWork
_PIXELS = 120_000_000  # of one frame: more than any camera takes, and half a gigabyte in memory
_GPS = ExifTags.IFD.GPSInfo
_DUMB = frozenset(("MakerNote", "PrintImageMatching", "ComponentsConfiguration", "JPEGThumbnail"))
_CODES = (b"ASCII\0\0\0", b"UNICODE\0", bytes(8))  # of a comment (Exif 3.0, 4.6.6.3)
_IPTC = {(2, 80): "author", (2, 85): "author's title", (2, 116): "copyright", (2, 118): "contact",
         (2, 120): "caption", (2, 122): "writer", (2, 90): "city", (2, 25): "keyword"}  # fmt: skip
_DAMAGED = (SyntaxError, ValueError, TypeError, KeyError, IndexError, struct.error, OSError)
_OF_WINDOWS = range(0x9C9B, 0x9CA0)  # XPTitle, XPComment, XPAuthor, ...: UTF-16


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The properties of the picture, then the text of its frames; what Pillow cannot open, by its
    printable runs.
    """
    with seekable_stream(content, options.limits.member_memory) as stream:
        try:
            image = Image.open(stream, formats=_DECODERS)
        except UnidentifiedImageError:
            yield Gap(Reason.CORRUPT, "no picture that Pillow opens")
            yield from binary.read(content, options)
            return
        except Image.DecompressionBombError:
            raise UnreadableError(Reason.LIMIT, "too many pixels") from None
        with image:
            properties: list[tuple[str, str]] = []
            try:
                properties.extend(_properties(image))
            except _DAMAGED as error:
                yield Gap(Reason.CORRUPT, f"properties: {type(error).__name__}")
            yield from named("properties", properties)
            if image.width * image.height > _PIXELS:
                raise UnreadableError(Reason.LIMIT, f"more than {_PIXELS:,} pixels")
            if content.path is None and content.name.startswith(_PREVIEWS):
                yield Note(detail="a small view of the document that it lies in")
            else:
                yield from _frames(image, options)


def _frames(image: Image.Image, options: ReadOptions) -> Iterator[Block | Gap | Note]:
    frames = getattr(image, "n_frames", 1)
    if image.format in ("GIF", "WEBP", "PNG", "MPO"):
        frames = 1  # of a film, or another view of the same
    for number in range(min(frames, options.limits.pages)):
        image.seek(number)
        upright = ImageOps.exif_transpose(image).convert("RGB")
        text = Text(f"page {number + 1}, {ocr.DETAIL}" if frames > 1 else ocr.DETAIL)
        text.lines(ocr.lines(np.asarray(upright)[:, :, ::-1]))
        if text.characters:
            yield Note(detail=ocr.DETAIL)
        yield from text.blocks()
    if frames > options.limits.pages:
        yield Gap(Reason.LIMIT, f"pages {options.limits.pages + 1}-{frames}")


def _properties(image: ImageFile.ImageFile) -> Iterator[tuple[str, str]]:
    exif = image.getexif()
    tags = {**dict(exif), **exif.get_ifd(ExifTags.IFD.Exif)}
    for tag, value in tags.items():
        name = ExifTags.TAGS.get(tag, f"tag {tag}")
        if name not in _DUMB and (text := _text(tag, value)):
            yield name, text
    position = exif.get_ifd(_GPS)
    if place := _position(position):
        yield "GPS position", place
    for tag, value in position.items():
        if isinstance(value, str):
            yield ExifTags.GPSTAGS.get(tag, f"GPS tag {tag}"), value.strip("\0 ")
    for chunk, said in image.info.items():
        if chunk in ("xmp", "XML:com.adobe.xmp"):
            yield from _xmp(said)
        elif chunk in ("comment", "Comment") or isinstance(said, str):
            yield str(chunk), _text(0, said)
    for key, entry in (IptcImagePlugin.getiptcinfo(image) or {}).items():
        for value in entry if isinstance(entry, list) else [entry]:
            yield _IPTC.get(key, f"IPTC {key[0]}:{key[1]:02}"), _text(0, value)


def _text(tag: int, value: Any) -> str:
    """A value as text; numbers are left out: measures of light and of the picture."""
    if tag in _OF_WINDOWS and isinstance(value, bytes):
        return value.decode("utf-16-le", "replace").strip("\0 ")
    if isinstance(value, bytes):
        is_wide = value.startswith(b"UNICODE\0")
        coded = value[8:] if value[:8] in _CODES else value
        value = coded.decode("utf-16" if is_wide else "utf-8", "replace").strip("\0 ")
        return value if value.replace("\n", "").replace("\r", "").isprintable() else ""
    return value.strip("\0 ") if isinstance(value, str) else ""


def _position(gps: dict[int, Any]) -> str:
    """``60.169900, 24.938400``; empty where there is none."""
    try:
        latitude = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        longitude = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return ""
    return f"{latitude:.6f}, {longitude:.6f}"


def _degrees(parts: Any, direction: Any, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    whole = degrees + minutes / 60 + seconds / 3600
    return -whole if str(direction).upper().startswith(negative) else whole


def _xmp(packet: Any) -> Iterator[tuple[str, str]]:
    data = packet.encode() if isinstance(packet, str) else bytes(packet)
    try:
        yield from leaves(parse_xml(data.strip(b"\0 \r\n\t")), attributes=True)
    except (etree.XMLSyntaxError, ValueError, UnreadableError):
        return  # a broken copy of what Exif says
