"""Bytes of mail as text: the charset that is declared where it fits, else the one that does."""

from __future__ import annotations

import codecs
from functools import lru_cache

_UTF8 = frozenset({"utf-8", "ascii"})

#: Names in the wild that Python's codec registry does not know.
_ALIASES = {
    "ansi": "cp1252", "x-ansi": "cp1252", "x-unknown": "cp1252", "cp-850": "cp850",
    "x-sjis": "cp932", "x-gbk": "gbk", "x-euc-jp": "euc_jp", "x-mac-roman": "mac_roman",
    "iso-8859-8-i": "iso8859_8", "iso-8859-8-e": "iso8859_8", "ks_c_5601-1987": "cp949",
    "unicode-1-1-utf-7": "utf_7", "x-x-big5": "big5", "utf8mb4": "utf-8",
}  # fmt: skip
# As browsers read them (encoding.spec.whatwg.org): the name says less than its users mean.
_WIDER = {
    "iso8859-1": "cp1252", "latin-1": "cp1252", "gb2312": "gb18030", "gbk": "gb18030",
    "shift_jis": "cp932", "iso8859-9": "cp1254", "tis-620": "cp874", "euc_kr": "cp949",
}  # fmt: skip
_ASCII = bytes(range(128))


@lru_cache(maxsize=256)
def codec_name(charset: str) -> str:
    """The codec that reads `charset`; empty where there is none."""
    name = charset.strip(" \t\"'").lower()
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name
        b"  ".decode(
            found, "replace"
        )  # codecs such as rot13 and zlib are no charsets and say so here
    except (LookupError, ValueError):
        return ""
    return _WIDER.get(found, found)


def to_utf8(data: bytes, charset: str = "") -> bytes:
    """`data` as UTF-8, read in `charset` where it fits."""
    codec = codec_name(charset) if charset else ""
    if codec in ("", *_UTF8):
        if data.isascii():
            return data
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return data.decode("cp1252" if _is_latin(data) else "utf-8", "replace").encode()
        return data
    return _decoded(data, codec).encode("utf-8", "replace")


def to_text(data: bytes, charset: str = "") -> str:
    """`data` as text, read in `charset` where it fits."""
    return to_utf8(data, charset).decode("utf-8", "replace")


def _decoded(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, "replace")
    except (UnicodeError, ValueError):  # "utf-16" without one full unit, broken stateful codecs
        return data.decode("cp1252", "replace")


def _is_latin(data: bytes) -> bool:
    """Whether text that is not UTF-8 is rather cp1252 than UTF-8 with a few damaged places."""
    sample = data[: 1 << 16]
    high = len(sample.translate(None, _ASCII))
    return sample.decode("utf-8", "replace").count("\ufffd") * 3 > high
