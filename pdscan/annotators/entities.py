"""Presidio's words and ours: entity types and kinds, scores and likelihoods."""

from __future__ import annotations

from pdscan.model import Likelihood

_SCORES = {
    Likelihood.VERY_UNLIKELY: 0.05,
    Likelihood.UNLIKELY: 0.2,
    Likelihood.POSSIBLE: 0.4,
    Likelihood.LIKELY: 0.75,
    Likelihood.VERY_LIKELY: 0.95,
}
#: The least score of each likelihood. Presidio gives 0.4 to what only a context word speaks for,
#: 0.5 to a pattern of medium strength, 0.85 to the entities of a model, and 1.0 to a valid check.
_FLOORS = (
    (0.9, Likelihood.VERY_LIKELY),
    (0.6, Likelihood.LIKELY),
    (0.3, Likelihood.POSSIBLE),
    (0.1, Likelihood.UNLIKELY),
)
_ENTITIES = {
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "iban": "IBAN_CODE",
    "payment_card": "CREDIT_CARD",
    "ipv4": "IP_ADDRESS",
    "ipv6": "IP_ADDRESS",
    "mac_address": "MAC_ADDRESS",
    "person_name": "PERSON",
    "place": "LOCATION",
}
_KINDS = {
    **{entity: kind for kind, entity in _ENTITIES.items() if entity != "IP_ADDRESS"},
    "IP_ADDRESS": "ip_address",
    "FI_PERSONAL_IDENTITY_CODE": "fi.hetu",
    "SE_PERSONNUMMER": "se.personnummer",
    "SE_ORGANISATIONSNUMMER": "se.orgnr",
    "DE_TAX_ID": "de.idnr",
    "ES_NIE": "es.nie",
    "ES_NIF": "es.dni",
    "IT_FISCAL_CODE": "it.codicefiscale",
    "PL_PESEL": "pl.pesel",
}


def score(likelihood: Likelihood) -> float:
    """The score (0-1) that Presidio is told for `likelihood`."""
    return _SCORES[likelihood]


def likelihood(score: float) -> Likelihood:
    """The likelihood that one of Presidio's scores (0-1) stands for."""
    for floor, level in _FLOORS:
        if score >= floor:
            return level
    return Likelihood.VERY_UNLIKELY


def entity(kind: str) -> str:
    """The entity type of a kind: Presidio's own name where it has one, else as ``FI_HETU``."""
    return _ENTITIES.get(kind, kind.replace(".", "_").upper())


def kind(entity: str, country: str | None = None) -> str:
    """The kind of an entity type: ours where both know it, else as ``uk.nhs`` or ``medical_id``."""
    if entity in _KINDS:
        return _KINDS[entity]
    name = entity.lower()
    if country and name.startswith(f"{country}_"):
        return f"{country}.{name.removeprefix(f'{country}_')}"
    return name
