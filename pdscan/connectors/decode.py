"""Bytes of any encoding as chunks of UTF-8, in one pass and without holding the whole.

The order of trust: a byte order mark; strict UTF-8; the zero bytes of UTF-16 and UTF-32; then
the old eight-bit encodings, decided on the first stretch that is not ASCII (what came before reads
the same in all of them). Western encodings are told apart by whether the letters they give stand
where letters stand in a word, before a general guesser is asked: such guessers take the Swedish
``å`` of windows-1252 for the ``ĺ`` of windows-1250. A text that is UTF-8 and then breaks stays
UTF-8; only its invalid bytes are read as windows-1252.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

import numpy as np

from pdscan.connectors.formats.interface import Content

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins like UTF-16's mark: first
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WESTERN = ("cp1252", "iso-8859-15", "cp850", "mac-roman")
_NAMES = {
    "cp1252": "windows-1252", "cp1250": "windows-1250", "cp1251": "windows-1251",
    "cp1253": "windows-1253", "cp1254": "windows-1254", "cp1257": "windows-1257",
}  # fmt: skip
_MIXED = "utf-8, some bytes windows-1252"
_SAMPLE = 16 << 10
_FEW = 16 << 10  # bytes that are sooner decoded than handed over to be looked at
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\b\x1b\0")) + b"\x7f"
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_COMMON = frozenset("åäöÅÄÖéÉüÜæøÆØ")
_OPENING = frozenset("‘“„«‚‹")
_CLOSING = frozenset("’”»›")
_JOINERS = frozenset("’‘´`\u00ad·\ufeff\u00a0")


class Text:
    """The text of a content as UTF-8, to be iterated once: chunks of about `size` bytes.

    Chunks end at character borders. ``encoding`` is what the text has been decoded with so far;
    a byte order mark is not part of the text.
    """

    def __init__(self, content: Content, size: int, *, declared: str = "") -> None:
        """`declared`: the encoding the content claims, believed where it is not UTF-8."""
        self._content = content
        self._size = size
        self._declared = declared
        self.encoding = "ascii"

    def __iter__(self) -> Iterator[bytes]:
        with self._content.open() as stream:
            first = stream.read(max(self._size, 4))
            mark, name = _marked(first)
            first = first[len(mark) :]
            name = name or wide_encoding(first) or ""
            if name and name != "utf-8":
                yield from self._recode(first, stream, name)
            else:
                yield from self._utf8(first, stream, is_decided=bool(name))

    def _utf8(self, chunk: bytes, stream: BinaryIO, *, is_decided: bool) -> Iterator[bytes]:
        if is_decided:
            self.encoding = "utf-8"
        while chunk:
            cut = len(chunk)
            if not chunk.isascii():
                cut = character_border(chunk)
                body = chunk if cut == len(chunk) else chunk[:cut]
                is_valid = is_utf8(body)
                if not is_decided:
                    is_decided = True
                    self.encoding = "utf-8" if is_valid else self._declared or _guess(chunk)
                    if self.encoding not in ("utf-8", _MIXED):
                        yield from self._recode(chunk, stream, self.encoding)
                        return
                if not is_valid:
                    self.encoding = _MIXED
                    body = body.decode("utf-8", PATCH).encode()
                if body:
                    yield body
            else:
                yield chunk
            rest = chunk[cut:]
            chunk = stream.read(self._size)
            if rest and chunk:
                chunk = rest + chunk
            elif rest:
                self.encoding = _MIXED if self.encoding == "utf-8" else self.encoding
                yield rest.decode("utf-8", PATCH).encode()

    def _recode(self, chunk: bytes, stream: BinaryIO, name: str) -> Iterator[bytes]:
        self.encoding = _NAMES.get(name, name)
        decoder = codecs.getincrementaldecoder(name)(errors="replace")
        while chunk:
            if text := decoder.decode(chunk):
                yield text.encode("utf-8", "replace")
            chunk = stream.read(self._size)
        if text := decoder.decode(b"", final=True):
            yield text.encode("utf-8", "replace")


def declared_encoding(name: str) -> str:
    """The codec for an encoding's name as documents declare it; empty where there is none.

    Browsers read Latin-1 and ASCII as windows-1252 (https://encoding.spec.whatwg.org/#names-and-labels).
    """
    try:
        known = codecs.lookup(name)
    except LookupError:
        return ""
    if known.name in ("iso8859-1", "ascii"):
        return "cp1252"
    is_text = getattr(known, "_is_text_encoding", True)
    return known.name if is_text and not known.name.startswith(("utf", "idna", "puny")) else ""


def decode_head(head: bytes) -> str:
    """The text of the beginning of a content, to judge its format by."""
    mark, name = _marked(head)
    head = head[len(mark) :]
    if name := name or wide_encoding(head) or "":
        return head.decode(name, "ignore")
    body = head[: character_border(head)]
    if is_utf8(body):
        return body.decode()
    name = _guess(head)
    return head.decode("utf-8", PATCH) if name == _MIXED else head.decode(name, "replace")


def looks_like_text(head: bytes) -> bool:
    """Whether the beginning of a content reads as text in some encoding.

    Some zero bytes are borne (logs have runs of them after a crash), other controls hardly.
    """
    if _marked(head)[0] or wide_encoding(head):
        return True
    zeros = head.count(0)
    printable = len(head) - zeros
    if zeros > len(head) // 3 or not printable:
        return not head
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls * 100 > printable * 2 or (zeros and controls * 1000 > printable):
        return False
    if head.isascii() or is_utf8(head[: character_border(head)]):
        return True
    # Eight-bit text holds no controls, and blanks and ASCII between the letters beyond it.
    beyond = len(head) - len(head.translate(None, _BEYOND_ASCII))
    return not zeros and not controls and beyond * 10 <= len(head) * 7


def _marked(head: bytes) -> tuple[bytes, str]:
    """The byte order mark that `head` begins with and the encoding it stands for."""
    return next((known for known in _BOMS if head.startswith(known[0])), (b"", ""))


def wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, from where the zero bytes of ASCII characters stand."""
    head = head[: _SAMPLE - _SAMPLE % 4]
    if len(head) < 8 or b"\0" not in head:
        return None
    quads = np.frombuffer(head[: len(head) & ~3], np.uint8).reshape(-1, 4) == 0
    share = quads.mean(axis=0)
    for name, zeros, others in (
        ("utf-32-le", (1, 2, 3), (0,)), ("utf-32-be", (0, 1, 2), (3,)),
        ("utf-16-le", (1, 3), (0, 2)), ("utf-16-be", (0, 2), (1, 3)),
    ):  # fmt: skip
        if share[list(zeros)].min() > 0.7 and share[list(others)].max() < 0.02:
            with suppress(UnicodeDecodeError):
                text = head[: len(head) & ~3].decode(name, "strict" if "32" in name else "replace")
                if not any(ord(char) < 9 for char in text[:512]):
                    return name
    return None


def is_utf8(data: bytes) -> bool:
    """Whether `data` is valid UTF-8, at memory speed (about five times that of `bytes.decode`)."""
    if len(data) < _FEW:
        try:
            data.decode()
        except UnicodeDecodeError:
            return False
        return True
    import pyarrow as pa

    borders = pa.py_buffer(np.array([0, len(data)], np.int64))
    column = pa.Array.from_buffers(pa.large_string(), 1, [None, borders, pa.py_buffer(data)])
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def character_border(data: bytes) -> int:
    """Where to cut `data` so that a UTF-8 character that goes on beyond its end is left out."""
    for back in range(1, min(4, len(data) + 1)):
        code = data[-back]
        if code & 0xC0 != 0x80:
            length = 1 if code < 0xC0 else 2 if code < 0xE0 else 3 if code < 0xF0 else 4
            return len(data) - back if length > back else len(data)
    return len(data)


def _patch(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101 - registered for decoding only
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


#: The error handler that reads bytes that are not UTF-8 as windows-1252.
PATCH = "pdscan.windows-1252"
codecs.register_error(PATCH, _patch)


def _guess(data: bytes) -> str:
    """The encoding of `data`, which is neither ASCII nor valid UTF-8."""
    sample = _sample(data)
    multi = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]+", sample))
    stray = len(re.findall(rb"[\x80-\xff]", re.sub(rb"[\xc3-\xf4][\x80-\xbf]+", b"", sample)))
    if multi > stray:
        return _MIXED
    scores = [_score(sample.decode(name, "replace")) for name in _WESTERN]
    best = max(scores)
    if best >= 0.4:
        return _WESTERN[scores.index(best)]
    from charset_normalizer import from_bytes

    match = from_bytes(sample).best()
    if match is None or match.encoding in ("ascii", "utf_8"):
        return "cp1252"
    return match.encoding.replace("_", "-")


def _sample(data: bytes) -> bytes:
    """The lines of `data` that are not ASCII, up to 16 KiB."""
    lines, size, done = [], 0, 0
    # Only forwards from such a byte: an expression that also takes what stands before it tries
    # every place of a long line of ASCII, and needs a second for the head of a PDF.
    for hit in re.finditer(rb"[\x80-\xff][^\n]{0,512}\n?", data):
        start = max(done, hit.start() - 512)
        line = data[max(start, data.rfind(b"\n", start, hit.start()) + 1) : hit.end()]
        lines.append(line)
        size += len(line)
        done = hit.end()
        if size > _SAMPLE:
            break
    return b"".join(lines)[:_SAMPLE]


def _score(text: str) -> float:
    """How well the letters beyond ASCII stand in the words of `text`: about -2 to 1."""
    total, count = 0.0, 0
    padded = f" {text} "
    for hit in re.finditer(r"[^\x00-\x7f]", padded):
        before, char, after = padded[hit.start() - 1], hit[0], padded[hit.start() + 1]
        beside = (before.isascii() and before.isalpha()) + (after.isascii() and after.isalpha())
        count += 1
        if char == "\ufffd" or "\x7f" < char < "\xa0":
            total -= 3
        elif char.isalpha():
            if char.isupper() and before.islower():
                total -= 2
            elif char.islower() and before.isupper() and after.isupper():
                total -= 1
            elif beside:
                total += 1 if char in _COMMON else 0.6
            elif char in _COMMON:
                total += 0.4
        elif before.isalpha() and after.isalpha() and char not in _JOINERS:
            total -= 2
        elif char in _OPENING or char in _CLOSING:
            inner, outer = (after, before) if char in _OPENING else (before, after)
            total += 0.8 if not inner.isspace() and not outer.isalpha() else -1
        elif char == "¤":
            total -= 0.1  # the euro sign of ISO-8859-15, almost always
        else:
            total += 0.4 if char in "–—…€§°£±½®©™\u00a0" else 0
    return total / count if count else 0.0
