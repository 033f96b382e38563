"""A scan that was killed goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdscan.inventory import FINDINGS, ITEMS, InventoryWriter
from pdscan.journal import Journal
from pdscan.runner import run
from pdscan.scan import Closed, Found, Message, Opened, Plan, Settled, tasks
from tests.test_runner import Trouble, plan, texts


def messages(the_plan: Plan, journal: Journal) -> list[Message]:
    return list(stream(the_plan, journal))


def stream(the_plan: Plan, journal: Journal):  # type: ignore[no-untyped-def] # a generator
    yield from journal.replayed()
    work = journal.tasks(tasks(the_plan.connectors))
    yield from journal.kept(run(the_plan, work, 0, first=journal.items))


def told(found: list[Message]) -> list[object]:
    """What was found and how items ended, in order."""
    rows: list[object] = []
    for message in found:
        match message:
            case Found(batch):
                rows += zip(batch["item"].to_pylist(), batch["start"].to_pylist(), strict=True)
            case Closed(number, entry):
                rows.append((number, entry))
    return rows


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_stopped_anywhere_any_number_of_times(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("journal")
    the_plan = plan(Trouble(texts(data.draw(st.integers(1, 12))), members=data.draw(st.booleans())))
    whole = told(messages(the_plan, Journal(folder / "undisturbed")))
    for stop in data.draw(st.lists(st.integers(0, 60), max_size=4)):
        journal = Journal(folder / "journal")
        for _ in islice(stream(the_plan, journal), stop):
            if data.draw(st.booleans()):
                journal.flush()
    again = told(messages(the_plan, Journal(folder / "journal")))
    assert sorted(map(str, again)) == sorted(map(str, whole))
    order = [row for row in again if isinstance(row, tuple) and isinstance(row[1], int)]
    assert order == [row for row in whole if isinstance(row, tuple) and isinstance(row[1], int)]


def test_the_bytes_of_the_inventory_are_the_same(tmp_path: Path) -> None:
    the_plan = plan(Trouble(texts(50)))

    def hashes(name: str, stop: int | None) -> list[str]:
        journal = Journal(tmp_path / f"journal-{name}")
        if stop is not None:
            list(islice(stream(the_plan, journal), stop))
            journal.flush()
            journal = Journal(tmp_path / f"journal-{name}")
        writer = InventoryWriter(tmp_path / name)
        for message in stream(the_plan, journal):
            match message:
                case Opened(number, item):
                    writer.opened(number, item)
                case Found(batch):
                    writer.found(batch)
                case Closed(number, entry):
                    writer.closed(number, entry)
                case Settled():
                    writer.settle()
        writer.close({})
        files = [tmp_path / name / file for file in (FINDINGS, ITEMS)]
        return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]

    whole = hashes("whole", None)
    assert hashes("early", 3) == whole
    assert hashes("late", 70) == whole


def test_files_that_came_and_went_meanwhile(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    before = plan(Trouble(texts(9)))
    list(islice(stream(before, journal), 40))
    journal.flush()
    done = {m.entry.item.path for m in Journal(tmp_path / "journal").replayed() if isinstance(m, Closed)}  # fmt: skip
    assert done
    after = plan(Trouble(texts(12), skip=(0, 3)))
    closed = [m.entry.item.path for m in messages(after, Journal(tmp_path / "journal")) if isinstance(m, Closed)]  # fmt: skip
    assert len(closed) == len(set(closed)), "nothing twice"
    assert set(closed) == done | {(f"{n}.txt",) for n in range(12) if n not in (0, 3)}
