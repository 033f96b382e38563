from __future__ import annotations

import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pdscan import keys
from pdscan.cli.verdict import command
from pdscan.custom import verdicts
from pdscan.errors import AccessError, UsageError
from pdscan.matching.fingerprints import Fingerprinter
from pdscan.model import Locator

PRINT = "3f2a1b5c7d9e0f1a2b3c4d5e"
DAY = datetime.date(2026, 11, 22)
lines = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


@given(reason=lines, author=lines, name=lines)
def test_what_is_written_is_read_again(reason: str, author: str, name: str) -> None:
    place = str(Locator("files", (name,), field=name))
    given = (
        verdicts.Verdict(reason=reason, author=author, date=DAY, place=place, kind="fi.hetu"),
        verdicts.Verdict(reason=reason, author=author, date=DAY, fingerprint=PRINT, key="abc"),
    )
    text = "\n".join(map(verdicts.written, given))
    path = Path(os.devnull)
    assert tuple(verdicts.parse(text, path)) == given


def test_what_people_wrote_into_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "v.toml"
    mine = verdicts.Verdict(reason="a", author="b", date=DAY, place="files:x")
    verdicts.add(path, [mine])
    path.write_text(path.read_text() + "# reviewed by Maija\n")
    verdicts.add(path, [mine])
    assert "# reviewed by Maija\n" in path.read_text()
    assert verdicts.read(path) == (mine, mine)


GOOD = 'reason = "a"\nauthor = "b"\ndate = 2026-11-22\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[verdict]]\nplcae = 'a:b'\n" + GOOD, "unknown key 'plcae'; did you mean place?"),
        ("[[verdict]]\n" + GOOD, "verdict 1: give either fingerprint or place"),
        (f"[[verdict]]\nplace = 'a:b'\nfingerprint = '{PRINT}'\n" + GOOD, "give either"),
        ("[[verdict]]\nplace = 'folder'\n" + GOOD, "place: a locator such as"),
        ("[[verdict]]\nfingerprint = 'xyz'\n" + GOOD, "fingerprint: 24 hexadecimal digits"),
        (f"[[verdict]]\nfingerprint = '{PRINT}'\n" + GOOD, "key: is missing"),
        ("[[verdict]]\nplace = 'a:b'\nreason = 'x'\nauthor = 'y'\n", "date: is missing"),
        ("[[verdict]]\nplace = 'a:b'\nreason = ' '\nauthor = 'y'\ndate = 2026-01-01",
         "reason: is missing"),
        ("[[verdict]]\nplace = 'a:b'\ndate = '2026-11-22'\n", "date: a date such as"),
        ("[[verdict]]\nplace = 7\n", "place: a text in quotes"),
        ("[verdict]\nplace = 'a:b'\n", "only [[verdict]] tables"),
        ("[[verdicts]]\nplace = 'a:b'\n", "only [[verdict]] tables"),
        ("[[verdict", "not valid TOML"),
    ],
)  # fmt: skip
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "v.toml"
    path.write_text(text)
    with pytest.raises(UsageError) as raised:
        verdicts.read(path)
    assert says in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="No such file"):
        verdicts.read(tmp_path / "absent.toml")


def test_the_command_marks_values_and_places_and_lists_them(tmp_path: Path) -> None:
    path, key_file = tmp_path / "v.toml", tmp_path / "key"
    key, _ = keys.load_or_create(key_file)
    done = CliRunner().invoke(
        command,
        ["add", PRINT.upper(), "files:exports/**", "--reason", "order numbers", "--author", "Åsa",
         "--kind", "fi.hetu", "--file", str(path), "--key-file", str(key_file)],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2 added" in done.output
    value, place = verdicts.read(path)
    assert (value.fingerprint, value.key) == (PRINT, Fingerprinter(key).key_id)
    assert (place.place, place.key, place.kind, place.author) == (
        "files:exports/**", "", "fi.hetu", "Åsa",
    )  # fmt: skip
    listed = CliRunner().invoke(command, ["list", "--file", str(path)])
    assert "order numbers" in listed.output
    assert "files:exports/**" in listed.output


def test_the_command_refuses_what_is_neither_a_fingerprint_nor_a_place(tmp_path: Path) -> None:
    path = tmp_path / "v.toml"
    done = CliRunner().invoke(command, ["add", "131052-308T", "--reason", "x", "--file", str(path)])
    assert isinstance(done.exception, UsageError)
    assert "308T" not in str(done.exception)
    assert not path.exists()


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from pdscan.cli.verdict import command;"
        "command(['add', '--help'], standalone_mode=False);"
        "assert not {'pyarrow', 'numpy', 'hyperscan'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
