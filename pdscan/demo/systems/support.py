"""Support mail: the Finnish desk's mailbox in one file, the Swedish desk's folder of messages, and
the list of cases with what the staff noted.

Customers write, the desk answers from its own shared address and quotes them; families read along,
a neighbour writes about somebody, and once a message went to fifteen people openly.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from pdscan.demo import papers
from pdscan.demo.people import Person
from pdscan.demo.site import Site, identity, identity_kind, spelled, when

FINNISH = "support/asiakaspalvelu.mbox"
SWEDISH = "support/kundtjanst"
_DESKS = {"fi": "asiakaspalvelu@nordkauppa.example", "se": "kundtjanst@nordhandel.example"}
_POLICY = SMTP.clone(linesep="\n")
_OPEN_COPIES = 15  # people in one Cc

_QUESTIONS = {
    "fi": ("Hei,\n\ntilaukseni {order} ei ole vielä saapunut. Voitteko tarkistaa?\n\n{name}\n",
           "Hei,\n\nanturi lakkasi toimimasta. Soittakaa numeroon {phone}.\n\nt. {name}\n",
           "Hei,\n\nmaksakaa tilauksen {order} palautus tilille {iban}.\n\n{name}\n",
           "Hei,\n\nhenkilötunnukseni on {identity}, pyysitte sitä takuuta varten.\n\n{name}\n"),
    "se": ("Hej,\n\nmin beställning {order} har inte kommit. Kan ni se efter?\n\n{name}\n",
           "Hej,\n\nsensorn slutade fungera. Ring mig på {phone}.\n\nMvh {name}\n",
           "Hej,\n\nbetala tillbaka {order} till kontot {iban}, tack.\n\n{name}\n",
           "Hej,\n\nmitt personnummer är {identity}, ni frågade efter det.\n\n{name}\n"),
}  # fmt: skip
_ANSWERS = {
    "fi": "Hei!\n\nKiitos viestistä. Tarkistamme asian ja palaamme huomenna.\n\nTerveisin,\nAino\n"
          "Nordkauppa Oy, asiakaspalvelu\n",
    "se": "Hej!\n\nTack för meddelandet. Vi återkommer i morgon.\n\nVänliga hälsningar,\nKarin\n"
          "Nordhandel AB, kundtjänst\n",
}  # fmt: skip


def write(site: Site) -> None:
    """``support``."""
    _mbox(site, FINNISH)
    _folder(site, SWEDISH)
    _cases(site, "support/cases.csv")


def _mbox(site: Site, file: str) -> None:
    rng = site.chances(file)
    written = []
    threads = [person for person in site.people if person.number % 4 == 3]
    for number, person in enumerate(threads, 1):
        for message in _thread(site, file, rng, number, person):
            sent = message["Date"].datetime
            written.append((sent, _bytes(message)))
    written.append(_to_many(site, file, rng))
    pieces = (
        b"From MAILER-DAEMON %s\n%s\n" % (f"{sent:%a %b %d %H:%M:%S %Y}".encode(), data)
        for sent, data in sorted(written)
    )
    site.path(file).write_bytes(b"".join(pieces))


def _folder(site: Site, folder: str) -> None:
    """As mail servers keep them: a file a message."""
    rng = site.chances(folder)
    threads = [person for person in site.people if person.number % 10 == 1]
    for number, person in enumerate(threads, 1):
        for place, (message, about) in enumerate(_exchange(rng, 500 + number, person)):
            file = f"{folder}/new/{int(message['Date'].datetime.timestamp())}.{place}.nordhandel"
            site.path(file).write_bytes(_bytes(message))
            for somebody, holds in about:
                site.note(somebody, file, "", holds)


#: A message, and whose it is, with what it holds of each.
_Written = tuple[EmailMessage, list[tuple[Person, dict[str, str]]]]


def _thread(
    site: Site, file: str, rng: random.Random, number: int, person: Person
) -> Iterator[EmailMessage]:
    family = next((p for p in site.people if p.household == person.number), None)
    exchange = list(_exchange(rng, number, person, family if number % 3 == 0 else None))
    for message, about in exchange:
        for somebody, holds in about:
            site.note(somebody, file.rstrip("/") + f"!/{_id(message)}", "", holds)
        if message is exchange[0][0] and number % 6 == 5:
            _attach(site, file, message, person, rng)
        yield message
    if number % 8 == 7:
        neighbour = site.people[(person.number + 11) % len(site.people)]
        message, about = _about_somebody_else(rng, number, neighbour, person)
        for somebody, holds in about:
            site.note(somebody, f"{file}!/{_id(message)}", "", holds)
        yield message


def _exchange(
    rng: random.Random, number: int, person: Person, family: Person | None = None
) -> Iterator[_Written]:
    """A question and its answer, and for some a second one; `family` reads along."""
    desk, email = _DESKS[person.country], person.emails[number % len(person.emails)]
    order = f"{rng.randrange(10_000, 99_999)}"
    question = _QUESTIONS[person.country][number % 4]
    phone, number_of_state = spelled(person, rng), identity(person, 1)
    told = (("{phone}", "phone", phone), ("{iban}", "iban", person.iban),
            ("{identity}", identity_kind(person), number_of_state))  # fmt: skip
    holds = {"email": email} | {kind: value for word, kind, value in told if word in question}
    text = question.format(order=order, name=person.name, phone=phone, iban=person.iban,
                           identity=number_of_state)  # fmt: skip
    also = [(family, {"email": family.emails[0]})] if family is not None else []
    copy = f"{family.name} <{family.emails[0]}>" if family is not None else ""
    subject = {"fi": f"Tilaus {order}", "se": f"Beställning {order}"}[person.country]
    sent = when(rng, 700)
    first = _message(f"{number}.1@{email.partition('@')[2]}", sent, f"{person.name} <{email}>",
                     desk, subject, text, copy)  # fmt: skip
    yield first, [(person, holds), *also]
    sent += timedelta(hours=rng.randrange(2, 40))
    answer = f"{_ANSWERS[person.country]}\n{_quoted(first)}"
    reply = _message(f"{number}.2@nordkauppa.example", sent, desk, f"{person.name} <{email}>",
                     f"Re: {subject}", answer, copy)  # fmt: skip
    reply["In-Reply-To"] = first["Message-ID"]
    yield reply, [(person, holds), *also]
    if number % 3 == 1:
        sent += timedelta(hours=rng.randrange(1, 20))
        thanks = {"fi": "Kiitos!\n\n", "se": "Tack!\n\n"}[person.country]
        again = _message(f"{number}.3@{email.partition('@')[2]}", sent, f"{person.name} <{email}>",
                         desk, f"Re: {subject}", f"{thanks}{_quoted(reply)}", copy)  # fmt: skip
        yield again, [(person, holds), *also]


def _about_somebody_else(
    rng: random.Random, number: int, writer: Person, person: Person
) -> _Written:  # fmt: skip
    """A message of `writer` in which `person` is named with their telephone number."""
    text = (
        f"Hei,\n\nnaapurini {person.name} tilasi teiltä, mutta paketti tuli minulle. Hänen "
        f"numeronsa on {person.phone}.\n\n{writer.name}\n"
    )
    message = _message(f"{number}.9@{writer.emails[0].partition('@')[2]}", when(rng, 700),
                       f"{writer.name} <{writer.emails[0]}>", _DESKS["fi"], "Väärä paketti",
                       text)  # fmt: skip
    return message, [(writer, {"email": writer.emails[0]}), (person, {"phone": person.phone})]


def _to_many(site: Site, file: str, rng: random.Random) -> tuple[datetime, bytes]:
    """The mistake that every desk makes once: all customers of a list in Cc."""
    people = [person for person in site.people if person.number % 25 == 18][:_OPEN_COPIES]
    message = _message("liite@nordkauppa.example", when(rng, 700), _DESKS["fi"], _DESKS["fi"],
                       "Huoltokatko", "Hei kaikki,\n\npalvelussa on katko lauantaina.\n",
                       ", ".join(person.emails[0] for person in people))  # fmt: skip
    for person in people:
        site.note(person, f"{file}!/{_id(message)}", "", {"email": person.emails[0]})
    return message["Date"].datetime, _bytes(message)


def _attach(
    site: Site, file: str, message: EmailMessage, person: Person, rng: random.Random
) -> None:  # fmt: skip
    """A warranty claim on paper."""
    lines = ["Takuuilmoitus", "", f"Nimi: {person.name}", f"Puhelin: {person.phone}",
             f"Osoite: {person.street}, {person.postcode} {person.town}",
             f"Sarjanumero: NK-{rng.randrange(16**6):06X}"]  # fmt: skip
    message.add_attachment(papers.pdf(lines), "application", "pdf", filename="takuu.pdf")
    message.set_boundary(f"=_nk_{person.number}")
    place = f"{file}!/{_id(message)}!/takuu.pdf"
    site.note(person, place, "", {"phone": person.phone})


def _message(
    identifier: str, sent: datetime, sender: str, to: str, subject: str, text: str, copy: str = ""
) -> EmailMessage:  # fmt: skip
    message = EmailMessage(policy=_POLICY)
    message["From"], message["To"], message["Subject"] = sender, to, subject
    if copy:
        message["Cc"] = copy
    message["Date"] = format_datetime(sent)
    message["Message-ID"] = f"<{identifier}>"
    message.set_content(text, cte="quoted-printable")
    return message


def _quoted(message: EmailMessage) -> str:
    lines: Sequence[str] = message.get_content().splitlines()
    head = f"{message['Date'].datetime:%d.%m.%Y %H:%M}, {message['From']}:"
    return "\n".join([head, *(f"> {line}" for line in lines)]) + "\n"


def _id(message: EmailMessage) -> str:
    return str(message["Message-ID"]).strip("<>")


def _bytes(message: EmailMessage) -> bytes:
    return message.as_bytes(policy=_POLICY)


def _cases(site: Site, file: str) -> None:
    """The desk's list: who, what, and what the staff thought of it."""
    rng = site.chances(file)
    rows = []
    for number, person in enumerate((p for p in site.people if p.number % 9 == 2), 1):
        case = f"T-{2000 + number}"
        phone = spelled(person, rng)
        other = site.people[(person.number * 7) % len(site.people)]
        remark = _REMARKS[number % len(_REMARKS)].format(name=person.name, other=other.name,
                                                         phone=other.phone)  # fmt: skip
        rows.append([case, f"{when(rng, 900):%Y-%m-%d}", person.name, person.emails[0], phone,
                     remark])  # fmt: skip
        site.note(person, file, f"Case={case}", {"email": person.emails[0], "phone": phone})
        if "{other}" in _REMARKS[number % len(_REMARKS)]:
            site.note(other, file, f"Case={case}", {"phone": other.phone})
    site.csv(file, ["Case", "Opened", "Customer", "Email", "Phone", "Internal note"], rows)


_REMARKS: Sequence[str] = (
    "Asiakas tyytymätön, soitettava",
    "Kohteliaisuushyvitys 20 €",
    "{other} soitti hänen puolestaan, puh. {phone}",
    "Laite vaihdettu takuuseen",
    "{name} haluaa vastauksen ruotsiksi",
)
