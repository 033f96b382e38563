"""7z archives by py7zr: encrypted ones, and all of them where the system has no libarchive.

py7zr unpacks before it hands over, so the members are held in memory together, within the limit.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pdscan.connectors.formats.contents import HeldContent, Names, seekable_stream
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The members of the archive, opened with the first of the passwords that fits."""
    try:
        import py7zr
        from py7zr.exceptions import PasswordRequired
    except ImportError:
        raise UnreadableError(Reason.EXTRA, "pip install 'pdscan[archives]'") from None
    limit = options.limits.member_memory
    is_sealed = False
    for password in (None, *options.passwords):
        members = _Members(limit)
        try:
            with (
                seekable_stream(content, limit) as stream,
                py7zr.SevenZipFile(stream, password=password) as archive,
            ):
                is_sealed |= archive.password_protected
                given = [entry.filename for entry in archive.files]
                # py7zr refuses archives with names that lead elsewhere; here they lead nowhere.
                for position, properties in enumerate(archive.files.files_list):
                    properties["filename"] = str(position)
                archive.extractall(factory=members)
        except UnreadableError:
            raise
        except PasswordRequired:
            is_sealed = True
        except Exception as error:  # a wrong password fails in whatever follows the cipher
            if members.is_full:
                raise UnreadableError(Reason.LIMIT, f"more than {limit >> 20} MiB") from None
            if not is_sealed:
                raise UnreadableError(Reason.CORRUPT, type(error).__name__) from None
        else:
            yield from members.nested(given)
            return
    raise UnreadableError(Reason.ENCRYPTED, "no password given opens it")


class _Members:
    """What py7zr asks for somewhere to write to, one for each member."""

    def __init__(self, limit: int) -> None:
        self.is_full = False
        self._left = limit
        self._members: list[tuple[str, _Member]] = []

    def create(self, filename: str) -> _Member:
        """A place in memory for the member `filename`."""
        self._members.append((filename, _Member(self)))
        return self._members[-1][1]

    def charge(self, size: int) -> None:
        """Counts bytes; raises UnreadableError where there are more than the limit."""
        self._left -= size
        if self._left < 0:
            self.is_full = True
            raise UnreadableError(Reason.LIMIT)

    def nested(self, given: list[str]) -> Iterator[Nested]:
        """The members that were written, with the names `given` to their numbers."""
        names = Names()
        for number, member in self._members:
            name = names(given[int(number)])
            yield Nested(name, HeldContent(name, member.getvalue()))


class _Member(io.BytesIO):
    def __init__(self, members: _Members) -> None:
        super().__init__()
        self._members = members

    def write(self, data: Any, /) -> int:
        self._members.charge(len(data))
        return super().write(data)

    def size(self) -> int:
        """Bytes written so far: py7zr asks."""
        return len(self.getbuffer())

    def close(self) -> None:
        """Nothing: py7zr closes before anybody has read."""
