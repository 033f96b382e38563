"""Compression methods of ZIP (APPNOTE.TXT 6.3, 4.4.5) that the standard library does not know.

Deflate64, which Windows takes for files beyond 2 GB, is undone by the extra ``archives``; the
others have not been written for decades and are named.
"""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec

from pdscan.errors import UnreadableError
from pdscan.model import Reason

_DEFLATE64 = 9
_NAMES = {
    1: "shrunk", 2: "reduced 1", 3: "reduced 2", 4: "reduced 3", 5: "reduced 4", 6: "imploded",
    9: "Deflate64", 10: "imploded for DCL", 18: "IBM TERSE", 19: "IBM LZ77", 93: "Zstandard",
    94: "MP3", 95: "XZ", 96: "JPEG", 97: "WavPack", 98: "PPMd",
}  # fmt: skip
_LOCAL = struct.Struct("<4s22xHH")  # signature, lengths of name and extra field
_CHUNK = 64 << 10


def unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member that is not encrypted; raises UnreadableError where nobody can."""
    method = info.compress_type
    if method != _DEFLATE64:
        name = _NAMES.get(method, "unknown")
        raise UnreadableError(Reason.UNSUPPORTED, f"compression method {method} ({name})")
    if find_spec("inflate64") is None:
        raise UnreadableError(Reason.EXTRA, "pip install 'pdscan[archives]'")
    from inflate64 import Inflater

    inflater = Inflater()
    for packed in _packed(archive, info):
        if chunk := bytes(inflater.inflate(packed)):
            yield chunk


def _packed(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    file = archive.fp
    if file is None:
        raise UnreadableError(Reason.BUG, "the archive is closed")
    file.seek(info.header_offset)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
        raise UnreadableError(Reason.CORRUPT, "no member where the directory says")
    _, name, extra = _LOCAL.unpack(head)
    at, left = info.header_offset + _LOCAL.size + name + extra, info.compress_size
    while left > 0:
        file.seek(at)  # other members may be read meanwhile
        chunk = file.read(min(left, _CHUNK))
        if not chunk:
            raise UnreadableError(Reason.TRUNCATED)
        at += len(chunk)
        left -= len(chunk)
        yield chunk
