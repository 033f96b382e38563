"""Words for special categories of personal data (GDPR, art. 9) and for crimes (art. 10).

A dictionary shows at most that a text may be about somebody's health, union, belief, origin or
convictions, so a word alone is unlikely; one beside a word for people (patient, employee, member)
is possible; a field that is called a diagnosis or a religion is likely to hold one. Finnish,
Swedish and English. The canonical form is the word in lower case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pdscan.detectors import texts
from pdscan.detectors.interface import Around, Candidates, Cell, Detector, Judged
from pdscan.detectors.texts import LETTER
from pdscan.model import Likelihood

_PEOPLE = (
    "potilas", "potilaan", "asiakas", "työntekij", "henkilö", "jäsen", "oppilas", "lapsi",
    "patient",
    "anställd", "medlem", "kunden", "person", "barnet", "employee", "customer", "member",
    "applicant",
    "hän on", "hänellä", "hon har", "han har", "she has", "he has", "suffers", "sairastaa",
    "lider av",
)  # fmt: skip

_WEAK = ("health", "race", "faith", "belief", "brott", "tuomio", "offence", "offense", "medicin",
         "liitto", "conviction")  # fmt: skip


@dataclass(frozen=True)
class _Dictionary:
    kind: str
    name: str
    category: str
    words: str  # stems; an inflected form counts too
    labels: tuple[str, ...]
    example: str


_DICTIONARIES = (
    _Dictionary(
        "special.health", "Health (art. 9)", "MedicalHealth",
        "diagnoos|sairausloma|sairaslom|sairauspoissaolo|masennu|syövä|syöpä|diabete|astma|epilepsia|allergia"
        "|raskaana|mielenterve|lääkity|lääkärintodist|työkyvyttöm|vammais|alkoholis|päihde"
        "|diagnose|diagnosi|sjukskriv|sjukfrånvar|sjukintyg|läkarintyg|depression|cancer|epilepsi|allergi|gravid"
        "|psykisk|medicinering|funktionsnedsättning|funktionshinder|missbruk"
        "|sick leave|medical record|medical condition|pregnan|disabilit|asthma|hiv|schizophreni"
        "|bipolar"
        "|prescription|mental health|chronic|addiction",
        ("diagnosis", "diagnosis code", "icd10", "icd 10", "medical condition", "medication",
         "blood type",
         "disability", "allergies", "health", "health status", "diagnoosi", "sairaus", "lääkitys",
         "veriryhmä", "allergiat", "terveystiedot", "diagnos", "sjukdom", "medicin", "blodgrupp",
         "funktionsnedsättning", "hälsa"),
        "Potilas on sairauslomalla",
    ),
    _Dictionary(
        "special.trade_union", "Trade union membership (art. 9)", "TradeUnionMembership",
        "ammattiliit|liiton jäsen|luottamusmie|ay-jäsen|fackförbund|fackmedlem|fackförening"
        "|fackligt"
        "|trade union|labor union|labour union|union member|shop steward",
        ("trade union", "union membership", "union member", "ammattiliitto", "liitto",
         "ay jäsenyys", "ay jäsenmaksu", "fackförbund", "fackmedlem", "facklig tillhörighet"),
        "Työntekijä on ammattiliiton jäsen",
    ),
    _Dictionary(
        "special.religion", "Religion or belief (art. 9)", "Religion",
        "luterilai|ortodoks|katoli|muslim|juutalai|buddhala|hindu|ateist|helluntai|jehovan|uskonto"
        "|uskonnol|seurakun|luthersk|katolsk|judisk|muslimsk|religi|församling|trosuppfattning"
        "|lutheran|catholic|jewish|buddhist|atheist|orthodox christian|protestant|pentecostal",
        ("religion", "religious belief", "faith", "denomination", "belief", "uskonto",
         "uskontokunta",
         "seurakunta", "vakaumus", "trossamfund", "religionstillhörighet"),
        "Hän on muslimi",
    ),
    _Dictionary(
        "special.ethnicity", "Racial or ethnic origin (art. 9)", "EthnicOrigin",
        "etnise|etninen|romani|saamelai|maahanmuuttaj|ihonvär|etnisk|samisk|romer|romsk|hudfärg"
        "|invandrar|ethnic|roma people|skin colo|racial|immigrant background",
        ("ethnicity", "ethnic origin", "ethnic group", "race", "etninen tausta", "etninen alkuperä",
         "etnisyys", "etnicitet", "etniskt ursprung", "etnisk bakgrund"),
        "Asiakas on saamelainen",
    ),
    _Dictionary(
        "special.criminal_record", "Criminal convictions and offences (art. 10)", "Criminal",
        "rikosrekister|rikostuomi|tuomittu|vankeus|vankila|rikoksesta|rikosepäi|ehdonalai|sakkoran"
        "|brottsregister|belastningsregister|fängelse|dömd för|åtalad|villkorlig dom"
        "|criminal record|convicted|conviction|felony|imprison|on probation|criminal offence"
        "|criminal offense",
        ("criminal record", "conviction", "convictions", "offence", "offense", "rikosrekisteri",
         "rikostausta", "tuomio", "rikosnimike", "belastningsregister", "brottsregister", "brott"),
        "Henkilö on tuomittu rikoksesta",
    ),
)  # fmt: skip


def _judge(words: str) -> Callable[[Candidates], Judged]:
    def judge(candidates: Candidates) -> Judged:
        """Accepts words of the dictionary, and any text in fields that are called so."""
        if candidates.anchor is None:
            values = texts.strings(candidates.raw, candidates.raw_length)
            found = texts.cut(values, r"[\s\"']*", rf"[{LETTER}0-9][^\n;|<>{{}}=]{{1,78}}", "")
            found = found.where(
                ~texts.matches(found.text, r"(?i)^(?:null|none|n/a|true|false|no|ei|nej)$")
            )
            level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
        else:
            found = texts.cut_around(candidates, rf"(?i:{words})", rf"[{LETTER}]{{0,20}}")
            level = np.full(len(candidates), Likelihood.UNLIKELY, np.int64)
        in_dictionary = found.found & texts.matches(found.text, f"(?i){words}")
        return texts.judged(
            found, level, {"word of the dictionary": in_dictionary}, texts.fold(found.text)
        )

    return judge


DETECTORS = tuple(
    Detector(
        kind=known.kind,
        name=known.name,
        category=known.category,
        finders=(
            Around("", before=28, after=40, caseless=True, words=tuple(known.words.split("|"))),
            Cell(90, unless=("check", "european", "soviet", "database", "condition"), weak=_WEAK),
        ),
        judge=_judge(known.words),
        context=_PEOPLE,
        labels=known.labels,
        needs_context=True,
        examples=(known.example,),
    )
    for known in _DICTIONARIES
)
