"""Pages of a PDF that are pictures: scans, faxes, photographs of paper."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2
import pypdfium2.raw as pdfium

from pdscan.connectors.formats import ocr
from pdscan.connectors.formats.interface import Note, Yield
from pdscan.connectors.formats.prose import Text

_LINE = 200  # characters: no more than a stamp, a header and a footer on a scanned page
_DOTS = 200  # an inch, for pages that are looked at


def is_picture(page: pypdfium2.PdfPage, characters: int) -> bool:
    """Whether the page shows something and says nothing, or is a scan with a line of text on it."""
    if not characters:
        return bool(pdfium.FPDFPage_CountObjects(page) > 0)
    if characters > _LINE:
        return False
    width, height = page.get_size()
    for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2):
        left, bottom, right, top = shape.get_bounds()
        if (right - left) * (top - bottom) * 2 > width * height:
            return True
    return False


def seen(page: pypdfium2.PdfPage, part: str) -> Iterator[Yield]:
    """The text that is seen on a page."""
    scale = min(_DOTS / 72, ocr.LONGEST / max(*page.get_size(), 1))
    text = Text(part)
    text.lines(ocr.lines(page.render(scale=scale).to_numpy()[:, :, :3]))
    if text.characters:
        yield Note(detail=ocr.DETAIL)
    yield from text.blocks()
