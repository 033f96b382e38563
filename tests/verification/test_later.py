"""What is asked later: after a restore, when a date has come, and of many places at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from pdscan.exports.manifest import Action, Manifest
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator
from pdscan.retention.holds import Hold, Holds
from pdscan.retention.model import Policy
from pdscan.verification import replay, standing
from pdscan.verification.model import Cause, State, Verdict
from pdscan.verification.reread import reread
from tests.connectors.sql.conftest import Database
from tests.verification.shop import KEY, Shop


def again(shop: Shop) -> replay.Replay:
    connectors = {c.source: c for c in shop.plan().connectors}
    return replay.check(shop.manifest, connectors, Fingerprinter(KEY))


def test_after_a_restore_what_came_back_is_listed_in_order(shop: Shop) -> None:
    shop.gate()
    shop.delete()
    assert again(shop) == replay.Replay((), ())
    shop.database.run(
        "INSERT INTO customer VALUES (1, 'Aino Koivuranta', 'aino@example.com', '+358401234567',"
        "'131052-308T'); INSERT INTO orders VALUES (10, 1, 'puh. 0401234567')"
    )
    found = again(shop)
    assert [p.cause for p in found.again] == [Cause.RETURNED] * 2
    assert {p.locator.partition("#")[2] for p in found.again} == {"key=id:1", "key=id:10"}
    shop.left_out = ("shop",)
    assert {p.cause for p in again(shop).unknown} == {Cause.UNREACHABLE}


def test_when_the_date_has_come_what_was_kept_must_go(shop: Shop) -> None:
    shop.gate()
    shop.delete()
    kept = shop.manifest
    assert standing.at_term(kept, date(2032, 12, 31)) == kept  # its last day
    shop.manifest = standing.at_term(kept, date(2033, 1, 1))
    assert shop.proof().verdict is Verdict.RESIDUAL
    shop.database.run("DELETE FROM invoice WHERE id = 7")
    (shop.files / "contract.txt").unlink()
    (shop.files / "mail.mbox").unlink()
    proof = shop.proof()
    assert proof.verdict is Verdict.VERIFIED, proof.problems


@pytest.mark.parametrize(
    ("on", "stops"),
    [("shop:public!/customer*", 1), ("shop:*", 4), ("files:contract.txt", 0), ("elsewhere:*", 0)],
)
def test_a_hold_stops_what_it_bears_on(shop: Shop, on: str, stops: int) -> None:
    hold = Hold("hold-1", on, "a case in court", "counsel", "2026-11-22T10:00:00+00:00")
    found = list(standing.rules(shop.manifest, None, Holds((hold,), "x"), date(2026, 11, 22)))
    named = [p for p in found if p.cause is Cause.HOLDS and p.locator]
    assert len(named) == stops
    assert all("a case in court" in p.why for p in named)
    assert any(p.cause is Cause.HOLDS for p in found)  # at the least that there are others now


def test_other_rules_and_dates_that_came_reopen_the_plan(shop: Shop) -> None:
    day = date(2026, 11, 22)
    assert list(standing.rules(shop.manifest, None, Holds(), day)) == []
    other = list(standing.rules(shop.manifest, Policy(digest="x"), Holds(), day))
    assert [p.cause for p in other] == [Cause.RULES]
    due = list(standing.rules(shop.manifest, None, Holds(), date(2033, 1, 1)))
    assert {p.cause for p in due} == {Cause.DUE}


def test_nothing_is_approved_without_an_approval_that_counts() -> None:
    assert [p.cause for p in standing.approvals(())] == [Cause.APPROVAL]


def test_a_manifest_of_manual_entries_is_never_verified(shop: Shop) -> None:
    entries = tuple(replace(entry, action=Action.MANUAL) for entry in shop.manifest.entries)
    shop.manifest = Manifest(shop.manifest.header, entries, shop.manifest.digest)
    assert not shop.gate().state.go
    assert shop.proof().verdict is Verdict.INCOMPLETE


def test_many_places_are_read_in_few_questions(postgres: Database) -> None:
    count = 4000
    postgres.run("CREATE TABLE t (id int PRIMARY KEY, email text)")
    postgres.run(
        f"INSERT INTO t SELECT i, 'p'||i||'@example.com' FROM generate_series(1,{count}) i"
    )
    connector = postgres.open()
    places = {Locator("shop", ("public", "t"), (("id", str(n)),)): "" for n in range(count + 1)}
    asked: list[str] = []

    def ask(_c: object, _u: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", ask)
    try:
        met = reread({"shop": connector}, places, Fingerprinter(KEY))
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", ask)
        connector.close()
    assert [place.key[0][1] for place, one in met.items() if one.state is State.GONE] == ["0"]
    assert sum('"t"' in statement for statement in asked) <= count / 400 + 2
