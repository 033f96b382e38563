"""Texts to measure on, the same bytes every time: sparse prose, a dense customer table, a web log.

All identifiers are generated; they belong to nobody.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

_WORDS = [
    "tilaus",
    "asiakas",
    "lasku",
    "toimitus",
    "kunden",
    "beställning",
    "leverans",
    "faktura",
    "the",
    "of",
    "and",
    "to",
    "in",
    "is",
    "that",
    "for",
    "it",
    "as",
    "was",
    "with",
    "be",
    "by",
    "on",
    "not",
    "he",
    "his",
    "but",
    "at",
    "are",
    "this",
    "have",
    "from",
    "or",
    "had",
    "an",
    "they",
    "which",
    "one",
    "you",
    "were",
    "all",
    "her",
    "she",
    "there",
    "would",
    "their",
    "we",
    "him",
    "been",
    "has",
    "when",
    "who",
    "will",
    "no",
    "more",
    "if",
    "out",
    "so",
    "said",
    "what",
    "up",
    "its",
    "about",
    "into",
    "than",
    "them",
    "can",
    "only",
    "other",
    "new",
    "some",
    "could",
    "time",
    "these",
    "two",
    "may",
    "then",
    "do",
    "first",
    "any",
    "my",
    "now",
    "such",
    "like",
    "our",
    "over",
    "man",
    "me",
    "even",
    "most",
    "made",
    "after",
    "also",
    "did",
    "many",
    "before",
    "must",
    "through",
    "back",
    "years",
    "where",
    "much",
    "your",
    "way",
    "well",
    "down",
    "should",
    "because",
    "each",
    "just",
    "those",
    "people",
    "how",
    "too",
    "little",
    "state",
    "good",
    "very",
    "make",
    "world",
    "still",
    "own",
    "see",
    "men",
    "work",
    "long",
    "get",
    "here",
    "between",
    "both",
    "life",
    "being",
    "under",
    "never",
    "day",
    "same",
    "another",
    "know",
    "while",
    "last",
    "might",
    "us",
    "great",
    "old",
    "year",
    "off",
    "come",
    "since",
    "against",
    "go",
    "came",
    "right",
    "used",
    "take",
    "three",
    "tämä",
    "on",
    "hyvin",
    "lyhyt",
    "viesti",
    "kiitos",
    "paljon",
    "terveisin",
    "hei",
    "vi",
    "skickar",
    "varan",
    "snart",
    "tack",
    "för",
    "ditt",
    "meddelande",
    "sähköposti",
    "puhelin",
    "osoite",
    "päivä",
    "yö",
    "ääni",
    "över",
    "åka",
    "ö",
]
_FIRST = ["matti", "maija", "erik", "anna", "lars", "kaisa", "olav", "ingrid", "jaan", "liis"]
_LAST = ["meikalainen", "virtanen", "svensson", "nilsson", "hansen", "tamm", "korhonen", "lindberg"]
_CHECK = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_PIECE = 1 << 22
_UNIQUE = 48 << 20

Corpus = Callable[[random.Random], str]


def build(path: Path, size: int, line: Corpus) -> Path:
    """A file of `size` bytes or a little more, made of lines; kept for the next run.

    The first 48 MiB are all different; what is larger repeats them.
    """
    if path.exists() and path.stat().st_size >= size:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    unique: list[bytes] = []
    for piece in _pieces(line, random.Random(line.__name__)):
        unique.append(piece.encode())
        if sum(map(len, unique)) >= min(size, _UNIQUE):
            break
    part = path.with_suffix(".part")
    written = 0
    with part.open("wb") as file:
        while written < size:
            for data in unique:
                written += file.write(data)
    part.rename(path)
    return path


def _pieces(line: Corpus, rng: random.Random) -> Iterator[str]:
    while True:
        lines, size = [], 0
        while size < _PIECE:
            lines.append(line(rng))
            size += len(lines[-1])
        yield "".join(lines)


def prose(rng: random.Random) -> str:
    """A page of prose of about 4 kB; one in six holds an identifier."""
    page = "\n".join(" ".join(rng.choices(_WORDS, k=16)).capitalize() + "." for _ in range(45))
    if rng.random() < 1 / 6:
        page += f"\n{rng.choice(_KINDS)(rng)} kiitos"
    return page + f"\nVuonna {rng.randrange(1950, 2027)} oli {rng.randrange(2, 99)} asiaa.\n\n"


CUSTOMER_HEADER = "id,email,phone,hetu,personnummer,iban,card,ip,vat\n"


def customer(rng: random.Random) -> str:
    """A row of a customer table: eight identifiers in about 165 bytes."""
    number = rng.randrange(10**6)
    return ",".join((str(number), *(kind(rng) for kind in _KINDS))) + "\n"


def request(rng: random.Random) -> str:
    """A line of a web server's log in the combined format."""
    path = rng.choice(("/", "/tuotteet/17", "/kassa", "/static/app.js?v=4.17.21", "/api/v1/orders"))
    if rng.random() < 0.02:
        path += f"?email={email(rng).replace('@', '%40')}"
    return (
        f"{ip(rng)} - - [22/Nov/2026:10:{rng.randrange(60):02}:{rng.randrange(60):02} +0200] "
        f'"GET {path} HTTP/1.1" 200 {rng.randrange(100, 99999)} "https://www.example.fi/" '
        '"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"\n'
    )


def email(rng: random.Random) -> str:
    """An address in an example domain."""
    name = f"{rng.choice(_FIRST)}.{rng.choice(_LAST)}{rng.randrange(10**5)}"
    return f"{name}@example.{rng.choice(('fi', 'se', 'com'))}"


def phone(rng: random.Random) -> str:
    """A Finnish mobile number."""
    return f"+35840{rng.randrange(10**7):07}"


def hetu(rng: random.Random) -> str:
    """A Finnish identity code of the range for tests, 900-999."""
    date = f"{rng.randint(1, 28):02}{rng.randint(1, 12):02}{rng.randrange(100):02}"
    number = f"{rng.randint(900, 999)}"
    return f"{date}-{number}{_CHECK[int(date + number) % 31]}"


def personnummer(rng: random.Random) -> str:
    """A Swedish personal identity number."""
    body = f"{rng.randint(30, 99)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    serial = f"{rng.randrange(980, 1000)}"
    return f"{body}-{serial}{_luhn(body + serial)}"


def iban(rng: random.Random) -> str:
    """A Finnish account number."""
    account = f"{rng.randrange(10**14):014}"
    return f"FI{98 - int(account + '151800') % 97:02}{account}"


def card(rng: random.Random) -> str:
    """A card number of sixteen digits."""
    body = f"4{rng.randrange(10**14):014}"
    return body + _luhn(body)


def ip(rng: random.Random) -> str:
    """An IPv4 address."""
    return ".".join(str(rng.randint(1, 223)) for _ in range(4))


def vat(rng: random.Random) -> str:
    """A Finnish VAT number."""
    while True:
        body = f"{rng.randrange(10**7):07}"
        rest = sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2), strict=True)) % 11
        if rest != 1:
            return f"FI{body}{(11 - rest) % 11}"


def _luhn(body: str) -> str:
    digits = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(body))]
    return str(-sum(d - 9 if d > 9 else d for d in digits) % 10)


_KINDS: tuple[Corpus, ...] = (email, phone, hetu, personnummer, iban, card, ip, vat)
