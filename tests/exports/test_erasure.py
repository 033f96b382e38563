"""What becomes of a holding: a table of cases, and what holds for every plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.exports.erasure import Rules, Sight, plan
from pdscan.exports.manifest import KEEPS, REMOVES, Action, Entry
from pdscan.exports.ordering import Reference, steps
from pdscan.model import Likelihood
from pdscan.retention.holds import Hold
from pdscan.retention.model import Policy
from pdscan.retention.reading import parse
from pdscan.retention.resolving import Record
from pdscan.subjects.model import Decision, Finding, Holding, Identifier, Role, Step, Subject

DAY = date(2026, 11, 22)
ROW, PARENT, FILE = "db:orders#key=id:1", "db:customer#key=id:7", "mail:a.eml"
LAW = """
[[rule]]
name = "books"
kind = "statutory_min"
law = "Kirjanpitolaki"
table = ["orders"]
anchor = "at"
period = "P6Y"
meanwhile = "restrict"
confirmed_by = "DPO"
"""
EMAIL = Identifier("email", "ab" * 12, "m***")


def finding(locator: str, kind: str = "email", *, theirs: bool = True) -> Finding:
    return Finding(locator, kind, "pd:x", "m***", "ab" * 12, Likelihood.VERY_LIKELY, theirs)


def holding(locator: str = ROW, **more: object) -> Holding:
    given_: dict[str, object] = {
        "locator": locator, "source": locator.partition(":")[0], "entity": "Oy", "media_type": "",
        "role": Role.SOLE, "likelihood": Likelihood.VERY_LIKELY,
        "path": (Step("email", "m***", locator),),
        "findings": (finding(f"{locator}&field=email&span=0-4" if "#" in locator else
                             f"{locator}#span=10-14"),),
    }  # fmt: skip
    return Holding(**(given_ | more))  # type: ignore[arg-type]  # a table of cases


def sight(locator: str = ROW, values: dict[str, str | None] | None = None, **more: object) -> Sight:
    cells = {"id": "1", "email": "m@x.fi", "at": "2010-01-01"} if values is None else values
    table = locator.partition(":")[2].partition("#")[0]
    record = Record(locator, locator.partition(":")[0], (table,), "Oy", cells)
    given_: dict[str, object] = {"keys": frozenset({"id"}), "fingerprint": "ff" * 12}
    return Sight(record, **(given_ | more))  # type: ignore[arg-type]  # a table of cases


def planned(
    holdings: dict[Holding, Sight | None], text: str = "", holds: tuple[Hold, ...] = (),
    marked: dict[str, Action] | None = None,
) -> tuple[Entry, ...]:  # fmt: skip
    policy = parse(text.encode(), "retention.toml") if text else Policy()
    sights = {h.locator: s for h, s in holdings.items() if s is not None}
    subject = Subject((EMAIL,), tuple(holdings))
    return plan(subject, sights, Rules(policy, holds, DAY, marked or {}))


def short(entries: tuple[Entry, ...]) -> list[str]:
    return [f"{e.action} {e.locator.removeprefix(e.holding) or '.'}" for e in entries]


RECENT: dict[str, str | None] = {"id": "1", "email": "m@x.fi", "at": "2024-05-01", "note": ""}
HELD = Hold("hold-1", "db:*", "lawsuit", "DPO", "2026-01-01")

CASES: dict[str, tuple[dict[Holding, Sight | None], str, list[str], str]] = {
    # name: (holdings, rules, what becomes of them, what the first reason says)
    "asked for, and nothing keeps it": ({holding(): sight()}, LAW, ["erase ."], "asked for"),
    "a message": ({holding(FILE): sight(FILE, {})}, LAW, ["erase ."], "asked for"),
    "a law keeps all of it": (
        {holding(): sight(values=RECENT)}, LAW, ["retain ."], "Kirjanpitolaki"),
    "a law keeps some of it": (
        {holding(): sight(values=RECENT)}, LAW + 'keep = ["id", "at"]\n',
        ["retain .", "erase &field=email"], "books"),
    "a field that may not be empty": (
        {holding(): sight(values=RECENT, required=frozenset({"email"}))},
        LAW + 'keep = ["id", "at"]\n', ["retain .", "anonymise &field=email"], "books"),
    "the law's time is over": ({holding(): sight()}, LAW, ["erase ."], "asked for"),
    "the date is not known": (
        {holding(): sight(values={"id": "1", "at": None})}, LAW, ["manual ."], "at is empty"),
    "only the name matches": (
        {holding(findings=(finding(ROW, "person_name"),), path=()): sight()}, "", ["manual ."],
        "only the name"),
    "the name, by a key that leads there": (
        {holding(findings=(finding(ROW, "person_name"),), path=(Step("key", "1", ROW),)): sight()},
        "", ["erase ."], "asked for"),
    "not certain": (
        {holding(likelihood=Likelihood.POSSIBLE): sight()}, "", ["manual ."], "must look"),
    "not certain, and a person said so": (
        {holding(likelihood=Likelihood.POSSIBLE, decision=Decision.THEIRS): sight()}, "",
        ["erase ."], "asked for"),
    "a person said it is not theirs": (
        {holding(decision=Decision.NOT_THEIRS): sight()}, "", [], ""),
    "could not be read": ({holding(): None}, "", ["manual ."], "could not be read"),
    "has changed since": (
        {holding(fingerprint="ee" * 12): sight()}, "", ["manual ."], "has changed"),
    "others' too": (
        {holding(FILE, role=Role.MENTIONED, others=1): sight(FILE, {})}, "", ["redact .", "redact #span=10-14"],
        "1 others"),
    "others' too, and nothing to point to": (
        {holding(FILE, role=Role.MENTIONED, findings=(finding(f"{FILE}#span=3-9", theirs=False),)):
         sight(FILE, {})}, "", ["manual ."], "nothing in it can be pointed to"),
    "others' too, and a law keeps it": (
        {holding(role=Role.MENTIONED): sight(values=RECENT)}, LAW, ["retain ."], "books"),
    "others' too, and a law needs some of it": (
        {holding(role=Role.SHARED): sight(values=RECENT | {"note": "Bo's own words"})},
        LAW + 'keep = ["id", "at"]\n', ["retain .", "redact &field=email&span=0-4"], "books"),
    "others' too, in what the law needs": (
        {holding(role=Role.SHARED): sight(values=RECENT)}, LAW + 'keep = ["email"]\n',
        ["retain ."], "books"),
    "a child that goes with it": (
        {holding(PARENT): sight(PARENT, step=2, references=(Reference(ROW, "customer_id"),)),
         holding(): sight()}, "", ["erase .", "erase ."], "asked for"),
    "a child that a law keeps": (
        {holding(PARENT): sight(PARENT, step=2, references=(Reference(ROW, "customer_id"),)),
         holding(): sight(values=RECENT)}, LAW,
        ["retain .", "anonymise .", "erase &field=email", "erase &field=at"], "books"),
    "a child that a law keeps, by a key that identifies": (
        {holding(PARENT, findings=(finding(f"{PARENT}&field=email"),)):
         sight(PARENT, step=2, references=(Reference(ROW, "customer"),), keys=frozenset({"email"})),
         holding(): sight(values=RECENT)}, LAW, ["retain .", "manual ."], "books"),
    "a stranger's row refers to it": (
        {holding(PARENT): sight(PARENT, references=(Reference("db:x#key=id:3", "c", "CASCADE"),))},
        "", ["manual ."], "1 rows that are not in this manifest"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_it(case: str) -> None:
    holdings, rules, actions, says = CASES[case]
    entries = planned(holdings, rules)
    assert short(entries) == actions
    assert not entries or says in entries[0].reason
    assert [e.number for e in entries] == list(range(1, len(entries) + 1))


def test_a_retained_entry_says_why_until_when_and_what_then() -> None:
    (entry,) = planned({holding(): sight(values=RECENT)}, LAW)
    assert (entry.until, entry.then, entry.meanwhile) == ("2030-05-01", "erase", "restrict")
    assert (entry.keep, entry.order, entry.blocked) == (("*",), 0, "")
    (ground,) = entry.grounds
    assert (ground.rule, ground.law, ground.anchor) == ("books", "Kirjanpitolaki", "at 2024-05-01")
    assert ground.basis.endswith("/art_17/par_3/pnt_b")
    assert "P6Y from at 2024-05-01" in ground.explained


def test_a_template_keeps_and_says_that_nobody_stands_for_it() -> None:
    (entry,) = planned({holding(): sight(values=RECENT)}, LAW.replace('confirmed_by = "DPO"', ""))
    assert entry.action is Action.RETAIN
    assert "it is a template" in entry.blocked


def test_a_hold_keeps_what_no_rule_keeps() -> None:
    (entry,) = planned({holding(): sight()}, LAW, (HELD,))
    assert (entry.action, entry.until, entry.then) == (Action.RETAIN, "", "")
    assert "hold-1" in entry.reason
    (entry,) = planned({holding(): sight()}, LAW, (replace(HELD, released_at="2026-02-01"),))
    assert entry.action is Action.ERASE


def test_a_cascade_that_would_take_a_stranger_is_named_and_blocked() -> None:
    reference = Reference("db:x#key=id:3", "customer_id", "CASCADE")
    (entry,) = planned({holding(PARENT): sight(PARENT, references=(reference,))})
    assert entry.takes == ("db:x#key=id:3 (customer_id: deleted along)",)
    assert "not in this manifest" in entry.blocked


def test_marked_holdings_are_restricted_or_rectified_unless_kept() -> None:
    for action in (Action.RESTRICT, Action.RECTIFY):
        (entry,) = planned({holding(): sight()}, LAW, marked={ROW: action})
        assert entry.action is action
    stranger = (Reference("db:x#key=id:3", "customer_id"),)
    (entry,) = planned({holding(): sight(references=stranger)}, marked={ROW: Action.RESTRICT})
    assert (entry.action, entry.blocked) == (Action.RESTRICT, "")
    (entry,) = planned({holding(): sight(values=RECENT)}, LAW, marked={ROW: Action.RECTIFY})
    assert entry.action is Action.RETAIN


ROLES = st.sampled_from(list(Role))
CELLS = st.fixed_dictionaries({
    "id": st.just("1"), "email": st.sampled_from([None, "m@x.fi"]),
    "at": st.sampled_from([None, "", "2024-05-01", "2010-01-01", "soon"]),
})  # fmt: skip


@given(ROLES, CELLS, st.sampled_from(list(Likelihood)), st.booleans(), st.booleans())
def test_nothing_is_left_out_and_nothing_uncertain_goes(
    role: Role, cells: dict[str, str | None], likelihood: Likelihood, held: bool, keep: bool
) -> None:
    rules = LAW + ('keep = ["at"]\n' if keep else "")
    entries = planned(
        {holding(role=role, likelihood=likelihood): sight(values=cells)}, rules,
        (HELD,) if held else (),
    )  # fmt: skip
    assert entries[0].locator == ROW
    assert all(e.reason for e in entries)
    if likelihood < Likelihood.LIKELY or held or cells["at"] == "2024-05-01":
        assert entries[0].action in KEEPS | {Action.MANUAL}
    if held or likelihood < Likelihood.LIKELY:
        assert not any(e.action in REMOVES for e in entries)
    if cells["at"] in (None, "", "soon") and not held:
        assert not any(e.action in REMOVES for e in entries)


def test_children_come_before_parents() -> None:
    names = [("db", name) for name in ("a", "b", "c", "d", "e")]
    a, b, c, d, e = names
    found = steps(names, [(c, b), (b, a), (d, a), (a, a), (("db", "strange"), a)])
    assert found == {a: 3, b: 2, c: 1, d: 1, e: 1}
    circle = steps([a, b, c], [(a, b), (b, a), (c, a)])
    assert circle[c] < circle[a]
    long = [("t", f"{n:05}") for n in range(5000)]
    assert steps(long, zip(long[1:], long, strict=False))[long[0]] == 5000
