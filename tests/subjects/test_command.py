"""``pdscan subject`` as a user calls it, and what is decided about its questions."""

from __future__ import annotations

import shutil
import sqlite3
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

from bench.subjects import Estate
from pdscan.subjects import store
from pdscan.subjects.model import Decision, Role
from tests.cli.command import run_here


@pytest.fixture
def folder(demo: Estate, tmp_path: Path) -> Path:
    """A copy to change; its times are those of the original."""
    shutil.copytree(demo.folder, tmp_path / "demo", symlinks=True)
    settings = tmp_path / "demo/pdscan.toml"
    assert settings.is_file()
    return tmp_path / "demo"


def emails(demo: Estate, number: int) -> list[str]:
    return [f"--id=email={email}" for email in demo.people[number - 1]["emails"]]


def test_found_explained_and_kept(demo: Estate, folder: Path) -> None:
    done = run_here(
        "subject", "demo.inventory", *emails(demo, 7), "-o", "s.json", "--request", "R-1",
        cwd=folder,
    )  # fmt: skip
    assert done.code == 3, done.err  # the cut-off log: the answer may lack something
    assert "access.log.3" in done.out
    for email in demo.people[6]["emails"]:
        assert email not in done.out
        assert email not in (folder / "s.json").read_text()
    assert (folder / "s.json").stat().st_mode & 0o777 == 0o600
    subject = store.load(folder / "s.json")
    assert subject.request == "R-1"
    customer = next(h for h in subject.accepted if "field=customer" in h.locator)
    assert customer.role is Role.SOLE
    assert customer.path[-1].kind == "email"
    assert customer.fingerprint
    assert customer.entity == "Nordkauppa Oy, Nordhandel AB"
    address = next(h for h in subject.accepted if "field=address" in h.locator)
    assert [step.kind for step in address.path] == ["email", "key"]
    assert store.encode(store.load(folder / "s.json")) == (folder / "s.json").read_bytes()


def test_from_a_customer_number_in_a_file(folder: Path) -> None:
    (folder / "who.txt").write_text("# order 13\ncustomer:orders.customer.id=8\n")
    done = run_here("subject", "demo.inventory", "--id-file", "who.txt", "-o", "s.json", cwd=folder)
    assert done.code == 3, done.err
    locators = {h.locator for h in store.load(folder / "s.json").accepted}
    assert "orders:orders.sqlite#key=id:13&field=orders" in locators
    assert any(locator.startswith("payments:") for locator in locators)


def test_what_changed_since_the_scan_is_read_again(demo: Estate, folder: Path) -> None:
    email = demo.people[6]["emails"][0]
    note = folder / "estate/forms/late.txt"
    note.write_text(f"Write to {email} please.\n")
    with closing(sqlite3.connect(folder / "estate/orders.sqlite")) as database, database:
        database.execute("DELETE FROM orders WHERE id = 13")
    settings = (folder / "demo.inventory/run.json").read_text()
    moved = settings.replace(str(demo.folder), str(folder))
    (folder / "demo.inventory/run.json").write_text(moved)
    done = run_here("subject", "demo.inventory", *emails(demo, 7), "-o", "s.json", cwd=folder)
    assert "reading them again" in done.err
    locators = {h.locator for h in store.load(folder / "s.json").accepted}
    assert "forms:late.txt" in locators
    assert "orders:orders.sqlite#key=id:13&field=orders" not in locators
    assert "orders:orders.sqlite#key=id:8&field=customer" in locators


def test_sources_are_scanned_where_there_is_no_inventory(demo: Estate, folder: Path) -> None:
    done = run_here("subject", "newsletter", *emails(demo, 7), "-f", "json", cwd=folder)
    assert done.code == 0, done.err
    assert '"locator": "newsletter:contacts.csv#key=' in done.out


def test_review_by_file(demo: Estate, folder: Path) -> None:
    run_here("subject", "demo.inventory", *emails(demo, 7), "-o", "s.json", cwd=folder)
    subject = store.load(folder / "s.json")
    assert subject.undecided
    done = run_here("subject", "review", "s.json", "--write", "r.toml", cwd=folder)
    assert done.code == 0, done.err
    text = (folder / "r.toml").read_text()
    document = tomllib.loads(text)
    assert [h["locator"] for h in document["holding"]] == [h.locator for h in subject.undecided]
    (folder / "r.toml").write_text(text.replace('decision = ""', 'decision = "theirs"', 1))
    refused = run_here("subject", "review", "s.json", "--apply", "r.toml", cwd=folder)
    assert refused.code == 2
    assert "who decided" in refused.err
    done = run_here(
        "subject", "review", "s.json", "--apply", "r.toml", "--by", "A. Officer", cwd=folder
    )
    assert done.code == 0, done.err
    after = store.load(folder / "s.json")
    first = next(h for h in after.holdings if h.locator == subject.undecided[0].locator)
    assert (first.decision, first.decided_by) == (Decision.THEIRS, "A. Officer")
    assert len(after.undecided) == len(subject.undecided) - 1
    run_here("subject", "demo.inventory", *emails(demo, 7), "-o", "s.json", cwd=folder)
    assert len(store.load(folder / "s.json").undecided) == len(after.undecided)


@pytest.mark.parametrize(("arguments", "said"), [
    (["--id", "email=not an address"], "has not the form"),
    (["--id", "emial=a@example.com"], "did you mean email"),
    (["--id", "customer:orders.customer.id=99999"], "no such row"),
    (["--id", "customer:orders"], "kind=value"),
    ([], "say who it is"),
])  # fmt: skip
def test_wrong_calls(folder: Path, arguments: list[str], said: str) -> None:
    done = run_here("subject", "demo.inventory", *arguments, cwd=folder)
    assert done.code == 2
    assert said in done.err
    assert "not an address" not in done.err
