"""Documents: workbooks, PDFs and a folder of all kinds, against libraries that only read them.

The documents are made on the spot by the libraries people make them with; names and addresses in
them are made up. The peers read alone, pdscan both alone (`bench.reading`) and with all detectors.
"""

from __future__ import annotations

import email.message
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.mailbox import WORDS
from bench.measure import best, scan, working
from bench.table import Row

_COLUMNS = ("number", "first name", "last name", "e-mail", "phone", "street", "city", "sum",
            "ordered", "remark")  # fmt: skip


def rows(folder: Path, *, small: bool) -> Iterator[Row]:
    """The measurements, one after the other; `small` for a quick look."""
    scale = 20 if small else 1
    workbook, tiny = folder / "bench.xlsx", folder / "tiny.xlsx"
    for path, count in ((workbook, 100_000 // scale), (tiny, 1)):
        if not path.exists():
            _workbook(path, random.Random(1), count)
    yield from _against("openpyxl", workbook, tiny, "a workbook (XLSX)", 5.0)
    for library, what, kinds, count, pages, target in (
        ("pypdfium2", "PDFs", {"pdf": _pdf}, 40, 25, 0.7),
        ("kreuzberg", "mixed documents", _KINDS, 60, 3, 1.0),
    ):
        many = _many(folder / f"bench-{library}", kinds, max(count // scale, 3), pages=pages)
        one = _many(folder / f"tiny-{library}", kinds, 1, pages=1)
        yield from _against(library, many, one, what, target)


def _against(library: str, path: Path, tiny: Path, what: str, target: float) -> Iterator[Row]:
    files = [path] if path.is_file() else list(path.iterdir())
    size = sum(file.stat().st_size for file in files)
    command = [sys.executable, "-m", "bench.peer_documents", library]
    peer = working(command, path, tiny)
    own = working([sys.executable, "-m", "bench.reading"], path, tiny)
    yield Row(f"{what}: reading, without starting", library, size, peer, own, target)
    yield Row(f"{what}: scanning", library, size, best([*command, path]), scan(path))


def _many(folder: Path, kinds: dict[str, Callable[..., None]], count: int, *, pages: int) -> Path:
    """`count` documents of each kind in `folder`."""
    folder.mkdir(exist_ok=True)
    for kind, write in kinds.items():
        for number in range(count):
            path = folder / f"{number:03}.{kind}"
            if not path.exists():
                write(path, random.Random(f"{kind}{number}"), pages)
    return folder


def _line(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=11))


def _paragraphs(rng: random.Random, pages: int) -> Iterator[str]:
    for _ in range(pages * 12):
        yield " ".join(_line(rng) for _ in range(4))
        yield f"{_line(rng)} person{rng.randrange(10**6)}@example.com"


def _record(rng: random.Random, number: int) -> Sequence[object]:
    return (number, "Matti", "Meikäläinen", f"matti.{number}@example.com",
            f"+358 40 {rng.randrange(10**7):07}", f"Esimerkkikatu {number % 90}", "Tampere",
            rng.randrange(10**5) / 100, f"2026-01-{number % 28 + 1:02}", _line(rng))  # fmt: skip


def _workbook(path: Path, rng: random.Random, count: int) -> None:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("customers")
    sheet.append(_COLUMNS)
    for number in range(count):
        sheet.append(_record(rng, number))
    book.save(path)


def _pdf(path: Path, rng: random.Random, pages: int) -> None:
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), invariant=True)
    for _ in range(pages):
        for line in range(50):
            canvas.drawString(50, 800 - 15 * line, _line(rng)[:95])
        canvas.drawString(50, 30, f"person{rng.randrange(10**6)}@example.com")
        canvas.showPage()
    canvas.save()


def _docx(path: Path, rng: random.Random, pages: int) -> None:
    import docx

    document = docx.Document()
    for text in _paragraphs(rng, pages):
        document.add_paragraph(text)
    table = document.add_table(0, len(_COLUMNS))
    for number in range(10):
        for cell, value in zip(table.add_row().cells, _record(rng, number), strict=True):
            cell.text = str(value)
    document.save(str(path))


def _pptx(path: Path, rng: random.Random, pages: int) -> None:
    from pptx import Presentation

    deck = Presentation()
    for _ in range(pages):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = _line(rng)
        slide.placeholders[1].text = "\n".join(_line(rng) for _ in range(8))
    deck.save(str(path))


def _xlsx(path: Path, rng: random.Random, pages: int) -> None:
    _workbook(path, rng, pages * 50)


def _html(path: Path, rng: random.Random, pages: int) -> None:
    text = "\n".join(f"<p>{text}</p>" for text in _paragraphs(rng, pages))
    path.write_text(f"<!DOCTYPE html><html><body>{text}</body></html>", encoding="utf-8")


def _eml(path: Path, rng: random.Random, pages: int) -> None:
    message = email.message.EmailMessage()
    message["From"], message["To"] = "Åsa Öberg <asa@example.com>", "support@example.org"
    message["Subject"] = _line(rng)
    message.set_content("\n".join(_paragraphs(rng, pages)))
    path.write_bytes(message.as_bytes())


def _rtf(path: Path, rng: random.Random, pages: int) -> None:
    text = "\\par\n".join(_paragraphs(rng, pages))
    escaped = "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text)
    path.write_text(f"{{\\rtf1\\ansi {escaped}}}", encoding="ascii")


def _txt(path: Path, rng: random.Random, pages: int) -> None:
    path.write_text("\n\n".join(_paragraphs(rng, pages)), encoding="utf-8")


def _odt(path: Path, rng: random.Random, pages: int) -> None:
    from odf.opendocument import OpenDocumentText
    from odf.text import P

    document = OpenDocumentText()
    for text in _paragraphs(rng, pages):
        document.text.addElement(P(text=text))
    document.save(str(path))


_KINDS: dict[str, Callable[..., None]] = {
    "pdf": _pdf, "docx": _docx, "pptx": _pptx, "xlsx": _xlsx, "odt": _odt, "html": _html,
    "eml": _eml, "rtf": _rtf, "txt": _txt,
}  # fmt: skip
