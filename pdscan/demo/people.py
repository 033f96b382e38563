"""The people of the demo estate: fictional, deterministic, and as awkward as real ones.

Namesakes, families behind one door and one telephone, shared mailboxes, one person under several
addresses. Identifiers are valid and nobody's: personal identity codes from the test series
(Finland: individual numbers 900-999, https://dvv.fi/en/personal-identity-code; Sweden: 980-999, as
in the tax agency's published test numbers), Swedish telephone numbers from the series set aside for
fiction by the Post and Telecom Authority, domains of RFC 2606, addresses of RFC 5737 and RFC 3849.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

SEED = 20261101
COUNT = 400
_STAFF = 4  # the first so many work there

_GIVEN = {
    "fi": ("Aino", "Eero", "Helmi", "Ilmari", "Jukka", "Kaarina", "Lauri", "Leena", "Mikko",
           "Minna", "Onni", "Päivi", "Sanna", "Timo", "Tuuli", "Veikko", "Väinö", "Outi"),
    "se": ("Agneta", "Åsa", "Björn", "Elsa", "Erik", "Göran", "Ingrid", "Karin", "Lars", "Lena",
           "Magnus", "Maja", "Nils", "Östen", "Per", "Sofia", "Stina", "Sven"),
}  # fmt: skip
_FAMILY = {
    "fi": ("Koivuranta", "Lehtisaari", "Mäkiharju", "Niemenpää", "Ojalammi", "Peltohaka",
           "Rantakylä", "Saariniitty", "Suviharju", "Tuulenkoski", "Vesilahtinen", "Yläpuro"),
    "se": ("Almvik", "Björkdalen", "Ekskär", "Fjällbro", "Granvall", "Hagström-Lind", "Källmo",
           "Ljungåker", "Norrhed", "Rönnsjö", "Skogsvik", "Strömnäs", "Tallberga", "Åkerö"),
}  # fmt: skip
_STREETS = {
    "fi": ("Koivukuja", "Rantatie", "Mäntypolku", "Kirkkokatu", "Asemankatu", "Myllytie"),
    "se": ("Björkvägen", "Strandgatan", "Tallstigen", "Kyrkogatan", "Järnvägsgatan", "Åvägen"),
}
_TOWNS = {
    "fi": (("00990", "Helsinki"), ("20990", "Turku"), ("33990", "Tampere"), ("90990", "Oulu")),
    "se": (("111 99", "Stockholm"), ("411 99", "Göteborg"), ("211 99", "Malmö")),
}
_DOMAINS = ("example.com", "example.org", "example.net", "posti.example", "brev.example")
_FIRMS = ("Kivikko", "Norrsken", "Hopeakuusi", "Vågbrytaren", "Tuulimylly", "Silverskogen")


@dataclass(frozen=True, slots=True)
class Firm:
    """A business customer: several people, one mailbox."""

    name: str
    country: str
    business_id: str
    vat: str
    mailbox: str


@dataclass(frozen=True, slots=True)
class Person:
    """One fictional person and all that is theirs."""

    number: int
    country: str
    given: str
    family: str
    born: date
    identity: str  # hetu or personnummer, in the form with its sign
    emails: tuple[str, ...]
    phone: str  # E.164
    street: str
    postcode: str
    town: str
    iban: str
    passport: str
    addresses: tuple[str, ...]  # IP
    firm: Firm | None = None
    namesake: int | None = None  # another person of the same name
    household: int | None = None  # the first person behind the same door
    work_email: str | None = None  # of those on the staff, who are customers too

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given} {self.family}"

    @property
    def login(self) -> str:
        """The name in the login database."""
        return f"{ascii_only(self.given)[:3]}{ascii_only(self.family)[:5]}{self.number}"


def people(count: int = COUNT, seed: int = SEED) -> tuple[Person, ...]:
    """The same `count` people for the same `seed`."""
    rng = random.Random(seed)  # noqa: S311 - the same people every time, not secrets
    firms = tuple(_firms(rng))
    made: list[Person] = []
    taken: set[str] = set()
    for number in range(1, count + 1):
        person = _person(number, rng)
        if number % 40 == 0:  # a namesake of somebody of the same country
            twin = next(p for p in reversed(made) if p.country == person.country)
            person = replace(person, given=twin.given, family=twin.family, namesake=twin.number)
        if number % 10 in (3, 4, 6) and made[-1].country == person.country:
            door = made[-1]
            person = replace(
                person, family=door.family, street=door.street, postcode=door.postcode,
                town=door.town, phone=door.phone, household=door.household or door.number,
            )  # fmt: skip
        if number % 8 == 0:
            person = replace(person, firm=firms[number // 8 % len(firms)])
        if number <= _STAFF:
            person = replace(person, work_email=f"{person.login}@nordkauppa.example")
        made.append(replace(person, emails=_emails(person, taken)))
    return tuple(made)


def _person(number: int, rng: random.Random) -> Person:
    country = "se" if number % 5 < 2 else "fi"
    born = date(1935, 1, 1) + timedelta(days=rng.randrange(365 * 72))
    postcode, town = rng.choice(_TOWNS[country])
    return Person(
        number=number, country=country, given=rng.choice(_GIVEN[country]),
        family=rng.choice(_FAMILY[country]), born=born,
        identity=hetu(born, 900 + number % 100) if country == "fi"
        else personnummer(born, 980 + number % 20),
        emails=(), phone=_phone(country, number),
        street=f"{rng.choice(_STREETS[country])} {rng.randrange(1, 90)}",
        postcode=postcode, town=town,
        iban=iban(country, f"{rng.randrange(10**12):012}"),
        passport=f"X{rng.choice('PZ')}{rng.randrange(10**7):07}",
        addresses=tuple(_addresses(rng)),
    )  # fmt: skip


def _firms(rng: random.Random) -> Iterator[Firm]:
    for number, stem in enumerate(_FIRMS):
        country = "fi" if number % 2 == 0 else "se"
        if country == "fi":
            business_id = ytunnus(rng.randrange(10**6, 10**7))
            vat = "FI" + business_id.replace("-", "")
        else:
            business_id = orgnr(rng.randrange(10**8))
            vat = f"SE{business_id.replace('-', '')}01"
        domain = f"{ascii_only(stem)}.example"
        yield Firm(f"{stem} {'Oy' if country == 'fi' else 'AB'}", country, business_id, vat,
                   f"info@{domain}")  # fmt: skip


def _emails(person: Person, taken: set[str]) -> tuple[str, ...]:
    stem = f"{ascii_only(person.given)}.{ascii_only(person.family)}"
    wanted = 3 if person.number % 50 == 7 else 2 if person.number % 9 == 0 else 1
    emails = []
    for place in range(wanted):
        domain = _DOMAINS[(person.number + place) % len(_DOMAINS)]
        address = f"{stem}@{domain}" if place < 2 else f"{person.login}@{domain}"
        if address in taken:
            address = f"{stem}.{person.number}@{domain}"
        taken.add(address)
        emails.append(address)
    return tuple(emails)


def _phone(country: str, number: int) -> str:
    if country == "fi":
        return f"+35845000{number:04}"
    number = number // 5 * 2 + number % 5  # two in five are Swedish: number them through
    if number < 95:
        return f"+46701740{605 + number}"
    return f"+468465004{number - 95:02}"


def _addresses(rng: random.Random) -> Iterator[str]:
    for _ in range(rng.choice((1, 1, 2))):
        network = rng.choice(("192.0.2", "198.51.100", "203.0.113", "198.18.7"))
        yield f"{network}.{rng.randrange(1, 255)}"
    if rng.random() < 0.2:
        yield f"2001:db8:{rng.randrange(1, 0xFFFF):x}::{rng.randrange(1, 0xFFFF):x}"


# -- identifiers -----------------------------------------------------------------------------------


def hetu(born: date, individual: int) -> str:
    """A Finnish personal identity code with its check character (modulo 31)."""
    number = int(f"{born:%d%m%y}{individual:03}")
    sign = {18: "+", 19: "-", 20: "A"}[born.year // 100]
    check = "0123456789ABCDEFHJKLMNPRSTUVWXY"[number % 31]
    return f"{born:%d%m%y}{sign}{individual:03}{check}"


def personnummer(born: date, individual: int) -> str:
    """A Swedish personal identity number of ten digits with its sign (``-``; 100 years: ``+``)."""
    digits = f"{born:%y%m%d}{individual:03}"
    sign = "+" if 2026 - born.year >= 100 else "-"
    return f"{born:%y%m%d}{sign}{individual:03}{luhn(digits)}"


def ytunnus(number: int) -> str:
    """A Finnish business id from seven digits (the next ones, where a check digit would be 10)."""
    weights = (7, 9, 10, 5, 8, 4, 2)
    rest = sum(w * int(d) for w, d in zip(weights, f"{number:07}", strict=True)) % 11
    return ytunnus(number + 1) if rest == 1 else f"{number:07}-{(11 - rest) % 11}"


def orgnr(number: int) -> str:
    """A Swedish organisation number of a limited company from eight digits."""
    digits = f"55{6 + number % 4}{number % 10**6:06}"
    return f"{digits[:6]}-{digits[6:]}{luhn(digits)}"


def iban(country: str, account: str) -> str:
    """An IBAN (ISO 13616) of an account at a bank code that no bank has."""
    bban = f"19{account[:11]}" if country == "fi" else f"999{account:0>17}"
    if country == "fi":
        bban += str(luhn(bban))
    letters = "".join(str(int(sign, 36)) for sign in bban + country.upper() + "00")
    return f"{country.upper()}{98 - int(letters) % 97:02}{bban}"


def luhn(digits: str) -> int:
    """The check digit (ISO/IEC 7812-1 annex B)."""
    doubled = (int(d) * (2 - place % 2) for place, d in enumerate(reversed(digits)))
    return -sum(d - 9 if d > 9 else d for d in doubled) % 10


def ascii_only(text: str) -> str:
    """`text` as people write it in addresses: ``Åsa Hagström-Lind`` gives ``asahagstrom-lind``."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "")
