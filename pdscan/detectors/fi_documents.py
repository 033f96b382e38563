"""Numbers of Finnish personal documents: passport, identity card, driving licence, EHIC.

Passports and identity cards are issued by the Police (https://poliisi.fi/en/passport), driving
licences by Traficom. None of the two publishes the form of the numbers: that of passports, two
letters and seven digits, and that of licences, ``NNNNNN-NNNX``, are those which Microsoft Purview
looks for (https://learn.microsoft.com/purview/sit-defn-finland-passport-number and
sit-defn-finland-drivers-license-number). That cards are numbered as passports are, and older ones
with nine digits, is experience. There is no check digit outside the machine-readable zone, and many
order numbers look the same: only a word or a label makes a number one of these, and a form that
nobody vouches for takes a label to be more than possible.

The form of a licence is the shape of an old henkilötunnus too. Where date and check character are
those of a henkilötunnus it is one, unless a label says otherwise.

The European Health Insurance Card is issued by Kela; its number (Decision S2 of the Administrative
Commission, 2010/C 106/10, and EN 1867) has 20 digits: 80 for health, 246 for Finland, 80246 for
Kela, and ten of its own.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors import fi_hetu
from pdscan.detectors.checks import is_digit, levels
from pdscan.detectors.interface import Candidates, Detector, Judged, Shape
from pdscan.detectors.words import BUSINESS
from pdscan.model import Likelihood


def form_only(candidates: Candidates) -> Judged:
    """Accepts whatever has the form; the detector says that it needs context."""
    return Judged(level=np.full(len(candidates), Likelihood.POSSIBLE, np.int8))


PASSPORT = Detector(
    kind="fi.passport",
    name="Finnish passport number",
    category="Passport",
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


def judge_card(candidates: Candidates) -> Judged:
    """Accepts both forms; nine digits are the less certain one."""
    lettered = ~is_digit(candidates.chars[:, 0])
    level = np.where(lettered, Likelihood.POSSIBLE, Likelihood.UNLIKELY)
    return Judged(levels(np.ones(len(candidates), np.bool_), level))


ID_CARD = Detector(
    kind="fi.id_card",
    name="Finnish identity card number",
    category="OfficialID",
    country="fi",
    finders=(Shape("AA9{7}|9{9}", apart="-.+"), Shape("AA 9{7}")),
    judge=judge_card,
    strip=b" ",
    fold_case=True,
    needs_context=True,
    context=("henkilökortti", "henkilökortin", "hlökortti", "henkkari", "identitetskort",
             "id-kortti", "id-kort", "identity card", "id card"),
    counter=BUSINESS,
    labels=("henkilökortti", "henkilökortin numero", "henkilokortti", "identitetskort", "id kortti",
            "identity card", "identity card number", "id card", "id card number"),
    examples=("XA1234567",),
)  # fmt: skip


def judge_licence(candidates: Candidates) -> Judged:
    """Accepts the form; the evidence tells which could be a henkilötunnus."""
    hetu = fi_hetu.judge(candidates).level >= 0
    level = np.full(len(hetu), Likelihood.UNLIKELY, np.int8)
    return Judged(level, {"also a henkilötunnus": hetu})


DRIVING_LICENCE = Detector(
    kind="fi.driving_licence",
    name="Finnish driving licence number",
    category="OfficialID",
    country="fi",
    finders=(Shape("9{6}-9{3}[9A]"),),
    judge=judge_licence,
    fold_case=True,
    needs_context=True,
    context=("ajokortti", "ajokortin", "ajo-oikeus", "körkort", "driving licence",
             "driver's licence", "driver's license", "driving license"),
    counter=BUSINESS,
    labels=("ajokortti", "ajokortin numero", "ajokorttinumero", "körkort", "körkortsnummer",
            "driving licence", "driving license", "driving licence number", "driver licence"),
    examples=("123456-789A",),
)  # fmt: skip


def judge_ehic(candidates: Candidates) -> Judged:
    """Accepts numbers that begin as those of Kela do."""
    prefix = np.frombuffer(b"8024680246", np.uint8)
    good = (candidates.chars[:, : len(prefix)] == prefix).all(axis=1)
    return Judged(levels(good, Likelihood.LIKELY), {"issuer": good})


EHIC = Detector(
    kind="fi.ehic",
    name="Finnish European health insurance card number",
    category="Insurance",
    country="fi",
    finders=(
        Shape("9{20}|9{10}-9{10}|9{5}-9{5}-9{10}", apart="-.+"),
        Shape("9{10} 9{10}|9{5} 9{5} 9{10}|9{5} 9{5} 9{5} 9{5}|9{5} 9{5} 9{4} 9{4} 9{2}"),
    ),
    judge=judge_ehic,
    strip=b" -",
    context=("ehic", "sairaanhoitokortti", "sairaanhoitokortin", "sjukvårdskort",
             "health insurance", "kela-kortti", "kela", "fpa"),
    labels=("ehic", "ehic number", "sairaanhoitokortti", "eurooppalainen sairaanhoitokortti",
            "sjukvårdskort", "health insurance card", "health insurance card number"),
    examples=("80246802460123456789",),
)  # fmt: skip

DETECTORS = (PASSPORT, ID_CARD, DRIVING_LICENCE, EHIC)
