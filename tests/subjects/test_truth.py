"""People of the demo estate against the truth: namesakes, families, shared mailboxes, sisters."""

from __future__ import annotations

from typing import Any

import pytest

from bench.subjects import Estate, Found
from pdscan.subjects.places import Place

# Plain ones; a family at one door and telephone; a shared mailbox; three and two mail addresses;
# two of one name behind one door; staff; customers of both sisters.
CHOSEN = (2, 6, 7, 9, 13, 14, 16, 18, 32, 40, 48, 57, 63, 80, 85, 86, 102, 104, 107, 255)


@pytest.fixture(scope="module")
def answers(demo: Estate) -> dict[int, Found]:
    return {number: demo.ask(demo.people[number - 1]) for number in CHOSEN}


def test_the_chosen_are_as_awkward_as_they_should_be(demo: Estate) -> None:
    people: list[dict[str, Any]] = [demo.people[number - 1] for number in CHOSEN]
    assert sum(person["household"] is not None for person in people) >= 4
    assert sum(person["namesake"] is not None for person in people) >= 2
    assert sum(len(person["emails"]) > 1 for person in people) >= 4
    assert sum(person["firm"] is not None for person in people) >= 4


def test_before_any_decision(answers: dict[int, Found]) -> None:
    accepted = sum(len(a.accepted) for a in answers.values())
    assert sum(len(a.accepted & a.true) for a in answers.values()) >= 0.98 * accepted
    named = sum(len(a.named) for a in answers.values())
    assert sum(len(a.accepted & a.named) for a in answers.values()) >= 0.98 * named


def test_after_each_question_is_answered_truly(answers: dict[int, Found]) -> None:
    for number, answer in answers.items():
        final = answer.accepted | (answer.undecided & answer.true)
        assert final <= answer.true, number
        assert final >= answer.named, number


def test_nothing_that_is_another_persons_is_ever_held(demo: Estate) -> None:
    sample = demo.people[::20]
    owners: dict[Place, set[int]] = {}
    for person in demo.people:
        for noted in person["places"]:
            owners.setdefault(demo.place(noted), set()).add(person["number"])
    for person in sample:
        for place in demo.ask(person).accepted:
            assert person["number"] in owners.get(place, set()), (person["number"], place)


def test_a_household_is_asked_about_not_guessed(demo: Estate) -> None:
    first, second = demo.people[84], demo.people[85]  # one name, one door, one telephone
    assert (first["given"], first["family"]) == (second["given"], second["family"])
    assert first["phone"] == second["phone"]
    assert not demo.ask(first).accepted & demo.ask(second).accepted
