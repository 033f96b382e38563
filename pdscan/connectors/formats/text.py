"""Plain text, and logs whose fields have names.

Offsets count characters of the decoded text from its beginning. In logs of web servers the fields
that hold the client's address, the user, the referer and the user agent are labelled:
combined log format (https://httpd.apache.org/docs/current/logs.html#combined) and W3C extended
(https://www.w3.org/TR/WD-logfile), which IIS writes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pdscan.connectors.decode import Text, decode_head
from pdscan.connectors.formats import logs
from pdscan.connectors.formats.interface import Content, Note, Yield
from pdscan.connectors.formats.lines import whole_lines
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text in blocks that join, or line by line with labels where it is a known log."""
    log = logs.recognise(decode_head(content.head))
    text = Text(content, options.text_size if log is None else options.block_size)
    yield from _running(text) if log is None else _lines(text, log)
    yield Note(encoding=text.encoding)


def _running(chunks: Text) -> Iterator[Block]:
    held = b""
    for chunk in chunks:
        if held:
            yield Block(held, joins=True)
        held = chunk
    if held:
        yield Block(held)


def _lines(chunks: Text, log: logs.Log) -> Iterator[Block]:
    is_first = True  # a block that others ran on into has no layout: its offsets are not the line's
    records = 0
    for text, joins in whole_lines(chunks):
        plain = joins or not is_first
        yield Block(text, None if plain else logs.LogLayout(text, log, records), joins=joins)
        is_first = not joins
        records += text.count(b"\n")
