"""Numbers of Swedish personal documents: passport and identity card.

Issued by Polisen and Skatteverket. Eight digits on documents of the models up to 2021, an
alphanumeric series of nine characters since 1 January 2022 (https://polisen.se/tjanster-tillstand/
pass-och-nationellt-id-kort/nya-pass-och-nationella-identitetskort/); where the letters stand is not
said. No check digit outside the machine-readable zone, so that only a word or a label near it makes
a number one of these.
"""

from __future__ import annotations

from pdscan.detectors.checks import is_digit, levels
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape
from pdscan.detectors.words import BUSINESS, TIME
from pdscan.model import Likelihood

_FEWEST_DIGITS = 5  # of nine characters; what has fewer is a word with a number
_DIGITS_OF_NINE = 9  # without a letter it is neither an old number nor a new one


def judge(candidates: Candidates) -> Judged:
    """Accepts what has the form; the detectors say that they need context."""
    numeric = is_digit(candidates.chars).sum(axis=1)
    good = (numeric >= _FEWEST_DIGITS) & (numeric < _DIGITS_OF_NINE)
    return Judged(levels(good, Likelihood.POSSIBLE))


_SHAPES = (Shape("9{8}|[9A]{9}", apart="-.+"),)

PASSPORT = Detector(
    kind="se.passport",
    name="Swedish passport number",
    category="Passport",
    country="se",
    finders=_SHAPES,
    judge=judge,
    fold_case=True,
    needs_context=True,
    context=("passnummer", "passnr", "pass nr", "pass", "passets nummer", "svenskt pass",
             "passport", "travel document", "passi", "passin numero", "ruotsin passi"),
    counter=(*BUSINESS, *TIME, "password", "lösenord"),
    labels=("passnummer", "passnr", "pass nr", "pass", "passport", "passport number", "passport no",
            "passport nr", "travel document", "passin numero"),
    examples=("12345678",),
)  # fmt: skip

ID_CARD = Detector(
    kind="se.id_card",
    name="Swedish identity card number",
    category="OfficialID",
    country="se",
    finders=_SHAPES,
    judge=judge,
    fold_case=True,
    needs_context=True,
    context=("id-kort", "id kort", "idkort", "identitetskort", "nationellt id", "legitimation",
             "id-handling", "leg nr", "identity card", "id card", "henkilökort"),
    counter=(*BUSINESS, *TIME),
    labels=("id kort", "idkort", "id kort nummer", "id kortsnummer", "identitetskort",
            "legitimation", "identity card", "identity card number", "id card", "id card number"),
    examples=("12345678",),
)  # fmt: skip

DETECTORS = (PASSPORT, ID_CARD)
