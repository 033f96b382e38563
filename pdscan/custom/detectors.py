"""Detectors that users write in ``pdscan.toml``.

    [[detector]]
    kind = "customer_number"
    pattern = 'C-[0-9]{6}'
    context = ["customer", "asiakas"]
    labels = ["customer no"]
    examples = ["C-123456"]
    near_misses = ["C-12345"]

What a table may hold is `Custom`. Every detector is tried through the real engine when it is
loaded: its examples must be found and its near misses must not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pdscan.custom.patterns import refusal
from pdscan.custom.validators import validator
from pdscan.detectors.interface import Candidates, Detector, Judged, Regex, scalar
from pdscan.errors import UsageError
from pdscan.matching.recognise import occurs
from pdscan.model import Likelihood

_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
_CATEGORY = re.compile(r"[A-Z][A-Za-z]*")
_FORMS = ("lower", "upper", "digits", "alphanumeric", "as_is")
_MOST = 4096  # bytes of a candidate
_MOST_WORDS = 10_000  # they take some seconds to compile


@dataclass(frozen=True, slots=True, kw_only=True)
class Custom:
    """A ``[[detector]]`` table.

    ``pattern`` is a regular expression in Hyperscan's dialect (no look-around, no back-references);
    ``words`` and the lines of ``word_file`` are found in any case. What they find is judged by
    ``validator`` (see `pdscan.custom.validators`) and brought into ``canonical`` form: that of
    the validator if there is one, else ``lower`` (case and blanks), ``upper``, ``digits``,
    ``alphanumeric`` or ``as_is``. ``likelihood`` is that of a finding by itself: by default likely
    with a validator, else possible; words near it (``context``, ``counter``), a column name
    (``labels``) and ``needs_context`` count as for all detectors. ``longest`` bounds a match of the
    pattern, in bytes; longer ones are not found.
    """

    kind: str
    pattern: str = ""
    words: tuple[str, ...] = ()
    word_file: str = ""
    name: str = ""
    category: str = "Identifying"
    country: str = ""
    validator: str = ""
    canonical: str = ""
    likelihood: str = ""
    context: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    needs_context: bool = False
    caseless: bool = False
    longest: int = 128
    examples: tuple[str, ...] = ()
    near_misses: tuple[str, ...] = ()


def load(
    tables: Iterable[Mapping[str, Any]], folder: Path, known: Collection[str]
) -> tuple[Detector, ...]:
    """The detectors of the ``[[detector]]`` tables of a configuration that lies in `folder`.

    `known` are the kinds there are already. Raises `pdscan.errors.UsageError`, which names the
    table and the key, where one cannot be used.
    """
    found: list[Detector] = []
    taken = set(known)
    for number, table in enumerate(tables, 1):
        settings = _settings(table, f"[[detector]] {number}")
        where = f"[[detector]] {number} ({settings.kind})"
        if settings.kind in taken:
            raise UsageError(f"{where}: kind: there is such a kind already; choose another name")
        taken.add(settings.kind)
        detector = _detector(settings, folder, where)
        _try(detector, settings, where)
        found.append(detector)
    return tuple(found)


def _settings(table: Mapping[str, Any], where: str) -> Custom:
    columns = {column.name: column for column in fields(Custom)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in columns:
            close = get_close_matches(key, columns, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(columns)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
        values[key] = _value(key, value, columns[key].default, where)
    if not values.get("kind"):
        raise UsageError(f'{where}: kind: is missing; add kind = "customer_number"')
    return Custom(**values)


def _value(key: str, value: Any, default: Any, where: str) -> Any:
    if isinstance(default, tuple):
        if isinstance(value, list | tuple) and all(isinstance(one, str) and one for one in value):
            return tuple(value)
        raise UsageError(f'{where}: {key}: a list of texts expected, such as ["a", "b"]')
    wanted = str if default is MISSING else type(default)
    if type(value) is not wanted:
        names = {str: "a text in quotes", bool: "true or false", int: "a whole number"}
        raise UsageError(f"{where}: {key}: {names[wanted]} expected")
    return value


def _detector(settings: Custom, folder: Path, where: str) -> Detector:
    if not _KIND.fullmatch(settings.kind):
        raise UsageError(f"{where}: kind: lower-case letters, digits, _ and . expected")
    if not _CATEGORY.fullmatch(settings.category):
        raise UsageError(f"{where}: category: a concept of https://w3id.org/dpv/pd# expected")
    words = (*settings.words, *_from_file(settings, folder, where))
    if not words and not settings.pattern:
        raise UsageError(f"{where}: has nothing to look for; give pattern, words or word_file")
    if len(words) > _MOST_WORDS:
        raise UsageError(f"{where}: word_file: at most {_MOST_WORDS:,} words are taken")
    # One expression each: an alternation of them takes a hundred times as long to compile.
    finders = [_word(word) for word in words]
    if settings.pattern:
        finders.append(_pattern(settings, where))
    return Detector(
        kind=settings.kind,
        name=settings.name or settings.kind.replace("_", " ").replace(".", " ").capitalize(),
        category=settings.category,
        country=settings.country.lower(),
        finders=tuple(finders),
        judge=_judge(settings, where),
        context=settings.context,
        counter=settings.counter,
        labels=settings.labels,
        needs_context=settings.needs_context,
        examples=settings.examples,
    )


def _pattern(settings: Custom, where: str) -> Regex:
    if not 1 <= settings.longest <= _MOST:
        raise UsageError(f"{where}: longest: a number of bytes from 1 to {_MOST} expected")
    why = refusal(settings.pattern, caseless=settings.caseless)
    if why:
        raise UsageError(f"{where}: pattern: {why}")
    return Regex(settings.pattern, settings.longest, caseless=settings.caseless)


def _from_file(settings: Custom, folder: Path, where: str) -> tuple[str, ...]:
    if not settings.word_file:
        return ()
    path = folder / Path(settings.word_file).expanduser()
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise UsageError(f"{where}: word_file: {path} is not UTF-8; save it as such") from None
    except OSError as error:
        raise UsageError(f"{where}: word_file: {path}: {error.strerror}") from None
    words = tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))
    if not words:
        raise UsageError(f"{where}: word_file: {path} holds no words; write one a line")
    return words


def _word(word: str) -> Regex:
    """The expression of a word, or of several with any blanks between them."""
    parts = [re.sub(r"([^\w])", r"\\\1", part) for part in word.split()]
    # In other case, and with other blanks, it may take more bytes.
    longest = 2 * len(word.encode()) + 8 * len(parts)
    return Regex(r"\s{1,3}".join(parts), longest, caseless=True)


@dataclass(frozen=True, slots=True)
class _Judge:
    """A judge that can be sent to worker processes: it holds names, not functions."""

    validator: str
    canonical: str
    level: Likelihood

    def __call__(self, candidates: Candidates) -> Judged:
        if not self.validator:
            return scalar(self._form, self.level)(candidates)
        check = validator(self.validator)

        def canonical(text: str) -> str | None:
            valid = check(text)
            return valid if valid is None or not self.canonical else self._form(text)

        return scalar(canonical, self.level, (f"valid by {self.validator}",))(candidates)

    def _form(self, text: str) -> str:
        if self.canonical == "as_is":
            return text
        if self.canonical == "digits":
            return "".join(filter(str.isdigit, text))
        if self.canonical == "alphanumeric":
            return "".join(filter(str.isalnum, text)).upper()
        text = " ".join(text.split())
        return text.upper() if self.canonical == "upper" else text.casefold()


def _judge(settings: Custom, where: str) -> _Judge:
    labels = [level.label for level in Likelihood]
    if settings.canonical and settings.canonical not in _FORMS:
        raise UsageError(f"{where}: canonical: one of {', '.join(_FORMS)} expected")
    if settings.likelihood and settings.likelihood not in labels:
        raise UsageError(f"{where}: likelihood: one of {', '.join(labels)} expected")
    if settings.validator:
        try:
            validator(settings.validator)
        except ValueError as error:
            raise UsageError(f"{where}: validator: {error}") from None
    level = Likelihood.LIKELY if settings.validator else Likelihood.POSSIBLE
    if settings.likelihood:
        level = Likelihood.parse(settings.likelihood)
    return _Judge(settings.validator, settings.canonical, level)


def _try(detector: Detector, settings: Custom, where: str) -> None:
    for key, texts, wanted in (
        ("examples", settings.examples, True),
        ("near_misses", settings.near_misses, False),
    ):
        for number, text in enumerate(texts, 1):
            if occurs(text, detector) != wanted:
                raise UsageError(
                    f"{where}: {key}: number {number} is {'not ' if wanted else ''}found; "
                    f"correct it, or the pattern, words, validator or longest"
                )
