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

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Detector, Judged, Run
from pdscan.model import Bytes2D, Ints, Likelihood

_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_LONGEST = 254  # RFC 5321, 4.5.3.1.3
_LONGEST_LOCAL = 64
_EDGE = np.frombuffer(b".-'+@", np.uint8)  # punctuation of the sentence around an address
# Retina images and the like: logo@2x.png
_LABEL = r"[A-Za-z0-9À-ɏ](?:[A-Za-z0-9À-ɏ-]{0,61}[A-Za-z0-9À-ɏ])?"
_DOT = r"(?:\.|[ ]?[\[({](?:dot|piste|punkt|\.)[\])}][ ]?|[ ](?:dot|piste|punkt)[ ])"
_AT = r"(?:[ ]?[\[({<](?:at|AT|ät|ÄT|a|miuku|@)[\])}>][ ]?|[ ](?:at|ät)[ ])"
_FILES = frozenset({b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js"})


def judge(candidates: Candidates) -> Judged:
    """Accepts one address per run, less the punctuation around it."""
    if candidates.anchor is not None:
        return _judge_rare(candidates)
    raw, length = candidates.raw, candidates.raw_length
    column = np.arange(raw.shape[1])
    lead = _edge(raw, length)
    trail = _edge(_reversed(raw, length), length)
    start, stop = lead, length - trail
    inside = (column >= start[:, None]) & (column < stop[:, None])
    at = (raw == ord("@")) & inside
    where = np.argmax(at, axis=1)
    in_domain = inside & (column > where[:, None])
    dot = (raw == ord(".")) & inside
    last_dot = raw.shape[1] - 1 - np.argmax((dot & in_domain)[:, ::-1], axis=1)
    top = in_domain & (column > last_dot[:, None])
    letter = (((raw | 0x20) >= 0x61) & ((raw | 0x20) <= 0x7A)) | (raw >= 0x80)
    hyphen, digit = raw == ord("-"), (raw >= 0x30) & (raw <= 0x39)

    good = at.sum(axis=1) == 1
    good &= (dot & in_domain).any(axis=1) & (where > start) & (where - start <= _LONGEST_LOCAL)
    good &= ~(in_domain & ~(letter | digit | hyphen | dot)).any(axis=1)
    good &= (top & letter).sum(axis=1) >= 2
    good &= letter[np.arange(len(raw)), np.minimum(last_dot + 1, raw.shape[1] - 1)]
    joint = dot[:, 1:] & (dot | at | (hyphen & in_domain))[:, :-1]
    joint |= (dot | at)[:, :-1] & (dot | (hyphen & in_domain))[:, 1:]
    good &= ~(joint & inside[:, 1:]).any(axis=1)

    upper = (raw >= 0x41) & (raw <= 0x5A)
    canonical = _shift_left(np.where(upper, raw + np.uint8(0x20), raw), start, stop)
    level = np.where(good, np.int8(Likelihood.LIKELY), np.int8(-1)).astype(np.int8)
    canonical = _by_hand(canonical, level, np.flatnonzero(good & (raw >= 0x80).any(axis=1)))
    for extension in _FILES:
        ends = np.array([*b"." + extension, 0], np.uint8)
        tail = stop - start - len(extension) - 1
        rows = np.flatnonzero(good & (tail > 0) & (tail + len(ends) <= canonical.shape[1]))
        same = canonical[rows[:, None], tail[rows, None] + np.arange(len(ends))] == ends
        level[rows[same.all(axis=1)]] = Likelihood.VERY_UNLIKELY
    return Judged(level, {"form": good}, canonical, start.astype(np.int64), trail.astype(np.int64))


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
            candidates, rf"{local}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}[ ](?:dot|piste|punkt)[ ]",
            "(?:com|org|net|info|eu|fi|se|no|dk|ee|is|de|uk|io)", border="(?:[^A-Za-z0-9].*)?$",
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


def _edge(rows: Bytes2D, length: Ints) -> Ints:
    """How many characters at the beginning of each row are punctuation."""
    count = np.zeros(len(rows), np.int64)
    going = np.ones(len(rows), np.bool_)
    for number in range(rows.shape[1]):
        going &= np.isin(rows[:, number], _EDGE) & (number < length)
        if not going.any():
            break
        count += going
    return count


def _reversed(rows: Bytes2D, length: Ints) -> Bytes2D:
    column = length[:, None] - 1 - np.arange(rows.shape[1])
    return np.where(
        column >= 0, np.take_along_axis(rows, np.maximum(column, 0), axis=1), np.uint8(0)
    )


def _shift_left(rows: Bytes2D, start: Ints, stop: Ints) -> Bytes2D:
    if start.any():
        column = np.minimum(np.arange(rows.shape[1]) + start[:, None], rows.shape[1] - 1)
        rows = np.take_along_axis(rows, column, axis=1)
    rows = np.where(np.arange(rows.shape[1]) < (stop - start)[:, None], rows, np.uint8(0))
    return np.pad(rows, ((0, 0), (0, 1)))


def _by_hand(rows: Bytes2D, level: np.ndarray, beyond: Ints) -> Bytes2D:
    """Folds case beyond ASCII and puts domains into their ASCII form, where there is any."""
    forms = {}
    for row in beyond.tolist():
        local, _, domain = (
            rows[row].tobytes().rstrip(b"\0").decode("utf-8", "replace").partition("@")
        )
        try:
            forms[row] = f"{local.lower()}@{domain.lower().encode('idna').decode()}".encode()
        except UnicodeError:
            level[row] = -1
    widest = max((len(form) for form in forms.values()), default=0)
    if widest > rows.shape[1]:
        rows = np.pad(rows, ((0, 0), (0, widest - rows.shape[1])))
    for row, form in forms.items():
        rows[row] = 0
        rows[row, : len(form)] = np.frombuffer(form, np.uint8)
    return rows


DETECTOR = Detector(
    kind="email",
    name="E-mail address",
    category="EmailAddress",
    finders=(
        Run("@", _WORD + "._%+-'@", _LONGEST, hint=r"@[0-9A-Za-z\x80-\xff]", beyond_ascii=True),
        Around("", before=68, after=190, words=('"@',)),
        Around("", before=60, after=80, words=("(at)", "[at]", "{at}", "<at>", "(AT)", "[AT]",
                                               "(ät)",
                                               "[ät]", "(a)", "[a]", "(miuku)", "[miuku]", "(@)")),
        Around("", before=90, after=24, words=(" dot ", " piste ", " punkt ")),
    ),
    judge=judge,
    context=("email", "e-mail", "sähköposti", "e-post", "epost", "mailto"),
    labels=("email", "e-mail", "mail", "email address", "sähköposti", "sahkoposti",
            "sähköpostiosoite", "e-post", "epost", "e-postadress", "from", "to", "cc", "bcc"),
    examples=("matti.meikalainen@example.fi",),
)  # fmt: skip
