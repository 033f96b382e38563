"""The registry: what is loaded, in which order, and what it says about a wrong name."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from pdscan import detectors
from pdscan.detectors import country_of, kinds, load
from pdscan.detectors.interface import Detector
from pdscan.errors import UsageError


def test_every_kind_loads_under_its_name_and_country() -> None:
    assert [detector.kind for detector in load()] == list(kinds())
    for detector in load():
        assert detector.country == country_of(detector.kind)


def test_every_category_is_a_term_of_the_vocabulary() -> None:
    # The classes of the Data Privacy Vocabulary's personal data extension, version 2.2.
    terms = Path(__file__).with_name("dpv_pd.txt").read_text("utf-8").split()
    wrong = {detector.kind: detector.category for detector in load()}
    assert {kind: name for kind, name in wrong.items() if name not in terms} == {}


def test_every_detector_of_a_module_is_registered() -> None:
    for module in detectors._MODULES:
        brought = importlib.import_module(f"pdscan.detectors.{module}")
        every = getattr(brought, "DETECTORS", None) or (brought.DETECTOR,)
        assert tuple(d.kind for d in every) == detectors._MODULES[module]


def test_only_what_is_asked_for_is_imported() -> None:
    code = (
        "import sys; from pdscan.detectors import load; load(['fi.hetu']);"
        "heavy = ('pdscan.detectors.se', 'stdnum', 'phonenumbers');"
        "print([m for m in sys.modules if m.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_countries_keep_international_kinds() -> None:
    found = {detector.kind for detector in load(countries=["fi"])}
    assert {"fi.hetu", "email", "iban", "eu.vat"} <= found
    assert not any(kind.startswith("se.") for kind in found)
    assert [d.kind for d in load(["fi.hetu", "se.orgnr"], ["SE"])] == ["se.orgnr"]


@pytest.mark.parametrize(
    ("kind", "suggestion"),
    [("hetu", "fi.hetu"), ("fi.hety", "fi.hetu"), ("personnumer", "se.personnummer"),
     ("ipv5", "ipv4"), ("zzz", "known are email")],
)  # fmt: skip
def test_an_unknown_kind_is_answered_with_a_suggestion(kind: str, suggestion: str) -> None:
    with pytest.raises(UsageError, match=f"unknown detector '{kind}'.*{suggestion}"):
        load([kind])


def test_an_unknown_country_is_answered_with_a_suggestion() -> None:
    with pytest.raises(UsageError, match="unknown country 'fin': did you mean fi"):
        load(countries=["fin"])


HOUSE = Detector("acme.customer", "A house number", "OfficialID", (), load(["fi.hetu"])[0].judge)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("acme.customer", "tests.detectors.test_registry:HOUSE", ""),
        ("acme.other", "tests.detectors.test_registry:HOUSE", "no detector of kind 'acme.other'"),
        ("acme.gone", "no_such_package:X", "cannot be loaded from no_such_package:X"),
    ],
)
def test_entry_points_bring_detectors(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    entry = EntryPoint(name=name, value=value, group=detectors.GROUP)
    monkeypatch.setattr(detectors, "entry_points", lambda group: [entry])
    assert kinds()[-1] == name
    if message:
        with pytest.raises(UsageError, match=message):
            load([name])
    else:
        assert load([name]) == (HOUSE,)
        assert "fi.hetu" in {detector.kind for detector in load()}
