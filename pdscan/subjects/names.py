"""Whether two written names may be one person's: accents, order, initials, Finnish cases, typos."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

from pdscan.detectors.person_name import DETECTOR

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*", re.UNICODE)
_LABELS = frozenset(re.sub(r"\W", "", label) for label in DETECTOR.labels) - {
    "from", "to", "cc", "bcc", "replyto"
}  # fmt: skip
_FEWEST = 5  # letters in which a slip of one letter leaves a name recognisable
# Case endings and the stems they stand on (https://scripta.kotus.fi/visk/sisallys.php?p=81 and
# ?p=41), accents folded.
_ENDINGS = re.compile(r"(?:n|a|ta|lle|lta|lla|ssa|sta|hen|ksi|na|en|aan|iin|oon|uun)")
_WEAK = (("kk", "k"), ("pp", "p"), ("tt", "t"), ("nt", "nn"), ("lt", "ll"), ("rt", "rr"),
         ("nk", "ng"), ("mp", "mm"), ("k", ""), ("p", "v"), ("t", "d"))  # fmt: skip


def fold(name: str) -> tuple[str, ...]:
    """The words of a name in small letters without accents (å, ä and ö as a, a and o)."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(_WORD.findall(plain.replace("ø", "o").replace("æ", "ae").replace("ß", "ss")))


def alike(one: str, other: str) -> bool:
    """Whether `other` may be the same person's name, given and family name in any order."""
    first, second = sorted((fold(one), fold(other)), key=len)
    if not first or (len(first) == 1 and len(first[0]) == 1):
        return False
    left = list(second)
    exact = 0
    for word in first:
        match = next((w for w in left if _same(word, w)), None)
        if match is None:
            return False
        exact += len(word) > 1 and len(match) > 1
        left.remove(match)
    return exact > 0


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) == 1:
        return long.startswith(short)
    if _inflected(short, long) or _inflected(long, short):
        return True
    if len(short) < _FEWEST:
        return False
    # One slip, but none in the first letter: Nieminen is not Mieminen.
    return one[0] == other[0] and DamerauLevenshtein.distance(one, other, score_cutoff=1) <= 1


def _inflected(name: str, form: str) -> bool:
    """Whether `form` is a case of `name`."""
    return len(name) > 2 and any(
        form.startswith(stem) and _ENDINGS.fullmatch(form[len(stem) :]) for stem in _stems(name)
    )


@lru_cache(4096)
def _stems(name: str) -> tuple[str, ...]:
    if name.endswith("nen"):
        return f"{name[:-3]}se", f"{name[:-3]}s"
    if name[-1] not in "aeiouy":
        return f"{name}i", name[:-1] + "kse"
    stems = [name]
    for strong, weak in _WEAK:
        if name[:-1].endswith(strong):
            stems.append(name[: -1 - len(strong)] + weak + name[-1])
            break
    if name.endswith("i"):
        stems += [f"{stem[:-1]}e" for stem in stems]
    return tuple(stems)


def is_label(column: str) -> bool:
    """Whether a column is one of names."""
    return re.sub(r"[\W_]", "", column.rpartition(".")[2].casefold()) in _LABELS


def written_in(values: Iterable[tuple[str, str | None]]) -> str:
    """The name that a row holds in its columns of names, "" where it has none."""
    parts = []
    for column, value in values:
        if value and is_label(column):
            parts.append(value)
    return " ".join(dict.fromkeys(parts))


def people(names: Sequence[str]) -> int:
    """How many people, at least, have these names."""
    seen: list[str] = []
    for name in names:
        if fold(name) and not any(alike(name, known) for known in seen):
            seen.append(name)
    return len(seen)
