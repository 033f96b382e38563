"""Pictures and scanned pages, read by the real engine; what cameras write into them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import pytest
import reportlab
from PIL import ExifTags, Image, ImageDraw, ImageFont, PngImagePlugin
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from pdscan.connectors import formats
from pdscan.connectors.formats import images, ocr
from pdscan.connectors.formats.contents import HeldContent
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

from .documents import read

FONT = str(Path(reportlab.__file__).with_name("fonts") / "Vera.ttf")
LINES = ("sähköposti matti.meikalainen@example.com", "henkilötunnus 131052-308T",
         "personnummer 900118-9811", "Åsa Öberg, +358 40 123 4567")  # fmt: skip


@pytest.fixture(scope="module")
def page() -> Image.Image:
    """A4 at 100 dots an inch with the lines, as a scanner would see it."""
    image = Image.new("RGB", (827, 600), "white")
    for number, line in enumerate(LINES):
        at, font = (80, 80 + 70 * number), ImageFont.truetype(FONT, 22)
        ImageDraw.Draw(image).text(at, line, fill="black", font=font)
    return image


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _unspaced(lines: Iterable[str]) -> list[str]:
    """Blanks are what the engine is least sure of."""
    return ["".join(line.split()) for line in lines]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_text_is_seen(page: Image.Image, kind: str) -> None:
    result = read("images", saved(page, kind))
    assert _unspaced(result.parts["by OCR"].splitlines()) == _unspaced(LINES)
    assert [note.detail for note in result.notes] == ["by OCR"]
    assert result.gaps == []


def test_each_page_of_a_fax_is_seen(page: Image.Image) -> None:
    result = read("images", saved(page, "TIFF", save_all=True, append_images=[page]))
    assert "131052-308T" in result.parts["page 1, by OCR"]
    assert "131052-308T" in result.parts["page 2, by OCR"]


def test_photographs_lying_on_their_side_are_put_upright(page: Image.Image) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    lying = page.transpose(Image.Transpose.ROTATE_90)
    assert "131052-308T" in read("images", saved(lying, "JPEG", exif=exif)).parts["by OCR"]


def test_scanned_pages_of_a_pdf_are_seen(page: Image.Image) -> None:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(595, 842))
    canvas.drawImage(ImageReader(page), 0, 300, 595, 432)
    canvas.drawString(40, 20, "Scanned by a device")
    canvas.showPage()
    canvas.drawImage(ImageReader(page), 0, 300, 60, 43)  # a logo beside text
    canvas.drawString(40, 700, "a letter")
    canvas.showPage()
    canvas.save()
    result = read("pdf", stream.getvalue())
    assert "131052-308T" in result.parts["page 1, by OCR"]
    assert "matti.meikalainen@example.com" in result.parts["page 1, by OCR"]
    assert "page 2, by OCR" not in result.parts
    assert result.gaps == []


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Artist] = "Aino Author"
    exif[ExifTags.Base.XPAuthor] = "Åsa Öberg\0".encode("utf-16-le")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = (
        b"ASCII\0\0\0taken by a@example.com"
    )
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    gps.update({1: "N", 2: (60.0, 10.0, 11.64), 3: "W", 4: (24.0, 56.0, 18.24), 29: "2026:01:02"})
    return exif


def test_what_cameras_write_is_read_with_its_name() -> None:
    result = read("images", saved(Image.new("RGB", (40, 30)), "JPEG", exif=_exif()))
    assert result.label_of("Aino Author") == "Artist"
    assert result.label_of("Åsa Öberg") == "XPAuthor"
    assert result.label_of("taken by a@example.com") == "UserComment"
    assert result.label_of("60.169900, -24.938400") == "GPS position"
    assert result.label_of("2026:01:02") == "GPSDateStamp"


def test_comments_and_text_chunks_are_read() -> None:
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Author", "Aino Author")
    chunks.add_itxt("XML:com.adobe.xmp", "<x><creator>Åsa Öberg</creator></x>")
    result = read("images", saved(Image.new("RGB", (40, 30)), "PNG", pnginfo=chunks))
    assert result.label_of("Aino Author") == "Author"
    assert result.label_of("Åsa Öberg") == "creator"
    result = read("images", saved(Image.new("RGB", (40, 30)), "JPEG", comment="by b@example.com"))
    assert result.label_of("by b@example.com") == "comment"


def test_a_damaged_picture_keeps_its_properties() -> None:
    data = saved(Image.effect_noise((400, 300), 80), "JPEG", exif=_exif())
    events = images.read(HeldContent("a.jpg", data[: len(data) // 2]), ReadOptions())
    properties = next(events)
    assert isinstance(properties, Block)
    assert b"Aino Author" in properties.text
    with pytest.raises(OSError, match="truncated"):
        list(events)


def test_what_is_no_picture_is_read_by_its_printable_runs() -> None:
    result = read("images", b"\x89PNG\r\n\x1a\n\0\0\0\0 kept by c@example.com")
    assert "kept by c@example.com" in result.text
    assert [gap.reason for gap in result.gaps] == [Reason.CORRUPT]


def test_vast_pictures_are_not_unpacked() -> None:
    data = saved(Image.new("1", (20_000, 9_000)), "PNG")
    with pytest.raises(UnreadableError) as caught:
        read("images", data)
    assert caught.value.reason == Reason.LIMIT


def test_without_the_extra_the_ledger_names_it() -> None:
    known = formats.Format("images", ("image/png",), ("a_missing_module",), ocr.EXTRA)
    with pytest.raises(UnreadableError, match="pdscan\\[ocr\\]"):
        known.load()


def test_models_are_never_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a download")

    monkeypatch.setattr("rapidocr.utils.download_file.DownloadFile.run", refuse)
    ocr._engine.cache_clear()
    ocr._engine()
