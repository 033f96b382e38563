"""Hashes and encodings against hashlib and base64, in running text, at edges, in any case."""

from __future__ import annotations

import base64
import hashlib

import pytest

from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Likelihood
from pdscan.verification.disguises import KIND, Value, detector, disguises

EMAIL = Value("email", "aino@example.com")
PHONE = Value("phone", "+358401234567")
PERSONNUMMER = Value("se.personnummer", "199001012384")
ALGORITHMS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b")


def seen(text: str, *values: Value) -> list[str]:
    engine = Engine([detector(disguises(values))], minimum=Likelihood.VERY_UNLIKELY)
    scanner = Scanner(engine, Fingerprinter(bytes(32)), values=True)
    return [
        row["value"]
        for batch in scanner.scan([Block(text.encode())])
        for row in batch.to_pylist() if row["kind"] == KIND
    ]  # fmt: skip


def digest(algorithm: str, text: str) -> bytes:
    return hashlib.new(algorithm, text.encode()).digest()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(
    "form",
    [lambda d: d.hex(), lambda d: d.hex().upper(), lambda d: base64.b64encode(d).decode(),
     lambda d: base64.urlsafe_b64encode(d).decode(), lambda d: f"0x{d.hex()}",
     lambda d: d.hex()[:20]],
    ids=["lower", "upper", "base64", "urlsafe", "0x", "shortened"],
)  # fmt: skip
def test_every_digest_in_every_form(algorithm: str, form: object) -> None:
    written = form(digest(algorithm, EMAIL.text))  # type: ignore[operator]
    for text in (written, f'{{"id":"{written}"}}', f"a {written}\n", f"x={written}&y=1"):
        assert len(seen(text, EMAIL)) == 1, text


@pytest.mark.parametrize(
    ("value", "spelling"),
    [
        (EMAIL, "AINO@EXAMPLE.COM"), (PHONE, "358401234567"), (PHONE, "0401234567"),
        (PHONE, "00358401234567"), (PERSONNUMMER, "19900101-2384"), (PERSONNUMMER, "900101-2384"),
        (PERSONNUMMER, "9001012384"), (Value("fi.hetu", "131052-308T"), "131052-308t"),
        (Value("fi.hetu", "131052-308T"), "131052308T"),
    ],
)  # fmt: skip
def test_spellings_are_hashed_too(value: Value, spelling: str) -> None:
    assert seen(hashlib.sha256(spelling.encode()).hexdigest(), value)


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_encodings_of_the_value(before: str) -> None:
    assert seen(EMAIL.text.encode().hex(), EMAIL)
    assert bool(seen(base64.b64encode((before + EMAIL.text).encode()).decode(), EMAIL)) == (
        before == ""
    )


def test_digests_of_others_and_keyed_ones_are_not_seen() -> None:
    import hmac

    other = hashlib.sha256(b"bjorn@example.org").hexdigest()
    keyed = hmac.new(b"secret", EMAIL.text.encode(), "sha256").hexdigest()
    assert seen(f"{other} {keyed} {EMAIL.text}", EMAIL) == []


def test_nothing_to_look_for() -> None:
    assert seen("anything", Value("email", "")) == []
