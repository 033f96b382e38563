"""``pdscan config``."""

from __future__ import annotations

import json
from typing import Any

import click

from pdscan.cli.options import format_option, settings, settings_options


@click.group("config")
def command() -> None:
    """The settings in force, and where they came from."""


@command.command("show")
@format_option("text", "json")
@settings_options
def show(form: str, **given: Any) -> None:
    """Every setting, its value, and the place it came from.

    A flag goes before a PDSCAN_ variable, that before pdscan.toml, that before the default.

    \b
    pdscan config show
    PDSCAN_MIN_LIKELIHOOD=likely pdscan config show -f json
    """  # noqa: D301 - click's mark
    from pdscan.cli import terminal, wiring
    from pdscan.config import SETTINGS

    in_force = settings(given)
    if form == "json":
        document = {
            "file": str(in_force.file) if in_force.file else None,
            "settings": {
                key: {"value": wiring.shown(value.value), "origin": value.origin}
                for key, value in in_force.values.items()
            },
            "sources": [
                {"name": source.name, "address": wiring.without_password(source.address),
                 "entity": source.entity}
                for source in in_force.sources
            ],
        }  # fmt: skip
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
        return
    rows = []
    for setting in SETTINGS:
        value = in_force.values[setting.key]
        rows.append((setting.key, _text(wiring.shown(value.value)), value.origin, setting.help))
    terminal.table(("Setting", "Value", "From", "What it does"), rows)
    if in_force.sources:
        terminal.say("")
        terminal.table(
            ("Source", "Address", "Entity"),
            [(s.name, wiring.without_password(s.address), s.entity) for s in in_force.sources],
        )


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value) or "-"
    return "-" if value is None else str(value)
