"""What an identifier of a kind tells of whose it is.

``OWN``: given to one person by a state, for life or for the life of a document. ``COUNTED``: mostly
one person's, but mailboxes, telephones, accounts and cards are shared too; the data decide.
``LOOSE``: many people have it (a name, a door, an address of the network): a match is a hint that a
person must judge. All other kinds (business numbers, banks, browsers) say nothing of a person.
"""

from __future__ import annotations

OWN = frozenset({
    "fi.hetu", "se.personnummer", "se.samordningsnummer", "no.fodselsnummer", "dk.cpr",
    "ee.isikukood", "lt.asmens_kodas", "lv.personas_kods", "is.kennitala", "at.vnr", "be.nn",
    "be.bis", "bg.egn", "bg.pnf", "cz.rc", "sk.rc", "de.idnr", "es.dni", "es.nie", "fr.nir",
    "fr.nif", "gr.amka", "hr.oib", "ie.pps", "it.codicefiscale", "nl.bsn", "pl.pesel", "pt.cc",
    "ro.cnp", "si.emso",
})  # fmt: skip
DOCUMENTS = frozenset({
    "fi.passport", "fi.id_card", "fi.driving_licence", "fi.ehic", "se.passport", "se.id_card",
})  # fmt: skip
COUNTED = frozenset({
    "email", "phone", "iban", "payment_card", "username", "se.bank_account", "imei", "cookie_id",
    "vehicle_registration",
})  # fmt: skip
NAME = "person_name"
LOOSE = frozenset({
    NAME, "postal_address", "ipv4", "ipv6", "mac_address", "date_of_birth", "geo_coordinates",
})  # fmt: skip
#: Of which one beside the person's own tells that somebody else is there too.
TELLING = ("email", "phone")
PERSONAL = OWN | DOCUMENTS | COUNTED | LOOSE
#: What a table of people has in most of its rows.
DIRECT = OWN | {"email", "phone", "username", NAME}
