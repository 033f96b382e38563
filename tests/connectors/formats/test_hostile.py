"""Damage of every kind, done to whole files: text, gaps and UnreadableError come out, in time.

A few hundred mutations of each seed, the same ones every time; `tests/fuzz` goes on from here.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bench.mailbox import messages
from pdscan.connectors.formats import archives, mapi, mbox, mime, msg, smime, tars, tnef, zips
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.formats.interface import Nested, Reader
from pdscan.connectors.formats.rtf_compressed import decompressed
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block
from tests.connectors.formats import outlook_files, test_archives, test_outlook, test_smime

OPTIONS = ReadOptions(Limits(member_memory=4 << 20), passwords=("tiger",))
_SMALL = {"a.txt": b"hello 900101-2384\n" * 9, "b/c.txt": b"x" * 700, "d": b""}

SEEDS: dict[str, tuple[Reader, Callable[[], bytes]]] = {
    "mbox": (mbox.read, lambda: b"".join(messages(20_000))),
    "mime": (mime.read, lambda: max(messages(60_000), key=lambda m: (m.count(b"--alt"), -len(m)))),
    "smime": (smime.read, lambda: test_smime.signed(Encoding.DER)),
    "msg": (
        msg.read,
        lambda: outlook_files.ole(
            outlook_files.msg(
                {**test_outlook.MESSAGE, (0x1009, 0x102): test_outlook.LZFU},
                [{(0x3001, 0x1F): b"a\0b\0"}],
                [{(0x3701, 0x102): b"data"}],
            )
        ),
    ),
    "tnef": (
        tnef.read,
        lambda: outlook_files.tnef(
            [
                (0x0037, 0x1E, b"subject"),
                (0x8001, 0x1F, b"a\0"),
                (0x1009, 0x102, test_outlook.LZFU),
            ],
            [[(0x3001, 0x1F, b"a\0b\0")]],
            [(b"a", b"data", [(0x3707, 0x1F, b"a\0")])],
        ),
    ),
    "mapi": (mapi.read, lambda: mapi.encoded(mapi.Message(body="hello", texts=[(0x37, "x")]))),
    "zip": (zips.read, lambda: test_archives.zipped(_SMALL)),
    "tar": (tars.read, lambda: test_archives.tarred(_SMALL)),
    "7z": (archives.read, lambda: test_archives.by_libarchive("7zip", _SMALL)),
    "cpio": (archives.read, lambda: test_archives.by_libarchive("cpio_newc", _SMALL)),
    "ar": (archives.read, lambda: test_archives.by_libarchive("ar_svr4", {"a.txt": b"hello"})),
}


def mutations(seed: bytes, count: int) -> Iterator[bytes]:
    rng = random.Random(11)
    numbers = (
        b"\0",
        b"\xff",
        b"\x7f\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"\x80",
        b"\n",
        b"--",
        b"=",
    )
    for _ in range(count):
        data = bytearray(seed)
        for _ in range(rng.choice((1, 1, 2, 8, 40))):
            at = rng.randrange(len(data) + 1)
            how = rng.random()
            if how < 0.4 and at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            elif how < 0.6:
                piece = rng.choice(numbers)
                data[at : at + len(piece)] = piece
            elif how < 0.7:
                del data[at : at + rng.randrange(1, 64)]
            elif how < 0.8:
                data[at:at] = data[at : at + rng.randrange(1, 200)]
            elif how < 0.9:
                data[at:at] = rng.randbytes(rng.randrange(1, 20))
            else:
                del data[at:]
        yield bytes(data)


def drain(reader: Reader, data: bytes) -> None:
    """Reads everything, as a driver would: a failed member does not end its container."""
    with suppress(UnreadableError):
        for event in reader(HeldContent("x", data), OPTIONS):
            if isinstance(event, Block):
                event.text.decode("utf-8", "replace")
            elif isinstance(event, Nested):
                with suppress(UnreadableError):
                    assert isinstance(event.content.head, bytes)
                    with event.content.open() as stream:
                        stream.read(1 << 20)


@pytest.mark.parametrize("kind", SEEDS)
def test_damaged_files_are_read_or_refused_in_time(kind: str) -> None:
    reader, make = SEEDS[kind]
    seed = make()
    drain(reader, seed)
    slowest = 0.0
    for data in mutations(seed, 100 if kind in ("mime", "mbox", "7z") else 400):
        started = time.monotonic()
        drain(reader, data)
        slowest = max(slowest, time.monotonic() - started)
    assert slowest < 2


def test_compressed_rtf_ends() -> None:
    for data in mutations(test_outlook.LZFU, 2000):
        with suppress(UnreadableError):
            decompressed(data)
