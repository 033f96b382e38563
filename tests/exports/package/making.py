"""Packages of a person who does not exist, made with the real engine."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from functools import cache
from typing import Any

from pdscan import detectors
from pdscan.exports.package.build import Builder, Summary
from pdscan.exports.package.disclosure import Disclosure
from pdscan.exports.package.model import Content, Document, Form, Order, Record, Right
from pdscan.exports.package.redaction import Examiner, Text
from pdscan.matching.engine import Engine
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Likelihood
from pdscan.subjects.model import Holding, Identifier, NotRead, Role, Step, Subject

MAIJA = (("email", "maija@example.fi"), ("name", "Maija Meikäläinen"), ("phone", "+358 40 1234567"))
PEKKA = "pekka.virtanen@example.org"
HASH = "$2b$12$" + "abcdefghijklmnopqrstuv" + "x" * 31
MAIL = (
    b"From: Maija <maija@example.fi>\r\nTo: Pekka Virtanen <pekka.virtanen@example.org>\r\n"
    b"Cc: asiakaspalvelu@nordkauppa.example\r\nSubject: Tilaus, pekka.virtanen@example.org\r\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@mail.example>\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Terveisin Maija, maija@example.fi. Vastaa: pekka.virtanen@example.org\r\n"
)


@cache
def examiner() -> Examiner:
    return Examiner(Engine(detectors.load()), Fingerprinter(bytes(range(32))))


def identifiers() -> tuple[Identifier, ...]:
    spans = examiner().examine([Text(label, text) for label, text in MAIJA])
    return tuple(
        Identifier(s.kind, s.fingerprint, "M***", given=True) for found in spans for s in found
    )


def holding(locator: str, role: Role = Role.SOLE, media_type: str = "", **given: Any) -> Holding:
    return Holding(
        locator, locator.partition(":")[0], "Nordkauppa Oy", media_type, role,
        Likelihood.VERY_LIKELY, (Step("email", "m****@e******.fi", locator),), **given,
    )  # fmt: skip


def row(
    number: int, *more: tuple[str, str | None], role: Role = Role.SOLE
) -> tuple[Holding, Record]:
    values = (("id", str(number)), *MAIJA, *more)
    return holding(f"shop:orders.sqlite#key=id:{number}&field=customer", role), Record(values)


def mail(data: bytes = MAIL, role: Role = Role.SHARED) -> tuple[Holding, Document]:
    there = holding("mail:support.mbox!/1", role, "message/rfc822")
    return there, Document("1.eml", "message/rfc822", data)


def subject(contents: Sequence[tuple[Holding, Content]], *more: Holding) -> Subject:
    return Subject(
        identifiers(), (*(h for h, _ in contents), *more), created="2026-11-22T10:00:00+00:00",
        not_read=(NotRead("files:cv/Pekka Virtanen.pdf", "unreadable", "damaged", ""),),
    )  # fmt: skip


def build(
    contents: Sequence[tuple[Holding, Content]], *more: Holding, right: Right = Right.ACCESS,
    form: Form = Form.JSON, disclosure: Disclosure | None = None, **order: Any,
) -> tuple[bytes, Summary]:  # fmt: skip
    wanted = Order(right, form, "package", **order)
    said = disclosure or Disclosure()
    stream = io.BytesIO()
    summary = Builder(subject(contents, *more), wanted, said, examiner()).build(stream, contents)
    return stream.getvalue(), summary


def files(package: bytes) -> dict[str, bytes]:
    """The payload by path."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {
            name.removeprefix("package/data/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("package/data/")
        }


def table(package: bytes, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(files(package)[f"tables/{name}.json"])
    return rows
