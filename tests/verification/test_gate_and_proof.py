from __future__ import annotations

from pdscan.verification.model import Verdict, Weight
from tests.verification.shop import Shop


def test_a_clean_run(shop: Shop) -> None:
    gate = shop.gate()
    assert [p for p in gate.problems if p.weight is not Weight.NOTICE] == []
    shop.delete()
    proof = shop.proof()
    assert [p for p in proof.problems if p.weight is not Weight.NOTICE] == []
    assert proof.verdict is Verdict.WITH_RETAINED
