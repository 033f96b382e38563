"""Archives of web pages: requests, responses, and records that are broken."""

from __future__ import annotations

import gzip

import pytest

from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

from .documents import OPTIONS, read

PAGE = b"<html><body>page@example.com</body></html>"


def record(kind: bytes, block: bytes, *fields: bytes, length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    head = [b"WARC/1.1", b"WARC-Type: " + kind, b"Content-Length: %d" % size, *fields]
    return b"\r\n".join(head) + b"\r\n\r\n" + block + b"\r\n\r\n"


def http(first: bytes, body: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([first, *fields]) + b"\r\n\r\n" + body


def response(body: bytes, *fields: bytes) -> bytes:
    return record(
        b"response", http(b"HTTP/1.1 200 OK", body, *fields),
        b"Content-Type: application/http; msgtype=response",
        b"WARC-Target-URI: https://example.com/?m=uri@example.com",
        b"WARC-IP-Address: 192.0.2.7",
    )  # fmt: skip


def web_archive() -> bytes:
    """Two answers, one of them in chunks."""
    return response(PAGE) + response(b"5\r\n<html\r\n0\r\n\r\n", b"Transfer-Encoding: chunked")


def test_headers_and_what_was_carried_are_read() -> None:
    sent = http(b"POST /form?q=query@example.com HTTP/1.1", b"mail=form@example.com",
                b"Cookie: session=1", b"Host: example.com")  # fmt: skip
    asked = record(b"request", sent, b"Content-Type: application/http;msgtype=request")
    notes = record(b"warcinfo", b"operator: op@example.com\r\n")
    result = read("warc", notes + asked + response(PAGE) + response(PAGE))
    assert result.nested == {
        "record 1": b"operator: op@example.com\r\n",
        "record 2": b"mail=form@example.com",
        "https://example.com/?m=uri@example.com": PAGE,
        "https://example.com/?m=uri@example.com~2": PAGE,
    }
    assert result.label_of("192.0.2.7") == "WARC-IP-Address"
    assert result.label_of("session=1") == "Cookie"
    assert "query@example.com" in result.parts["record 2"]
    assert result.gaps == []


@pytest.mark.parametrize(("fields", "body", "carried"), [
    ((b"Content-Encoding: gzip",), gzip.compress(PAGE, mtime=0), gzip.compress(PAGE, mtime=0)),
    (
        (b"Transfer-Encoding: chunked",),
        b"5\r\n<html\r\nA;x=1\r\n>123456789\r\n0\r\n\r\n",
        b"<html>123456789",
    ),
    ((b"Transfer-Encoding: chunked",), PAGE, PAGE),
    ((b"Content-Encoding: br",), b"\x0b\x02\x80", b""),
])  # fmt: skip
def test_encodings(fields: tuple[bytes, ...], body: bytes, carried: bytes) -> None:
    (data,) = read("warc", response(body, *fields)).nested.values()
    assert data.startswith(carried)


def test_what_is_cut_or_too_large_is_said() -> None:
    cut = read("warc", response(PAGE) + record(b"response", b"half", length=99))
    assert cut.reasons == [Reason.TRUNCATED]
    large = read(
        "warc", record(b"resource", b"x" * 900) + response(PAGE),
        ReadOptions(Limits(member_memory=400)),
    )  # fmt: skip
    assert large.reasons == [Reason.LIMIT]
    assert PAGE in large.nested.values()


@pytest.mark.parametrize(
    "data", [b"no record", b"WARC/1.0\r\nWARC-Type: x\r\n\r\n", response(PAGE) + b"x"]
)
def test_damage_is_named(data: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        read("warc", data, OPTIONS)
    assert caught.value.reason == Reason.CORRUPT
