"""``pdscan scan`` as its user sees it: output, errors and exit codes of the real command."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from tests.cli.command import REPOSITORY, Result, pdscan, run_here

TEXT = "Hetu 131052-308T, mail matti@example.fi\nnothing here\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.txt").write_text(TEXT)
    (tmp_path / "data/b.csv").write_text("name,email\nMatti,matti@example.fi\n")
    return tmp_path


SUMMARY = """\
Source Kind Found very likely likely possible What it is
data email 2 1 1 · E-mail address
data fi.hetu 1 1 · · Finnish personal identity code (henkilötunnus)
data person_name 1 · · 1 Name of a person

Items: 2 read.

Note: names in running text were looked for only beside labels, greetings and in headers: \
no language model was named (--ner).
"""


def test_a_summary_for_people(folder: Path) -> None:
    result = pdscan("scan", "data", cwd=folder)
    assert result.code == 0
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    assert [line for line in lines if "───" not in line] == SUMMARY.splitlines()
    assert all(line == line.rstrip() for line in result.out.splitlines())
    key = folder / ".config/pdscan/fingerprint.key"
    assert result.err.startswith(f"pdscan: made the fingerprint key {key}.")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert pdscan("scan", "data", cwd=folder).err == ""


def test_every_finding_on_a_line(folder: Path) -> None:
    result = pdscan("scan", "data/a.txt", "--findings", "--detectors", "fi.hetu", cwd=folder)
    assert result.out.splitlines()[0] == (
        "a.txt:a.txt#span=5-16 (line 1): fi.hetu 1*****-***T: very likely "
        "(checksum, date, near: hetu)"
    )


def test_ndjson_is_valid_against_the_published_schema(folder: Path) -> None:
    schema = json.loads(files("pdscan.exports").joinpath("schemas/finding.schema.json").read_text())
    result = pdscan("scan", "data", "-f", "ndjson", cwd=folder)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert len(rows) == 4
    for row in rows:
        jsonschema.Draft202012Validator(schema).validate(row)
    hetu = next(row for row in rows if row["kind"] == "fi.hetu")
    assert TEXT[hetu["start"] : hetu["end"]] == "131052-308T"
    assert (hetu["line"], hetu["column"]) == (1, 6)
    assert "131052-308T" not in result.out
    assert result.err.splitlines()[-1] == "pdscan: 4 findings in 2 items"


def test_formats_agree(folder: Path) -> None:
    def printed(form: str) -> str:
        return run_here("scan", "data", "-f", form, cwd=folder).out

    rows = [json.loads(line) for line in printed("ndjson").splitlines()]
    document = json.loads(printed("json"))
    sarif = json.loads(printed("sarif"))
    assert document["findings"] == rows
    assert document["coverage"] == {"complete": True, "states": {"read": 2}, "reasons": {}}
    table = list(csv.DictReader(io.StringIO(printed("csv"))))
    assert [row["locator"] for row in table] == [row["locator"] for row in rows]
    assert len(sarif["runs"][0]["results"]) == len(rows)


def test_the_same_bytes_whatever_the_number_of_jobs(folder: Path) -> None:
    outputs = {
        run_here("scan", "data", "-f", "ndjson", "--jobs", jobs, cwd=folder).out for jobs in "123"
    }
    assert len(outputs) == 1


def test_standard_input(folder: Path) -> None:
    result = pdscan("scan", "-", "-f", "ndjson", "--show-values", cwd=folder, stdin=TEXT)
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [row["value"] for row in rows] == ["131052-308T", "matti@example.fi"]
    assert rows[0]["source"] == "stdin"


# arguments -> exit code, and what standard error says
CODES: list[tuple[tuple[str, ...], int, str]] = [
    (("scan", "data"), 0, ""),
    (("scan", "data", "--fail-on", "likely"), 1, ""),
    (("scan", "data", "--fail-on", "very_likely"), 1, ""),
    (("scan", "data/empty.txt", "--fail-on", "very_unlikely"), 0, ""),
    (("scan", "data", "cut.gz"), 3, ""),
    (("scan", "cut.gz", "--fail-on", "likely"), 3, ""),
    (("scan", "data", "cut.gz", "--fail-on", "likely"), 1, ""),
    (("scan",), 2, "nothing to scan"),
    (("scan", "nowhere"), 2, "nowhere: no such file, folder or source"),
    (("scan", "data", "--detectors", "fi.hetuu"), 2, "did you mean fi.hetu"),
    (("scan", "data", "--country", "xx"), 2, "unknown country 'xx'"),
    (("scan", "data", "--min-likelihood", "likly"), 2, "did you mean likely?"),
    (("scan", "data", "--jobs", "many"), 2, "--jobs: a whole number"),
    (("scan", "data", "-f", "xml"), 2, "'xml' is not one of"),
    (("scan", "data", "--jbos", "1"), 2, "--jobs"),
    (("scan", "data", "--config", "none.toml"), 2, "none.toml: no such configuration file"),
    (("scan", "data", "-o", "data"), 2, "data exists"),
    (("scan", "data", "--key-file", "open.key"), 2, "chmod 600"),
    (("scan", "ftp://example.org/x"), 2, "no driver for ftp"),
    (("scam", "data"), 2, "did you mean scan?"),
    (("inventory", "show", "nowhere"), 2, "nowhere holds no inventory"),
    (("detectors", "show", "hetu"), 2, "did you mean fi.hetu"),
    (("detectors", "test", "fi.hetu", "131052-308T"), 0, ""),
    (("detectors", "test", "fi.hetu", "131052-308A"), 1, ""),
    ((), 2, ""),
    (("--version",), 0, ""),
]


@pytest.mark.parametrize(("arguments", "code", "said"), CODES, ids=lambda v: str(v))
def test_exit_codes(folder: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    (folder / "data/empty.txt").write_text("")
    (folder / "cut.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b")
    (folder / "open.key").write_bytes(b"k" * 32)
    (folder / "open.key").chmod(0o644)
    result = run_here(*arguments, cwd=folder)
    assert result.code == code, result
    assert said in result.err
    assert "Traceback" not in result.err
    if code == 2 and said:
        assert len(result.err.splitlines()) == 1, "one clear line"
        assert result.err.startswith("pdscan: ")


@pytest.mark.parametrize(
    ("ci", "refused"), [("true", True), ("1", True), ("", False), ("false", False)]
)
def test_values_are_not_shown_in_a_build(folder: Path, ci: str, refused: bool) -> None:
    result = run_here("scan", "data", "-f", "ndjson", "--show-values", cwd=folder, CI=ci)
    assert result.code == (2 if refused else 0)
    assert ("131052-308T" in result.out) is not refused
    assert ("--show-values" in result.err) is refused


def test_values_never_reach_the_inventory(folder: Path) -> None:
    result = run_here("scan", "data", "--show-values", "-o", "inv", cwd=folder)
    assert "131052-308T" in result.out
    for file in (folder / "inv").iterdir():
        data = file.read_bytes()
        assert b"131052-308T" not in data
        assert b"matti@example.fi" not in data
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_names_cannot_steer_the_terminal(folder: Path) -> None:
    nasty = "data/\x1b[2J\u202e=cmd.txt"
    (folder / nasty).write_text(TEXT)
    (folder / "data/\x1b]0;owned\x07").symlink_to("/nowhere")
    for form in ("text", "ndjson", "json", "csv", "sarif"):
        lines = ("--findings",) if form == "text" else ()
        result = run_here("scan", "data", "-f", form, *lines, cwd=folder)
        for text in (result.out, result.err):
            assert not any(sign in text for sign in "\x1b\x07\u202e"), form
    result = run_here("scan", "data/\x1b[2J", cwd=folder)
    assert "\x1b" not in result.err


def test_what_is_excluded_stays_in_the_ledger(folder: Path) -> None:
    result = run_here("scan", "data", "--exclude", "*.csv", cwd=folder)
    assert result.code == 0
    assert "Items: 1 read, 1 skipped." in result.out
    assert "excluded by configuration" in result.out
    assert "data:b.csv" in result.out


def test_settings_from_everywhere(folder: Path) -> None:
    (folder / "pdscan.toml").write_text(
        'detectors = ["email"]\nkey_file = "k"\n[[source]]\nname = "crm"\npath = "data"\n'
    )
    result = run_here("scan", cwd=folder)
    assert "crm      email" in result.out
    assert "fi.hetu" not in result.out
    assert (folder / "k").stat().st_size == 32
    result = run_here("scan", "crm", "--detectors", "fi.hetu", cwd=folder, PDSCAN_DETECTORS="ipv4")
    assert "fi.hetu" in result.out
    assert "email" not in result.out


def test_a_reader_that_had_enough(folder: Path) -> None:
    (folder / "many.txt").write_text("\n".join(f"a{n}@example.fi" for n in range(50_000)))
    script = f"{sys.executable} -c 'from pdscan.cli import main; main()' scan many.txt -f ndjson"
    done = subprocess.run(
        ["bash", "-c", f"{script} --key-file k 2>err | head -1; echo ${{PIPESTATUS[0]}}"],
        cwd=folder, capture_output=True, check=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == b"0"
    assert b"Traceback" not in (folder / "err").read_bytes()


def test_a_progress_bar_on_a_terminal_only(folder: Path) -> None:
    (folder / "large.txt").write_text("nothing to be seen in this line\n" * 300_000)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "data", "large.txt",
         "-f", "ndjson", "--key-file", "k"],
        cwd=folder, stdout=subprocess.PIPE, stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm", "COLUMNS": "100"},
    )  # fmt: skip
    os.close(theirs)
    out, _ = process.communicate(timeout=60)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert process.returncode == 0
    assert [json.loads(line)["source"] for line in out.splitlines()] == ["data"] * 4
    assert "scanning" in shown
    assert "/9.6 MB" in shown, "how much there is"
    assert "MB/s" in shown
    assert "scanning" not in pdscan("scan", "large.txt", cwd=folder).err


def test_an_interrupt_leaves_nothing_behind(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "from pdscan.cli import main; main()", "scan", "-", "-o", "inv",
         "--key-file", "k"],
        cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )  # fmt: skip
    deadline = time.monotonic() + 30
    while not list(folder.glob(".inv*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.decode().splitlines()[-1] == "pdscan: interrupted; nothing was kept"
    assert b"Traceback" not in err
    assert not list(folder.glob("*inv*"))
    assert not list(folder.glob(".inv*"))


def test_a_source_that_is_not_there_does_not_end_the_scan(folder: Path) -> None:
    (folder / "pdscan.toml").write_text(
        '[[source]]\nname = "gone"\npath = "nowhere"\n[[source]]\nname = "here"\npath = "data"\n'
    )
    result = run_here("scan", "-o", "inv", cwd=folder)
    assert result.code == 3
    assert "fi.hetu" in result.out
    assert "not readable" in result.out
    assert "gone:" in result.out
    (row,) = json.loads(
        run_here("inventory", "ledger", "inv", "--not-read", "-f", "json", cwd=folder).out
    )["items"]
    assert (row["source"], row["state"]) == ("gone", "unreadable")


HEAVY = ("numpy", "pyarrow", "hyperscan", "rich", "lxml", "presidio_analyzer", "tomllib")


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_light_commands_import_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pdscan.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, timeout=60,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == b"[]"


def test_a_failed_scan_leaves_no_inventory(folder: Path) -> None:
    result: Result = run_here("scan", "data", "-o", "inv", "--detectors", "nothing", cwd=folder)
    assert result.code == 2
    assert not (folder / "inv").exists()
    assert not list(folder.glob(".inv*"))
