"""ZIP archives (APPNOTE.TXT 6.3), member by member and never unpacked to disk.

Members are opened when somebody asks for them. Encrypted ones are tried with the passwords in the
configuration (ZipCrypto and AES, the latter by pyzipper). Where the directory at the end is damaged
or missing, the members are read in order.
"""

from __future__ import annotations

import calendar
import zipfile
from collections.abc import Iterator
from functools import partial
from itertools import chain
from typing import BinaryIO

import pyzipper

from pdscan.connectors.formats import archives
from pdscan.connectors.formats.contents import (
    Chunks,
    LazyContent,
    Names,
    as_binary,
    seekable_stream,
)
from pdscan.connectors.formats.fields import cell_blocks
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.zip_methods import unpacked
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_CHUNK = 128 << 10
_ENCRYPTED = 0x1
_UTF8 = 0x800
_AES = 99
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The members of the archive in the order of its directory, and the comments in it."""
    try:
        stream = seekable_stream(content, options.limits.member_memory)
    except UnreadableError as error:
        if error.reason != Reason.LIMIT:
            raise
        yield from archives.read(content, options)  # needs no directory, and so no memory
        return
    with stream:
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, OverflowError, OSError, NotImplementedError):
            yield Gap(Reason.CORRUPT, "no directory at the end; members read in order")
            yield from archives.read(content, options)
            return
        with archive:
            yield from _members(archive, options)


def _members(archive: zipfile.ZipFile, options: ReadOptions) -> Iterator[Yield]:
    names = Names()
    comments = [("comment", _text(archive.comment))]
    for info in archive.infolist():
        if info.comment:
            comments.append(("comment", _text(info.comment)))
        if info.is_dir():
            continue
        name = names(_name(info))
        opened = partial(_open, archive, info, options.passwords)
        yield Nested(name, LazyContent(name, opened, info.file_size), modified=_time(info))
    yield from cell_blocks(comments, "comments", options.block_size)


def _name(info: zipfile.ZipInfo) -> str:
    """The member's name; names in no declared charset are UTF-8 if they can be."""
    name = info.filename
    if not info.flag_bits & _UTF8 and not name.isascii():
        try:
            return name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return name
    return name


def _text(comment: bytes) -> str:
    try:
        return comment.decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("cp437")


def _time(info: zipfile.ZipInfo) -> float | None:
    """Taken as UTC: the archive does not know where it was made."""
    year, month, day, hour, minute, second = info.date_time
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return float(calendar.timegm((year, month, day, hour, minute, second, 0, 0, 0)))


def _open(archive: zipfile.ZipFile, info: zipfile.ZipInfo, passwords: tuple[str, ...]) -> BinaryIO:
    if not info.flag_bits & _ENCRYPTED:
        is_known = info.compress_type in _KNOWN
        return as_binary(Chunks((_chunks if is_known else unpacked)(archive, info)))
    if info.compress_type == _AES:
        archive = pyzipper.AESZipFile(archive.fp)
        info = next(twin for twin in archive.infolist() if twin.header_offset == info.header_offset)
    for password in passwords:
        chunks = _chunks(archive, info, password.encode())
        try:
            first = next(chunks, b"")
        except UnreadableError as error:
            if error.reason == Reason.UNSUPPORTED:
                raise
            continue  # one wrong password in 256 is only noticed when the data is read
        return as_binary(Chunks(chain((first,), chunks)))
    raise UnreadableError(Reason.ENCRYPTED, "no password given opens it")


def _chunks(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, password: bytes | None = None
) -> Iterator[bytes]:
    """The member's bytes; raises UnreadableError where they cannot be had."""
    try:
        with archive.open(info, pwd=password) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except NotImplementedError:
        raise UnreadableError(
            Reason.UNSUPPORTED, f"compression method {info.compress_type}"
        ) from None
    except EOFError:
        raise UnreadableError(Reason.TRUNCATED) from None
    except UnreadableError:  # a limit of the archive around
        raise
    except Exception as error:  # errors of many kinds, of zipfile and of four decompressors
        raise UnreadableError(Reason.CORRUPT, type(error).__name__) from None
