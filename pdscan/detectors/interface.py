"""What a detector is: where its candidates come from, and how they are judged.

A detector is pure: it sees columns of texts and answers with columns. It never sees a file, a
window or another detector. To write one, see ``docs/detectors.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt

from pdscan.model import Bytes2D, Ints, Likelihood

Flags = npt.NDArray[np.bool_]
Levels = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Shape:
    """Candidates are words (or groups of words) of a form, written as a regular expression over
    shapes.

    In a shape every digit is ``9``, every ASCII letter ``A``, everything else itself: the shape of
    ``131052-308T`` is ``999999-999A``. A shape that holds a blank matches grouped numbers
    (``9{4}( 9{4}){3}``); the engine hands blanks, non-breaking blanks and typographic hyphens over
    as `` `` and ``-``. A candidate begins and ends at a word border: neither a letter nor a digit
    stands beside it. ``whole`` asks for more: it is a word by itself, not a part of a longer one
    that is joined by ``-``, ``.`` or ``+``; ``apart`` lists the joiners that must not stand beside
    it (``"."``: no part of a longer dotted number, but of ``1.2.3.4-1.2.3.9``).

    Places with fewer than six digits that stand at most one character apart are not looked at,
    unless ``hint`` (a Hyperscan expression that matches within every candidate) finds them.
    """

    pattern: str
    whole: bool = False
    apart: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Candidates are the longest stretches of ``chars`` around an anchor, such as ``@``.

    ``anchor`` is a character that each candidate holds, ``least`` times or more; ``chars`` lists
    the ASCII characters a candidate is made of (those beyond ASCII too if ``beyond_ascii``). A
    stretch longer than ``longest`` bytes is not a candidate. ``hint`` is a Hyperscan expression
    that matches within every candidate; the rarer it is, the faster.
    """

    anchor: str
    chars: str
    longest: int
    hint: str
    least: int = 1
    beyond_ascii: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """Candidates are the matches of a regular expression, leftmost and longest.

    The dialect is Hyperscan's (no look-around, no back-references); the text is UTF-8. ``longest``
    bounds the match in bytes. ``caseless`` folds case by Unicode's rules. ``bordered`` drops
    matches with a letter or digit right before or after them.
    """

    pattern: str
    longest: int
    caseless: bool = False
    bordered: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """Candidates are values of fields that one of the detector's labels names.

    Whole cells of such columns, JSON keys, form fields and headers; and in running text what
    follows such a label and a colon or an equals sign (``salasana: kesä2024``), without quotes
    around it and over so many ``lines``, where the judge cuts off what does not belong. A cell
    longer than ``longest`` bytes is not a candidate. ``unless`` lists words that turn a label into
    another one: with ``unless=("file",)`` the label "name" does not hold for "file name". ``weak``
    lists labels that name other things as often: they count for less, and in running text only
    where they begin with a capital, as in forms.
    """

    longest: int
    unless: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Around:
    """Candidates are the surroundings of a sign, out of which the judge cuts the identifier.

    A sign is one of ``words`` with a match of ``sign`` right behind it, which may be empty (an
    expression of `re`, over bytes). Words are looked for at memory speed, hundreds as fast as one;
    a word may begin with a line break, which the beginning of the text counts as. A sign without
    words is a Hyperscan expression that is rare in other text, ends at one place only, and had
    better hold several digits. A candidate reaches from at most ``before`` bytes before the end of
    the sign to at most ``after`` bytes behind it, within its cell; `Candidates.anchor` says where
    the sign ends.
    """

    sign: str
    before: int
    after: int
    words: tuple[str, ...] = ()
    until: bytes = b""  # ASCII characters at the first of which behind the sign it ends
    caseless: bool = False  # words in capitals or with initial capitals are found too

    @property
    def longest(self) -> int:
        """Bytes of a candidate at most."""
        return self.before + self.after


class Strength(IntEnum):
    """What a number must keep to pass for one of a kind. Ordered by how few others do."""

    FORM = 0
    DATE = 1  # one in some thirty
    DIGIT = 2  # a check digit, such as Luhn's: one in ten
    DATED_DIGIT = 3  # both
    DATED_DIGIT_11 = 4  # modulo 11, where a tenth of all numbers is never issued
    DATED_LETTER = 5  # a check character of twenty and more, or two digits


Finder = Shape | Run | Regex | Cell | Around


@dataclass(frozen=True, slots=True)
class Candidates:
    """n candidates of one detector, as columns.

    ``chars`` (n × w bytes) holds the texts without the characters that the detector strips, upper
    case if it folds, left-justified and padded with zeros; ``length`` how many of the w bytes are
    the text. ``raw`` and ``raw_length`` hold the texts as they stand in the data. ``anchor`` is the
    offset in ``raw`` at which the sign of an `Around` ends, -1 for candidates of other finders.
    """

    chars: Bytes2D
    length: Ints
    raw: Bytes2D
    raw_length: Ints
    anchor: Ints | None = None

    def __len__(self) -> int:
        return len(self.length)

    def texts(self) -> list[str]:
        """The stripped texts as strings, for a scalar judge."""
        return [
            row.tobytes()[:n].decode("utf-8", "replace")
            for row, n in zip(self.chars, self.length.tolist(), strict=True)
        ]


@dataclass(slots=True)
class Judged:
    """The verdict over n candidates.

    ``level`` is a `Likelihood` from the candidate's own text alone, or -1 where it is not of this
    kind. ``evidence`` maps a name ("checksum") to the flags of the rows that have it. ``canonical``
    (n × w bytes, padded with zeros) is the one form that all spellings share; None: ``chars`` is.
    ``trim_start``/``trim_end`` cut the span by so many bytes of the raw text.
    """

    level: Levels
    evidence: Mapping[str, Flags] = field(default_factory=dict)
    canonical: Bytes2D | None = None
    trim_start: Ints | None = None
    trim_end: Ints | None = None


@dataclass(frozen=True, slots=True)
class Detector:
    """One kind of identifier.

    ``category`` is the local name of a concept of the W3C Data Privacy Vocabulary's personal data
    extension (https://w3id.org/dpv/pd#). ``context`` are stems of words that, near a candidate,
    speak for it; ``counter`` those that speak against it; ``labels`` name columns, JSON keys and
    form fields that hold the kind. Words match caselessly, and ``_``, ``-`` and blank are the same.
    Nothing of a ``secret`` is ever shown, not even its length. ``same_as`` names the kind whose
    fingerprints this one shares. ``strength`` is how much the check of the kind rules out: of two
    equally likely kinds for one place the stronger stays. ``beside`` names kinds next to which one
    of this kind is as certain as beside a word of its context.
    """

    kind: str
    name: str
    category: str
    finders: tuple[Finder, ...]
    judge: Callable[[Candidates], Judged]
    country: str = ""
    strip: bytes = b""
    fold_case: bool = False
    context: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    needs_context: bool = False
    secret: bool = False
    same_as: str = ""
    strength: Strength = Strength.FORM
    beside: tuple[str, ...] = ()
    version: int = 1
    examples: tuple[str, ...] = ()

    @property
    def fingerprint_kind(self) -> str:
        """The kind whose key the fingerprints are made with."""
        return self.same_as or self.kind


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an annotator says of a text: characters [start, end) are of a kind.

    ``detector`` numbers the kind among the annotator's detectors. ``evidence`` comes from a small
    vocabulary (a model's or recogniser's name), never from the text.
    """

    detector: int
    start: int
    end: int
    likelihood: Likelihood
    evidence: str


class Annotator(Protocol):
    """A finder that has to look at whole texts, such as a language model: slow, and told apart
    from detectors for that.

    It may be pickled to worker processes, and loads what is heavy when it is first asked there.
    """

    @property
    def detectors(self) -> Sequence[Detector]:
        """The kinds it can find, without finders: their judges give the canonical forms, their
        words and labels weigh in as those of all detectors do.
        """

    @property
    def reach(self) -> int:
        """How many bytes of text around a place have a say in what it finds there."""

    def annotate(self, texts: Sequence[str]) -> Iterable[Sequence[Annotation]]:
        """What it finds in each of `texts` (cells, or some paragraphs of running text)."""


def scalar(
    canonical: Callable[[str], str | None],
    level: Likelihood,
    evidence: Sequence[str] = (),
) -> Callable[[Candidates], Judged]:
    """A judge for rare kinds from a function on one text.

    `canonical` gives the canonical form, or None where the text is not of the kind; it is called
    once per distinct text. `level` and `evidence` hold for every text it accepts.
    """

    def judge(candidates: Candidates) -> Judged:
        texts = candidates.texts()
        known = {text: canonical(text) for text in set(texts)}
        answers = [known[text] for text in texts]
        good = np.array([answer is not None for answer in answers], dtype=np.bool_)
        forms = np.array([(answer or "").encode() for answer in answers], dtype=np.bytes_)
        width = max(forms.dtype.itemsize, 1)
        return Judged(
            level=np.where(good, np.int8(level), np.int8(-1)).astype(np.int8),
            evidence=dict.fromkeys(evidence, good),
            canonical=forms.view(np.uint8).reshape(len(texts), width) if len(texts) else None,
        )

    return judge
