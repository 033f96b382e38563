from __future__ import annotations

import pytest

from pdscan.detectors.person_name import DETECTOR
from pdscan.model import Likelihood
from tests.detectors.columns import find, find_in_table

POSSIBLE, LIKELY, VERY_LIKELY = Likelihood.POSSIBLE, Likelihood.LIKELY, Likelihood.VERY_LIKELY


@pytest.mark.parametrize(
    ("text", "name", "likelihood", "evidence"),
    [
        ("Kiitos!\nTerveisin\nMatti Meikäläinen\nAcme Oy", "Matti Meikäläinen", POSSIBLE,
         "signature"),
        ("Ystävällisin terveisin, Matti", "Matti", POSSIBLE, "signature"),
        ("Med vänlig hälsning\n\nÅsa Öberg-Lind\n", "Åsa Öberg-Lind", POSSIBLE, "signature"),
        ("Mvh Anna", "Anna", POSSIBLE, "signature"),
        ("Kind regards,\r\nJ. R. Smith\r\nCEO", "J. R. Smith", POSSIBLE, "signature"),
        ("Hei Matti,\nkiitos tilauksesta", "Matti", POSSIBLE, "after a greeting"),
        ("Hej Anna!\n", "Anna", POSSIBLE, "after a greeting"),
        ('{"body": "Dear Jane Doe, your order"}', "Jane Doe", POSSIBLE, "after a greeting"),
        ("We met Mrs Jane Doe in Turku", "Jane Doe", POSSIBLE, "after a title"),
        ("x, Matti Meikäläinen <matti@example.fi>", "Matti Meikäläinen", LIKELY,
         "before an e-mail address"),
        ('"Meikäläinen, Maija" <m@example.fi>', "Meikäläinen, Maija", LIKELY,
         "before an e-mail address"),
        ("Etunimi: Matti\nIkä: 40", "Matti", LIKELY, "label: etunimi"),
        ("Last name: von Essen", "von Essen", LIKELY, "label: last name"),
        ("Nimi: Matti Meikäläinen", "Matti Meikäläinen", LIKELY, "label: nimi"),
        ("Kontaktperson: Åke Svensson, tel. 040", "Åke Svensson", VERY_LIKELY,
         "label: kontaktperson"),
        ("first_name=Matti&x=1", "Matti", LIKELY, "label: first name"),
        ('{"lastName":"Virtanen"}', "Virtanen", LIKELY, "label: last name"),
        ("Hei, nimeni on Ville Korhonen ja asun", "Ville Korhonen", POSSIBLE, "introduction"),
        ("Jeg heter Kari Nordmann.", "Kari Nordmann", POSSIBLE, "introduction"),
        ("kiitos\n\nT. Anna Aho\n", "Anna Aho", POSSIBLE, "signature"),
        ("kiitos\n-- \nAnna Aho\npuh", "Anna Aho", POSSIBLE, "under a heading"),
        ("FN:Ville Korhonen\n", "Ville Korhonen", LIKELY, "label: fn"),
        ("Last name: McDonald", "McDonald", LIKELY, "label: last name"),
        ("vārds: Jānis Bērziņš", "Jānis Bērziņš", VERY_LIKELY, "label: vārds"),
    ],
)  # fmt: skip
def test_a_name_beside_what_tells_it(
    text: str, name: str, likelihood: Likelihood, evidence: str
) -> None:
    (found,) = find([DETECTOR], text)
    assert (found.text, found.likelihood) == (name, likelihood)
    assert evidence in found.evidence


@pytest.mark.parametrize(
    "text",
    [
        "Dear Customer,\n", "Hei kaikki,", "Best regards\nCustomer Service", "Terveisin\nAcme Oy",
        "Support Team <support@example.fi>", "Newsletter <news@example.fi>",
        "With regards to the Order", "With regards to Matti",
        "name: Install Dependencies", "filename: Matti Meikalainen.pdf", "Product name: Widget Pro",
        'SURNAME = ObjectIdentifier("2.5.4.4")', "first_name = organizationName",
        "Contact <first_last@example.com>", "my name is on the list", "\n-- Dump of the table\n",
        '{"name": "express"}', "<b@x", "List<T> a = x<y@z", "user name: x", "First name:",
        "first_name = request.form", "Hi-Res 2.0",
    ],
)  # fmt: skip
def test_what_is_no_name(text: str) -> None:
    assert find([DETECTOR], text, minimum=POSSIBLE) == []


def test_columns() -> None:
    found = find_in_table(
        [DETECTOR],
        ["name", "etunimi", "product_name", "customerName", "styles/style/@font-name"],
        ["Widget", "Matti", "Widget Pro", "MEIKÄLÄINEN MATTI", "Noto Serif"],
        ["Matti Virtanen", "pekka", "Foo", "Meikäläinen, Matti", "Arial"],
        ["Acme Oy", "Anna-Liisa", "Foo", "x1", "Body Bullet"],
    )
    assert [(one.text, one.likelihood) for one in found] == [
        ("Widget", POSSIBLE), ("Matti", LIKELY), ("MEIKÄLÄINEN MATTI", LIKELY),
        ("Matti Virtanen", LIKELY), ("pekka", POSSIBLE), ("Meikäläinen, Matti", LIKELY),
        ("Anna-Liisa", LIKELY),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "spelling",
    ["Matti Meikäläinen", "Meikäläinen, Matti", "MATTI MEIKÄLÄINEN", "matti  meikäläinen"],
)
def test_all_spellings_are_one(spelling: str) -> None:
    (found,) = find([DETECTOR], f"Full name: {spelling}\n")
    assert found.canonical == "matti meikäläinen"


def test_a_long_column_is_judged_like_a_short_one() -> None:
    names = ["Matti Meikäläinen", "pekka", "Acme Oy", "Virtanen, Åsa", "x1", "J. Smith"]
    few = find_in_table([DETECTOR], ["full_name"], *[[name] for name in names])
    many = find_in_table([DETECTOR], ["full_name"], *[[name] for name in names * 200])
    assert many == few * 200
