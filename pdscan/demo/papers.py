"""Office documents and archives, small and the same every time: DOCX, XLSX, PPTX, PDF, zip, tar.

Written by hand, because libraries put the time of day into them.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

_TIME = (2026, 11, 1, 8, 0, 0)
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINES = 48  # of a page of a PDF
_COLUMNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of `files`."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return stream.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar of `files` through gzip."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 1_793_520_000
            archive.addfile(info, io.BytesIO(data))
    return gzip.compress(stream.getvalue(), mtime=0)


def docx(paragraphs: Iterable[str], rows: Sequence[Sequence[str]] = ()) -> bytes:
    """A text document (ECMA-376): `paragraphs`, and below them a table of `rows`."""
    body = "".join(map(_paragraph, paragraphs))
    if rows:
        grid = '<w:gridCol w:w="2400"/>' * len(rows[0])
        cells = "".join(
            "<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) + "</w:tr>"
            for row in rows
        )
        body += f"<w:tbl><w:tblPr/><w:tblGrid>{grid}</w:tblGrid>{cells}</w:tbl>{_paragraph('')}"
    document = f'<w:document xmlns:w="{_WORD}"><w:body>{body}<w:sectPr/></w:body></w:document>'
    return _office("word/document.xml", f"{_TYPE}.wordprocessingml.document.main+xml", document)


def _paragraph(text: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def xlsx(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """A workbook (ECMA-376): the rows of each sheet by its name, all cells text."""
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    book = (
        f'<workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}"><sheets>{names}</sheets></workbook>'
    )  # fmt: skip
    parts = {
        f"xl/worksheets/sheet{n}.xml": (f"{_TYPE}.spreadsheetml.worksheet+xml", _sheet(rows))
        for n, rows in enumerate(sheets.values(), 1)
    }
    return _office("xl/workbook.xml", f"{_TYPE}.spreadsheetml.sheet.main+xml", book, parts)


def _sheet(rows: Sequence[Sequence[str]]) -> str:
    written = "".join(
        f'<row r="{number}">' + "".join(
            f'<c r="{letter}{number}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}'
            "</t></is></c>"
            for letter, cell in zip(_COLUMNS, row, strict=False) if cell
        ) + "</row>"
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    return f'<worksheet xmlns="{_SHEET}"><sheetData>{written}</sheetData></worksheet>'


def _office(
    main: str, media_type: str, document: str, parts: Mapping[str, tuple[str, str]] | None = None
) -> bytes:
    """An Open Packaging container around its `main` part and the `parts` that it refers to."""
    parts = parts or {}
    folder = main.partition("/")[0]
    kinds = {main: media_type} | {name: kind for name, (kind, _) in parts.items()}
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>' for name, kind in kinds.items()
    )
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f"{overrides}</Types>"
    )
    texts = {
        "[Content_Types].xml": types,
        "_rels/.rels": _relations([("officeDocument", main)]),
        main: document,
        **{name: text for name, (_, text) in parts.items()},
    }
    if parts:
        of_main = f"{folder}/_rels/{main.rpartition('/')[2]}.rels"
        texts[of_main] = _relations(
            ("worksheet", name.removeprefix(f"{folder}/")) for name in parts
        )
    return zipped({name: (_XML + text).encode() for name, text in texts.items()})


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def pdf(lines: Sequence[str]) -> bytes:
    """A PDF 1.4 (ISO 32000-1) with `lines` of text in Helvetica, on as many pages as it takes."""
    pages = [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)] or [()]
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        shown = b"".join(b"(" + _literal(line) + b") Tj T*\n" for line in page)
        text = b"BT /F1 10 Tf 14 TL 60 780 Td\n" + shown + b"ET"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
            b"<< /Font << /F1 3 0 R >> >> /Contents %d 0 R >>" % (5 + 2 * number),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        ]
    written, places = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n"
        b"%%%%EOF\n"
    ) % (len(objects) + 1, table, len(objects) + 1, len(written))


def _literal(text: str) -> bytes:
    data = text.encode("cp1252", "replace")
    for sign in b"\\()":
        data = data.replace(bytes([sign]), b"\\" + bytes([sign]))
    return data
