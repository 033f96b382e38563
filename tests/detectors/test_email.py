from __future__ import annotations

import pytest

from pdscan.detectors.email import DETECTOR
from pdscan.model import Likelihood
from tests.detectors.columns import find

UNLIKELY, POSSIBLE, LIKELY = Likelihood.UNLIKELY, Likelihood.POSSIBLE, Likelihood.LIKELY


@pytest.mark.parametrize(
    ("text", "canonical", "likelihood"),
    [
        ("x matti+uutiset@example.fi, y", "matti+uutiset@example.fi", LIKELY),
        ("<Matti.O'Neil@Example.FI>", "matti.o'neil@example.fi", LIKELY),
        ("åsa.öberg@räksmörgås.se", "åsa.öberg@xn--rksmrgs-5wao1o.se", LIKELY),
        ('x "john doe"@example.com, y', '"john doe"@example.com', POSSIBLE),
        ("matti.meikalainen (at) example.fi", "matti.meikalainen@example.fi", UNLIKELY),
        ("matti[at]example[dot]fi", "matti@example.fi", UNLIKELY),
        ("matti (ät) example.fi", "matti@example.fi", UNLIKELY),
        ("write to matti.m at mail dot example dot com.", "matti.m@mail.example.com", UNLIKELY),
        ("matti ät example piste fi", "matti@example.fi", UNLIKELY),
    ],
)
def test_addresses(text: str, canonical: str, likelihood: Likelihood) -> None:
    (found,) = find([DETECTOR], text, minimum=UNLIKELY)
    assert (found.canonical, found.likelihood) == (canonical, likelihood)


@pytest.mark.parametrize(
    "text",
    [
        "look at table dot points", "one dot com", "met at noon dot com was down at dot fish", "meet me at example.fi", "array[at] = 5", '"quoted"@', "a@b",
        "user@localhost", "@decorator", "x@@y.fi", "a..b@example.fi", "logo (a) b.c",
    ],
)  # fmt: skip
def test_no_addresses(text: str) -> None:
    assert find([DETECTOR], text) == []
