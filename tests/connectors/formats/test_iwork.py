"""iWork documents since 2013, made by the rules of their blocks and messages."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.iwa import texts
from pdscan.connectors.identify import identify
from pdscan.errors import UnreadableError
from pdscan.model import Reason

from .documents import read


def varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def part(*messages: bytes) -> bytes:
    """An IWA part with an archive of `messages`."""
    infos = b"".join(field(2, field(1, 2001) + field(3, len(m))) for m in messages)
    description = field(1, 7) + infos
    stream = varint(len(description)) + description + b"".join(messages)
    blocks = [stream[at : at + 65536] for at in range(0, len(stream), 65536)]
    packed = [pa.compress(block, codec="snappy", asbytes=True) for block in blocks]
    return b"".join(b"\0" + len(each).to_bytes(3, "little") + each for each in packed)


BODY = field(1, 3) + field(3, "Åsa Öberg 131052-308T\nnext\ufffcline".encode())
CELLS = field(9, field(1, field(2, b"0401") + b"\x15\0\0\0\0")) + field(4, b"\xff\xfe\xfd")
LONG = field(3, b"x@example.com " * 20_000)


def document() -> bytes:
    """A document with one part."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("Index/Document.iwa", part(BODY, CELLS))
    return stream.getvalue()


def test_texts_are_found_however_deep() -> None:
    assert list(texts(part(BODY, CELLS, LONG))) == [
        "Åsa Öberg 131052-308T\nnext line", "0401", "x@example.com " * 20_000,
    ]  # fmt: skip


def test_a_document_is_read_part_by_part() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("Index/Document.iwa", part(BODY))
        package.writestr("Index/Tables/DataList.iwa", part(CELLS)[:-3])
        package.writestr("preview.jpg", b"\xff\xd8\xff")
    assert identify(HeldContent("a.pages", stream.getvalue())) == "application/vnd.apple.iwork"
    result = read("iwork", stream.getvalue())
    assert "131052-308T" in result.parts["Index/Document.iwa"]
    assert [(gap.reason, gap.detail) for gap in result.gaps] == [
        (Reason.CORRUPT, "Index/Tables/DataList.iwa")
    ]
    assert list(result.nested) == ["preview.jpg"]


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 255))
def test_damage_escapes_as_nothing_else(noise: bytes, at: int, code: int) -> None:
    data = bytearray(part(BODY, CELLS))
    data[at % len(data)] = code
    for broken in (noise, bytes(data), bytes(data) + noise):
        with suppress(UnreadableError):
            list(texts(broken))


def test_deep_messages_end() -> None:
    message = b"\xff"
    for _ in range(2000):
        message = field(1, message)
    with_text = field(3, b"still read")
    assert list(texts(part(message, with_text))) == ["still read"]


def test_a_block_cannot_ask_for_memory() -> None:
    bomb = b"\0\x08\0\0" + varint(1 << 40) + b"ab"
    with pytest.raises(UnreadableError):
        list(texts(bomb))
