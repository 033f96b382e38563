"""Saved web pages (MHTML, RFC 2557): the page and what it shows, as nested items."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator

from pdscan.connectors.formats.contents import HeldContent, Names, read_whole
from pdscan.connectors.formats.interface import Content, Nested, Yield
from pdscan.connectors.formats.prose import named
from pdscan.connectors.interface import ReadOptions

_ENDINGS = {"text/html": ".html", "text/plain": ".txt"}


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The parts of a saved page as nested items, with its headers and their addresses as text."""
    data = read_whole(content, options.limits.member_memory)
    message = email.message_from_bytes(data, policy=email.policy.compat32)
    headers: list[tuple[str, str]] = [(name, str(value)) for name, value in message.items()]
    unique = Names()
    parts: list[Nested] = []
    for number, part in enumerate(p for p in message.walk() if not p.is_multipart()):
        location = str(part.get("Content-Location", ""))
        if part is not message and location:
            headers.append(("Content-Location", location))
        kind = part.get_content_type()
        name = part.get_filename() or location.rpartition("/")[2].partition("?")[0]
        name = name or f"part {number + 1}{_ENDINGS.get(kind, '')}"
        body = part.get_payload(decode=True)
        if isinstance(body, bytes):
            parts.append(Nested(unique(name), HeldContent(name, body), kind))
    yield from named("headers", headers)
    yield from parts
