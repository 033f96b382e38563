"""The CRM as it exports itself: contacts with what was inferred about them, and activities."""

from __future__ import annotations

from pdscan.demo import papers
from pdscan.demo.site import Site, when

FILE = "crm/crm-export.xlsx"
_CONTACTS = ["Contact ID", "Name", "Title", "Company", "Email", "Phone", "Interests", "Segment",
             "Churn score", "Source"]  # fmt: skip
_ACTIVITIES = ["Activity ID", "Contact ID", "Contact email", "Date", "Type", "Note"]
_TITLES = ("Managing director", "Purchasing manager", "Site engineer", "")
_NOTES = (
    "Soitto: kysyi toimitusajasta",
    "Käynti: esiteltiin uusi anturi",
    "{name} ei vastannut puhelimeen",
    "Puhui myös kollegastaan {other}, joka päättää ostoista",
)


def write(site: Site) -> None:
    """``crm``."""
    rng = site.chances(FILE)
    contacts, activities = [_CONTACTS], [_ACTIVITIES]
    people = [person for person in site.people if person.number % 3 == 2]
    for number, person in enumerate(people, 1):
        key = f"C-{number:04}"
        company = person.firm.name if person.firm is not None else ""
        contacts.append([
            key, person.name, _TITLES[number % 4] if company else "", company, person.emails[0],
            person.phone, ("anturit", "varaosat", "huolto")[number % 3],
            ("price hunter", "loyal", "dormant")[number % 3], f"{rng.randrange(100)}",
            ("web form", "bought list 2024", "trade fair")[number % 3],
        ])  # fmt: skip
        holds = {"email": person.emails[0], "phone": person.phone}
        site.note(person, FILE, f"Contact ID={key}", holds, "Contacts")
        for _ in range(rng.randrange(3)):
            note = _NOTES[rng.randrange(len(_NOTES))]
            other = rng.choice(people)
            row = f"A-{len(activities):05}"
            activities.append([
                row, key, person.emails[0], f"{when(rng, 1500):%Y-%m-%d}",
                rng.choice(("call", "visit", "mail")),
                note.format(name=person.name, other=other.name),
            ])  # fmt: skip
            site.note(person, FILE, f"Activity ID={row}", {"email": person.emails[0]}, "Activities")
            if "{other}" in note and other is not person:
                site.note(other, FILE, f"Activity ID={row}", {"person_name": other.name},
                          "Activities")  # fmt: skip
    site.path(FILE).write_bytes(papers.xlsx({"Contacts": contacts, "Activities": activities}))
