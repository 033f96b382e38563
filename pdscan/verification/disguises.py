"""A value that was replaced by its hash or its encoding is still there: anybody can recompute it.

Recital 26 of the GDPR, and Opinion 05/2014 of the Article 29 Working Party (WP 216, 4): a digest
without a secret singles a person out as well as the value. What is looked for are the digests and
encodings that tools write, of the spellings they are written of. A digest under a secret key cannot
be recognised without the key; certificates say so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pdscan.detectors.interface import Around, Candidates, Detector, Judged
from pdscan.model import Likelihood

KIND = "disguised"
#: Digits of a digest that are looked for: enough that no other value has them by chance, few enough
#: that a shortened digest is found too.
_DIGITS = 16
_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b")
_LEAST_ENCODED = 8  # bytes of a value whose encoding is looked for; shorter ones occur by chance


@dataclass(frozen=True, slots=True)
class Value:
    """An identifier in clear: its kind, and its canonical form."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Disguise:
    """``written`` stands for an identifier of `kind`, made by `scheme` ("sha256 in hex")."""

    written: str
    kind: str
    scheme: str


def disguises(values: Iterable[Value]) -> tuple[Disguise, ...]:
    """Every form in which one of `values` may stand disguised, each once."""
    found: dict[str, Disguise] = {}
    for value in values:
        for spelling in sorted(spellings(value)):
            for written, scheme in _forms(spelling.encode()):
                found.setdefault(written, Disguise(written, value.kind, scheme))
    return tuple(found.values())


def spellings(value: Value) -> set[str]:
    """How a value is written before it is hashed, as far as that is usual."""
    text = value.text
    plain = "".join(char for char in text if char.isalnum())
    forms = {text, text.strip(), text.lower(), text.upper(), plain, plain.lower(), plain.upper()}
    if value.kind == "phone" and text.startswith("+"):
        for digits in (2, 3):  # country codes of the places that pdscan knows have 2 or 3 digits
            forms |= {f"0{text[1 + digits :]}", f"00{text[1:]}"}
    if value.kind == "se.personnummer" and len(plain) == 12:
        forms |= {plain[2:], f"{plain[2:8]}-{plain[8:]}", f"{plain[:8]}-{plain[8:]}"}
    return forms - {""}


def detector(found: Iterable[Disguise]) -> Detector:
    """Finds the disguises in any text, in the same pass as all other kinds."""
    by_length: dict[int, list[str]] = {}
    for disguise in found:
        by_length.setdefault(len(disguise.written), []).append(disguise.written)
    return Detector(
        kind=KIND,
        name="Hash or encoding of an identifier",
        category="Identifying",
        # What stands before the end of a word, as many bytes as the word has, is the word itself.
        finders=tuple(
            Around("", before=length, after=0, words=tuple(words))
            for length, words in sorted(by_length.items())
        ),
        judge=_judge,
    )


def _judge(candidates: Candidates) -> Judged:
    return Judged(np.full(len(candidates), Likelihood.VERY_LIKELY, np.int8))


def _forms(data: bytes) -> Iterator[tuple[str, str]]:
    for name in _DIGESTS:
        digest = hashlib.new(name, data, usedforsecurity=False).digest()
        for case in (str.lower, str.upper):
            yield case(digest.hex()[:_DIGITS]), f"{name} in hexadecimal digits"
        yield base64.b64encode(digest).decode()[:_DIGITS], f"{name} in base64"
        yield base64.urlsafe_b64encode(digest).decode()[:_DIGITS], f"{name} in base64"
    if len(data) >= _LEAST_ENCODED:
        for case in (str.lower, str.upper):
            yield case(data.hex()), "hexadecimal digits"
        # The last characters depend on what follows; the others do not.
        whole = len(data) // 3 * 4
        yield base64.b64encode(data).decode()[:whole], "base64"
