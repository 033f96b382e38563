"""Web analytics, social media, and the log of the Swedish company's server."""

from __future__ import annotations

from datetime import timedelta
from html import escape

from pdscan.demo.site import NOW, Site, address_kind, when

_FIELDS = "date time cs-method cs-uri-stem c-ip sc-status cs-bytes"


def write(site: Site) -> None:
    """``analytics`` and ``social``, and one more file of ``logs``."""
    _analytics(site, "analytics/users.csv")
    _messages(site, "social/messages.json")
    _comments(site, "social/comments.html")
    _iis(site, "logs/u_ex261031.log")


def _analytics(site: Site, file: str) -> None:
    """What Google Analytics tells of those who are logged in."""
    rng = site.chances(file)
    rows = []
    for person in site.people:
        if person.number % 6:
            continue
        client = f"{rng.randrange(10**9, 10**10)}.{rng.randrange(1_650_000_000, 1_790_000_000)}"
        rows.append([client, person.login, person.town, ("fi-fi", "sv-se")[person.country == "se"],
                     f"{rng.randrange(1, 60)}"])  # fmt: skip
        site.note(person, file, f"client_id={client}",
                  {"cookie_id": client, "username": person.login})  # fmt: skip
    site.csv(file, ["client_id", "user_id", "city", "language", "sessions"], rows)


def _messages(site: Site, file: str) -> None:
    """Private messages to the company's page."""
    rng = site.chances(file)
    found = []
    for number, person in enumerate((p for p in site.people if p.number % 13 == 6), 1):
        holds = {"phone": person.phone} if number % 2 else {"email": person.emails[0]}
        told = next(iter(holds.values()))
        found.append({
            "id": f"m{number:04}", "sent": f"{when(rng, 800):%Y-%m-%dT%H:%M:%SZ}",
            "sender_name": person.name, "text": f"Hei, ottakaa yhteyttä: {told}",
        })  # fmt: skip
        site.note(person, file, f"id=m{number:04}", holds)
    site.json(file, found)


def _comments(site: Site, file: str) -> None:
    """A page of public comments: many people in one file."""
    lines = []
    for person in site.people:
        if person.number % 50 == 27:
            link = f'<a href="mailto:{person.emails[0]}">{person.emails[0]}</a>'
            lines.append(f"<li><b>{escape(person.name)}</b>: Kirjoittakaa {link}</li>")
            site.note(person, file, "", {"email": person.emails[0]})
    page = "<!DOCTYPE html>\n<title>Kommentit</title>\n<ul>\n{}\n</ul>\n".format("\n".join(lines))
    site.path(file).write_text(page, "utf-8")


def _iis(site: Site, file: str) -> None:
    rng = site.chances(file)
    people = [person for person in site.people if person.country == "se" and person.number % 10]
    at = NOW - timedelta(days=1)
    lines = ["#Software: Microsoft Internet Information Services 10.0", f"#Fields: {_FIELDS}"]
    for _ in range(200):
        at += timedelta(seconds=rng.randrange(300))
        person = rng.choice(people)
        address = person.addresses[-1]
        lines.append(f"{at:%Y-%m-%d %H:%M:%S} GET /produkt/{rng.randrange(500)} {address} 200 "
                     f"{rng.randrange(300, 9000)}")  # fmt: skip
        site.note(person, file, f"line={len(lines)}", {address_kind(address): address})
    site.path(file).write_text("\n".join(lines) + "\n", "utf-8")
