"""Registration plates of vehicles, Finnish and Swedish.

Finland (Traficom): two or three letters, a hyphen,
one to three digits. Sweden (Transportstyrelsen):
three letters without I, Q, V, Å, Ä, Ö, then two digits and a digit or a letter other than O. Both
are the form of any part number, so a word or a label must say that it is a vehicle. The canonical
form is upper case without blank or hyphen.
"""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.model import Likelihood

_LETTERS_SE = "A-HJ-PR-UW-Za-hj-pr-uw-z"
_FI = r"[A-Za-zÅÄÖåäö]{2,3}-[0-9]{1,3}"
_SE = rf"[{_LETTERS_SE}]{{3}}[ -]?[0-9]{{2}}[0-9A-HJ-NPR-UW-Za-hj-npr-uw-z]"
_BORDER = r"(?:[^0-9A-Za-z-].*)?$"


def judge(candidates: Candidates) -> Judged:
    """Accepts the forms of plates beside a word for vehicles."""
    if candidates.anchor is None:
        values = texts.strings(candidates.raw, candidates.raw_length)
        found = texts.cut(values, r"[\s\"']*", f"(?:{_SE}|{_FI})", _BORDER)
        level = Likelihood.UNLIKELY
    else:
        swedish = texts.cut_around(
            candidates, rf"[{_LETTERS_SE}]{{3}}[ -]?[0-9]",
            "[0-9][0-9A-HJ-NPR-UW-Za-hj-npr-uw-z]", border=_BORDER,
        )  # fmt: skip
        found = swedish.or_else(
            texts.cut_around(candidates, "[A-Za-zÅÄÖåäö]{2,3}-[0-9]", "[0-9]{0,2}", border=_BORDER)
        )
        level = Likelihood.POSSIBLE
    plain = pc.replace_substring_regex(pc.utf8_upper(found.text), "[ -]", "")
    return texts.judged(
        found, np.full(len(candidates), level, np.int64), {"form": found.found}, plain
    )


DETECTOR = Detector(
    kind="vehicle_registration",
    name="Registration plate of a vehicle (Finland, Sweden)",
    category="VehicleLicense",
    finders=(
        Around(
            r"[^0-9\n]{0,28}[0-9]", before=16, after=6, caseless=True,
            words=("rekisterinumero", "rekisteritunnu", "rek.nro", "rek. nro", "rek.no", "regnr",
                   "reg.nr", "reg. nr", "reg nr", "registreringsnummer", "registreringsskylt",
                   "registration number", "registration plate", "license plate", "licence plate",
                   "number plate", " auton ", "\nauton ", "ajoneuvo", "fordon", "vehicle"),
        ),
        Cell(16, unless=("yritys", "company", "business", "association", "product")),
    ),
    judge=judge,
    labels=("registration number", "license plate", "licence plate", "number plate", "plate number",
            "plate", "vehicle registration", "reg no", "reg nr", "regnr", "rekisterinumero",
            "rekisteritunnus", "rek nro", "ajoneuvon tunnus", "registreringsnummer",
            "fordonets registreringsnummer"),
    examples=("rekisterinumero ABC-123", "regnr ABC 12D"),
)  # fmt: skip
