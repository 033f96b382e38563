"""Logs of the web servers, rotated and compressed; the oldest is cut off, as after a full disk."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from datetime import timedelta

from pdscan.demo.site import NOW, Site, address_kind

_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.6723.91 Safari",
)


def write(site: Site, folder: str = "logs") -> None:
    """Web server logs, rotated and compressed; the oldest is cut off, as after a full disk."""
    rng = site.chances(folder)
    for age, name in enumerate(("access.log", "access.log.1", "access.log.2.gz",
                                "access.log.3.gz")):  # fmt: skip
        file = f"{folder}/{name}"
        lines = list(_requests(site, file, rng, age, note=age < 3))
        data = "".join(lines).encode()
        if name.endswith(".gz"):
            data = gzip.compress(data, mtime=0)
        site.path(file).write_bytes(data if age < 3 else data[: len(data) // 3])


def _requests(
    site: Site, file: str, rng: random.Random, age: int, *, note: bool
) -> Iterator[str]:  # fmt: skip
    when = NOW - timedelta(days=7 * (age + 1))
    for line in range(1, 1001):
        when += timedelta(seconds=rng.randrange(1200))
        person = rng.choice(site.people)
        address, path = person.addresses[-1], f"/tuote/{rng.randrange(500)}"
        holds = {address_kind(address): address}
        if line % 40 == 0:
            encoded = person.emails[0].replace("@", "%40")
            path = f"/newsletter/confirm?email={encoded}"
            holds["email"] = encoded
        elif line % 55 == 0:
            path = f"/reset?user={person.emails[-1]}&t={rng.getrandbits(64):x}"
            holds["email"] = person.emails[-1]
        if note:
            site.note(person, file, f"line={line}", holds)
        yield (
            f"{address} - - [{when:%d/%b/%Y:%H:%M:%S +0000}] "
            f'"GET {path} HTTP/1.1" 200 {rng.randrange(300, 90_000)} '
            f'"https://shop.nordkauppa.example/" "{rng.choice(_AGENTS)}"\n'
        )
