"""Office documents under a password: opened with those of the configuration, else named encrypted.

Since 2007 an encrypted document is a compound file with the ZIP package inside ([MS-OFFCRYPTO]);
the binary formats are encrypted in place.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import Any

import msoffcrypto
from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError, ParseError

from pdscan.connectors.formats.contents import HeldContent, seekable_stream
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

#: Excel encrypts workbooks that only forbid changes with a password that everybody knows
#: ([MS-OFFCRYPTO] 2.4.2.3).
_KNOWN_TO_ALL = "VelvetSweatshop"

_REFUSED = (DecryptionError, InvalidKeyError, ParseError, FileFormatError, ValueError, KeyError,
            TypeError, AttributeError, OSError, IndexError, struct.error, zipfile.BadZipFile,
            NotImplementedError, AssertionError, ArithmeticError)  # fmt: skip


class Decrypted(HeldContent):
    """A document whose password was taken off; if it still looks encrypted, that is final."""


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The package within an encrypted Office document, as a nested item of the same name."""
    yield Nested(content.name, decrypted(content, options))


def decrypted(content: Content, options: ReadOptions) -> Decrypted:
    """The document without its password.

    Raises UnreadableError (ENCRYPTED) where none of the passwords fits.
    """
    if isinstance(content, Decrypted):
        raise UnreadableError(Reason.CORRUPT, "still encrypted after the password was taken off")
    with seekable_stream(content, options.limits.member_memory) as stream:
        for password in (_KNOWN_TO_ALL, *options.passwords):
            stream.seek(0)
            target = io.BytesIO()
            try:
                file: Any = msoffcrypto.OfficeFile(stream)
                file.load_key(password=password)
                file.decrypt(target)
            except _REFUSED:
                continue
            if target.tell():
                return Decrypted(content.name, target.getvalue())
    raise UnreadableError(Reason.ENCRYPTED, "none of the passwords in the configuration opens it")
