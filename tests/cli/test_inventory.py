"""``pdscan inventory``: what a scan has kept can be asked for."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.cli.command import Result, pdscan, run_here


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inventory")
    (folder / "shop").mkdir()
    (folder / "shop/a.txt").write_text("puh. +358 40 123 4567, hetu 131052-308T\n")
    (folder / "shop/b.txt").write_text("tel. 040 1234567 or matti@example.fi\n")
    (folder / "crm").mkdir()
    (folder / "crm/link").symlink_to("/nowhere")
    (folder / "crm/c.txt").write_text("matti@example.fi\n")
    result = pdscan("scan", "shop", "crm", "-o", "inv", cwd=folder)
    assert result.code in (0, 3), result
    return folder


def ask(scanned: Path, *arguments: str, stdin: str = "") -> Result:
    return run_here("inventory", *arguments, cwd=scanned, stdin=stdin)


def found(scanned: Path, *arguments: str, stdin: str = "") -> list[tuple[str, str]]:
    result = ask(scanned, "find", "inv", "-f", "ndjson", *arguments, stdin=stdin)
    assert result.code == 0, result
    rows = [json.loads(line) for line in result.out.splitlines()]
    return [(row["item"], row["kind"]) for row in rows]


PHONES = [("shop:a.txt", "phone"), ("shop:b.txt", "phone")]
EMAILS = [("shop:b.txt", "email"), ("crm:c.txt", "email")]
HETUS = [("shop:a.txt", "fi.hetu")]

QUESTIONS: list[tuple[tuple[str, ...], list[tuple[str, str]]]] = [
    (("--kind", "phone"), PHONES),
    (("--kind", "email"), EMAILS),
    (("--kind", "email", "--source", "crm"), EMAILS[1:]),
    (("--kind", "email", "--kind", "fi.hetu"), HETUS + EMAILS),
    (("--item", "crm:"), EMAILS[1:]),
    (("--item", "shop:a.txt", "--kind", "phone"), PHONES[:1]),
    (("--item", "shop:a"), []),
    (("--value", "0401234567"), PHONES),
    (("--value", "+358-40-1234567"), PHONES),
    (("--value", "Matti@EXAMPLE.fi"), EMAILS),
    (("--value", "131052-308t"), HETUS),
    (("--value", "nobody@example.fi"), []),
]


@pytest.mark.parametrize(("arguments", "expected"), QUESTIONS, ids=lambda v: str(v))
def test_find(
    scanned: Path, arguments: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:  # fmt: skip
    assert found(scanned, *arguments) == expected


def test_a_value_from_standard_input(scanned: Path) -> None:
    assert found(scanned, "--value", "-", stdin="matti@example.fi\n") == EMAILS


def test_find_for_people(scanned: Path) -> None:
    result = ask(scanned, "find", "inv", "--kind", "fi.hetu")
    assert result.out == (
        "shop:a.txt#span=28-39 (line 1): fi.hetu 1*****-***T: very likely "
        "(checksum, date, near: hetu)\n"
    )


def test_another_key_does_not_open_it(scanned: Path) -> None:
    (scanned / "other.key").write_bytes(b"o" * 32)
    (scanned / "other.key").chmod(0o600)
    result = ask(scanned, "find", "inv", "--value", "a@example.fi", "--key-file", "other.key")
    assert result.code == 2
    assert "other.key: not the key that inv was made with" in result.err
    result = ask(scanned, "find", "inv", "--value", "a@example.fi", "--key-file", "none.key")
    assert result.code == 2
    assert "scan again" in result.err


def test_what_is_not_in_it_is_named(scanned: Path) -> None:
    for arguments, said in (
        (("--kind", "hetu"), "did you mean fi.hetu?"),
        (("--source", "shopp"), "did you mean shop?"),
        (("--value", "—"), "none of the kinds"),
        (("--min-likelihood", "sure"), "one of very_unlikely"),
    ):
        result = ask(scanned, "find", "inv", *arguments)
        assert result.code == 2
        assert said in result.err


def test_show(scanned: Path) -> None:
    text = ask(scanned, "show", "inv").out
    assert text.startswith("Scanned 20")
    assert "crm" in text
    assert "symbolic link" in text
    rows = json.loads(ask(scanned, "show", "inv", "-f", "json").out)["findings"]
    assert sum(row["findings"] for row in rows) == 5
    table = list(csv.DictReader(io.StringIO(ask(scanned, "show", "inv", "-f", "csv").out)))
    assert [int(row["findings"]) for row in table] == [row["findings"] for row in rows]


def test_ledger(scanned: Path) -> None:
    rows = [
        json.loads(line) for line in ask(scanned, "ledger", "inv", "-f", "ndjson").out.splitlines()
    ]
    states = {row["locator"]: row["state"] for row in rows}
    assert states.pop("crm:link") != "read"
    assert states == dict.fromkeys(("shop:a.txt", "shop:b.txt", "crm:c.txt"), "read")
    assert [row["findings"] for row in rows if row["locator"] == "shop:b.txt"] == [2]
    assert rows[0]["modified"].endswith("Z")
    missing = json.loads(ask(scanned, "ledger", "inv", "--not-read", "-f", "json").out)["items"]
    assert [row["locator"] for row in missing] == ["crm:link"]
    assert "crm:link" in ask(scanned, "ledger", "inv").out


def test_any_parquet_tool_reads_it(scanned: Path) -> None:
    assert pq.read_table(scanned / "inv/findings.parquet").num_rows == 5
    assert pq.read_table(scanned / "inv/items.parquet").num_rows == 4
    run = json.loads(ask(scanned, "run", "inv").out)
    assert run == json.loads((scanned / "inv/run.json").read_text())
    assert run["sources"][0] == {"name": "shop", "address": "shop", "entity": ""}
