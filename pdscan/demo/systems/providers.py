"""What service providers send: payment reports, a web form's entries, newsletter lists."""

from __future__ import annotations

import random

from pdscan.demo.people import Person
from pdscan.demo.site import Site, identity, identity_kind, national, spelled, when


def write(site: Site) -> None:
    """``payments``, ``forms`` and ``newsletter``."""
    _paypal_csv(site, "payments/paypal-2026-10.csv")
    _paypal_json(site, "payments/paypal-transactions.json")
    _wix(site, "forms/contact-form.csv")
    _sendgrid_csv(site, "newsletter/contacts.csv")
    _sendgrid_json(site, "newsletter/suppressions.json")


def _paypal_csv(site: Site, file: str) -> None:
    """A PayPal activity report."""
    rng = site.chances(file)
    rows = []
    for person in site.people[::3]:
        transaction = f"{rng.getrandbits(80) % 36**8:017X}"
        paid, cents = when(rng, 31), rng.randrange(990, 99_000)
        address = f"{person.name}, {person.street}, {person.postcode} {person.town}"
        rows.append([f"{paid:%d/%m/%Y}", f"{paid:%H:%M:%S}", "UTC", person.name,
                     "Express Checkout Payment", "Completed", "EUR", f"{cents / 100:.2f}",
                     person.emails[0], "pay@nordkauppa.example", transaction, address,
                     _note(person)])  # fmt: skip
        holds = {"email": person.emails[0]}
        if person.number % 75 == 1:
            holds["payment_card"] = "4111 1111 1111 1111"
        site.note(person, file, f"Transaction ID={transaction}", holds)
    header = ["Date", "Time", "TimeZone", "Name", "Type", "Status", "Currency", "Gross",
              "From Email Address", "To Email Address", "Transaction ID", "Shipping Address",
              "Note"]  # fmt: skip
    site.csv(file, header, rows)


def _paypal_json(site: Site, file: str) -> None:
    """The same provider's transactions from its programming interface."""
    rng = site.chances(file)
    details = []
    for person in site.people[1::7]:
        transaction = f"{rng.getrandbits(80) % 36**8:017X}"
        details.append({
            "transaction_info": {
                "transaction_id": transaction,
                "transaction_initiation_date": f"{when(rng, 31):%Y-%m-%dT%H:%M:%S+0000}",
                "transaction_amount": {"currency_code": "EUR", "value": "49.90"},
            },
            "payer_info": {
                "email_address": person.emails[0],
                "phone_number": {"national_number": national(person)},
                "payer_name": {"given_name": person.given, "surname": person.family},
            },
            "shipping_info": {"address": {"line1": person.street, "city": person.town,
                                          "postal_code": person.postcode}},
        })  # fmt: skip
        site.note(person, file, f"transaction_id={transaction}",
                         {"email": person.emails[0]})  # fmt: skip
    site.json(file, {"transaction_details": details, "total_items": len(details)})


def _wix(site: Site, file: str) -> None:
    """A contact form's export: whatever the visitors typed, one broken row among it."""
    rng = site.chances(file)
    rows = []
    for person in site.people[4::9]:
        number = identity(person, 1)
        word = "henkilötunnukseni on" if person.country == "fi" else "mitt personnummer är"
        message, holds = (
            _MESSAGES[(person.number // 9 + person.number // 45) % len(_MESSAGES)],
            {"email": person.emails[0]},
        )
        if "{identity}" in message:
            holds[identity_kind(person)] = number
        if "{phone}" in message:
            holds["phone"] = spelled(person, random.Random(person.number))  # noqa: S311
        if "{iban}" in message:
            holds["iban"] = person.iban
        text = message.format(
            identity=f"{word} {number}", phone=holds.get("phone", ""), name=person.name,
            iban=" ".join(person.iban[i : i + 4] for i in range(0, len(person.iban), 4)),
        )  # fmt: skip
        submitted = f"{when(rng, 300):%Y-%m-%dT%H:%M:%S.000Z}"
        rows.append([submitted, person.given, person.family, person.emails[0], text])
        site.note(person, file, f"Submission time={submitted}", holds)
    rows.sort()
    rows.insert(7, ["2026-03-05T10:00:00.000Z", "(cut off)"])
    header = ["Submission time", "First name", "Last name", "Email", "Message"]
    site.csv(file, header, rows)


def _sendgrid_csv(site: Site, file: str) -> None:
    """The newsletter's contacts."""
    rows = []
    for person in site.people:
        if person.number % 2:
            email = person.emails[len(person.emails) // 2].upper() if person.number % 31 == 0 \
                else person.emails[len(person.emails) // 2]  # fmt: skip
            state = "unsubscribed" if person.number % 11 == 0 else "subscribed"
            rows.append([email, person.given, person.family, person.country.upper(), state])
            site.note(person, file, f"email={email}", {"email": email})
    site.csv(file, ["email", "first_name", "last_name", "country", "state"], rows)


def _sendgrid_json(site: Site, file: str) -> None:
    """Who must not get newsletters any more."""
    rng = site.chances(file)
    entries = []
    for person in site.people[10::11]:
        created = int(when(rng, 700).timestamp())
        entries.append({"created": created, "email": person.emails[0]})
        key = f"email={person.emails[0]}"
        site.note(person, file, key, {"email": person.emails[0]})
    site.json(file, entries)


_MESSAGES = (
    "Hei! Milloin tilaukseni saapuu?\nTerveisin, {name}",
    "Voitteko soittaa minulle numeroon {phone}? Kiitos.",
    "Hej, {identity}. Kan ni uppdatera mina uppgifter?",
    "Palauttakaa rahat tilille {iban}, kiitos.",
    "Tuotenumero 12345-678 ei toimi, mitä teen?",
)


def _note(person: Person) -> str:
    """A card number somebody typed where none belongs: the card industry's test number."""
    return "kortti 4111 1111 1111 1111 ei toiminut" if person.number % 75 == 1 else ""
