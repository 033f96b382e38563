"""Found spans held against the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from bench.accuracy.documents import Span

_ENOUGH = 0.5  # of a span's characters


@dataclass(frozen=True, slots=True)
class Found:
    """What a program says: characters [start, end) are of a kind; ``level`` is a Likelihood."""

    kind: str
    start: int
    end: int
    level: int


@dataclass(slots=True)
class Score:
    """Counts for one kind. ``hits`` are true spans that were found, ``right`` found ones that are
    true: one address may be found in two parts."""

    truths: int = 0
    hits: int = 0
    found: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.hits / self.truths if self.truths else 1.0

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass(frozen=True, slots=True)
class Mistake:
    """A true span not found, or a found one not true; ``instead``: what else was said of it."""

    kind: str
    missed: bool
    text: str
    around: str
    instead: str


@dataclass(slots=True)
class Tally:
    """Scores per kind, and some mistakes of each sort."""

    scores: dict[str, Score] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    sorts: Counter[tuple[str, bool, str]] = field(default_factory=Counter)

    def of(self, kind: str) -> Score:
        return self.scores.setdefault(kind, Score())

    def add(self, text: str, truth: Sequence[Span], found: Iterable[Found], level: int) -> None:
        """Counts one document; what was found below `level` does not count.

        A truth is found when half its characters lie in found spans of its kind; a found span is
        right when half of it lies in truths of its kind. What was found of another kind inside a
        truth that it may name as well (`NEUTRAL`) counts neither way.
        """
        said = [replace(f, kind=ROWS.get(f.kind, f.kind)) for f in found if f.level >= level]
        truth = [replace(true, kind=ROWS.get(true.kind, true.kind)) for true in truth]
        for true in truth:
            score = self.of(true.kind)
            score.truths += 1
            if _covered(true, [f for f in said if f.kind == true.kind]) >= _ENOUGH:
                score.hits += 1
            else:
                self._note(true.kind, True, text, true, said)
        for one in said:
            if any(_overlap(one, true) for true in truth if (true.kind, one.kind) in NEUTRAL):
                continue
            score = self.of(one.kind)
            score.found += 1
            if _covered(one, [true for true in truth if true.kind == one.kind]) >= _ENOUGH:
                score.right += 1
            else:
                self._note(one.kind, False, text, one, truth)

    def _note(
        self, kind: str, missed: bool, text: str, span: Span | Found, others: Iterable[Span | Found]
    ) -> None:
        instead = ", ".join(sorted({o.kind for o in others if _overlap(span, o)}))
        self.sorts[kind, missed, instead] += 1
        if self.sorts[kind, missed, instead] <= 3:
            low, high = max(span.start - 30, 0), span.end + 20
            self.mistakes.append(
                Mistake(kind, missed, text[span.start : span.end], text[low:high], instead)
            )


#: Kinds that share a row: two letters and seven digits are a passport of either country, and
#: nothing but the words around can tell which.
ROWS = {"fi.passport": "passport", "se.passport": "passport"}

#: (true kind, found kind): the same characters may rightly be called that too.
NEUTRAL = {
    ("eu.vat", "fi.ytunnus"), ("eu.vat", "se.orgnr"), ("eu.vat", "no.orgnr"), ("eu.vat", "dk.cvr"),
    ("fi.hetu", "fi.driving_licence"), ("se.orgnr", "se.personnummer"),
    ("fi.hetu", "date_of_birth"),
    ("email", "username"), ("email", "person_name"), ("iban", "se.bank_account"),
}  # fmt: skip


def _overlap(one: Span | Found, other: Span | Found) -> bool:
    return one.start < other.end and other.start < one.end


def _covered(span: Span | Found, by: Iterable[Span | Found]) -> float:
    inside: set[int] = set()
    for other in by:
        inside.update(range(max(span.start, other.start), min(span.end, other.end)))
    return len(inside) / max(span.end - span.start, 1)
