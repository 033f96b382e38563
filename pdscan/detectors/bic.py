"""BIC, the business identifier code of a bank.

ISO 9362:2022 (SWIFT): four letters or digits of the party (letters for all banks), country (ISO
3166-1 and XK), two of the suffix, and three of the branch if any. There is no check digit, and half
of all words in capitals look like it: only a word or a label near it makes it one.
"""

from __future__ import annotations

import numpy as np

from pdscan.detectors.checks import by_length, levels
from pdscan.detectors.interface import Candidates, Detector, Judged, Regex
from pdscan.model import Likelihood

_COUNTRIES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA "
    "ZM ZW"
)


def judge(candidates: Candidates) -> Judged:
    """Accepts all that has the form; the code of the head office has ``XXX`` or no branch."""
    canonical = np.zeros((len(candidates), 11), np.uint8)
    canonical[:, 8:] = ord("X")
    for length, rows, chars in by_length(candidates):
        canonical[rows, :length] = chars
    good = np.ones(len(candidates), np.bool_)
    return Judged(levels(good, Likelihood.POSSIBLE), {"country": good}, canonical)


DETECTOR = Detector(
    kind="bic",
    name="Business identifier code of a bank (BIC)",
    category="FinancialAccount",
    finders=(
        Regex(f"[A-Z]{{4}}(?:{_COUNTRIES.replace(' ', '|')})[A-Z0-9]{{2}}(?:[A-Z0-9]{{3}})?", 11),
    ),
    judge=judge,
    needs_context=True,
    beside=("iban",),
    context=("bic", "bic-koodi", "bic/swift", "swift", "swift-koodi", "swift-kod", "swift code",
             "bic-kod", "iban"),
    labels=("bic", "swift", "bic code", "swift code", "bic swift", "bic koodi", "swift bic"),
    examples=("NDEAFIHH", "HANDSESSXXX"),
)  # fmt: skip
