"""The column-wise CMAC against the published vectors and a maintained library."""

from __future__ import annotations

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import algorithms
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from pdscan.matching.fingerprints import SIZE, Fingerprinter, _Cmac

# NIST SP 800-38B, appendix D.3: AES-256.
_KEY = bytes.fromhex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
_MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)


def _column(key: bytes, messages: list[bytes]) -> list[bytes]:
    width = max(1, *map(len, messages))
    values = np.array([list(m.ljust(width, b"\0")) for m in messages], np.uint8)
    lengths = np.array([len(m) for m in messages], np.int64)
    return [row.tobytes() for row in _Cmac(key).column(values, lengths)]


@pytest.mark.parametrize(
    ("length", "tag"),
    [
        (0, "028962f61b7bf89efc6b551f4667d983"),
        (16, "28a7023f452e8f82bd4bf28d8c37c35c"),
        (40, "aaf3d8f1de5640c232f5b169b9c911e6"),
        (64, "e1992190549f6ed5696a2c056c315410"),
    ],
)
def test_published_vectors(length: int, tag: str) -> None:
    assert _column(_KEY, [_MESSAGE[:length]]) == [bytes.fromhex(tag)]


@given(
    st.lists(st.binary(max_size=100), min_size=1, max_size=20), st.binary(min_size=32, max_size=32)
)
def test_a_column_equals_the_library_value_by_value(messages: list[bytes], key: bytes) -> None:
    expected = []
    for message in messages:
        mac = CMAC(algorithms.AES(key))
        mac.update(message)
        expected.append(mac.finalize())
    assert _column(key, messages) == expected


def test_kinds_and_keys_are_apart() -> None:
    one, other = Fingerprinter(bytes(32)), Fingerprinter(b"\1" * 32)
    prints = {
        one.one("email", "a@example.fi"), one.one("phone", "a@example.fi"),
        other.one("email", "a@example.fi"),
    }  # fmt: skip
    assert len(prints) == 3
    assert {len(p) for p in prints} == {SIZE}
    assert one.key_id != other.key_id


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes instead of 32"):
        Fingerprinter(bytes(16))
