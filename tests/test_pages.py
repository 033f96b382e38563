"""What README.md and docs/ show is what pdscan prints; what they name exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from pdscan import cli
from pdscan.config import SETTINGS
from tests.pages import PAGES, REPOSITORY, rewritten


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_output_on_the_pages_is_what_is_printed(page: Path) -> None:
    assert page.read_text("utf-8") == rewritten(page), "write it anew with: make docs"


def commands(group: click.Group, words: tuple[str, ...] = ("pdscan",)) -> list[str]:
    found = [" ".join(words)]
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += commands(command, (*words, name))
        else:
            found.append(" ".join((*words, name)))
    return found


def test_every_command_is_documented() -> None:
    page = (REPOSITORY / "docs/commands.md").read_text("utf-8")
    shown = re.findall(r"^\$ (pdscan.*) --help$", page, re.MULTILINE)
    assert sorted(shown) == sorted(commands(cli.group))


def test_every_setting_is_documented() -> None:
    page = (REPOSITORY / "docs/configuration.md").read_text("utf-8")
    for setting in SETTINGS:
        assert f"`{setting.key}`" in page, setting.key


@pytest.mark.parametrize(
    "page", [REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")], ids=lambda p: p.name
)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


def test_make_says_what_there_is() -> None:
    text = (REPOSITORY / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    explained = re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)
    assert sorted(phony.split()) == sorted(explained)
