"""Documents that are ZIP packages of XML parts (OOXML, ODF, EPUB, iWork): safe access to the parts.

XML is parsed without entities, without network and with libxml2's limits; parts are counted while
they are unpacked, so that a bomb ends as a limit in the ledger.
"""

from __future__ import annotations

import io
import lzma
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import BinaryIO, cast

from lxml import etree

from pdscan.connectors.formats.contents import LazyContent, read_up_to, seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_FREE = 10 << 20  # bytes that may unpack at any ratio

#: What reading a damaged or hostile part may raise, to be turned into a gap.
PART_ERRORS = (
    zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError, OSError, RuntimeError,
    NotImplementedError, UnreadableError, ValueError, KeyError,
)  # fmt: skip


def read_all(stream: BinaryIO, limits: Limits, what: str = "") -> bytes:
    """All of `stream`; raises UnreadableError where that is more than may be held in memory."""
    data = read_up_to(stream, limits.member_memory + 1)
    if len(data) > limits.member_memory:
        raise UnreadableError(Reason.LIMIT, f"{what or 'the content'} is too large for memory")
    return data


#: What the ZIP module raises for a damaged member, bad numbers in its header included.
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError,
           ValueError, struct.error)  # fmt: skip


class _Counted(io.RawIOBase):
    """A part while it is unpacked, no further than its limits allow."""

    def __init__(self, stream: BinaryIO, packed: int, name: str, limits: Limits) -> None:
        self._stream = stream
        self._left = min(limits.expanded, _FREE + packed * limits.ratio)
        self._name = name

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            data = self._stream.read(size if size >= 0 else self._left + 1)
        except _BROKEN as error:
            raise UnreadableError(Reason.CORRUPT, self._name) from error
        self._left -= len(data)
        if self._left < 0:
            raise UnreadableError(Reason.LIMIT, f"{self._name} unpacks to more than allowed")
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


class Package:
    """The parts of a package, by name; a context manager that closes it.

    Names are matched without regard to case, slashes may lean either way: OPC says so
    (ECMA-376 part 2) and old writers do so.
    """

    def __init__(self, content: Content, options: ReadOptions) -> None:
        """Raises UnreadableError where `content` is not a ZIP archive."""
        self._limits = options.limits
        self._passwords = options.passwords
        self._stream = seekable_stream(content, options.limits.member_memory)
        try:
            self._zip = zipfile.ZipFile(self._stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, IndexError) as error:
            self._stream.close()
            raise UnreadableError(Reason.CORRUPT, "the ZIP directory cannot be read") from error
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist()[: options.limits.members]:
            if not info.is_dir():
                self._members.setdefault(_key(info.filename), info)
        self.names = tuple(sorted(info.filename for info in self._members.values()))

    def __enter__(self) -> Package:
        return self

    def __exit__(self, *exc: object) -> None:
        self._zip.close()
        self._stream.close()

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._members

    def size(self, name: str) -> int:
        """Bytes of a part as the directory declares them."""
        return self._members[_key(name)].file_size

    def open(self, name: str) -> BinaryIO:
        """A stream over a part. Raises KeyError, or one of `PART_ERRORS` while it is read."""
        info = self._members[_key(name)]
        if info.flag_bits & 1:
            raise UnreadableError(Reason.ENCRYPTED, name)
        try:
            stream = cast(BinaryIO, self._zip.open(info))
        except NotImplementedError as error:
            raise UnreadableError(Reason.UNSUPPORTED, f"compression of {name}") from error
        except _BROKEN as error:
            raise UnreadableError(Reason.CORRUPT, name) from error
        return cast(BinaryIO, _Counted(stream, info.compress_size, name, self._limits))

    def read(self, name: str) -> bytes:
        """A part whole, if it may be held in memory."""
        with self.open(name) as stream:
            return read_all(stream, self._limits, name)

    def xml(self, name: str) -> etree._Element:
        """The root of an XML part; raises one of `PART_ERRORS`."""
        return parse_xml(self.read(name))

    def nested(self, name: str, media_type: str = "") -> Nested:
        """A part as an item of its own."""
        base = posixpath.basename(name)
        content = LazyContent(base, partial(self.open, name), self.size(name))
        return Nested(name, content, media_type)


def parse_xml(data: bytes) -> etree._Element:
    """The root of an XML document; raises `lxml.etree.XMLSyntaxError`."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True,
        remove_pis=True,
    )  # fmt: skip
    root = etree.fromstring(data, parser)
    if root is None:
        raise UnreadableError(Reason.CORRUPT, "an empty XML part")
    return root


def guarded(events: Iterator[Yield], name: str) -> Iterator[Yield]:
    """`events` of one part; a damaged part becomes a gap that names it, the others are read."""
    try:
        yield from events
    except PART_ERRORS as error:
        reason = error.reason if isinstance(error, UnreadableError) else Reason.CORRUPT
        yield Gap(Reason(reason), name)


@lru_cache(maxsize=4096)
def local(tag: object) -> str:
    """The name of an element or attribute without its namespace; "" for comments and the like."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def leaves(root: etree._Element, attributes: bool = False) -> Iterator[tuple[str, str]]:
    """Every text in a tree with the name of its element, and the attributes' values where asked."""
    for element in root.iter(etree.Element):
        if attributes:
            for key, value in element.attrib.items():
                yield local(key), str(value)
        if element.text:
            yield local(element.tag), element.text
        if element.tail and element is not root:
            yield local(element.getparent().tag), element.tail  # type: ignore[union-attr]  # not the root


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
