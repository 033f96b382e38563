"""Runs the measurements: ``python -m bench [--small] [NAME]...``."""

from __future__ import annotations

import importlib
from pathlib import Path

import click

from bench.table import Row, save, show

_HERE = Path(__file__).parent
#: A module of measurements each, with ``rows(folder, small=...)``.
PARTS = ("databases", "documents", "lookup", "mailbox", "many", "text")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--small", is_flag=True, help="A twentieth of the data: a quick look, no figures.")
def main(parts: tuple[str, ...], small: bool) -> None:
    """Measures pdscan beside its peers on this machine and prints the factors."""
    found: list[Row] = []
    for part in parts or PARTS:
        module = importlib.import_module(f"bench.{part}")
        corpora = _HERE / "corpora" / ("small" if small else "full")
        corpora.mkdir(parents=True, exist_ok=True)
        for row in module.rows(corpora, small=small):
            click.echo(f"{row.work} / {row.against}: {row.factor:.2f} ×", err=True)
            found.append(row)
    show(found)
    if not small:
        click.echo(f"saved: {save(found, _HERE / 'results')}")


if __name__ == "__main__":
    main()
