"""Mail, held against the standard library's parser, and with everything that goes wrong in mail."""

from __future__ import annotations

import base64
import binascii
import re
import time
from email.message import EmailMessage
from email.policy import SMTP

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdscan.connectors.formats import mime
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Gap, Nested
from pdscan.connectors.formats.mime_headers import decoded, parameters
from pdscan.connectors.formats.mime_walk import AnomalyError, Part, fast_parts, library_parts
from pdscan.connectors.formats.transfer import undone
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

OPTIONS = ReadOptions()
WORD = re.compile(r"\w{2,}")


def text_of(data: bytes) -> str:
    """All text in the mail, that of forwarded messages too."""
    texts = []
    for event in mime.read(HeldContent("mail.eml", data), OPTIONS):
        if isinstance(event, Block):
            texts.append(event.text.decode())
        elif isinstance(event, Nested) and event.media_type == "message/rfc822":
            with event.content.open() as stream:
                texts.append(text_of(stream.read()))
    return "\n".join(texts)


def parts_of(data: bytes) -> dict[str, bytes]:
    """The text of each part: name -> text."""
    texts: dict[str, bytes] = {}
    for event in mime.read(HeldContent("mail.eml", data), OPTIONS):
        if isinstance(event, Block):
            texts[event.part] = texts.get(event.part, b"") + event.text
    return texts


def nested_of(data: bytes) -> dict[str, bytes]:
    found = {}
    for event in mime.read(HeldContent("mail.eml", data), OPTIONS):
        if isinstance(event, Nested):
            with event.content.open() as stream:
                found[event.name] = stream.read()
    return found


@given(
    st.binary(max_size=200),
    st.lists(st.tuples(st.integers(0, 300), st.sampled_from(b"\n\r \t-*!\xe4="))),
)
def test_base64_is_decoded_as_the_library_does(data: bytes, strewn: list[tuple[int, int]]) -> None:
    body = bytearray(base64.b64encode(data))
    for at, code in strewn:
        body.insert(min(at, len(body)), code)
    if b"=" not in body.rstrip(b"= \t\r\n"):  # pieces with padding between them are cut first
        try:
            expected = binascii.a2b_base64(bytes(body))
        except binascii.Error:
            return
        assert undone(bytes(body), "base64") == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        (b"=?utf-8?q?M=C3=A4kinen?= <m@example.com>", "Mäkinen <m@example.com>"),
        (b"=?iso-8859-1?Q?J=F6rgen_=22X=22?=", 'Jörgen "X"'),
        (b"=?UTF-8?B?w4VzYQ==?=  =?UTF-8?B?IMOWYmVyZw==?=", "Åsa Öberg"),
        (b"=?utf-8?b?w4U=?= and =?utf-8?b?w5Y=?=", "Å and Ö"),
        (b"=?utf-8?b?w?= =?utf-8?b?4U=?=", "w4U="[:0] + decoded(b"=?utf-8?b?w?= =?utf-8?b?4U=?=")),
        (b"=?utf-8*sv?q?=C3=85?=", "Å"),  # RFC 2231: with a language
        (b"=?utf-8?q?=C3?= =?utf-8?q?=85?=", "Å"),  # cut within a character
        (b"=?x-none?q?abc?=", "abc"),
        ("Åsa Öberg".encode(), "Åsa Öberg"),  # RFC 6532
        ("Åsa Öberg".encode("cp1252"), "Åsa Öberg"),  # against every rule, and common
        (b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
        (b"=?utf-8?q?a_b?=.txt", "a b.txt"),
    ],
)
def test_header_texts(value: bytes, text: str) -> None:
    assert decoded(value) == text


@pytest.mark.parametrize(
    ("value", "token", "given_"),
    [
        (b"text/plain", "text/plain", {}),
        (b'TEXT/Plain; charset="UTF-8"', "text/plain", {"charset": "UTF-8"}),
        (b"a/b; name*=utf-8''%C3%85sa%20x.txt", "a/b", {"name": "Åsa x.txt"}),
        (b"a/b; name*0=one; name*1=two; name*2=.pdf", "a/b", {"name": "onetwo.pdf"}),
        (b"a/b; n*1*=%C3%85; n*0*=utf-8''x; n*2=y", "a/b", {"n": "xÅy"}),
        (b'a/b; name="a;b \\"c\\".txt"; x=1', "a/b", {"name": 'a;b "c".txt', "x": "1"}),
        (b"a/b; name==?utf-8?q?=C3=85.txt?=", "a/b", {"name": "Å.txt"}),
        (b"a/b; name=not quoted.pdf", "a/b", {"name": "not quoted.pdf"}),
        (b"attachment;filename=a.txt;", "attachment", {"filename": "a.txt"}),
    ],
)
def test_parameters(value: bytes, token: str, given_: dict[str, str]) -> None:
    assert parameters(value) == (token, given_)


# -- against the standard library ------------------------------------------------------------

TEXTS = st.text(
    st.sampled_from("abcdefghij ÅÄÖåäöéß€–ж0123456789.@\n"), min_size=1, max_size=300
).map(lambda text: f"w{text}w")


@st.composite
def mails(draw: st.DrawFn, depth: int = 2) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = draw(TEXTS).replace("\n", " ")
    mail["From"] = f"{draw(st.sampled_from(['Åsa', 'Matti', 'X']))} <a@example.com>"
    charset = draw(st.sampled_from(["utf-8", "utf-8", "iso-8859-15", "utf-16"]))
    body = draw(TEXTS).replace("ж", "z").replace("–", "-")
    # Quoted-printable would break lines within the units of UTF-16.
    how = "base64" if charset == "utf-16" else draw(st.sampled_from(["quoted-printable", "base64"]))
    mail.set_content(body, charset=charset, cte=how)
    if draw(st.booleans()):
        mail.add_alternative(f"<p>{draw(TEXTS)}</p>", subtype="html", cte=how)
    for number in range(draw(st.integers(0, 2))):
        mail.add_attachment(
            draw(st.binary(max_size=200)), "application", "x-test", filename=f"Å {number}.bin"
        )
    if depth and draw(st.booleans()):
        mail.add_attachment(draw(mails(depth=depth - 1)))
    return mail


@settings(max_examples=80, deadline=None)
@given(mails(), st.booleans())
def test_no_word_and_no_attachment_of_the_library_is_missed(mail: EmailMessage, crlf: bool) -> None:
    data = mail.as_bytes(policy=SMTP if crlf else mail.policy)
    ours = set(WORD.findall(text_of(data)))
    assert set(WORD.findall(mail["Subject"])) <= ours
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            assert set(WORD.findall(re.sub("<.*?>", " ", part.get_content()))) <= ours
    found = list(nested_of(data).values())
    for blob in (p.get_payload(decode=True) for p in mail.iter_attachments()
                 if p.get_content_type() == "application/x-test"):  # fmt: skip
        assert blob in found


def as_table(found: list[Part]) -> dict[str, tuple[str, bytes, list[tuple[str, bytes]]]]:
    return {part.number: (part.media_type, part.body, part.fields) for part in found}


@settings(max_examples=100, deadline=None)
@given(mails(depth=0), st.booleans())
def test_both_walkers_cut_the_same_parts(mail: EmailMessage, crlf: bool) -> None:
    data = mail.as_bytes(policy=SMTP if crlf else mail.policy)
    assert as_table(fast_parts(data)) == as_table(library_parts(data))


def words_in(found: list[Part]) -> set[bytes]:
    texts = [p.body for p in found] + [v for p in found for _, v in p.fields]
    texts += [name.encode() for p in found for name, _ in p.fields]
    return set(re.findall(rb"[\w=+/]{3,}", b"\n".join(texts)))


@settings(max_examples=120, deadline=None)
@given(mails(depth=0), st.data())
def test_a_damaged_mail_loses_no_word_against_the_library(
    mail: EmailMessage, data: st.DataObject
) -> None:
    raw = bytearray(mail.as_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] = data.draw(st.sampled_from(b'\n\r :;-="\0a\xff'))
    damaged = bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    try:
        fast = fast_parts(damaged)
    except AnomalyError:
        return  # the library does it
    assert words_in(library_parts(damaged)) <= words_in(fast)


# -- what mail looks like outside of textbooks --------------------------------------------------

ANOMALIES = {
    "boundary never closed": (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello there\n--b\n\nsecond one\n",
        "hello there second one",
    ),
    "boundary never used": (
        b"Content-Type: multipart/mixed; boundary=b\n\nhello there\n", "hello there",
    ),
    "boundary not named": (b"Content-Type: multipart/mixed\n\nhello there\n", "hello there"),
    "header without a colon": (b"Subject: x\nnot a header\n\nhello there\n", "hello there"),
    "no header": (b"\nhello there\n", "hello there"),
    "no body": (b"Subject: hello there", "hello there"),
    "a list's footer after base64": (
        b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(b"hello there\n")
        + b"\n_______\nfooter of: list\n",
        "hello there footer list",
    ),
    "base64 in two pieces": (
        b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(b"hello x") + b"\n"
        + base64.b64encode(b" there"),
        "hello there",
    ),
    "base64 that is not": (b"Content-Transfer-Encoding: base64\n\nhello, there!\n", "hello there"),
    "base64 cut off": (
        b"Content-Transfer-Encoding: base64\n\n" + base64.b64encode(b"hello there")[:-3], "hello"
    ),
    "unknown encoding": (b"Content-Transfer-Encoding: x-none\n\nhello there\n", "hello there"),
    "unknown charset": (
        b"Content-Type: text/plain; charset=x-none\n\nhello \xe5sa\n", "hello åsa"
    ),
    "charset that is a codec": (
        b"Content-Type: text/plain; charset=zlib\n\nhello there\n", "hello there"
    ),
    "wrong charset declared": (
        b"Content-Type: text/plain; charset=us-ascii\n\nhello \xc3\xa5sa\n", "hello åsa"
    ),
    "text around the parts": (
        b"Content-Type: multipart/mixed; boundary=b\n\nbefore them\n--b\n\nhello\n--b--\n"
        b"after them",
        "before hello after them",
    ),
    "fields folded": (b"Subject: hello\n\tthere\nX-A:\n one\n\nbody\n", "hello there one body"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANOMALIES)
@pytest.mark.parametrize("line_break", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_anomalies(name: str, line_break: bytes) -> None:
    data, expected = ANOMALIES[name]
    found = WORD.findall(text_of(data.replace(b"\n", line_break)))
    assert not [word for word in expected.split() if word not in found]


def test_headers_are_cells_with_their_names() -> None:
    data = (
        b"From sender@example.com Thu Jan  1 00:00:00 2026\nReceived: from a\n\t([192.0.2.1])\n"
        b"Received: from b ([192.0.2.2])\nSubject: =?utf-8?q?=C3=85?= 900101-2384\n\nbody\n"
    )
    head = next(iter(mime.read(HeldContent("", data), OPTIONS)))
    assert isinstance(head, Block)
    layout = head.layout
    assert layout is not None

    def field_at(word: bytes) -> str:
        places = layout.place(np.array([head.text.index(word)]))
        cell = head.text[places.cell_start[0] : places.cell_end[0]]
        assert word in cell
        assert b"\n" not in cell
        return str(places.fields[places.field[0]])

    assert field_at(b"192.0.2.1") == "Received"
    assert field_at(b"192.0.2.2") == "Received[2]"
    assert field_at(b"900101-2384") == "Subject"
    assert field_at(b"sender@example.com") == "From_"


def test_parts_have_their_numbers_and_attachments_their_names() -> None:
    mail = EmailMessage()
    mail.set_content("first")
    mail.add_alternative("<p>second</p>", subtype="html")
    mail.add_attachment(b"\0\1", "image", "png", filename="Åsa.png")
    mail.add_attachment(b"\0\2", "image", "png", filename="Åsa.png")
    mail.add_attachment("note", filename="note.txt")
    inner = EmailMessage()
    inner["Message-ID"] = "<1@example.com>"
    inner.set_content("third")
    mail.add_attachment(inner)
    data = mail.as_bytes()
    texts = parts_of(data)
    assert texts["part 1.1"].strip() == b"first"
    assert b"second" in texts["part 1.2"]
    found = nested_of(data)
    assert found["Åsa.png"] == b"\0\1"
    assert found["Åsa.png~2"] == b"\0\2"
    assert found["note.txt"].strip() == b"note"
    assert b"third" in found["part 5"]


def test_what_is_encrypted_is_named() -> None:
    sealed = (
        b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\n\n'
        b"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\n"
        b"Content-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n"
    )
    events = list(mime.read(HeldContent("", sealed), OPTIONS))
    barred = [event for event in events if isinstance(event, Nested)][-1]
    with pytest.raises(UnreadableError) as caught:
        barred.content.open()
    assert caught.value.reason == Reason.ENCRYPTED
    inline = (
        b"Subject: x\n\nhello\n-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n"
    )
    gaps = [e for e in mime.read(HeldContent("", inline), OPTIONS) if isinstance(e, Gap)]
    assert [gap.reason for gap in gaps] == [Reason.ENCRYPTED]


def test_a_uuencoded_file_within_the_text_is_an_item() -> None:
    data = b"Subject: x\n\nsee\nbegin 644 a.txt\n+:&5L;&\\@=&AE<F4 \n`\nend\nbye\n"
    assert nested_of(data)["a.txt"].rstrip(b"\0") == b"hello there"


def test_ten_thousand_parts_and_a_hundred_levels_take_no_time() -> None:
    many = (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx900101\n" * 10_000 + b"--b--\n"
    )
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(3000)
    ) + b"\nhello there\n" + b"".join(b"--b%d--\n" % n for n in reversed(range(3000)))  # fmt: skip
    started = time.monotonic()
    assert text_of(many).count("x900101") == 10_000
    assert "hello there" in text_of(deep)
    gaps = [e for e in mime.read(HeldContent("", deep), OPTIONS) if isinstance(e, Gap)]
    assert [gap.reason for gap in gaps] == [Reason.LIMIT]
    assert time.monotonic() - started < 5


def test_a_mail_beyond_the_limit_is_refused() -> None:
    small = ReadOptions(Limits(member_memory=1000))
    with pytest.raises(UnreadableError) as caught:
        list(mime.read(HeldContent("", b"Subject: x\n\n" + b"y" * 1000), small))
    assert caught.value.reason == Reason.LIMIT
