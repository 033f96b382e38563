"""Reads everything in a folder and tells what became of it: ``python -m bench.robustness DIR``.

Counts by type what was read, in part, encrypted or not at all, and how many workers died. Where a
maintained library reads the same type, the words it finds are looked for in what pdscan read.
"""

from __future__ import annotations

import email.policy
import io
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from pdscan.connectors.files import Files
from pdscan.connectors.interface import Connector, Unit
from pdscan.model import Block, Item, Outcome, Reason, State
from pdscan.runner import run
from pdscan.scan import Closed, Plan, tasks

_WORD = re.compile(r"\w{4,}")
_COLUMNS = ("files", "read", "in part", "encrypted", "not read", "crashed", "words missed")


def _pdf(data: bytes) -> str:
    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def _docx(data: bytes) -> str:
    import docx

    return "\n".join(paragraph.text for paragraph in docx.Document(io.BytesIO(data)).paragraphs)


def _pptx(data: bytes) -> str:
    from pptx import Presentation

    shapes = (shape for slide in Presentation(io.BytesIO(data)).slides for shape in slide.shapes)
    return "\n".join(shape.text_frame.text for shape in shapes if shape.has_text_frame)


def _mail(data: bytes) -> str:
    message = BytesParser(policy=email.policy.default).parsebytes(data)
    body = message.get_body(("plain",))
    return f"{message['subject'] or ''}\n{body.get_content() if body is not None else ''}"


_REFERENCES: dict[str, Callable[[bytes], str]] = {
    ".pdf": _pdf, ".docx": _docx, ".pptx": _pptx, ".eml": _mail,
}  # fmt: skip


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Prints the table; exit code 1 where a worker died."""
    plan = Plan((Files("folder", str(folder)),), (), bytes(32))
    table: dict[str, Counter[str]] = {}
    for message in run(plan, tasks(plan.connectors), jobs=2):
        if isinstance(message, Closed):
            item, outcome = message.entry.item, message.entry.outcome
            counts = table.setdefault(item.media_type or "(not opened)", Counter())
            counts["files"] += 1
            counts[_column(outcome)] += 1
            counts["words"] += outcome.characters
    missed = dict(_missed(folder))
    for (media_type, words), lost in missed.items():
        table.setdefault(media_type, Counter())["words missed"] += lost
        table[media_type]["of words"] += words
    _print(table)
    sys.exit(any(counts["crashed"] for counts in table.values()))


def _column(outcome: Outcome) -> str:
    if outcome.reason in (Reason.CRASHED, Reason.TIMEOUT):
        return "crashed"
    if outcome.reason == Reason.ENCRYPTED:
        return "encrypted"
    return {State.READ: "read", State.PARTIAL: "in part"}.get(outcome.state, "not read")


def _missed(folder: Path) -> Iterator[tuple[tuple[str, int], int]]:
    """((media type, words the reference finds), how many of them pdscan does not)."""
    files = Files("folder", str(folder))
    for unit in files.walk():
        if not isinstance(unit, Unit):
            continue
        path = folder / unit.path[0]
        reference = _REFERENCES.get(path.suffix.lower())
        if reference is None:
            continue
        try:
            wanted = set(_WORD.findall(reference(path.read_bytes())))
        except Exception:  # noqa: S112 - what the reference cannot read is no measure
            continue
        media_type, text = _read(files, unit)
        yield (media_type, len(wanted)), sum(word not in text for word in wanted)


def _read(files: Connector, unit: Unit) -> tuple[str, str]:
    media_type, texts = "", []
    for event in files.read(unit):
        if isinstance(event, Item):
            media_type = media_type or event.media_type
        elif isinstance(event, Block):
            texts.append(event.text.decode("utf-8", "replace"))
    return media_type, "\n".join(texts)


def _print(table: dict[str, Counter[str]]) -> None:
    shown = Table("type", *_COLUMNS)
    for media_type, counts in sorted(table.items(), key=lambda row: -row[1]["files"]):
        cells = [f"{counts[column]:,}" if counts[column] else "" for column in _COLUMNS]
        if counts["of words"]:
            cells[-1] = f"{counts['words missed']:,} of {counts['of words']:,}"
        shown.add_row(media_type, *cells)
    Console(width=150).print(shown)


if __name__ == "__main__":
    main()
