"""``pdscan detectors``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from pdscan.cli import COMPLETE, REACHED
from pdscan.cli.options import format_option

if TYPE_CHECKING:
    from pdscan.detectors.interface import Detector


@click.group("detectors")
def command() -> None:
    """The kinds of personal data that pdscan knows."""


@command.command("list")
@click.option("--country", metavar="fi,se", help="Of the national kinds, those of these countries.")
@format_option("text", "json")
def list_(country: str | None, form: str) -> None:
    """All kinds, with their country and category.

    The category is a concept of the W3C Data Privacy Vocabulary (https://w3id.org/dpv/pd#).
    """
    from pdscan import detectors
    from pdscan.cli import terminal

    countries = country.lower().split(",") if country else None
    known = [_Described.of(detector) for detector in detectors.load(None, countries)]
    if form == "json":
        click.echo(json.dumps([asdict(kind) for kind in known], indent=2, ensure_ascii=False))
        return
    rows = [(kind.kind, kind.name, kind.country, kind.category) for kind in known]
    terminal.table(("Kind", "What it is", "Country", "Category"), rows)


@command.command("show")
@click.argument("kind")
@format_option("text", "json")
def show(kind: str, form: str) -> None:
    """What KIND is, and which words near it or above its column speak for it."""
    from pdscan.cli import terminal

    described = _Described.of(_one(kind))
    if form == "json":
        click.echo(json.dumps(asdict(described), indent=2, ensure_ascii=False))
        return
    for name, value in asdict(described).items():
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        terminal.say(f"{name.replace('_', ' ') + ':':<16} {text or '-'}")


@command.command("test")
@click.argument("kind")
@click.argument("value")
def test(kind: str, value: str) -> int:
    """Whether VALUE is of KIND, and why. Ends with 0 if it is, else with 1.

    \b
    pdscan detectors test fi.hetu 131052-308T
    pdscan detectors test email - < address.txt     (- reads standard input)
    """  # noqa: D301 - click's mark
    from pdscan.cli import terminal
    from pdscan.matching.fingerprints import KEY_SIZE, Fingerprinter
    from pdscan.matching.recognise import recognise

    detector = _one(kind)
    text = sys.stdin.read() if value == "-" else value
    nobody = Fingerprinter(bytes(KEY_SIZE))  # nothing is kept, so no key is needed
    alone = next(recognise(text, [detector], nobody, labelled=False), None)
    labelled = next(recognise(text, [detector], nobody, labelled=True), None)
    if labelled is None:
        terminal.say(f"{kind}: no. It has not the form, or a check fails.")
        return REACHED
    for verdict, where in ((alone, "by itself"), (labelled, f"under {detector.labels[:1]}")):
        if verdict is None:
            terminal.say(f"{kind}: not {where}")
        elif verdict is alone or detector.labels:
            why = ", ".join(verdict.evidence)
            name = where.replace("('", "the label ").replace("',)", "")
            level = verdict.likelihood.label.replace("_", " ")
            terminal.say(f"{kind}: {level} {name} ({why or 'form'}), shown as {verdict.preview}")
    return COMPLETE


@dataclass(frozen=True, slots=True)
class _Described:
    kind: str
    name: str
    country: str
    category: str
    version: int
    examples: tuple[str, ...]
    labels: tuple[str, ...]
    words_for: tuple[str, ...]
    words_against: tuple[str, ...]
    needs_context: bool

    @classmethod
    def of(cls, detector: Detector) -> _Described:
        return cls(
            detector.kind, detector.name, detector.country, detector.category, detector.version,
            detector.examples, detector.labels, detector.context, detector.counter,
            detector.needs_context,
        )  # fmt: skip


def _one(kind: str) -> Detector:
    from pdscan import detectors

    (detector,) = detectors.load([kind.lower()])
    return detector
