from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest
import stdnum.isbn
from hypothesis import given
from hypothesis import strategies as st

from pdscan.custom import detectors as custom
from pdscan.custom.validators import validator
from pdscan.detectors.interface import Detector
from pdscan.errors import UsageError
from pdscan.model import Likelihood
from tests.detectors.columns import Found, find, find_in_table


def load(text: str, folder: Path = Path(), known: tuple[str, ...] = ("email",)) -> list[Detector]:
    return list(custom.load(tomllib.loads(text)["detector"], folder, known))


def one(**settings: Any) -> Detector:
    (detector,) = custom.load([{"kind": "own", **settings}], Path(), ())
    return detector


def test_a_whole_table_becomes_a_detector() -> None:
    (detector,) = load("""
        [[detector]]
        kind = "shop.customer_number"
        name = "Customer number"
        category = "AccountIdentifier"
        country = "FI"
        pattern = 'C[- ]?[0-9]{6}'
        context = ["asiakas"]
        counter = ["tuote"]
        labels = ["cust no"]
        canonical = "alphanumeric"
        examples = ["C-123456", "nro C 123456."]
        near_misses = ["C-12345", "XC-123456", "C-1234567"]
    """)
    assert (detector.name, detector.country, detector.category) == (
        "Customer number", "fi", "AccountIdentifier",
    )  # fmt: skip
    by_word = find([detector], "asiakas C 123456, toinen: C123456")
    assert [(row.canonical, row.likelihood) for row in by_word] == [
        ("C123456", Likelihood.LIKELY)] * 2  # fmt: skip
    assert find([detector], "tuote C-123456") == []
    assert find_in_table([detector], ["custNo", "x"], ["C-123456", "C-654321"]) == [
        Found("shop.customer_number", "C-123456", Likelihood.VERY_LIKELY, "label: cust no",
              "C123456"),
        Found("shop.customer_number", "C-654321", Likelihood.POSSIBLE, "", "C654321"),
    ]  # fmt: skip


def test_words_of_the_table_and_of_a_file_are_found_in_any_case(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("\ufeffProjekti Åland\n\nC++ (vanha)\n", encoding="utf-8")
    (detector,) = load("""
        [[detector]]
        kind = "project"
        words = ["Salainen"]
        word_file = "words.txt"
        likelihood = "likely"
        examples = ["SALAINEN", "projekti  åland"]
        near_misses = ["salaisen", "projektiåland", "salainenko"]
    """, tmp_path)  # fmt: skip
    found = find([detector], "PROJEKTI\nÅLAND, c++ (vanha) ja salainen")
    assert [row.canonical for row in found] == ["projekti åland", "c++ (vanha)", "salainen"]


def test_a_long_word_file_is_taken_whole(tmp_path: Path) -> None:
    words = [f"sana{number} åäö" for number in range(200)]
    (tmp_path / "words.txt").write_text("\n".join(words), encoding="utf-8")
    detector = custom.load([{"kind": "w", "word_file": "words.txt"}], tmp_path, ())[0]
    assert [row.text for row in find([detector], "; ".join(words[::40]))] == words[::40]


@pytest.mark.parametrize(
    ("name", "pattern", "valid", "invalid", "canonical"),
    [
        ("luhn", "[0-9][0-9 ]{10,18}[0-9]", "4111 1111 1111 1111", "4111 1111 1111 1112",
         "4111111111111111"),
        ("isbn", "[0-9-]{13,17}", "978-951-98548-9-2", "978-951-98548-9-3", "9789519854892"),
        ("de.idnr", "[0-9][0-9 ]{9,12}[0-9]", "36 574 261 809", "36 574 261 890", "36574261809"),
        ("stdnum.fi.ytunnus", "[0-9]{7}-[0-9]", "2077474-0", "2077474-1", "20774740"),
        ("date", r"[0-9.]{8,10}", "1.2.2024", "31.2.2024", "2024-02-01"),
        ("date:%m/%d/%y", r"[0-9/]{6,8}", "12/31/99", "31/12/99", "1999-12-31"),
    ],
)  # fmt: skip
def test_validators_judge_and_bring_into_one_form(
    name: str, pattern: str, valid: str, invalid: str, canonical: str
) -> None:
    detector = one(pattern=pattern, validator=name, examples=[valid], near_misses=[invalid])
    assert find([detector], f"{invalid}; {valid};") == [
        Found("own", valid, Likelihood.LIKELY, f"valid by {name}", canonical)
    ]


@given(st.from_regex(r"97[89][0-9]{10}", fullmatch=True))
def test_a_validator_of_stdnum_says_what_stdnum_says(text: str) -> None:
    expected = stdnum.isbn.compact(text) if stdnum.isbn.is_valid(text) else None
    assert validator("isbn")(text) == expected


def test_detectors_travel_to_worker_processes() -> None:
    detector = pickle.loads(  # noqa: S301 - our own bytes
        pickle.dumps(one(pattern="[0-9]{13}", validator="ean"))
    )
    found = find([detector], "6408430000112 6408430000111")
    assert [row.text for row in found] == ["6408430000111"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"patern": "x"}, "unknown key 'patern'; did you mean pattern?"),
        ({"kind": ""}, "kind: is missing"),
        ({"kind": "Own Kind"}, "kind: lower-case letters"),
        ({"kind": "email"}, "kind: there is such a kind already"),
        ({"pattern": ""}, "give pattern, words or word_file"),
        ({"pattern": 7}, "pattern: a text in quotes expected"),
        ({"context": "word"}, "context: a list of texts expected"),
        ({"words": [""]}, "words: a list of texts expected"),
        ({"needs_context": 1}, "needs_context: true or false expected"),
        ({"longest": True}, "longest: a whole number expected"),
        ({"longest": 5000}, "longest: a number of bytes from 1 to 4096"),
        ({"category": "some thing"}, "category: a concept of"),
        ({"canonical": "loud"}, "canonical: one of lower,"),
        ({"likelihood": "sure"}, "likelihood: one of very_unlikely,"),
        ({"validator": "fi.hettu"}, "validator: no validator is called 'fi.hettu'; "
                                    "did you mean fi.hetu?"),
        ({"validator": "../evil"}, "validator: no validator"),
        ({"word_file": "absent.txt"}, "word_file: absent.txt: No such file"),
        ({"examples": ["a1", "b"]}, "examples: number 2 is not found"),
        ({"near_misses": ["a12"]}, "near_misses: number 1 is found"),
        ({"pattern": r"a(\d)\1"}, "pattern: a back-reference is not supported, at character 6 of"),
        ({"pattern": "ab(?!c)"}, "pattern: look-around is not supported, at character 3 of"),
        ({"pattern": "å(?<=x)b"}, "pattern: look-around is not supported, at character 2 of"),
        ({"pattern": r"\bab"}, "pattern: a word border is not supported, at character 1 of"),
        ({"pattern": "ab|[a"}, "pattern: unterminated character class, at character 4 of"),
        ({"pattern": "åä(b"}, "pattern: missing close parenthesis for group, at character 3 of"),
        ({"pattern": "a*"}, "pattern: matches the empty text, at character 1 of"),
        ({"pattern": "a{1,99999}"}, "pattern: bounded repeat is too large"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_by_its_key(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as raised:
        custom.load([{"kind": "own", "pattern": "a[0-9]+", **settings}], Path(), ["email"])
    assert says in str(raised.value)
    assert str(raised.value).startswith("[[detector]] 1")


def test_an_escaped_backslash_before_a_letter_is_no_border() -> None:
    assert one(pattern=r"C:\\bin", examples=["C:\\bin"])


def test_two_tables_of_one_kind_are_refused() -> None:
    with pytest.raises(UsageError, match=r"\[\[detector\]\] 2 \(own\): kind"):
        custom.load([{"kind": "own", "words": ["a"]}] * 2, Path(), ())
