"""Nobody else is in anybody's package: of some people here, of all by ``python -m bench.packages``."""

from __future__ import annotations

import io
import zipfile
from base64 import b64encode

import pytest

from bench.packages import Needles, Packages
from bench.subjects import Estate
from pdscan.demo import papers
from pdscan.exports.package.model import Form

# Staff who were written to by many; one whom a neighbour wrote about, and the neighbour; a case
# with somebody else's number in it; a family; an open Cc; minutes; two of one name.
CHOSEN = (1, 3, 14, 18, 52, 74, 85, 86, 155, 167, 236, 347)


@pytest.fixture(scope="module")
def packages(demo: Estate) -> Packages:
    return Packages(demo)


@pytest.fixture(scope="module")
def needles(demo: Estate) -> Needles:
    return Needles(demo.people)


@pytest.mark.parametrize("number", CHOSEN)
def test_nobody_else_is_in_it(packages: Packages, needles: Needles, number: int) -> None:
    person = packages.estate.people[number - 1]
    with packages.package(person, Form.CSV if number % 2 else Form.JSON) as package:
        text = b"".join(package.read(name) for name in package.namelist())
        assert person["emails"][0].encode() in text
        assert list(needles.strays(number, package)) == []


@pytest.mark.parametrize("name", ["x.json", "x.xlsx", "x.docx", "x.pdf", "x.eml"])
def test_the_search_sees_what_is_there(demo: Estate, needles: Needles, name: str) -> None:
    other = demo.people[8]
    text = f"{other['given']} {other['family']}, {other['phone']}"
    mail = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    data = {
        "x.json": text.encode(), "x.xlsx": papers.xlsx({"A": [[text]]}),
        "x.docx": papers.docx([text]), "x.pdf": papers.pdf([text]),
        "x.eml": mail + b64encode(text.encode()),
    }[name]  # fmt: skip
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, data)
        found = {(one.owner, one.what) for one in needles.strays(1, archive)}
    assert {(9, "name"), (9, "phone")} <= found
