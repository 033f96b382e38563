"""The container: a BagIt bag (RFC 8493) in a zip whose bytes depend on its content alone."""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip knows; the same for all
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_MANIFEST, _TAG_MANIFEST, _INFO = "manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt"
_PIECE = 1 << 20


class Bag:
    """Writes a bag called `name` into `stream`, file by file."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._zip = zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, strict_timestamps=True)
        self._name = name
        self._digests: dict[str, str] = {}
        self._size = 0

    def write(self, path: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        """Adds the payload file ``data/path``; its SHA-256 (hexadecimal) and size in bytes."""
        digest, size = self._write(f"data/{path}", pieces)
        self._digests[f"data/{path}"] = digest
        self._size += size
        return digest, size

    def close(self, info: Mapping[str, str]) -> None:
        """Writes the manifests and `info` (bag-info.txt), and closes the zip."""
        told = {**info, "Payload-Oxum": f"{self._size}.{len(self._digests)}"}
        tags = {
            "bagit.txt": _DECLARATION,
            _INFO: "".join(f"{k}: {' '.join(v.split())}\n" for k, v in told.items()).encode(),
            _MANIFEST: _listed(self._digests),
        }
        digests = {path: self._write(path, [data])[0] for path, data in tags.items()}
        self._write(_TAG_MANIFEST, [_listed(digests)])
        self._zip.close()

    def _write(self, path: str, pieces: Iterable[bytes]) -> tuple[str, int]:
        info = zipfile.ZipInfo(f"{self._name}/{path}", _TIME)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        info.create_system = 3
        digest, size = hashlib.sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for piece in pieces:
                member.write(piece)
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size


def _listed(digests: Mapping[str, str]) -> bytes:
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items())).encode()


def pieces_of(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member in pieces."""
    with archive.open(name) as member:
        while piece := member.read(_PIECE):
            yield piece


def problems(archive: zipfile.ZipFile) -> Iterator[str]:
    """What is wrong with a bag in `archive` by RFC 8493, section 3: nothing where it is complete
    and valid. No file name of the payload is unsafe (section 5.2).
    """
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    roots = {name.partition("/")[0] for name in names}
    if len(roots) != 1 or len(set(names)) != len(names):
        yield "the zip does not hold one bag with each file once"
        return
    (root,) = roots
    files = {name.partition("/")[2] for name in names}
    unsafe = [name for name in files if not re.fullmatch(r"(?!.*\.\.)[A-Za-z0-9._/-]+", name)]
    if unsafe:
        yield f"{len(unsafe)} file names are not safe"
        return
    for needed in ("bagit.txt", _MANIFEST, _TAG_MANIFEST):
        if needed not in files:
            yield f"{needed} is missing"
            return
    if archive.read(f"{root}/bagit.txt") != _DECLARATION:
        yield "bagit.txt does not declare BagIt 1.0 in UTF-8"
    payload = {name for name in files if name.startswith("data/")}
    yield from _manifest(archive, root, _MANIFEST, payload)
    yield from _manifest(archive, root, _TAG_MANIFEST, files - payload - {_TAG_MANIFEST})
    size = sum(archive.getinfo(f"{root}/{name}").file_size for name in payload)
    info = archive.read(f"{root}/{_INFO}").decode() if _INFO in files else ""
    if f"Payload-Oxum: {size}.{len(payload)}\n" not in info:
        yield f"{_INFO} does not tell the number and size of the files that are there"


def _manifest(archive: zipfile.ZipFile, root: str, manifest: str, files: set[str]) -> Iterator[str]:
    listed: dict[str, str] = {}
    for line in archive.read(f"{root}/{manifest}").decode("utf-8", "replace").splitlines():
        digest, _, path = line.partition("  ")
        listed[path] = digest
    for path in sorted(files - listed.keys()):
        yield f"{path} is not in {manifest}"
    for path in sorted(listed.keys() - files):
        yield f"{path} is in {manifest} and not in the bag"
    for path in sorted(listed.keys() & files):
        seen = hashlib.sha256()
        for piece in pieces_of(archive, f"{root}/{path}"):
            seen.update(piece)
        if seen.hexdigest() != listed[path]:
            yield f"{path} is not what {manifest} says: it was changed"
