"""OpenDocument files under a password (ODF 1.2 part 3, 3.8): AES-256 with PBKDF2, as LibreOffice
wrote it from 2011 to 2023. Older (Blowfish) and newer (Argon2) ones are named as encrypted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import zipfile
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.package import Package, local
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

_MOST_ROUNDS = 5_000_000
_CHECKED = 1024  # bytes that the checksum covers
MANIFEST = "META-INF/manifest.xml"


def decrypted(package: Package, manifest: etree._Element, options: ReadOptions) -> HeldContent:
    """The package without its password; raises UnreadableError (ENCRYPTED) where none fits."""
    target = io.BytesIO()
    locked = {
        _value(entry, "full-path"): entry
        for entry in manifest.iter("{*}file-entry")
        if next(entry.iter("{*}encryption-data"), None) is not None
    }
    password = ""
    with zipfile.ZipFile(target, "w") as plain:
        for name in package.names:
            if name == MANIFEST:
                continue
            data = package.read(name)
            if name in locked:
                tried = (password,) if password else options.passwords
                password, data = _first_that_fits(data, locked[name], tried, options)
            plain.writestr(name, data)
    if not password:
        raise UnreadableError(Reason.ENCRYPTED, "in a way that is not supported")
    return HeldContent("decrypted", target.getvalue())


def _first_that_fits(
    data: bytes, entry: etree._Element, passwords: tuple[str, ...], options: ReadOptions
) -> tuple[str, bytes]:
    values = {
        local(key): str(value)
        for element in entry.iter("{*}*")
        for key, value in element.attrib.items()
    }
    rounds = values.get("iteration-count", "")
    if (
        not values.get("algorithm-name", "").endswith("#aes256-cbc")
        or values.get("key-derivation-name") != "PBKDF2"
        or not rounds.isdecimal()
        or int(rounds) > _MOST_ROUNDS
    ):
        raise UnreadableError(Reason.ENCRYPTED, "in a way that is not supported")
    salt, start, checksum = (
        base64.b64decode(values.get(name, ""))
        for name in ("salt", "initialisation-vector", "checksum")
    )
    first = (
        hashlib.sha256 if "sha256" in values.get("start-key-generation-name", "") else hashlib.sha1
    )
    check = hashlib.sha256 if "sha256" in values.get("checksum-type", "") else hashlib.sha1
    for password in passwords:
        key = hashlib.pbkdf2_hmac("sha1", first(password.encode()).digest(), salt, int(rounds), 32)
        opened = Cipher(algorithms.AES256(key), modes.CBC(start)).decryptor()
        packed = opened.update(data) + opened.finalize()
        packed = packed[: -packed[-1]] if packed else packed
        if hmac.compare_digest(check(packed[:_CHECKED]).digest(), checksum):
            unpacker = zlib.decompressobj(-15)
            content = unpacker.decompress(packed, options.limits.member_memory)
            if unpacker.unconsumed_tail:
                raise UnreadableError(Reason.LIMIT, "a part is too large for memory")
            return password, content
    raise UnreadableError(Reason.ENCRYPTED, "none of the passwords in the configuration opens it")


def _value(element: etree._Element, name: str) -> str:
    return next((str(v) for key, v in element.attrib.items() if local(key) == name), "")
