"""Looks at texts with the engine that found the person, and blacks out what is not theirs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pdscan.exports.package.known_names import NAME, KnownNames
from pdscan.exports.package.model import MARK
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.matching.windows import Scanner
from pdscan.model import Block, Ints, Places


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a text are of a kind; ``fingerprint`` is hexadecimal.

    ``known`` is the name of somebody whom the systems know, wherever it stands.
    """

    start: int
    end: int
    kind: str
    fingerprint: str
    secret: bool
    value: str = field(repr=False)
    known: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text and what its column, header or field is called ("" for none)."""

    label: str
    text: str = field(repr=False)


class Examiner:
    """Finds what identifies people in texts, many at once."""

    def __init__(
        self, engine: Engine, fingerprinter: Fingerprinter, names: KnownNames | None = None
    ) -> None:
        """`names` are those of people whom the systems know."""
        self._names = names
        self._engine = engine
        self._fingerprinter = fingerprinter
        self.secret = {d.kind for d in engine.detectors if d.secret}
        self.categories = {d.kind: d.category for d in engine.detectors}

    def examine(self, texts: Sequence[Text]) -> list[list[Span]]:
        """What stands in each of `texts`, ordered by start."""
        if not texts:
            return []
        scanner = Scanner(self._engine, self._fingerprinter, values=True)
        found: list[list[Span]] = [[] for _ in texts]
        cells = _Cells(texts)
        for batch in scanner.scan([Block(cells.text, cells)]):
            for row in batch.select(_COLUMNS).to_pylist():
                found[row["record"]].append(
                    Span(row["start"], row["end"], row["kind"], row["fingerprint"].hex(),
                         row["kind"] in self.secret, row["value"])
                )  # fmt: skip
        if self._names is not None:
            written = [text.text for text in texts]
            for text, spans, named in zip(written, found, self._names.find(written), strict=True):
                spans += [
                    Span(start, end, NAME, mac.hex(), False, text[start:end], known=True)
                    for start, end, mac in named
                ]
                spans.sort(key=lambda span: span.start)
        return found


class _Cells:
    """Texts in a row, each a cell of its own: what the engine is fastest with."""

    def __init__(self, texts: Sequence[Text]) -> None:
        encoded = [text.text.encode("utf-8", "replace") for text in texts]
        self.text = b"\n".join(encoded)
        lengths = np.array([len(one) for one in encoded], np.int64)
        self._ends = np.cumsum(lengths + 1) - 1
        self._starts = self._ends - lengths
        names = {text.label: None for text in texts}
        codes = {name: number for number, name in enumerate(names)}
        self._fields = tuple(names)
        self._field = np.array([codes[text.label] for text in texts], np.int32)

    def place(self, starts: Ints) -> Places:
        """Where the byte offsets `starts` lie; ``record`` is the number of the text."""
        cell = np.searchsorted(self._starts, starts, side="right") - 1
        return Places(
            self._field[cell], self._fields, cell.astype(np.int64), self._starts[cell],
            self._ends[cell], own_text=True,
        )  # fmt: skip

    def cells(self, wants: Callable[[str], bool]) -> tuple[Ints, Ints]:
        """The texts with a label that `wants` accepts."""
        wanted = np.array([wants(name) for name in self._fields], np.bool_)
        rows = np.flatnonzero(wanted[self._field] & (self._ends > self._starts))
        return self._starts[rows], self._ends[rows]


_COLUMNS = ["record", "start", "end", "kind", "fingerprint", "value"]


def black_out(text: str, spans: Iterable[Span], unwanted: Callable[[Span], bool]) -> str:
    """`text` with every span that is unwanted replaced by `MARK`.

    Where one overlaps a wanted span it goes all the same: showing too little is the lesser harm.
    """
    pieces, end = [], 0
    for span in sorted(spans, key=lambda span: span.start):
        if unwanted(span) and span.end > end:
            pieces += [text[end : max(span.start, end)], MARK]
            end = span.end
    return "".join([*pieces, text[end:]])


def paragraphs_about(text: str, spans: Sequence[Span], theirs: Callable[[Span], bool]) -> str:
    """The paragraphs of `text` that hold something of theirs, blank lines between them; for items
    that are somebody else's and only mention the person.
    """
    places = [(span.start, span.end) for span in spans if theirs(span)]
    return "\n\n".join(
        match[0].strip("\n")
        for match in re.finditer(r"(?:[^\n]+\n?)+", text)
        if any(match.start() < end and start < match.end() for start, end in places)
    )


#: Columns that hold what opens an account, whatever their values look like.
_CREDENTIAL = re.compile(
    r"pass(word|wd|phrase|code)|(^|_)(pwd|pass|salt|otp|totp|pin|sid|cvv|cvc|csc)(_|$)|pin_?code"
    r"|salasana|tunnusluku|lösenord|losenord|secret|token|api_?key|private_?key|credential"
    r"|(^|_)hash(_|$)|session_?(id|key)|auth(entication|orization)?_?(key|code|cookie)"
)
_SESSIONS = re.compile(r"(^|[_/])(user_?|web_?)?(sessions?|tokens?)$")
_KEYS = ("id", "key", "sid", "value", "data")


def is_credential(table: str, column: str) -> bool:
    """Whether a column holds credentials, password hashes or tokens by its name, or that of its
    table: the key of a session opens it. `table` is the item's path.
    """
    name = re.sub(r"[\s.-]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)).casefold()
    return bool(_CREDENTIAL.search(name) or (name in _KEYS and _SESSIONS.search(table.casefold())))
