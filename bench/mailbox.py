"""The mailbox reader against iterating with the standard library's ``mailbox`` alone.

    python -m bench.mailbox [MEGABYTES] [FOLDER]

Writes a mailbox with the structure of real ones (plain, alternative and attached parts, Nordic
names in encoded words, Received lines), reads it whole, and prints speeds and peak memory.
"""

from __future__ import annotations

import base64
import mailbox
import quopri
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from email.header import Header
from pathlib import Path

from pdscan.connectors.formats import mbox, mime
from pdscan.connectors.formats.contents import LazyContent
from pdscan.connectors.formats.interface import Nested
from pdscan.connectors.interface import ReadOptions
from pdscan.model import Block

_WORDS = """
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
    return "\n".join(" ".join(rng.choices(_WORDS, k=11)) for _ in range(lines))


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


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as folder:
        path = Path(folder, "bench.mbox")
        with path.open("wb") as file:
            file.writelines(messages(megabytes << 20))
        size = path.stat().st_size / 1e6
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        count, text = read_whole(path, ReadOptions())
        own = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{count:,} messages, {size:.0f} MB, {text / 1e6:.0f} MB of text")
        print(f"pdscan, read whole   {size / own:7.1f} MB/s, peak +{(peak - before) >> 10} MiB")
        if megabytes <= 300:
            started = time.process_time()
            library = sum(1 for _ in mailbox.mbox(path, create=False))
            theirs = time.process_time() - started
            print(f"mailbox, iterating   {size / theirs:7.1f} MB/s, {library:,} messages")
            print(f"ratio                {theirs / own:7.1f}")


if __name__ == "__main__":
    main()
