"""From the demo estate to packages, as a receiver opens them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import Result, run_here

PASSPHRASE = {"PDSCAN_PASSWORD_PACKAGE": "a long enough passphrase"}


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    assert run_here("demo", "demo", cwd=folder).code == 0
    return folder / "demo"


@pytest.fixture(scope="module")
def truth(estate: Path) -> list[dict[str, Any]]:
    people: list[dict[str, Any]] = json.loads((estate / "truth.json").read_text("utf-8"))["people"]
    return people


def resolved(estate: Path, person: dict[str, Any]) -> str:
    """The person, resolved once."""
    name = f"{person['number']}.json"
    arguments = ["demo.inventory", "--id", f"email={person['emails'][0]}", "-o", name]
    if not (estate / name).exists():
        done = run_here("subject", *arguments, cwd=estate)
        assert (estate / name).exists(), done.err
    return name


def export(estate: Path, subject: str, output: str, *more: str, **environment: str) -> Result:
    (estate / output).unlink(missing_ok=True)
    arguments = ("export", subject, "--right", "access", "-o", output, *more)
    return run_here(*arguments, cwd=estate, **environment)


def test_from_the_estate_to_a_package(estate: Path, truth: list[dict[str, Any]]) -> None:
    person = max(truth, key=lambda one: len(one["places"]))
    subject = resolved(estate, person)
    done = export(estate, subject, "p.zip", "--encryption", "zip", **PASSPHRASE)
    assert done.code == 0, done.err
    assert person["emails"][0].encode() not in (estate / "p.zip").read_bytes()
    assert person["emails"][0] not in done.out
    verified = run_here("package", "verify", "p.zip", cwd=estate, **PASSPHRASE)
    assert (verified.code, verified.out) == (0, "p.zip: whole, and what it says\n")
    wrong = run_here("package", "verify", "p.zip", cwd=estate, PDSCAN_PASSWORD_PACKAGE="x" * 20)
    assert (wrong.code, "the passphrase does not open" in wrong.err) == (2, True)


def test_the_same_again_gives_the_same_bytes(estate: Path, truth: list[dict[str, Any]]) -> None:
    subject = resolved(estate, truth[0])
    for name in ("a/p.zip", "b/p.zip"):
        (estate / name).parent.mkdir()
        assert export(estate, subject, name, "--allow-plaintext").code == 0
    assert (estate / "a/p.zip").read_bytes() == (estate / "b/p.zip").read_bytes()


def _near(truth: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """People who are easily taken for one another: households, namesakes, one firm's mailbox."""
    found = [p for key in ("household", "namesake", "firm") for p in truth if p.get(key)]
    return [found[0], found[len(found) // 2], found[-1]]


def test_nobody_else_is_in_a_package(estate: Path, truth: list[dict[str, Any]]) -> None:
    """Searched for the identifiers of everybody in the estate."""
    for person in _near(truth):
        subject = resolved(estate, person)
        assert export(estate, subject, "n.zip", "--allow-plaintext").code == 0
        with zipfile.ZipFile(estate / "n.zip") as archive:
            text = b"\n".join(archive.read(name) for name in archive.namelist()).decode(
                "utf-8", "replace"
            )
        assert person["emails"][0] in text
        own = {person["identity"], person["iban"], person["phone"], *person["emails"]}
        for other in truth:
            if other["number"] == person["number"]:
                continue
            for value in {other["identity"], other["iban"], *other["emails"]} - own:
                assert value not in text, (person["number"], other["number"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "no passphrase"),
        (("--recipient", "age1nokey"), "not a public key"),
        (("--allow-plaintext", "--whole", "x:y"), "--decided-by and --reason"),
        (("--allow-plaintext", "--disclosure", "none.toml"), "no such file"),
    ],
)
def test_wrong_calls_leave_nothing(
    more: tuple[str, ...], said: str, estate: Path, truth: list[dict[str, Any]]
) -> None:
    done = export(estate, resolved(estate, truth[0]), "w.zip", *more)
    assert done.code == 2
    assert said in done.err
    assert not list(estate.glob("*w.zip*"))


def test_what_a_scan_was_limited_to_does_not_limit_what_is_blacked_out(
    estate: Path, truth: list[dict[str, Any]]
) -> None:
    subject = resolved(estate, truth[0])
    texts = []
    for limit in ({}, {"PDSCAN_DETECTORS": "iban"}):
        assert export(estate, subject, "l.zip", "--allow-plaintext", **limit).code == 0
        texts.append((estate / "l.zip").read_bytes())
    assert texts[0] == texts[1]


def test_a_package_is_never_overwritten(estate: Path, truth: list[dict[str, Any]]) -> None:
    (estate / "there.zip").write_bytes(b"x")
    arguments = ("export", resolved(estate, truth[0]), "--right", "access", "-o", "there.zip")
    done = run_here(*arguments, "--allow-plaintext", cwd=estate)
    assert "there.zip exists" in done.err
    assert (estate / "there.zip").read_bytes() == b"x"


def test_the_register_tells_what_was_handed_over(estate: Path, truth: list[dict[str, Any]]) -> None:
    given = ("--id", f"email={truth[0]['emails'][0]}", "--received", "2026-11-20")
    assert run_here("request", "new", *given, cwd=estate).code == 0
    subject = resolved(estate, truth[0])
    assert export(estate, subject, "r.zip", "--allow-plaintext", "--request", "2026-0009").code == 2
    assert export(estate, subject, "r.zip", "--allow-plaintext", "--request", "2026-0001").code == 0
    assert "access package written" in run_here("request", "show", "2026-0001", cwd=estate).out
    with zipfile.ZipFile(io.BytesIO((estate / "r.zip").read_bytes())) as archive:
        assert b"External-Identifier: 2026-0001" in archive.read("r/bag-info.txt")
    (estate / "pdscan-requests.jsonl").unlink()
