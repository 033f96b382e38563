"""Keyed fingerprints of canonical values, a column at a time: AES-256-CMAC.

A fingerprint tells that two places hold the same value without telling the value to those who do
not hold the key. The function is CMAC as in NIST SP 800-38B and RFC 4493 with AES-256, cut to 96
bits, under a key of its own for each kind. Why not BLAKE2b, value by value: see
``docs/decisions/fingerprints.md``.
"""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from pdscan.model import Bytes2D, Ints

SIZE = 12  # bytes
_BLOCK = 16
KEY_SIZE = 32


class Fingerprinter:
    """Fingerprints under one secret `key` of 32 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_SIZE:
            raise ValueError(f"the fingerprint key has {len(key)} bytes instead of {KEY_SIZE}")
        self._key = key
        self._macs: dict[str, _Cmac] = {}

    @property
    def key_id(self) -> str:
        """Names the key without telling it: the same for all inventories made with it."""
        return hashlib.blake2b(b"pdscan key id", key=self._key, digest_size=8).hexdigest()

    def column(self, kind: str, values: Bytes2D, lengths: Ints) -> npt.NDArray[np.uint8]:
        """The fingerprints (n × 12 bytes) of `values` (n × w bytes, zeros behind `lengths`)."""
        return self._mac(kind).column(values, lengths)[:, :SIZE]

    def one(self, kind: str, value: str) -> bytes:
        """The fingerprint of one canonical value."""
        data = np.frombuffer(value.encode(), np.uint8).reshape(1, -1)
        return self.column(kind, data, np.array([data.shape[1]], np.int64)).tobytes()

    def _mac(self, kind: str) -> _Cmac:
        if kind not in self._macs:
            self._macs[kind] = _Cmac(
                hashlib.blake2b(kind.encode(), key=self._key, digest_size=32).digest()
            )
        return self._macs[kind]


class _Cmac:
    """CMAC of many messages at once: block i of all messages goes through AES together."""

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
        # ECB is the bare block cipher here: CMAC does the chaining.
        zero = self._encryptor.update(bytes(_BLOCK))
        first = _double(zero)
        self._whole = np.frombuffer(first, np.uint64)
        self._padded = np.frombuffer(_double(first), np.uint64)

    def column(self, values: Bytes2D, lengths: Ints) -> npt.NDArray[np.uint8]:
        """The tags (n × 16 bytes) of n messages, zeros standing behind their lengths."""
        count, width = values.shape
        blocks = np.maximum(-(-lengths // _BLOCK), 1)
        most = int(blocks.max()) if count else 1
        size = most * _BLOCK
        message = np.zeros((count, size), np.uint8)
        message[:, : min(width, size)] = values[:, :size]
        ragged = lengths < blocks * _BLOCK
        rows = np.arange(count) if ragged.all() else np.flatnonzero(ragged)
        message.reshape(-1)[rows * size + lengths[rows]] = 0x80
        # As pairs of 64-bit words: mixing two blocks is then two operations.
        words = message.view(np.uint64).reshape(count, most, 2)
        tweak = np.where(ragged[:, None], self._padded, self._whole)
        if most == 1:
            return self._encrypt(words[:, 0] ^ tweak).view(np.uint8).reshape(count, _BLOCK)
        state = np.zeros((count, 2), np.uint64)
        for number in range(most):
            rows = np.flatnonzero(blocks > number)
            mixed = state[rows] ^ words[rows, number]
            final = np.flatnonzero(blocks[rows] == number + 1)
            mixed[final] ^= tweak[rows[final]]
            state[rows] = self._encrypt(mixed)
        return state.view(np.uint8).reshape(count, _BLOCK)

    def _encrypt(self, blocks: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
        return np.frombuffer(self._encryptor.update(blocks.tobytes()), np.uint64).reshape(-1, 2)


def _double(block: bytes) -> bytes:
    """`block` times x in GF(2^128), as SP 800-38B derives its subkeys."""
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number = (number & ((1 << 128) - 1)) ^ 0x87
    return number.to_bytes(_BLOCK, "big")
