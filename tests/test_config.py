"""Which setting wins, where it came from, and what is said about a wrong one."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from pdscan import config
from pdscan.connectors.interface import Limits
from pdscan.errors import PdscanError, UsageError
from pdscan.model import Likelihood

TOML = """
min_likelihood = "likely"
jobs = 3
exclude = ["*.iso", "/tmp/"]
key_file = "keys/k"
[limits]
seconds = 5
memory = "512 MB"
[[source]]
name = "orders"
url = "postgresql://db.example/orders"
entity = "Nordkauppa Oy"
[[source]]
name = "shares"
path = "export"
"""


def load(
    tmp_path: Path, toml: str | None = None, flags: dict[str, Any] | None = None, **env: str
) -> config.Settings:
    if toml is not None:
        (tmp_path / "pdscan.toml").write_text(toml)
    return config.load(flags or {}, environment=env, folder=tmp_path)


# file, environment, flag -> the value in force and its origin
PRECEDENCE = [
    (None, {}, {}, 0, "default"),
    ("jobs = 3", {}, {}, 3, "pdscan.toml"),
    ("jobs = 3", {"PDSCAN_JOBS": "4"}, {}, 4, "PDSCAN_JOBS"),
    ("jobs = 3", {"PDSCAN_JOBS": "4"}, {"jobs": "5"}, 5, "--jobs"),
    (None, {"PDSCAN_JOBS": "4"}, {"jobs": "5"}, 5, "--jobs"),
    ("jobs = 3", {}, {"jobs": "5"}, 5, "--jobs"),
    ("jobs = 3", {}, {"jobs": None}, 3, "pdscan.toml"),
]


@pytest.mark.parametrize(("toml", "env", "flags", "value", "origin"), PRECEDENCE)
def test_precedence(
    tmp_path: Path, toml: str | None, env: dict[str, str], flags: dict[str, Any], value: int,
    origin: str,
) -> None:  # fmt: skip
    settings = load(tmp_path, toml, flags, **env)
    assert settings["jobs"] == value
    assert settings.values["jobs"].origin.endswith(origin)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    settings = load(tmp_path, TOML)
    assert settings["min_likelihood"] is Likelihood.LIKELY
    assert settings["exclude"] == ("*.iso", "/tmp/")  # noqa: S108 - a pattern
    assert settings["key_file"] == tmp_path / "keys/k"
    assert settings.section("limits")["depth"] == 12
    assert settings["limits.seconds"] == 5.0
    assert settings["limits.memory"] == 512 << 20
    assert [source.name for source in settings.sources] == ["orders", "shares"]
    assert settings.sources[0].entity == "Nordkauppa Oy"
    assert settings.sources[0].is_url
    assert settings.sources[1].address == str(tmp_path / "export")


def test_the_limits_are_those_of_the_readers() -> None:
    defaults = {
        setting.key.removeprefix("limits."): setting.default
        for setting in config.SETTINGS
        if setting.key.startswith("limits.")
    }
    assert defaults == dataclasses.asdict(Limits())


# what is wrong -> what the message must say
WRONG: list[tuple[str | None, dict[str, str], dict[str, Any], tuple[str, ...]]] = [
    ("job = 3", {}, {}, ("pdscan.toml", "'job'", "did you mean jobs?")),
    ("[limits]\nsecond = 3", {}, {}, ("limits.second", "did you mean limits.seconds?")),
    ("jobs = -1", {}, {}, ("jobs", "0 or more")),
    ("jobs = true", {}, {}, ("jobs", "whole number")),
    ("jobs = ", {}, {}, ("not valid TOML",)),
    ("[limits]\nmemory = 'much'", {}, {}, ("limits.memory", "bytes")),
    ("[limits]\nseconds = 'inf'", {}, {}, ("limits.seconds", "above 0")),
    ("min_likelihood = 'likly'", {}, {}, ("did you mean likely?",)),
    ("detectors = 3", {}, {}, ("detectors", "names expected")),
    ("source = 1", {}, {}, ("[[source]]",)),
    ("[[source]]\npath = 'x'", {}, {}, ("source 1", "no name")),
    ("[[source]]\nname = 'x'", {}, {}, ("either path or url",)),
    ("[[source]]\nname = 'x'\npath = 'a'\nurl = 'b:c'", {}, {}, ("either path or url",)),
    ("[[source]]\nname = 'x'\npth = 'a'", {}, {}, ("'pth'", "did you mean path?")),
    ("[[source]]\nname='x'\npath='a'\n[[source]]\nname='x'\npath='b'", {}, {}, ("taken",)),
    (None, {"PDSCAN_JOB": "1"}, {}, ("PDSCAN_JOB", "did you mean PDSCAN_JOBS?")),
    (None, {"PDSCAN_JOBS": "x"}, {}, ("PDSCAN_JOBS", "whole number")),
    (None, {"PDSCAN_CONFIG": "none.toml"}, {}, ("none.toml", "no such")),
    (None, {}, {"fail_on": "posible"}, ("--fail-on", "did you mean possible?")),
]


@pytest.mark.parametrize(("toml", "env", "flags", "said"), WRONG)
def test_what_is_wrong_is_named_with_a_suggestion(
    tmp_path: Path, toml: str | None, env: dict[str, str], flags: dict[str, Any],
    said: tuple[str, ...],
) -> None:  # fmt: skip
    with pytest.raises(PdscanError) as caught:
        load(tmp_path, toml, flags, **env)
    for part in said:
        assert part in str(caught.value)


SIZES = [("1", 1), (7, 7), ("2k", 2048), ("3 MB", 3 << 20), ("1GiB", 1 << 30), ("1 tb", 1 << 40)]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_sizes(tmp_path: Path, text: str | int, size: int) -> None:
    written = text if isinstance(text, int) else f"'{text}'"
    assert load(tmp_path, f"[limits]\nexpanded = {written}")["limits.expanded"] == size


def test_what_to_walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(tmp_path, TOML)
    monkeypatch.chdir(tmp_path)
    for folder in ("a/mail", "b/mail", "b/orders"):
        (tmp_path / folder).mkdir(parents=True)

    def names(*targets: str) -> list[tuple[str, str]]:
        return [(s.name, s.address) for s in config.sources_for(targets, settings)]

    assert [name for name, _ in names()] == ["orders", "shares"]
    assert names("orders") == [("orders", "postgresql://db.example/orders")]
    assert names("a/mail", "b/mail") == [("mail", "a/mail"), ("mail~2", "b/mail")]
    assert names("a/mail", "a/mail") == [("mail", "a/mail")]
    assert names("b/orders")[0][0] == "orders~2"
    assert names("-") == [("stdin", "-")]
    assert names("mysql://me:secret@db/crm?ssl=1")[0][0] == "db/crm"
    with pytest.raises(UsageError, match="did you mean orders"):
        names("order")
    with pytest.raises(UsageError, match="nothing to scan"):
        config.sources_for((), config.Settings({}))
