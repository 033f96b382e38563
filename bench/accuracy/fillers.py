"""What looks like personal data and is none: the numbers and codes that business texts are full of,
and megabytes of them."""

from __future__ import annotations

import argparse
import base64
import datetime
import difflib
import hashlib
import heapq
import inspect
import json
import textwrap
import uuid
from collections.abc import Callable, Iterator
from random import Random

from stdnum import ean

from bench.accuracy.values import fill

Filler = Callable[[Random], str]


def _ean(chance: Random) -> str:
    digits = chance.choice(("64", "73", "40", "50")) + fill(chance, "##########")
    return digits + str(ean.calc_check_digit(digits))


def _day(chance: Random) -> datetime.datetime:
    return datetime.datetime(2019, 1, 1) + datetime.timedelta(seconds=chance.randrange(220_000_000))


def _version(chance: Random) -> str:
    return chance.choice((
        f"{chance.randrange(12)}.{chance.randrange(30)}.{chance.randrange(400)}",
        f"{chance.randrange(12)}.{chance.randrange(30)}.{chance.randrange(400)}-rc{chance.randrange(9)}",
        f"v{chance.randrange(3)}.{chance.randrange(20)}",
    ))  # fmt: skip


def _amount(chance: Random) -> str:
    whole, cents = chance.randrange(1, 90_000), chance.randrange(100)
    return chance.choice((f"{whole},{cents:02}", f"{whole:,}.{cents:02}".replace(",", " "),
                          f"{whole}.{cents:02}"))  # fmt: skip


def _form(*forms: str) -> Filler:
    return lambda chance: fill(chance, chance.choice(forms))


FILLERS: dict[str, Filler] = {
    "order": _form("########", "%#######", "2024-######", "SO-######", "1########", "W####-#####"),
    "invoice": _form("2024####", "%#########", "INV-2024-#####", "#####-####"),
    "tracking": _form("JJFI########################", "003700##############", "1Z^^^^^^##########",
                      "RR#########FI", "00370###############"),
    "ean": _ean,
    "sku": _form("??-####-##", "####-###-##", "%###-##?"),
    "serial": _form("SN########", "S/N %#########", "????-####-####-####", "%##############"),
    "part": _form("??###-##", "%##.###.##", "A-%#####", "%##-##-####", "%###/##", "M%#x##"),
    # The shape of an identity or business number, and by chance sometimes its check digit too.
    "lookalike": _form("%##-####", "%#####-#", "######-####", "%######-#"),
    "amount": _amount,
    "date": lambda chance: "{0.day}.{0.month}.{0.year}".format(_day(chance)),
    "isodate": lambda chance: _day(chance).date().isoformat(),
    "time": lambda chance: f"{_day(chance):%H:%M:%S}",
    "timestamp": lambda chance: _day(chance).isoformat() + "Z",
    "clf": lambda chance: f"{_day(chance):%d/%b/%Y:%H:%M:%S} +0200",
    "version": _version,
    "number": lambda chance: str(chance.randrange(10 ** chance.randrange(1, 6))),
    "bytes": lambda chance: str(chance.randrange(100, 10**6)),
    "sha": lambda chance: hashlib.sha256(chance.randbytes(8)).hexdigest(),
    "commit": lambda chance: fill(chance, "^^^^^^^"),
    "uuid": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "path": _form("/cart?item=######", "/img/######/logo@2x.png", "/api/v2/orders/########"),
}  # fmt: skip


def hard_negatives(seed: int, size: int) -> Iterator[tuple[str, str]]:
    """(name, text) of about `size` characters in all, without a single personal datum."""
    chance = Random(seed)
    makers = (_orders, _products, _shipping, _versions, _dumps, _encoded, _metrics, _source, _json)
    for maker in makers:
        text = ""
        pieces: list[str] = []
        length = 0
        while length < size // len(makers):
            text = maker(chance)
            pieces.append(text)
            length += len(text)
        yield maker.__name__.strip("_"), "".join(pieces)


def _some(chance: Random, name: str) -> str:
    return FILLERS[name](chance)


def _orders(chance: Random) -> str:
    return chance.choice((
        f"Tilausnumero {_some(chance, 'order')}, lasku {_some(chance, 'invoice')}, "
        f"{_some(chance, 'date')} klo {_some(chance, 'time')}, {_some(chance, 'amount')} EUR\n",
        f"Order {_some(chance, 'order')} faktura {_some(chance, 'invoice')} "
        f"{_some(chance, 'isodate')} {_some(chance, 'amount')} SEK\n",
        f"Order no. {_some(chance, 'order')}; invoice {_some(chance, 'invoice')}; "
        f"ref {_some(chance, 'part')}; total {_some(chance, 'amount')}\n",
    ))  # fmt: skip


def _products(chance: Random) -> str:
    part = "lookalike" if chance.random() < 0.1 else "part"
    return (
        f"{_some(chance, 'ean')};{_some(chance, 'sku')};{_some(chance, part)};"
        f"{_some(chance, 'serial')};{_some(chance, 'amount')};{_some(chance, 'number')}\n"
    )


def _shipping(chance: Random) -> str:
    return (
        f"Tracking {_some(chance, 'tracking')} pallet {_some(chance, 'serial')} "
        f"{chance.randrange(10, 200)}x{chance.randrange(10, 200)}x{chance.randrange(10, 90)} cm "
        f"{_some(chance, 'isodate')}\n"
    )


def _versions(chance: Random) -> str:
    library = chance.choice(("numpy", "libssl", "nginx", "openjdk", "chrome", "kernel"))
    return (
        f"{library} {_some(chance, 'version')} -> {_some(chance, 'version')} "
        f"({_some(chance, 'commit')}, build {_some(chance, 'number')}, "
        f"assembly {'.'.join(str(chance.randrange(20)) for _ in range(4))})\n"
    )


def _dumps(chance: Random) -> str:
    return (
        f"{_some(chance, 'sha')}  {_some(chance, 'uuid')}\n"
        f"{chance.getrandbits(64):016x}: "
        f"{' '.join(fill(chance, '^^^^') for _ in range(8))}\n"
    )


def _encoded(chance: Random) -> str:
    raw = base64.b64encode(chance.randbytes(570)).decode()
    return "\n".join(textwrap.wrap(raw, 76)) + "\n\n"


def _metrics(chance: Random) -> str:
    return (
        f"{_some(chance, 'timestamp')} pump_{chance.randrange(9)} "
        f"temp={chance.gauss(20, 5):.4f} flow={chance.random():.10f} "
        f"seq={chance.getrandbits(40)} dt={chance.randrange(10**6)}us\n"
    )


def _source(chance: Random) -> str:
    module = chance.choice((argparse, base64, difflib, heapq, inspect, textwrap))
    lines = [  # without the authors and their addresses
        line for line in inspect.getsource(module).splitlines(keepends=True) if "@" not in line
    ]
    start = chance.randrange(max(len(lines) - 60, 1))
    return "".join(lines[start : start + 60])


def _json(chance: Random) -> str:
    return json.dumps({
        "id": _some(chance, "uuid"), "etag": _some(chance, "commit"),
        "ts": _day(chance).timestamp(),
        "items": [chance.randrange(10**9) for _ in range(6)], "schema": _some(chance, "version"),
        "box": [round(chance.uniform(0, 1000), 6) for _ in range(4)], "ean": _some(chance, "ean"),
    }) + "\n"  # fmt: skip
