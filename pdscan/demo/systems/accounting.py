"""Accounting: invoices on paper and as Finvoice (https://www.finanssiala.fi/finvoice/), and who was
checked against money laundering. The law keeps all of it for years.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from pdscan.demo import papers
from pdscan.demo.people import Person
from pdscan.demo.site import Site, identity, identity_kind, when


def write(site: Site) -> None:
    """``accounting``, and a statement of ``payments``."""
    rng = site.chances("accounting")
    checked = []
    for person in site.people:
        number, paid = 7000 + person.number, when(rng, 1500)
        if person.number % 20 == 9:
            file = f"accounting/invoices/{number}.pdf"
            site.path(file).write_bytes(papers.pdf(_invoice(person, number, f"{paid:%d.%m.%Y}")))
            site.note(person, file, "", {"email": person.emails[0]})
        if person.number % 20 == 19:
            file = f"accounting/finvoice/{number}.xml"
            text = _finvoice(person, number, f"{paid:%Y%m%d}")
            site.path(file).write_text(text, "utf-8")
            site.note(person, file, "", {"email": person.emails[0], "iban": person.iban})
        if person.number % 30 == 17:
            personal_id = identity(person, 1)
            checked.append([f"K-{number}", person.name, personal_id, person.passport,
                            f"{paid:%Y-%m-%d}", "no match"])  # fmt: skip
            site.note(person, "accounting/aml-checks.csv", f"Check=K-{number}",
                      {identity_kind(person): personal_id})  # fmt: skip
    site.csv("accounting/aml-checks.csv",
             ["Check", "Name", "Personal identity code", "Passport number", "Date", "Result"],
             checked)  # fmt: skip
    _statement(site, "payments/paypal-2026-09.pdf")


def _invoice(person: Person, number: int, date: str) -> list[str]:
    return [
        "Nordkauppa Oy", f"Lasku {number}", f"Päivä: {date}", "", person.name, person.street,
        f"{person.postcode} {person.town}", f"Sähköposti: {person.emails[0]}", "",
        "Anturi NS-2, 1 kpl, 49,90 EUR", "Maksetaan tilille FI21 1234 5600 0007 85",
    ]  # fmt: skip


def _finvoice(person: Person, number: int, date: str) -> str:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Finvoice Version="3.0">
  <SellerPartyDetails>
    <SellerOrganisationName>Nordkauppa Oy</SellerOrganisationName>
  </SellerPartyDetails>
  <BuyerPartyDetails>
    <BuyerOrganisationName>{escape(person.name)}</BuyerOrganisationName>
    <BuyerPostalAddressDetails>
      <BuyerStreetName>{escape(person.street)}</BuyerStreetName>
      <BuyerTownName>{escape(person.town)}</BuyerTownName>
      <BuyerPostCodeIdentifier>{person.postcode}</BuyerPostCodeIdentifier>
    </BuyerPostalAddressDetails>
  </BuyerPartyDetails>
  <BuyerCommunicationDetails>
    <BuyerEmailaddressIdentifier>{person.emails[0]}</BuyerEmailaddressIdentifier>
  </BuyerCommunicationDetails>
  <InvoiceDetails>
    <InvoiceTypeCode>INV02</InvoiceTypeCode>
    <InvoiceTypeText>Hyvityslasku</InvoiceTypeText>
    <InvoiceNumber>{number}</InvoiceNumber>
    <InvoiceDate Format="CCYYMMDD">{date}</InvoiceDate>
    <RefundAccountID IdentificationSchemeName="IBAN">{person.iban}</RefundAccountID>
  </InvoiceDetails>
</Finvoice>
"""


def _statement(site: Site, file: str) -> None:
    """Payments of many people on one paper."""
    rng = site.chances(file)
    lines = ["PayPal: Monthly statement, September 2026", ""]
    for person in site.people:
        if person.number % 40 == 21:
            lines.append(f"{person.name}, {person.emails[0]}, {rng.randrange(9, 400)},00 EUR")
            site.note(person, file, "", {"email": person.emails[0]})
    site.path(file).write_bytes(papers.pdf(lines))
