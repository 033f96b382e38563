"""The suppression list: who was erased, or asked not to be written to, must not come back by an
import.

It holds no names and no addresses: keyed fingerprints of identifiers, each with its basis and the
day it expires. Without the fingerprint key nobody can tell whom it names; with it, whoever holds an
address can be looked up, so such a token is personal data still, kept on a basis of its own
(Regulation (EU) 2016/679: Article 21(3) for marketing, 17(3)(e) for claims), no longer than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import msgspec

from pdscan import private
from pdscan.errors import UsageError

FILE_NAME = "suppressions.jsonl"


@dataclass(frozen=True, slots=True)
class Token:
    """One identifier that must not come back: kind, keyed fingerprint (hex) and the key's name.

    ``basis`` says on which ground it is kept, ``expires`` (ISO 8601) the last day on which it
    counts, ``manifest`` where it came from. A released one no longer counts.
    """

    kind: str
    fingerprint: str
    key: str
    basis: str
    added: str
    expires: str
    author: str
    manifest: str = ""
    released: str = ""
    released_by: str = ""
    release_reason: str = ""

    @property
    def name(self) -> str:
        """How it is named in commands."""
        return f"{self.kind}/{self.fingerprint}"

    def counts(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return not self.released and date.fromisoformat(self.expires) >= day


def read(path: Path) -> tuple[Token, ...]:
    """The tokens in `path`; none where there is no such file.

    Raises `AccessError`, `UsageError`.
    """
    called = "an entry of a suppression list"
    tokens = tuple(private.json_lines(path, private.read_or_nothing(path), Token, called))
    for number, token in enumerate(tokens, 1):
        try:
            date.fromisoformat(token.expires)
        except ValueError:
            raise UsageError(f"{path}: line {number}: not {called}") from None
    return tokens


def write(path: Path, tokens: Iterable[Token]) -> None:
    """Writes the list, mode 0600, whole or not at all. Raises `AccessError`."""
    private.write(path, (msgspec.json.encode(token) + b"\n" for token in tokens))


def added(tokens: Iterable[Token], new: Iterable[Token]) -> tuple[Token, ...]:
    """`tokens` with `new`; one on the same identifier is replaced, and so renewed."""
    known = {(token.name, token.key): token for token in tokens}
    known |= {(token.name, token.key): token for token in new}
    return tuple(known.values())


def released(
    tokens: Iterable[Token], name: str, day: date, author: str, reason: str
) -> tuple[Token, ...]:
    """`tokens` with the one called `name` released; raises `UsageError` where none is in force."""
    tokens = tuple(tokens)
    if not any(token.name == name and token.counts(day) for token in tokens):
        raise UsageError(f"{name}: no such entry in force; see pdscan suppress list")
    return tuple(
        replace(t, released=day.isoformat(), released_by=author, release_reason=reason)
        if t.name == name and t.counts(day) else t
        for t in tokens
    )  # fmt: skip


def in_force(tokens: Iterable[Token], key: str, day: date) -> frozenset[tuple[str, str]]:
    """The (kind, fingerprint) pairs in force.

    Raises `UsageError` where some were made with another key than `key`: they cannot be compared.
    """
    counting = [token for token in tokens if token.counts(day)]
    strange = sum(token.key != key for token in counting)
    if strange:
        raise UsageError(
            f"{strange:,} entries of the suppression list were made with another fingerprint key, "
            "so nobody can be found by them; name that key with --key-file"
        )
    return frozenset((token.kind, token.fingerprint) for token in counting)
