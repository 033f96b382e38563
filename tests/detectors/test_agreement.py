"""Agreement with python-stdnum on generated numbers; ``bench/stdnum_agreement.py`` takes more."""

from __future__ import annotations

import pytest

from tests.detectors.agreement import CASES, Case, disagreements

COUNT = 20_000


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind} {case.template}")
def test_we_accept_what_stdnum_accepts(case: Case) -> None:
    differ, accepted = disagreements(case, COUNT, seed=1)
    assert differ == []
    assert accepted > 50
