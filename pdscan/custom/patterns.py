"""Whether Hyperscan takes a pattern, and if not: why, and where in it."""

from __future__ import annotations

import re

import hyperscan

from pdscan.detectors.interface import Candidates, Detector, Judged, Regex
from pdscan.matching.engine import Engine

_INDEX = re.compile(r" ?(?:at|starting at|started at) index (\d+)")
#: What Hyperscan does not say the place of, and what to write instead.
_UNSUPPORTED = (
    (r"\(\?<?[=!]", "look-around", "use context, counter or a validator"),
    (r"\\[1-9]|\(\?P=|\\k[<{']", "a back-reference", "write the part out, or use a validator"),
    (r"\(\?>|[*+?}]\+", "an atomic group or possessive repeat", "leave it out"),
    (r"\\[bB]", "a word border", "leave it out: a match never begins or ends within a word"),
    (r"\(\?R\)|\(\?\d+\)|\(\?&", "recursion", "write the part out"),
)


def refusal(pattern: str, *, caseless: bool = False) -> str | None:
    """Why Hyperscan does not take `pattern` as the engine compiles it; None where it does."""
    finder = Regex(pattern, 1, caseless=caseless)
    try:
        Engine([Detector("pattern", "", "", (finder,), _judge)])
    except hyperscan.error as error:
        return _explain(pattern, str(error).rstrip("."))
    return None


def _judge(_candidates: Candidates) -> Judged:
    raise NotImplementedError  # it is only compiled


def _explain(pattern: str, message: str) -> str:
    for sign, what, instead in _UNSUPPORTED:
        for found in re.finditer(sign, pattern):
            if not _is_escaped(pattern, found.start()):
                return f"{what} is not supported, {_at(pattern, found.start())}; {instead}"
    if "empty buffer" in message:
        return f"matches the empty text, {_at(pattern, 0)}; make a part of it obligatory"
    if "too large" in message or "exceeds" in message:
        return (
            f"{message.lower()}: {_at(pattern, len(pattern) - 1)}; shorten its repeats, "
            r"write [0-9] for \d and [A-Za-z0-9] for \w, or put words into a word_file"
        )
    index = _INDEX.search(message)
    if index is None:
        return f"{message}: {pattern}"
    said = _INDEX.sub("", message)
    return f"{said[:1].lower()}{said[1:]}, {_at(pattern, _place(pattern, int(index[1])))}"


def _place(pattern: str, index: int) -> int:
    """The character that Hyperscan means by `index`: it counts å as an escape of six (x{e5})."""
    for place, char in enumerate(pattern):
        if index <= 0:
            return place
        index -= 1 if char.isascii() else len(f"\\x{{{ord(char):x}}}")
    return max(len(pattern) - 1, 0)


def _is_escaped(pattern: str, place: int) -> bool:
    before = pattern[:place]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _at(pattern: str, place: int) -> str:
    return f"at character {place + 1} of {pattern}"
