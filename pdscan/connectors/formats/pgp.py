"""OpenPGP messages (RFC 9580): they are named, their keys are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from pdscan.connectors.formats.interface import Content, Yield
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """Nothing: raises UnreadableError(ENCRYPTED)."""
    del content, options
    raise UnreadableError(Reason.ENCRYPTED, "decrypt it with its key and scan the result")
    yield
