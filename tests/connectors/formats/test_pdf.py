"""PDF: pages, columns, forms, remarks, attachments, what is not text; and the speed of it."""

from __future__ import annotations

import io
import itertools
import time
from contextlib import closing

import pypdf
import pypdfium2
import pytest
from pypdf.generic import NameObject
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

from .documents import OPTIONS, read, words_of

pytestmark = pytest.mark.usefixtures("without_ocr")


def make_pdf(password: str = "") -> bytes:
    stream = io.BytesIO()
    lock = StandardEncryption(password) if password else None
    canvas = Canvas(stream, encrypt=lock)
    canvas.setAuthor("Aino Author")
    canvas.bookmarkPage("start")
    canvas.addOutlineEntry("an outline entry", "start")
    for column, text in ((40, "0401"), (200, "234567"), (330, "131052-308T")):
        canvas.drawString(column, 700, text)
    canvas.drawString(40, 650, "040 1234567 in one go")
    canvas.linkURL("mailto:link@example.com", (40, 600, 100, 620))
    canvas.acroForm.textfield(name="hetu", tooltip="Hetu", value="131052-308T", x=40, y=500)
    canvas.textAnnotation("a remark said", (10, 10, 20, 20))
    canvas.showPage()
    for _ in range(2):
        canvas.rect(10, 10, 500, 700, fill=1)
        canvas.showPage()
    canvas.showPage()  # blank: nothing to look into
    canvas.drawString(40, 700, "the last page")
    canvas.showPage()
    canvas.save()
    return stream.getvalue()


def with_attachments(data: bytes) -> bytes:
    writer = pypdf.PdfWriter(io.BytesIO(data))
    for content in (b"Hetu 131052-308T", b"another of that name"):
        writer.add_attachment("note.txt", content)
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_reads_every_place() -> None:
    result = read("pdf", make_pdf())
    assert "0401\t234567\t131052-308T" in result.parts["page 1"]
    assert "040 1234567 in one go" in result.parts["page 1"]
    assert result.parts["page 5"] == "the last page\n"
    assert "131052-308T" in result.parts["form fields"]
    assert result.label_of("131052-308T") == "Hetu"
    assert "a remark said" in result.parts["page 1 annotations"]
    assert "mailto:link@example.com" in result.parts["page 1 annotations"]
    assert "Aino Author" in result.parts["properties"]
    assert "an outline entry" in result.parts["outline"]


def test_pages_without_text_are_named() -> None:
    result = read("pdf", make_pdf())
    assert [(gap.reason, gap.detail) for gap in result.gaps] == [
        (Reason.NO_TEXT, "pages 2-3 (pip install 'pdscan[ocr]')")
    ]


def test_attachments_are_nested_under_names_of_their_own() -> None:
    result = read("pdf", with_attachments(make_pdf()))
    assert sorted(result.nested.values()) == [b"Hetu 131052-308T", b"another of that name"]


def test_attachments_of_annotations_are_nested() -> None:
    writer = pypdf.PdfWriter(io.BytesIO(with_attachments(make_pdf())))
    names = writer._root_object["/Names"]["/EmbeddedFiles"]["/Names"]  # type: ignore[index]  # as made above
    remark = pypdf.generic.DictionaryObject({
        NameObject("/Type"): NameObject("/Annot"),
        NameObject("/Subtype"): NameObject("/FileAttachment"),
        NameObject("/Rect"): pypdf.generic.ArrayObject([pypdf.generic.NumberObject(9)] * 4),
        NameObject("/FS"): names[1],
    })  # fmt: skip
    writer.add_annotation(4, remark)
    stream = io.BytesIO()
    writer.write(stream)
    assert len(read("pdf", stream.getvalue()).nested) == 3


def test_passwords_are_tried() -> None:
    locked = make_pdf("oikea")
    with pytest.raises(UnreadableError) as error:
        read("pdf", locked, ReadOptions(passwords=("wrong",)))
    assert error.value.reason == Reason.ENCRYPTED
    result = read("pdf", locked, ReadOptions(passwords=("wrong", "oikea")))
    assert "the last page" in result.text


def test_the_limit_of_pages_is_named() -> None:
    result = read("pdf", make_pdf(), ReadOptions(limits=Limits(pages=2)))
    assert (Reason.LIMIT, "pages 3-5") in [(gap.reason, gap.detail) for gap in result.gaps]
    assert "page 5" not in result.parts


def test_what_is_no_pdf_is_damaged() -> None:
    with pytest.raises(UnreadableError) as error:
        read("pdf", b"%PDF-1.7\nnothing of the kind")
    assert error.value.reason == Reason.CORRUPT


def _bare(data: bytes) -> list[str]:
    texts = []
    with closing(pypdfium2.PdfDocument(data)) as document:
        for number in range(len(document)):
            with closing(document[number]) as page, closing(page.get_textpage()) as text:
                texts.append(text.get_text_range())
    return texts


def make_long_pdf() -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream)
    words = itertools.cycle(
        [
            "the",
            "customer",
            "of",
            "order",
            "4711",
            "wrote",
            "to",
            "matti@example.com",
            "from",
            "10.1.2.3",
        ]
    )
    for _ in range(60):
        for line in range(48):
            canvas.drawString(40, 800 - 16 * line, " ".join(itertools.islice(words, 15)))
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def test_no_word_of_pdfium_is_missed_and_little_time_lost() -> None:
    data = make_long_pdf()
    bare = ours = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        theirs = _bare(data)
        bare = min(bare, time.perf_counter() - start)
        start = time.perf_counter()
        result = read("pdf", data, OPTIONS)
        ours = min(ours, time.perf_counter() - start)
    assert words_of("\n".join(theirs)) <= result.words()
    # The promise is 0.7; half of it leaves room for a busy machine.
    assert bare / ours > 0.35
