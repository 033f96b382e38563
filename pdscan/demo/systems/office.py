"""Microsoft 365 as it is exported: mailboxes of the staff as single messages, and the documents of
SharePoint. Contracts with one customer, minutes with many, lists copied from the web form.
"""

from __future__ import annotations

import random
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pdscan.demo import papers
from pdscan.demo.people import Person
from pdscan.demo.site import Site, spelled, when

_MAIL = "m365/Mailboxes/{login}/Inbox"
_SITE = "m365/SharePoint/Asiakkuudet"
_AT_A_TABLE = 4  # people of a meeting


def write(site: Site) -> None:
    """``m365``."""
    _inboxes(site)
    _contracts(site, f"{_SITE}/Sopimukset")
    _minutes(site, f"{_SITE}/Muistiot")
    _form_entries(site, f"{_SITE}/verkkolomakkeet-2026.xlsx")
    _event(site, f"{_SITE}/Asiakaspäivä 2026.xlsx")
    _complaints(site, f"{_SITE}/Lists/Reklamaatiot.csv")


def _inboxes(site: Site) -> None:
    """Customers who write to somebody they know there."""
    rng = site.chances("m365/Mailboxes")
    staff = [person for person in site.people if person.work_email]
    for number, person in enumerate(p for p in site.people if p.number % 17 == 5):
        receiver = staff[number % len(staff)]
        work = receiver.work_email or ""
        sent = when(rng, 400)
        message = EmailMessage(policy=SMTP)
        message["From"] = f"{person.name} <{person.emails[0]}>"
        message["To"] = f"{receiver.name} <{work}>"
        message["Subject"] = "Tarjous" if person.country == "fi" else "Offert"
        message["Date"] = format_datetime(sent)
        message["Message-ID"] = f"<m365.{person.number}@{person.emails[0].partition('@')[2]}>"
        message.set_content(f"Hei {receiver.given},\n\nlähettäisitkö tarjouksen?\n\n{person.name}, "
                            f"{person.phone}\n", cte="8bit")  # fmt: skip
        file = f"{_MAIL.format(login=receiver.login)}/{sent:%Y%m%d-%H%M%S}.eml"
        site.path(file).write_bytes(message.as_bytes())
        site.note(person, file, "", {"email": person.emails[0], "phone": person.phone})
        site.note(receiver, file, "", {"email": work})


def _contracts(site: Site, folder: str) -> None:
    for person in site.people:
        if person.number % 25 != 8:
            continue
        file = f"{folder}/{2000 + person.number} {person.family}.docx"
        paragraphs = [
            "Huoltosopimus", f"Asiakas: {person.name}", f"Sähköposti: {person.emails[0]}",
            f"Puhelin: {person.phone}",
            f"Osoite: {person.street}, {person.postcode} {person.town}",
            "Sopimus on voimassa toistaiseksi ja irtisanottavissa kuukauden kuluessa.",
        ]  # fmt: skip
        site.path(file).write_bytes(papers.docx(paragraphs))
        site.note(person, file, "", {"email": person.emails[0], "phone": person.phone})


def _minutes(site: Site, folder: str) -> None:
    """Meetings of several customers: nobody's alone."""
    present = [person for person in site.people if person.number % 20 == 14]
    for number, start in enumerate(range(0, len(present), _AT_A_TABLE), 1):
        table = present[start : start + _AT_A_TABLE]
        file = f"{folder}/Muistio {number}.docx"
        rows = [["Nimi", "Sähköposti", "Puhelin"]]
        for person in table:
            rows.append([person.name, person.emails[0], person.phone])
            site.note(person, file, "", {"email": person.emails[0], "phone": person.phone})
        text = [f"Käyttäjäryhmän kokous {number}", f"{table[0].given} toivoi parempaa ohjetta."]
        site.path(file).write_bytes(papers.docx(text, rows))


def _form_entries(site: Site, file: str) -> None:
    """What somebody copied from the web form, to work on."""
    rows = [["Nimi", "Sähköposti", "Tila"]]
    for person in site.people[4::18]:
        rows.append([person.name, person.emails[0], "avoin" if person.number % 2 else "hoidettu"])
        site.note(person, file, f"Sähköposti={person.emails[0]}", {"email": person.emails[0]},
                  "Lomakkeet")  # fmt: skip
    site.path(file).write_bytes(papers.xlsx({"Lomakkeet": rows}))


def _event(site: Site, file: str) -> None:
    """Who comes, and what they eat."""
    guests, hotel = [["Nimi", "Sähköposti", "Ruokavalio"]], [["Vieras", "Sähköposti", "Yöt"]]
    for person in site.people:
        if person.number % 16 != 7:
            continue
        email = person.emails[0]
        guests.append([person.name, email, ("-", "keliakia", "halal")[person.number % 3]])
        site.note(person, file, f"Sähköposti={email}", {"email": email}, "Osallistujat")
        if person.number % 32 == 7:
            hotel.append([person.name, email, "2"])
            site.note(person, file, f"Sähköposti={email}", {"email": email}, "Majoitus")
    site.path(file).write_bytes(papers.xlsx({"Osallistujat": guests, "Majoitus": hotel}))


def _complaints(site: Site, file: str) -> None:
    """A SharePoint list."""
    rng = random.Random(site.chances(file).random())  # noqa: S311 - the same every time
    rows = []
    for number, person in enumerate((p for p in site.people if p.number % 14 == 3), 1):
        phone, title = spelled(person, rng), f"R-{number:03}"
        rows.append([title, person.name, phone, _complaint(person), f"{when(rng, 500):%Y-%m-%d}"])
        site.note(person, file, f"Title={title}", {"phone": phone})
    site.csv(file, ["Title", "Customer name", "Phone", "Description", "Created"], rows)


def _complaint(person: Person) -> str:
    return ("Paketti rikki", "Väärä koko", "Lasku tuli kahdesti")[person.number % 3]
