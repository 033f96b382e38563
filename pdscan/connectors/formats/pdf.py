"""PDF (ISO 32000) by PDFium: pages, form fields, annotations, outline, metadata, attachments.

A page that shows something but holds no text is looked at with the extra ``ocr``, else named in the
ledger. PDFium is not thread-safe and may crash on hostile files: readers run in worker processes.
"""

from __future__ import annotations

import ctypes
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any, BinaryIO

import pypdfium2
import pypdfium2.raw as pdfium

from pdscan.connectors.formats import ocr
from pdscan.connectors.formats.contents import HeldContent, Names, seekable_stream
from pdscan.connectors.formats.interface import Content, Gap, Nested, Yield
from pdscan.connectors.formats.pdf_metadata import xfa, xmp
from pdscan.connectors.formats.pdf_pictures import is_picture, seen
from pdscan.connectors.formats.prose import Text, named
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

logging.getLogger("pypdfium2").setLevel(logging.ERROR)  # its advice on builds is not for our users
_PASSWORD, _FORMAT, _SECURITY = (
    pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_FORMAT, pdfium.FPDF_ERR_SECURITY,
)  # fmt: skip
_SPOKEN = {"T": "author", "Contents": "contents", "Subj": "subject"}
_HYPHEN = re.compile(r"([^\W_])?[\x02\ufffe](?:\r?\n)?(?=([^\W_])?)")
_GAP = re.compile(r"(?:(?<=[0-9])|(?<=[0-9][A-Z])) (?=[0-9+(])")


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of a PDF, its attachments as nested items."""
    with seekable_stream(content, options.limits.member_memory) as stream:
        document = _open(stream, options.passwords)
        with closing(document):
            document.init_forms()
            attachments = _Attachments(document, options)
            yield from _pages(document, attachments, options)
            yield from named("outline", (("title", b.get_title()) for b in document.get_toc()))
            yield from named("properties", document.get_metadata_dict(skip_empty=True).items())
            yield from xmp(stream)
            yield from xfa(document)
            yield from attachments.of_document()


def _open(stream: BinaryIO, passwords: tuple[str, ...]) -> pypdfium2.PdfDocument:
    for password in (None, *passwords):
        try:
            return pypdfium2.PdfDocument(stream, password=password)
        except pypdfium2.PdfiumError as error:
            if error.err_code == _FORMAT:
                raise UnreadableError(Reason.CORRUPT, "PDFium finds no PDF structure") from error
            if error.err_code == _SECURITY:
                raise UnreadableError(Reason.ENCRYPTED, "an unknown security handler") from error
            if error.err_code != _PASSWORD:
                raise UnreadableError(Reason.CORRUPT, "PDFium cannot open it") from error
    raise UnreadableError(Reason.ENCRYPTED, "a PDF password is needed")


def _pages(
    document: pypdfium2.PdfDocument, attachments: _Attachments, options: ReadOptions
) -> Iterator[Yield]:
    pictures: list[int] = []
    broken: list[int] = []
    pages = len(document)
    fields: dict[tuple[str, str], None] = {}
    for number in range(1, min(pages, options.limits.pages) + 1):
        try:
            page = document[number - 1]
        except pypdfium2.PdfiumError:
            broken.append(number)
            continue
        with closing(page):
            text = Text(f"page {number}")
            try:
                text.line(_page_text(page))
            except pypdfium2.PdfiumError:
                broken.append(number)
            yield from text.blocks()
            if is_picture(page, text.characters):
                if ocr.is_installed():
                    yield from seen(page, f"page {number}, {ocr.DETAIL}")
                else:
                    pictures.append(number)
            if pdfium.FPDFPage_GetAnnotCount(page) > 0:
                yield from named(f"page {number} annotations", _remarks(document, page, fields))
                yield from attachments.of_page(page)
    yield from named("form fields", fields)
    if broken:
        yield Gap(Reason.CORRUPT, _numbers(broken))
    if pictures:
        yield Gap(Reason.NO_TEXT, f"{_numbers(pictures)} ({ocr.HINT})")
    if pages > options.limits.pages:
        yield Gap(Reason.LIMIT, f"pages {options.limits.pages + 1}-{pages}")


def _page_text(page: pypdfium2.PdfPage) -> str:
    with closing(page.get_textpage()) as textpage:
        text: str = textpage.get_text_range()
        if _GAP.search(text):
            text = _part_columns(textpage, text)
    if "\x02" in text or "\ufffe" in text:
        text = _HYPHEN.sub(_join, text)
    return text.replace("\r\n", "\n")


def _part_columns(textpage: pypdfium2.PdfTextPage, text: str) -> str:
    """PDFium writes one blank for any distance on a line; a wide one parts two columns."""
    pieces: list[str] = []
    done = 0
    index = _direct if textpage.count_chars() == len(text) else _looked_up
    for found in _GAP.finditer(text):
        blank = index(textpage, found.start())
        # A blank that stands in the file was written as a part of the line.
        if pdfium.FPDFText_IsGenerated(textpage, blank) and _is_wide(
            textpage, index(textpage, found.start() - 1), index(textpage, found.end())
        ):
            pieces += text[done : found.start()], "\t"
            done = found.end()
    return "".join([*pieces, text[done:]]) if pieces else text


def _direct(_textpage: pypdfium2.PdfTextPage, index: int) -> int:
    return index


def _looked_up(textpage: pypdfium2.PdfTextPage, index: int) -> int:
    found: int = pdfium.FPDFText_GetCharIndexFromTextIndex(textpage, index)
    return found


def _is_wide(textpage: pypdfium2.PdfTextPage, before: int, after: int) -> bool:
    """Whether two characters of upright writing stand more than an em apart."""
    a, b = (tuple(ctypes.c_double() for _ in range(4)) for _ in range(2))  # left right bottom top
    if not pdfium.FPDFText_GetCharBox(textpage, before, *a):
        return False
    if not pdfium.FPDFText_GetCharBox(textpage, after, *b):
        return False
    # Digits are about two thirds of the size of the type in height.
    height = max(a[3].value - a[2].value, b[3].value - b[2].value)
    return b[0].value - a[1].value > 1.5 * height > 0


def _join(found: re.Match[str]) -> str:
    """A hyphen at the end of a line: kept where a number goes on after it, else a word's break."""
    before, after = found[1] or "", found[2] or ""
    return before + ("-" if before.isdigit() or after.isdigit() else "")


def _annotations(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                yield annotation
            finally:
                pdfium.FPDFPage_CloseAnnot(annotation)


def _remarks(
    document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage, fields: dict[tuple[str, str], None]
) -> Iterator[tuple[str, str]]:
    """The texts and links of a page's annotations; what stands in form fields goes to `fields`."""
    for annotation in _annotations(page):
        subtype = pdfium.FPDFAnnot_GetSubtype(annotation)
        if subtype == pdfium.FPDF_ANNOT_WIDGET and document.formenv:
            _field(document, annotation, fields)
            continue
        for key, label in _SPOKEN.items():
            if value := _string(pdfium.FPDFAnnot_GetStringValue, annotation, key.encode()):
                yield label, value
        if subtype == pdfium.FPDF_ANNOT_LINK:
            yield from _link(document, annotation)


def _field(
    document: pypdfium2.PdfDocument, annotation: Any, fields: dict[tuple[str, str], None]
) -> None:
    form = document.formenv
    name, title, value = (
        _string(function, form, annotation)
        for function in (
            pdfium.FPDFAnnot_GetFormFieldName,
            pdfium.FPDFAnnot_GetFormFieldAlternateName,
            pdfium.FPDFAnnot_GetFormFieldValue,
        )
    )
    if value:
        fields[title or name or "field", value] = None


def _link(document: pypdfium2.PdfDocument, annotation: Any) -> Iterator[tuple[str, str]]:
    link = pdfium.FPDFAnnot_GetLink(annotation)
    action = pdfium.FPDFLink_GetAction(link) if link else None
    if not action:
        return
    size = pdfium.FPDFAction_GetURIPath(document, action, None, 0)
    if size > 1:
        buffer = ctypes.create_string_buffer(size)
        pdfium.FPDFAction_GetURIPath(document, action, buffer, size)
        yield "link", buffer.raw[: size - 1].decode("utf-8", "replace")


def _string(function: Any, *arguments: Any) -> str:
    """The text that one of PDFium's functions writes, in UTF-16LE with a terminator."""
    size = function(*arguments, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
    return buffer.raw[: size - 2].decode("utf-16-le", "replace")


class _Attachments:
    """Hands out attachments as nested items, under names that are unique in the document."""

    def __init__(self, document: pypdfium2.PdfDocument, options: ReadOptions) -> None:
        self._document = document
        self._most = options.limits.member_memory
        self._unique = Names()
        self._count = 0

    def of_document(self) -> Iterator[Nested | Gap]:
        for number in range(self._document.count_attachments()):
            yield self._nested(pdfium.FPDFDoc_GetAttachment(self._document, number))

    def of_page(self, page: pypdfium2.PdfPage) -> Iterator[Nested | Gap]:
        for annotation in _annotations(page):
            if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_FILEATTACHMENT:
                yield self._nested(pdfium.FPDFAnnot_GetFileAttachment(annotation))

    def _nested(self, raw: Any) -> Nested | Gap:
        self._count += 1
        what = f"attachment {self._count}"
        if not raw:
            return Gap(Reason.CORRUPT, what)
        attachment = pypdfium2.PdfAttachment(raw, self._document)
        size = ctypes.c_ulong()
        pdfium.FPDFAttachment_GetFile(attachment, None, 0, size)
        if size.value > self._most:
            return Gap(Reason.LIMIT, what)
        try:
            name = attachment.get_name() or what
            data = bytes(attachment.get_data()) if size.value else b""
        except pypdfium2.PdfiumError:
            return Gap(Reason.CORRUPT, what)
        return Nested(self._unique(name), HeldContent(name, data))


def _numbers(pages: list[int]) -> str:
    """``pages 3, 5-9`` for a ledger."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and ranges[-1][1] == page - 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    texts = [f"{a}" if a == b else f"{a}-{b}" for a, b in ranges]
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(texts)}"
