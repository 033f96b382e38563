"""``pdscan verify`` as it is called: exit codes, what is printed, and what lies on the disk after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pdscan.cli.story import _confirm_rules as confirm_rules
from pdscan.exports import certificate, manifest
from tests.cli.command import Result, run_here

_CSV = "email,phone\n{aino}bjorn@example.org,+358405556677\nlena@example.net,+358405556688\n"
_AINO = "aino@example.com,+358401234567\n"


@dataclass(frozen=True)
class Estate:
    folder: Path

    def pdscan(self, *arguments: str) -> Result:
        return run_here(*arguments, cwd=self.folder)

    @property
    def manifest(self) -> Path:
        return self.folder / "m"

    def write(self, aino: str) -> None:
        (self.folder / "files" / "contacts.csv").write_text(_CSV.format(aino=aino))

    def verify(self, *arguments: str) -> Result:
        return self.pdscan("verify", "m", *arguments)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scan, a person, and a manifest that was approved."""
    estate = Estate(tmp_path_factory.mktemp("estate"))
    (estate.folder / "files").mkdir()
    estate.write(_AINO)
    (estate.folder / "pdscan.toml").write_text(
        'key_file = "fingerprint.key"\njobs = 1\ndetectors = ["email", "phone"]\n'
        '[[source]]\nname = "files"\npath = "files"\n'
    )
    confirm_rules(estate.folder / "retention.toml")
    for call in (
        ("scan", "-o", "inventory"),
        ("subject", "inventory", "--id", "email=aino@example.com", "-o", "s.json"),
        ("erase", "s.json", "-o", "m"),
        ("approve", "m", "--role", "dpo", "--by", "officer", "--signing-key", "a.key"),
    ):
        done = estate.pdscan(*call)
        assert done.code == 0, (call, done.err)
    return estate.folder


@pytest.fixture
def estate(prepared: Path, tmp_path: Path) -> Estate:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return Estate(tmp_path)


def edited(estate: Estate) -> None:
    text = estate.manifest.read_text()
    assert '"action":"erase"' in text
    estate.manifest.write_text(text.replace('"action":"erase"', '"action":"retain"', 1))


def cut(estate: Estate) -> None:
    lines = estate.manifest.read_text().splitlines(keepends=True)
    estate.manifest.write_text("".join(lines[:-1]))


def other_approval(estate: Estate) -> None:
    file = estate.folder / "m.approvals"
    file.write_text(file.read_text().replace('"by":"officer"', '"by":"director"'))


def hold(estate: Estate) -> None:
    done = estate.pdscan("retention", "hold", "add", "files:*", "--reason", "a case in court",
                         "--author", "counsel")  # fmt: skip
    assert done.code == 0, done.err


def waits_for_a_copy(estate: Estate) -> None:
    done = estate.pdscan("request", "new", "--right", "access", "--id", "email=aino@example.com",
                         "--key-file", "fingerprint.key")  # fmt: skip
    assert done.code == 0, done.err


def other_rules(estate: Estate) -> None:
    with (estate.folder / "retention.toml").open("a") as stream:
        stream.write("# one more line\n")


def broken_file(estate: Estate) -> None:
    (estate.folder / "files" / "old.csv.gz").write_bytes(b"\x1f\x8b\x08\x00 not a gzip file")


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (edited, 1, "changed after it was approved"),
        (cut, 1, "BLOCKED"),
        (lambda e: (e.folder / "m.approvals").unlink(), 1, "not approved"),
        (other_approval, 1, "not approved"),
        (hold, 1, "a case in court"),
        (other_rules, 1, "rules changed"),
        (waits_for_a_copy, 1, "copy not handed over"),
        (broken_file, 3, "COULD NOT CHECK"),
        (lambda e: e.write("aino@example.com,+358401234568\n"), 1, "gone before its time"),
        (lambda e: None, 0, "GO"),
    ],
)
def test_the_gate(estate: Estate, fault: Callable[[Estate], object], code: int, said: str) -> None:
    fault(estate)
    gate = estate.verify("--before", "-o", "report.json")
    assert said in gate.out, gate
    assert gate.code == code, gate
    assert "aino@example.com" not in gate.out + gate.err


def test_from_the_gate_to_the_certificate(estate: Estate) -> None:
    assert estate.verify("--before", "-o", "before.json").code == 0
    report = json.loads((estate.folder / "before.json").read_text())
    assert [entry["state"] for entry in report["entries"]] == ["unchanged"]
    left = estate.verify("--after")
    assert left.code == 1
    assert "VERDICT: residual" in left.out
    assert (estate.folder / "m.identifiers").exists()
    estate.write("")
    proof = estate.verify("--after")
    assert proof.code == 0, proof
    assert "VERDICT: verified\n" in proof.out
    assert not (estate.folder / "m.identifiers").exists()
    name = "m.certificate.json"
    issued = certificate.read((estate.folder / name).read_bytes(), name)
    assert issued.identifiers == "destroyed with their key"
    assert issued.approved_by == ("officer (dpo)",)
    assert issued.sources[0].gaps == 0
    shown = estate.pdscan("manifest", "certificate", name)
    assert shown.code == 0
    assert "Nothing of the person was found" in shown.out
    assert estate.pdscan("manifest", "certificate", name, "--public-key", "00" * 32).code == 2
    forged = (
        (estate.folder / name).read_text().replace('"verdict":"verified"', '"verdict":"residual"')
    )
    (estate.folder / "forged.json").write_text(forged)
    assert estate.pdscan("manifest", "certificate", "forged.json").code == 2
    assert estate.verify("--after").code == 2  # it would replace the proof by a lesser one
    again = estate.verify("--again")
    assert again.code == 0
    assert "Nothing was kept; everything is looked at once more" in again.out
    assert certificate.read((estate.folder / name).read_bytes(), name) == issued
    assert estate.verify("--replay", "2026-11-01").code == 0
    estate.write(_AINO)
    restored = estate.verify("--replay", "2026-11-01")
    assert restored.code == 1
    assert "back again" in restored.out
    for file in estate.folder.glob("m.*"):
        assert file.stat().st_mode & 0o077 == 0, file
        assert b"aino@example.com" not in file.read_bytes()


def test_the_register_of_requests_tells_what_was_done(estate: Estate) -> None:
    key = ("--key-file", "fingerprint.key")
    new = ("request", "new", "--right", "erasure", "--id", "email=aino@example.com", *key)
    assert estate.pdscan(*new).code == 0
    name = next(iter(json.loads(line)["request"] for line in
                     (estate.folder / "pdscan-requests.jsonl").read_text().splitlines()))  # fmt: skip
    assert estate.pdscan("erase", "s.json", "-o", "n", "--request", "2020-0001").code == 2
    assert estate.pdscan("erase", "s.json", "-o", "n", "--request", name).code == 0
    assert manifest.read(estate.folder / "n").header.request == name
    assert "email/1" in manifest.read(estate.folder / "n").header.detectors
    estate.pdscan("approve", "n", "--role", "dpo", "--by", "officer", "--signing-key", "a.key")
    assert estate.pdscan("verify", "n", "--before").code == 0
    estate.write("")
    assert estate.pdscan("verify", "n", "--after").code == 0
    told = estate.pdscan("request", "show", name, *key).out
    assert "erasure planned, manifest" in told
    assert "erasure verified, certificate SHA-256" in told


@pytest.mark.parametrize(
    "arguments",
    [(), ("--before", "--replay", "2026-11-01"), ("--replay", "yesterday"),
     ("--before", "--accept", "files:x"), ("--before", "--accept", "*=all of it"),
     ("--before", "--accept", "f*:*=all of it")],
)  # fmt: skip
def test_a_wrong_call(estate: Estate, arguments: tuple[str, ...]) -> None:
    assert estate.verify(*arguments).code == 2
