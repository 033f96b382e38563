"""Whether a package holds anything of anybody else: one is made for each person of the demo estate,
and every file in it is searched for the identifiers of all the others.

    python -m bench.packages FOLDER [STRIDE]

over a folder made by ``pdscan demo``. The questions about each person are first answered by the
truth. What is searched for: mail addresses, telephone numbers and personal identity numbers in all
their spellings, bank accounts, passports, and full names. Exit code 1 where one is found.
"""

from __future__ import annotations

import email
import io
import re
import sys
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email import policy
from pathlib import Path
from typing import Any

import hyperscan
import pypdf

from bench.subjects import Estate
from pdscan import detectors
from pdscan.cli.gather import contents_of
from pdscan.exports.package.build import Builder
from pdscan.exports.package.disclosure import Disclosure
from pdscan.exports.package.known_names import KnownNames
from pdscan.exports.package.model import Form, Order, Right
from pdscan.exports.package.redaction import Examiner
from pdscan.matching.engine import Engine
from pdscan.subjects.build import Case, resolve
from pdscan.subjects.given import parse
from pdscan.subjects.model import Decision, Subject

_KNOWN = ("emails", "work_email", "phone", "identity", "iban", "passport", "name")


@dataclass(frozen=True, slots=True)
class Stray:
    """Something of ``owner`` in the package of ``person``."""

    person: int
    owner: int
    what: str
    file: str


class Needles:
    """Everybody's identifiers as they may be written, and whose each is."""

    def __init__(self, people: Iterable[dict[str, Any]]) -> None:
        self._owners: dict[str, set[int]] = defaultdict(set)
        self._what: dict[str, str] = {}
        for person in people:
            for what in _KNOWN:
                for text in spellings(person, what):
                    self._owners[text.casefold()].add(person["number"])
                    self._what[text.casefold()] = what
        self._texts = list(self._owners)
        self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        self._database.compile(
            expressions=[re.escape(text).replace("/", r"\/").encode() for text in self._texts],
            ids=list(range(len(self._texts))),
            flags=[hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_UTF8 | hyperscan.HS_FLAG_UCP]
            * len(self._texts),
        )

    def strays(self, person: int, package: zipfile.ZipFile) -> Iterator[Stray]:
        """What in a package is somebody else's and not also the person's."""
        own = [text for text in self._texts if person in self._owners[text]]
        for name in package.namelist():
            for text in texts(name, package.read(name)):
                for found in self._found(text):
                    # A shorter writing of what is theirs is no one else's: 0450000012 in
                    # 04500000123 would be, so borders are looked at there.
                    if not any(found in mine for mine in own):
                        for owner in self._owners[found]:
                            yield Stray(person, owner, self._what[found], name)

    def _found(self, text: str) -> set[str]:
        data = text.encode()
        hits: set[str] = set()

        def hit(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            size = len(self._texts[number].encode())
            around = data[max(end - size - 1, 0) : end - size], data[end : end + 1]
            if not any(side.isalnum() for side in around):
                hits.add(self._texts[number])

        self._database.scan(data, match_event_handler=hit)
        return hits


def spellings(person: dict[str, Any], what: str) -> set[str]:
    """How an identifier of the person may be written."""
    if what == "name":
        given, family = person["given"], person["family"]
        return {f"{given} {family}", f"{family} {given}", f"{family}, {given}"}
    if what == "emails":
        return {form for one in person["emails"] for form in (one, one.replace("@", "%40"))}
    value = person[what]
    if not value:
        return set()
    if what == "phone":
        rest = value.removeprefix("+358").removeprefix("+46")
        prefix = value.removesuffix(rest)
        spaced = f"{rest[:2]} {rest[2:5]} {rest[5:]}"
        return {value, value.lstrip("+"), f"0{rest}", f"0{rest[:2]}-{rest[2:]}", rest,
                f"{prefix} {spaced}", f"0{spaced}"}  # fmt: skip
    if what == "identity":
        century = str(person["born"])[:2]
        return {value, value.replace("-", ""), f"{century}{value}"}
    if what == "iban":
        return {value, " ".join(value[at : at + 4] for at in range(0, len(value), 4))}
    return {str(value)}


def texts(name: str, data: bytes) -> Iterator[str]:
    """All texts in a file of a package, unpacked and decoded."""
    if name.endswith((".xlsx", ".docx")):
        with zipfile.ZipFile(io.BytesIO(data)) as office:
            for member in office.namelist():
                yield office.read(member).decode("utf-8", "replace")
    elif name.endswith(".pdf"):
        yield from (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(data)).pages)
    elif name.endswith(".eml"):
        message = email.message_from_bytes(data, policy=policy.default)
        yield from (str(value) for value in message.values())
        for part in message.walk():
            if part.get_content_maintype() == "text":
                yield str(part.get_content())
            elif not part.is_multipart():
                content = part.get_payload(decode=True)
                yield from texts(part.get_filename() or "", bytes(content or b""))
    else:
        yield data.decode("utf-8", "replace")


class Packages:
    """Makes the packages of people of the demo estate."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        run = estate.inventory.run
        self._case = Case(
            (estate.inventory,), estate.connectors, estate.fingerprinter,
            {source["name"]: source["entity"] for source in run["sources"]},
            {one["kind"]: one["category"] for one in run["detectors"]},
        )  # fmt: skip
        names = KnownNames.of([estate.inventory], estate.fingerprinter)
        self._examiner = Examiner(Engine(detectors.load()), estate.fingerprinter, names)

    def subject(self, person: dict[str, Any]) -> Subject:
        """The person as resolved, each question answered as the truth has it."""
        given = parse(self.estate.said(person), self.estate.fingerprinter)
        subject = resolve(self._case, given, now=datetime(2026, 11, 2, tzinfo=UTC))
        theirs = {self.estate.locator(place) for place in person["places"]}
        return replace(subject, holdings=tuple(
            replace(h, decision=Decision.THEIRS if h.locator in theirs else Decision.NOT_THEIRS)
            for h in subject.holdings
        ))  # fmt: skip

    def package(self, person: dict[str, Any], form: Form = Form.JSON) -> zipfile.ZipFile:
        """The person's package, open."""
        subject = self.subject(person)
        stream = io.BytesIO()
        order = Order(Right.ACCESS, form, "package")
        contents = contents_of(subject, self.estate.connectors.__getitem__,
                               self.estate.fingerprinter)  # fmt: skip
        Builder(subject, order, Disclosure(), self._examiner).build(stream, contents)
        return zipfile.ZipFile(stream)


def main() -> None:
    estate = Estate(Path(sys.argv[1]))
    stride = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    packages, needles = Packages(estate), Needles(estate.people)
    strays: list[Stray] = []
    asked = estate.people[::stride]
    for person in asked:
        with packages.package(person) as package:
            strays += needles.strays(person["number"], package)
    kinds = Counter(stray.what for stray in strays)
    print(f"{len(asked)} packages; of other people in them: {dict(kinds) or 'nothing'}")
    for stray in strays[:40]:
        print(f"  {stray}")
    sys.exit(bool(strays))


if __name__ == "__main__":
    main()
