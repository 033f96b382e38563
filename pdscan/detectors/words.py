"""Words that speak against several kinds: they name numbers that only look like identifiers.

Finnish, Swedish, English, and the words of the other Nordic languages where they differ.
"""

from __future__ import annotations

#: Numbers of orders, invoices, parcels, wares and cases.
BUSINESS = (
    "tilausnumero", "tilausnro", "tilaus nro", "tilaus", "laskunumero", "laskunro", "lasku nro",
    "viitenumero", "viite", "lähetystunnus", "lähetysnumero", "seurantakoodi", "seurantatunnus",
    "kolli", "tuotenumero", "tuotekoodi", "sarjanumero", "eränumero", "tapausnumero",
    "tikettinumero", "ordernummer", "ordernr", "beställningsnummer", "beställning",
    "fakturanummer", "fakturanr",
    "faktura nr", "faktura", "ocr", "kollinummer", "spårningsnummer", "försändelse",
    "artikelnummer", "artikelnr", "serienummer", "ärendenummer", "ordre", "bestilling",
    "varenummer", "sporing",
    "order number", "order no", "order id", "order", "invoice number", "invoice no", "invoice",
    "tracking", "shipment", "parcel", "sku", "part number", "product code", "serial number",
    "serial no", "batch", "lot no", "ticket", "case no", "case number", "item no", "ean", "gtin",
    "isbn", "barcode", "viivakoodi", "streckkod", "transaction id", "transaktio", "checksum",
)  # fmt: skip

#: Versions and builds of programs, and numbers of sections.
VERSION = (
    "version", "versio", "build", "release", "ver", "firmware", "sdk", "runtime", "chrome",
    "firefox", "driver", "ajuri", "oid", "section", "chapter", "luku", "kohta", "kapitel",
)  # fmt: skip

#: Points in time written as digits.
TIME = ("timestamp", "aikaleima", "tidsstämpel", "epoch", "unix time")
