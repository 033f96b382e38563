"""The detectors' own finders as expressions that ripgrep takes: as many patterns for a peer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pdscan import detectors
from pdscan.detectors.interface import Around, Cell, Detector, Regex, Run, Shape

_SHAPE = re.compile(r"\{[\d,]*\}|\[[^\]]*\]|\\.|[9A]")
_ATOMS = {"9": "[0-9]", "A": "[A-Za-z]"}
_SPECIAL = frozenset("\\.+*?()|[]{}^$-")


def of_all_kinds() -> list[str]:
    """An expression for everything that the detectors look for."""
    found = (pattern for detector in detectors.load() for pattern in _of(detector))
    return list(dict.fromkeys(found))


def _of(detector: Detector) -> Iterator[str]:
    for finder in detector.finders:
        match finder:
            case Shape(pattern):
                yield rf"\b(?:{_SHAPE.sub(_atom, pattern)})\b"
            case Regex(pattern):
                yield pattern
            case Run(anchor, chars):
                own = _literal(chars)
                yield f"[{own}]*{_literal(anchor)}[{own}]*"
            case Around(sign, words=words):
                behind = _bytes(sign.replace("(?=", "(?:").replace(r"\"", '"'))
                before = "|".join(map(_literal, words))
                fold = "(?i)" if finder.caseless else ""
                yield f"{fold}(?:{before}){behind}" if words else behind
            case Cell():
                labels = "|".join(map(_literal, detector.labels))
                yield rf"""(?i)\b(?:{labels})["'\])]?[ \t]*[:=]"""


def _atom(part: re.Match[str]) -> str:
    text = part[0]
    if text.startswith("["):
        return text.replace("9", "0-9").replace("A", "A-Za-z")
    return _ATOMS.get(text, text)


def _literal(word: str) -> str:
    return "".join(
        {"\n": r"\n", "\t": r"\t"}.get(char, f"\\{char}" if char in _SPECIAL else char)
        if char.isascii()
        else _bytes(char)
        for char in word
    )


def _bytes(text: str) -> str:
    """`text` with characters beyond ASCII as the bytes of UTF-8."""
    return "".join(
        char if char.isascii() else "".join(f"\\x{byte:02x}" for byte in char.encode())
        for char in text
    )
