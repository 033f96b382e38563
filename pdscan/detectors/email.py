"""E-mail addresses.

The form is that of RFC 5321 and 5322, with internationalised local parts and domains (RFC 6531,
IDNA 2008): a local part with dots inside only, and a domain of two labels or more whose last one
is not a number. The canonical form is lower case (no provider in wide use tells local parts apart
by case) with the domain in its ASCII form. Local parts in quotes are found too, and addresses
written out against robots (``name (at) domain dot fi``), these at low likelihood only.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from pdscan.columns import blank_after, row_bits
from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Detector, Flags, Judged, Run
from pdscan.model import Bytes2D, Ints, Likelihood

_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LONGEST = 254  # RFC 5321, 4.5.3.1.3
_LONGEST_LOCAL = 64
_LABEL = r"[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,61}[A-Za-z0-9À-ɏ])?"
_DOT = r"(?:\.|[ ]?[\[({](?:dot|piste|punkt|\.)[\])}][ ]?|[ ](?:dot|piste|punkt)[ ])"
# Signs of addresses without a bracket: rare, as " dot " alone is not.
#: How a domain ends that is written out, by the word for its dot.
_ENDS = {
    " dot ": "com|org|net|info|eu|fi|se|no|dk|ee|uk", " piste ": "com|fi", " punkt ": "com|se",
}  # fmt: skip
_END = "|".join(f"{dot}(?:{ends})" for dot, ends in _ENDS.items())
_AT = r"(?:[ ]?[\[({<](?:at|AT|ät|ÄT|a|miuku|@)[\])}>][ ]?|[ ](?:at|ät)[ ])"


def judge(candidates: Candidates) -> Judged:
    """Accepts one address per run, less the punctuation around it."""
    if candidates.anchor is not None:
        return _judge_rare(candidates)
    raw, length = candidates.raw, candidates.raw_length
    if raw.shape[1] > _BITS:
        return _judge_long(candidates)
    good, start, stop = _form(raw, length)
    level = np.where(good, np.int8(Likelihood.LIKELY), np.int8(-1)).astype(np.int8)
    level[good & _is_file(raw, stop)] = Likelihood.VERY_UNLIKELY
    upper = (raw >= 0x41) & (raw <= 0x5A)
    canonical = _shift_left(raw + upper * np.uint8(0x20), start, stop)
    for row in np.flatnonzero(good & (raw >= 0x80).any(axis=1)).tolist():
        form = _canonical(raw[row, start[row] : stop[row]].tobytes().decode("utf-8", "replace"))
        level[row] = level[row] if form else -1
        if len(form) > canonical.shape[1]:
            canonical = np.pad(canonical, ((0, 0), (0, len(form) - canonical.shape[1])))
        canonical[row] = 0
        canonical[row, : len(form)] = np.frombuffer(form, np.uint8)
    return Judged(level, {"form": good}, canonical, start, length - stop)


def _form(raw: Bytes2D, length: Ints) -> tuple[Flags, Ints, Ints]:
    """Which rows of at most 64 bytes hold one address, and where it begins and ends in them.

    Each class of characters is one 64-bit number a row, so that a rule is a few operations.
    """
    at, dot, hyphen = (row_bits(raw == ord(sign)) for sign in "@.-")
    edge = at | dot | hyphen | row_bits((raw == ord("'")) | (raw == ord("+")))
    lower = raw | 0x20
    letter = row_bits(((lower - np.uint8(0x61)) < 26) | (raw >= 0x80))
    named = letter | row_bits((raw - np.uint8(0x30)) < 10) | hyphen
    core = ~edge & _below(length)
    end = _fill_down(core)
    inside = end & ~(_lowest(core) - _ONE)
    at &= inside
    local, domain = inside & (at - _ONE), inside & ~(at | (at - _ONE))
    dots = dot & domain
    labels = _fill_down(dots)  # up to the last dot
    top = domain & ~labels
    hyphens = hyphen & domain
    joint = (dot >> _ONE) & (dot | at | hyphens) | ((dot | hyphens) >> _ONE) & (dot | at)
    good = np.bitwise_count(at) == 1
    good &= (dots != 0) & (local != 0) & (np.bitwise_count(local) <= _LONGEST_LOCAL)
    good &= (domain & ~(named | dot)) == 0
    good &= np.bitwise_count(top & letter) >= 2
    good &= ((labels + _ONE) & letter) != 0
    good &= (joint & inside & (inside >> _ONE)) == 0
    stop = np.bitwise_count(end).astype(np.int64)
    start = np.minimum(np.bitwise_count(_lowest(core) - _ONE).astype(np.int64), stop)
    return good, start, stop


_BITS = 64
_ONE = np.uint64(1)
_Bits = npt.NDArray[np.uint64]


def _below(length: Ints) -> _Bits:
    """The lowest `length` bits, 1 to 64 of them."""
    return ~np.uint64(0) >> (_BITS - length).astype(np.uint64)


def _lowest(bits: _Bits) -> _Bits:
    return bits & (~bits + _ONE)


def _fill_down(bits: _Bits) -> _Bits:
    """All bits up to the highest one that is set."""
    for step in (1, 2, 4, 8, 16, 32):
        bits = bits | (bits >> np.uint64(step))
    return bits


def _is_file(raw: Bytes2D, stop: Ints) -> Flags:
    """Whether what ends at `stop` ends like the name of a file."""
    column = np.maximum(stop[:, None] - np.arange(4, 0, -1), 0)
    last = np.take_along_axis(raw, column, axis=1) | 0x20
    ends = np.ascontiguousarray(last).view(np.uint32).ravel()
    found: Flags = np.isin(ends, _FOUR) | np.isin(ends >> 8, _THREE)
    return found


def _endings(size: int) -> npt.NDArray[np.uint32]:
    """The last four characters of files with an extension of `size`; three of them for two."""
    names = [("." + name)[-4:].lower().encode() for name in _FILES if len(name) == size]
    folded = [bytes(code | 0x20 for code in name).ljust(4, b"\0") for name in names]
    return np.frombuffer(b"".join(folded), np.uint32)


_FILES = ("png", "jpg", "gif", "svg", "css", "jpeg", "webp", "js")  # such as logo@2x.png
_FOUR, _THREE = np.concatenate([_endings(3), _endings(4)]), _endings(2)


def _judge_long(candidates: Candidates) -> Judged:
    """The same rule for runs of more than 64 bytes, one by one: there are few."""
    level = np.full(len(candidates), -1, np.int8)
    start, trail = (np.zeros(len(candidates), np.int64) for _ in range(2))
    forms = []
    for row, (data, size) in enumerate(
        zip(candidates.raw, candidates.raw_length.tolist(), strict=True)
    ):
        run = data[:size].tobytes()
        address = run.strip(b".-'+@")
        text = address.decode("utf-8", "replace")
        form = _canonical(text) if _ADDRESS.fullmatch(text) else b""
        forms.append(form)
        if form:
            start[row] = run.index(address)
            trail[row] = size - len(address) - start[row]
            is_file = text.rpartition(".")[2].lower() in _FILES
            level[row] = Likelihood.VERY_UNLIKELY if is_file else Likelihood.LIKELY
    column = np.array(forms, np.bytes_)
    canonical = column.view(np.uint8).reshape(len(forms), -1)
    return Judged(level, {"form": level >= 0}, canonical, start, trail)


_NAMED = r"[^\W_](?:(?:[^\W_]|-)*[^\W_])?"
_ADDRESS = re.compile(
    rf"(?=[^@]{{1,{_LONGEST_LOCAL}}}@)[^@.]+(?:\.[^@.]+)*@"
    rf"(?:{_NAMED}\.)+(?=[^\W\d_])(?=(?:.*[^\W\d_]){{2}}){_NAMED}"
)


def _canonical(address: str) -> bytes:
    """Lower case, the domain in its ASCII form; nothing where it has none."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.lower()}@{domain.lower().encode('idna').decode()}".encode()
    except UnicodeError:
        return b""


def _judge_rare(candidates: Candidates) -> Judged:
    """Local parts in quotes, and addresses written out in words."""
    quoted = texts.cut_around(
        candidates, r'"[^"\s@](?:[^"@\r\n]{0,60}[^"\s@])?"@',
        rf"{_LABEL}(?:\.{_LABEL}){{0,4}}\.[A-Za-zÀ-ɏ]{{2,24}}", border="(?:[^A-Za-z0-9].*)?$",
    )  # fmt: skip
    local = rf"[A-Za-z0-9_+-]{{1,40}}(?:{_DOT}[A-Za-z0-9_+-]{{1,40}}){{0,3}}"
    domain = rf"{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}{_DOT}[A-Za-z]{{2,24}}"
    written = texts.cut_around(
        candidates, rf"{local}{_AT}", f"[ ]?{domain}", border="(?:[^A-Za-z0-9].*)?$"
    ).or_else(
        texts.cut_around(
            candidates, rf"{local}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}(?:{_END})", "",
            border="(?:[^A-Za-z0-9].*)?$",
        )
    )  # fmt: skip
    found = quoted.or_else(written)
    level = np.where(quoted.found, Likelihood.POSSIBLE, Likelihood.UNLIKELY)
    evidence = {"local part in quotes": quoted.found, "written out": written.found & ~quoted.found}
    return texts.judged(found, level, evidence, texts.each(found.text, _plain))


def _plain(text: str) -> str:
    if '"@' in text:
        return text.lower()
    at = re.sub(_AT, "@", text, count=1)
    return re.sub(_DOT, ".", at).lower()


def _shift_left(rows: Bytes2D, start: Ints, stop: Ints) -> Bytes2D:
    if start.any():
        column = np.minimum(np.arange(rows.shape[1]) + start[:, None], rows.shape[1] - 1)
        rows = np.take_along_axis(rows, column, axis=1)
    return blank_after(rows, stop - start)


DETECTOR = Detector(
    kind="email",
    name="E-mail address",
    category="EmailAddress",
    finders=(
        Run("@", _WORD + "._%+-'@", _LONGEST, hint=r"@[0-9A-Za-z\x80-\xff]", beyond_ascii=True),
        Around("", before=68, after=190, words=('"@',)),
        *(Around(f"(?:{ends})", before=90, after=1, words=(dot,)) for dot, ends in _ENDS.items()),
        Around("", before=60, after=80, words=("(at)", "[at]", "{at}", "<at>", "(AT)", "[AT]",
                                               "(ät)",
                                               "[ät]", "(a)", "[a]", "(miuku)", "[miuku]", "(@)")),
    ),
    judge=judge,
    counter=("message id", "in reply to", "references", "content id"),
    context=("email", "e-mail", "sähköposti", "e-post", "epost", "mailto"),
    labels=("email", "e-mail", "mail", "email address", "sähköposti", "sahkoposti",
            "sähköpostiosoite", "e-post", "epost", "e-postadress", "from", "to", "cc", "bcc"),
    examples=("matti.meikalainen@example.fi",),
)  # fmt: skip
