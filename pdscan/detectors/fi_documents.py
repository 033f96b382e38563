"""Numbers of Finnish personal documents: passport.

Issued by the Police of Finland (https://poliisi.fi/en/passport). A passport number is two letters
and seven digits, without a check digit outside the machine-readable zone: the same form as many
order numbers, so that only a word or a label near it makes it one.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.interface import Candidates, Detector, Judged, Shape
from pdscan.detectors.words import BUSINESS
from pdscan.model import Likelihood


def form_only(candidates: Candidates) -> Judged:
    """Accepts whatever has the form; the detector says that it needs context."""
    return Judged(level=np.full(len(candidates), Likelihood.POSSIBLE, np.int8))


PASSPORT = Detector(
    kind="fi.passport",
    name="Finnish passport number",
    category="PassportNumber",
    country="fi",
    finders=(Shape("AA9{7}", apart="-.+"), Shape("AA 9{7}")),
    judge=form_only,
    strip=b" ",
    fold_case=True,
    needs_context=True,
    context=("passi", "passin numero", "passinumero", "matkustusasiakirja", "passnummer", "passnr",
             "pass nr", "passets nummer", "finskt pass", "passport", "travel document"),
    counter=BUSINESS,
    labels=("passi", "passin numero", "passinumero", "passinro", "passnummer", "passnr", "passport",
            "passport number", "passport no", "passport nr", "travel document"),
    examples=("XP8271602",),
)  # fmt: skip

DETECTORS = (PASSPORT,)
