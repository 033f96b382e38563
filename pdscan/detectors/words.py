"""Words that speak against several kinds: they name numbers that only look like identifiers.

Finnish, Swedish, English, and the words of the other Nordic languages where they differ.
"""

from __future__ import annotations

#: Numbers of orders, parcels, wares and cases.
ORDERS = (
    "tilausnumero", "tilausnro", "tilaus nro", "tilaus", "viitenumero", "viite", "lähetystunnus",
    "lähetysnumero", "seurantakoodi", "seurantatunnus", "kolli", "tuotenumero", "tuotekoodi",
    "sarjanumero", "eränumero", "tapausnumero", "tikettinumero", "tilausrivi", "tilauksen n",
    "asiakasnumero", "asiakasnro", "asiakasnr", "palautus", "palautusnumero", "retur",
    "returnummer", "rma", "varaus", "varausnumero", "sopimusnumero", "kuitti", "hylly",
    "ordernummer", "ordernr", "beställningsnummer", "beställning", "kollinummer", "spårningsnummer",
    "försändelse", "kundnummer", "kundnr", "bokning", "bokningsnummer", "avtalsnummer", "kvitto",
    "ordrenummer", "kundenummer", "tellimus", "klienditunnus", "artikelnummer", "artikelnr",
    "serienummer", "ärendenummer", "ordre", "bestilling", "varenummer", "sporing", "order number",
    "order no", "order id", "order", "tracking", "shipment", "parcel", "sku", "part number",
    "product code", "serial number", "serial no", "s/n", "customer number", "customer no",
    "customer id",
    "booking", "reservation", "contract number", "supplier no", "batch", "lot no", "ticket",
    "case no", "case number", "item no", "ean", "gtin", "isbn", "barcode", "viivakoodi",
    "streckkod", "transaction id", "transaktio", "checksum",
)  # fmt: skip

#: Numbers of invoices: next to them stand accounts and the numbers of businesses.
INVOICES = (
    "laskunumero", "laskunro", "lasku nro", "laskun n", "arve nr", "faktura", "fakturanummer",
    "fakturanr", "faktura nr", "ocr", "invoice", "invoice number", "invoice no",
)  # fmt: skip

#: Both.
BUSINESS = (*ORDERS, *INVOICES)

#: Versions and builds of programs, and numbers of sections.
VERSION = (
    "version", "versio", "build", "release", "ver", "firmware", "sdk", "runtime", "chrome",
    "firefox", "driver", "ajuri", "oid", "section", "chapter", "luku", "kohta", "kapitel",
)  # fmt: skip

#: Points in time written as digits.
TIME = ("timestamp", "aikaleima", "tidsstämpel", "epoch", "unix time")
