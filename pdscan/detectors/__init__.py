"""Detectors: one module per identifier, loaded when asked for.

A new detector is a module with a ``DETECTOR`` (or ``DETECTORS``, where kinds share their rules) and
a line below. Packages of third parties bring theirs by entry points of the group
``pdscan.detectors``: the name is the kind, the object a `Detector` or a tuple of them.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from pdscan.detectors.interface import Detector
from pdscan.errors import UsageError

GROUP = "pdscan.detectors"

# Where two kinds are equally well evidenced for a place, the one that stands higher here stays.
_MODULES: dict[str, tuple[str, ...]] = {
    "email": ("email",),
    "payment_card": ("payment_card",),
    "iban": ("iban",),
    "fi_hetu": ("fi.hetu",),
    "se_personnummer": ("se.personnummer", "se.samordningsnummer"),
    "no_fodselsnummer": ("no.fodselsnummer",),
    "phone": ("phone",),
    "dk_cpr": ("dk.cpr",),
    "ee_isikukood": ("ee.isikukood", "lt.asmens_kodas"),
    "lv_personas_kods": ("lv.personas_kods",),
    "is_kennitala": ("is.kennitala",),
    "fi_ytunnus": ("fi.ytunnus",),
    "se_orgnr": ("se.orgnr",),
    "no_orgnr": ("no.orgnr",),
    "dk_cvr": ("dk.cvr",),
    "eu_vat": ("eu.vat",),
    "fi_documents": ("fi.passport", "fi.id_card", "fi.driving_licence", "fi.ehic"),
    "se_documents": ("se.passport", "se.id_card"),
    "se_giro": ("se.bankgiro", "se.plusgiro"),
    "se_bank_account": ("se.bank_account",),
    "national_ids": (
        "at.vnr",
        "at.tin",
        "be.nn",
        "be.bis",
        "bg.egn",
        "bg.pnf",
        "cz.rc",
        "sk.rc",
        "de.idnr",
        "es.dni",
        "es.nie",
        "fr.nir",
        "fr.nif",
        "gr.amka",
        "gr.afm",
        "hr.oib",
        "ie.pps",
        "it.codicefiscale",
        "nl.bsn",
        "pl.pesel",
        "pl.nip",
        "pt.nif",
        "pt.cc",
        "ro.cnp",
        "si.emso",
    ),
    "passport": ("passport",),
    "ip": ("ipv4", "ipv6"),
    "jwt": ("jwt",),
    "url_credentials": ("url_credentials",),
    "password_hash": ("password_hash",),
    "password": ("password",),
    "cookie_id": ("cookie_id",),
    "user_agent": ("user_agent",),
    "username": ("username",),
    "date_of_birth": ("date_of_birth",),
    "postal_address": ("postal_address",),
    "person_name": ("person_name",),
    "geo_coordinates": ("geo_coordinates",),
    "vehicle_registration": ("vehicle_registration",),
    "card_expiry_cvv": ("card_expiry_cvv",),
    "special_categories": (
        "special.health",
        "special.trade_union",
        "special.religion",
        "special.ethnicity",
        "special.criminal_record",
    ),
    "mac_address": ("mac_address",),
    "imei": ("imei",),
    "bic": ("bic",),
}
_MODULE_OF = {kind: module for module, kinds in _MODULES.items() for kind in kinds}


def kinds() -> tuple[str, ...]:
    """All kinds there are, ours first, in the order of `load`."""
    return (*_MODULE_OF, *(kind for kind in _others() if kind not in _MODULE_OF))


def countries() -> tuple[str, ...]:
    """The countries (ISO 3166-1 alpha-2, lower case) that national kinds belong to."""
    return tuple(dict.fromkeys(country for kind in kinds() if (country := country_of(kind))))


def country_of(kind: str) -> str:
    """The country that `kind` belongs to; "" for international kinds, ``eu.vat`` among them."""
    country, dot, _ = kind.partition(".")
    return country if dot and len(country) == 2 and country != "eu" else ""


def load(
    kinds: Iterable[str] | None = None, countries: Iterable[str] | None = None
) -> tuple[Detector, ...]:
    """The detectors of `kinds` (None: all) without the national ones of other `countries`.

    Imports only the modules they live in. Raises UsageError for an unknown kind or country.
    """
    others = _others()
    known = list(dict.fromkeys((*_MODULE_OF, *others)))
    wanted = set(known)
    if kinds is not None:
        wanted = {_known(kind, known, "detector") for kind in kinds}
    if countries is not None:
        lands = list(dict.fromkeys(filter(None, map(country_of, known))))
        within = {"", *(_known(country.lower(), lands, "country") for country in countries)}
        wanted = {kind for kind in wanted if country_of(kind) in within}
    found: list[Detector] = []
    for kind in known:
        if kind in wanted:
            entry = others.get(kind)
            found.append(_of_module(kind) if entry is None else _of_entry(kind, entry))
    return tuple(found)


def _known(name: str, names: list[str], what: str) -> str:
    if name in names:
        return name
    tails = {known.rpartition(".")[2]: known for known in names}
    close = difflib.get_close_matches(name, names, n=3)
    close += [tails[tail] for tail in difflib.get_close_matches(name, tails, n=3)]
    hint = f"did you mean {' or '.join(dict.fromkeys(close))}?" if close else "known are "
    raise UsageError(f"unknown {what} {name!r}: {hint if close else hint + ', '.join(names)}")


def _others() -> dict[str, EntryPoint]:
    entries = sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))
    return {entry.name: entry for entry in entries if entry.name not in _MODULE_OF}


def _of_module(kind: str) -> Detector:
    return _named(kind, importlib.import_module(f"{__name__}.{_MODULE_OF[kind]}"), "pdscan")


def _of_entry(kind: str, entry: EntryPoint) -> Detector:
    try:
        brought = entry.load()
    except Exception as error:
        raise UsageError(
            f"detector {kind!r} cannot be loaded from {entry.value}: {error}; "
            "mend or uninstall the package that brings it"
        ) from error
    return _named(kind, brought, entry.value)


def _named(kind: str, brought: Any, origin: str) -> Detector:
    if not isinstance(brought, Detector | tuple):
        brought = getattr(brought, "DETECTORS", None) or getattr(brought, "DETECTOR", ())
    for detector in brought if isinstance(brought, tuple) else (brought,):
        if isinstance(detector, Detector) and detector.kind == kind:
            return detector
    raise UsageError(f"{origin} brings no detector of kind {kind!r}")
