"""Mailboxes: reading and scanning one, against iterating with the library's ``mailbox`` alone.

The mailbox has the structure of real ones: plain, alternative and attached parts, Nordic names in
encoded words, Received lines. ``python -m bench.mailbox PATH`` reads one whole and matches nothing.
"""

from __future__ import annotations

import base64
import quopri
import random
import sys
from collections.abc import Iterator
from email.header import Header
from pathlib import Path

from bench.measure import Run, best, scan, working
from bench.table import Row
from pdscan.connectors.formats import mbox, mime
from pdscan.connectors.formats.contents import LazyContent
from pdscan.connectors.formats.interface import Nested
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block

WORDS = """
    order delivery sensor invoice Tampere Göteborg temperature please thank you regards kiitos
    hälsningar battery warranty account reset password shipment customs humidity logger refund
    the and with from that have this will your can not are was for you hyvä Åsa Mäkinen
""".split()  # noqa: SIM905 - a list of forty literals is no easier to read
_NAMES = ("Åsa Öberg", "Matti Meikäläinen", "Jörgen Ström", "Tiina Example", "John Doe")


def messages(size: int, seed: int = 7) -> Iterator[bytes]:
    """Messages of about `size` bytes together, each with its From line and a blank line."""
    rng = random.Random(seed)
    done = number = 0
    while done < size:
        message = _message(rng, number)
        yield message
        done += len(message)
        number += 1


def _text(rng: random.Random, lines: int) -> str:
    return "\n".join(" ".join(rng.choices(WORDS, k=11)) for _ in range(lines))


def _message(rng: random.Random, number: int) -> bytes:
    name = rng.choice(_NAMES)
    head = [f"From person{number}@example.com Thu Jan {number % 28 + 1:2d} 10:11:12 2026"]
    head += [
        f"Received: from mx{hop}.example.net (mx{hop}.example.net [192.0.2.{hop + 10}])\n"
        f"\tby mail.example.com with ESMTPS id {rng.getrandbits(60):x};\n"
        f"\tThu, 01 Jan 2026 10:11:1{hop} +0200 (EET)"
        for hop in range(3)
    ]
    head += [
        f"Message-ID: <{number}.{rng.getrandbits(80):x}@example.com>",
        f"From: {Header(name, 'utf-8').encode()} <person{number}@example.com>",
        "To: Support <support@example.org>",
        f"Subject: {Header('Tilaus ' + str(number) + ' – kysymys', 'utf-8').encode()}",
        "Date: Thu, 01 Jan 2026 10:11:12 +0200",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;\n"
        f"\tb={base64.b64encode(rng.randbytes(192)).decode()}",
        "MIME-Version: 1.0",
    ]
    kind = rng.random()
    plain = _text(rng, rng.randint(4, 60))
    if kind < 0.4:
        head += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
        return ("\n".join(head) + "\n\n" + plain + "\n\n").encode()
    html = "<html><body>" + "".join(f"<p>{line}</p>\n" for line in plain.split("\n"))
    encoded = quopri.encodestring((html + "</body></html>").encode()).decode()
    alternative = (
        "--alt\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: "
        f"quoted-printable\n\n{quopri.encodestring(plain.encode()).decode()}\n--alt\nContent-Type: "
        "text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        f"{encoded}\n--alt--\n"
    )
    if kind < 0.85:
        head.append('Content-Type: multipart/alternative; boundary="alt"')
        return ("\n".join(head) + "\n\n" + alternative + "\n").encode()
    blob = base64.encodebytes(rng.randbytes(rng.randint(20_000, 400_000))).decode()
    head.append('Content-Type: multipart/mixed; boundary="mixed"')
    body = (
        "--mixed\nContent-Type: multipart/alternative; boundary=alt\n\n" + alternative +
        '--mixed\nContent-Type: application/octet-stream; name="data.bin"\n'
        'Content-Disposition: attachment; filename="data.bin"\n'
        f"Content-Transfer-Encoding: base64\n\n{blob}--mixed--\n"
    )  # fmt: skip
    return ("\n".join(head) + "\n\n" + body + "\n").encode()


def read_whole(path: Path, options: ReadOptions) -> tuple[int, int]:
    """Messages and bytes of text in the mailbox, attachments decoded too."""
    content = LazyContent(path.name, lambda: path.open("rb"), path.stat().st_size, path)
    count = text = 0
    for message in mbox.read(content, options):
        if isinstance(message, Nested):
            count += 1
            for event in mime.read(message.content, options):
                if isinstance(event, Block):
                    text += len(event.text)
                elif isinstance(event, Nested):
                    event.content.open().close()
    return count, text


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """The measurements, one after the other; `small` for a quick look."""
    size = (200 << 20) // (20 if small else 1)
    path, tiny = _built(folder / "bench.mbox", size), _built(folder / "tiny.mbox", 1)
    library = [sys.executable, "-m", "bench.peer_documents", "mailbox"]
    reading = [sys.executable, "-m", "bench.mailbox"]
    own = working(reading, path, tiny)
    yield Row("a mailbox: texts and attachments decoded, without starting", "mailbox, iterating",
              size, working(library, path, tiny), own, 3.0)  # fmt: skip
    yield Row("a mailbox: scanning", "mailbox, iterating", size, best([*library, path]), scan(path))
    large = working(reading, _built(folder / "bench-large.mbox", 10 * size), tiny, times=1)
    yield Row("ten times the mailbox, without starting", "itself, linear", 10 * size,
              Run(own.seconds * 10, own.memory), large, 1 / 1.1)  # fmt: skip
    yield Row("ten times the mailbox: MiB of memory, not seconds", "itself", 10 * size,
              Run(own.memory / 2**20, own.memory), Run(large.memory / 2**20, large.memory),
              1 / 1.25)  # fmt: skip


def _built(path: Path, size: int) -> Path:
    if not path.exists() or path.stat().st_size < size:
        with path.open("wb") as file:
            file.writelines(messages(size))
    return path


if __name__ == "__main__":
    print("{:,} messages, {:,} bytes of text".format(*read_whole(Path(sys.argv[1]), ReadOptions())))
