from __future__ import annotations

from pdscan.verification.model import Cause, Problem, Verdict, Weight
from tests.verification.conftest import Told
from tests.verification.shop import Shop


def test_a_clean_run(shop: Shop, told: Told) -> None:
    gate = shop.gate()
    assert [p for p in gate.problems if p.weight is not Weight.NOTICE] == []
    shop.delete()
    proof = shop.proof()
    assert [p for p in proof.problems if p.weight is not Weight.NOTICE] == []
    assert proof.verdict is Verdict.WITH_RETAINED
    told("nothing", f"go; {proof.verdict}")


def test_what_nobody_approved_is_not_proved_and_not_called_left(shop: Shop) -> None:
    shop.gate()
    shop.delete()
    shop.known.append(Problem(Cause.APPROVAL, "", "by nobody"))
    assert shop.proof().verdict is Verdict.INCOMPLETE
