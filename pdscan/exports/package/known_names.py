"""Names of people that the systems know, found again in running text.

No detector can tell that two words in a sentence are a name. But most people who are written about
have a row somewhere, in a column of names, and so their name has a fingerprint in the inventory.
Pairs of capitalised words are given fingerprints too, as they stand and without Finnish case
endings; what is in the inventory is somebody's name. No name is stored for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from pdscan.inventory import Inventory
from pdscan.matching.fingerprints import Fingerprinter

NAME = "person_name"
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BETWEEN = re.compile(r",?[ \u00a0]|[ \u00a0]*\r?\n")
#: Endings, and what stands in the nominative instead of what is left
#: (https://scripta.kotus.fi/visk/sisallys.php?p=81).
_ENDINGS = tuple(
    "lle lta ltä lla llä ssa ssä sta stä hen hin ksi na nä en n a ä ta tä s".split()  # noqa: SIM905
)
_Hashes = npt.NDArray[np.uint64]


class KnownNames:
    """The fingerprints of names, 64 bits of each; knows them again under the same key."""

    def __init__(self, fingerprints: Iterable[bytes], fingerprinter: Fingerprinter) -> None:
        data = b"".join(one[:8] for one in fingerprints)
        self._known: _Hashes = np.unique(np.frombuffer(data, np.uint64))
        self._fingerprinter = fingerprinter

    @classmethod
    def of(cls, inventories: Iterable[Inventory], fingerprinter: Fingerprinter) -> KnownNames:
        """Those in `inventories`."""
        return cls((mac for one in inventories for mac in one.fingerprints(NAME)), fingerprinter)

    def find(self, texts: Sequence[str]) -> list[list[tuple[int, int, bytes]]]:
        """Where names stand in each text: start, end and fingerprint, in order."""
        found: list[list[tuple[int, int, bytes]]] = [[] for _ in texts]
        if not len(self._known):
            return found
        pairs = [(number, *pair) for number, text in enumerate(texts) for pair in _pairs(text)]
        forms: dict[bytes, bytes] = {}
        of_pair = []
        for number, start, end, first, second in pairs:
            written = list(_forms(first, second))
            forms |= dict.fromkeys(written, b"")
            of_pair.append((number, start, end, written))
        forms = dict(zip(forms, self._fingerprints(list(forms)), strict=True))
        for number, start, end, written in of_pair:
            mac = next((forms[form] for form in written if forms[form]), b"")
            if mac:
                found[number].append((start, end, mac))
        return found

    def _fingerprints(self, forms: list[bytes]) -> list[bytes]:
        """The fingerprint of each form that is known, nothing for the others."""
        if not forms:
            return []
        lengths = np.array([len(form) for form in forms], np.int64)
        values = np.zeros((len(forms), int(lengths.max())), np.uint8)
        for row, form in enumerate(forms):
            values[row, : len(form)] = np.frombuffer(form, np.uint8)
        macs = self._fingerprinter.column(NAME, values, lengths)
        tokens = np.ascontiguousarray(macs[:, :8]).view(np.uint64).ravel()
        known = np.isin(tokens, self._known)
        return [mac.tobytes() if hit else b"" for mac, hit in zip(macs, known, strict=True)]


def _pairs(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Two words beside each other that both begin with a capital letter."""
    before: re.Match[str] | None = None
    for word in _WORD.finditer(text):
        if not word[0][0].isupper():
            before = None
            continue
        if before is not None and _BETWEEN.fullmatch(text, before.end(), word.start()):
            yield before.start(), word.end(), before[0], word[0]
        before = word


def _forms(first: str, second: str) -> Iterator[bytes]:
    """What the pair may be in the nominative, in both orders."""
    firsts, seconds = list(_nominatives(first.lower())), list(_nominatives(second.lower()))
    for one in firsts:
        for other in seconds:
            yield f"{one} {other}".encode()
            yield f"{other} {one}".encode()


def _nominatives(word: str) -> Iterator[str]:
    yield word
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2:
            yield stem
            if stem.endswith("i"):
                yield stem[:-1]
            if stem.endswith("se"):
                yield f"{stem[:-2]}nen"
