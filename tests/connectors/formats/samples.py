"""Documents made by well-known libraries, one per format, all with the same things said in them."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import msoffcrypto
import odf.dc
import odf.opendocument
import odf.style
import odf.table
import odf.text
import pptx
import xlwt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from odf.office import Annotation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from pdscan.connectors.formats.compound_writer import write_compound

PARAGRAPH = "Hetu 131052-308T on tässä"
CELL, OTHER_CELL = "0401", "234567"
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_TEXT_BOX = f"""<w:p {_W} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"
 xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
 xmlns:v="urn:schemas-microsoft-com:vml"><w:r><mc:AlternateContent>
 <mc:Choice Requires="wps"><wps:txbx><w:txbxContent><w:p><w:r><w:t>boxed words</w:t></w:r></w:p>
 </w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>
 <w:p><w:r><w:t>boxed words</w:t></w:r></w:p><w:p><w:r><w:t>fallback only</w:t></w:r></w:p>
 </w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"""
_TRACKED = f"""<w:p {_W}><w:r><w:t xml:space="preserve">Call 040 12</w:t></w:r>
 <w:del w:id="1" w:author="Tracy Changes"><w:r><w:delText>34567</w:delText></w:r></w:del>
 <w:ins w:id="2" w:author="Tracy Changes"><w:r><w:t>99999</w:t></w:r></w:ins></w:p>"""


def saved(document: object) -> bytes:
    stream = io.BytesIO()
    document.save(stream)  # type: ignore[attr-defined]  # all of these libraries have it
    return stream.getvalue()


def repacked(data: bytes, change: Callable[[str, bytes], bytes], **more: bytes) -> bytes:
    """The package with its parts changed, and more parts."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", 8) as new:
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info)))
        for name, content in more.items():
            new.writestr(name, content)
    return target.getvalue()


def make_docx() -> bytes:
    document = docx.Document()
    document.core_properties.author = "Aino Author"
    document.core_properties.last_modified_by = "Matti Modifier"
    document.core_properties.keywords = "keyed words"
    section = document.sections[0]
    section.header.paragraphs[0].text = "a header line"
    section.footer.paragraphs[0].text = "a footer line"
    paragraph = document.add_paragraph()
    for run in ("Hetu 1310", "52-3", "08T on t", "ässä"):
        paragraph.add_run(run).bold = run.startswith("5")
    table = document.add_table(3, 3)
    rows = (("Nimi", "Puhelin", "Loppu"), ("Aku", CELL, OTHER_CELL), ("Iines", "0402", "333"))
    for row, values in zip(table.rows, rows, strict=True):
        for cell, value in zip(row.cells, values, strict=True):
            cell.text = value
    document.add_comment(paragraph.runs, "a comment said", author="Cara Comment", initials="CC")
    link = document.part.relate_to("mailto:link@example.com", RELATIONSHIP_TYPE.HYPERLINK, True)
    assert link
    document.element.body.insert(0, parse_xml(_TEXT_BOX))
    document.element.body.insert(0, parse_xml(_TRACKED))
    return saved(document)


def make_pptx() -> bytes:
    presentation = pptx.Presentation()
    presentation.core_properties.author = "Aino Author"
    first = presentation.slides.add_slide(presentation.slide_layouts[5])
    first.shapes.title.text_frame.text = PARAGRAPH
    box = first.shapes.add_textbox(0, 0, Inches(2), Inches(1)).text_frame.paragraphs[0]
    for run in ("split 0401", "234", "567 end"):
        box.add_run().text = run
    table = first.shapes.add_table(2, 2, 0, 0, Inches(4), Inches(1)).table
    table.cell(0, 0).text, table.cell(0, 1).text = CELL, OTHER_CELL
    first.notes_slide.notes_text_frame.text = "noted words"
    hidden = presentation.slides.add_slide(presentation.slide_layouts[5])
    hidden.shapes.title.text_frame.text = "a hidden slide"
    hidden._element.set("show", "0")
    data = CategoryChartData()
    data.categories = ["charted Eeva", "charted Outi"]
    data.add_series("serial words", (1, 2))
    hidden.shapes.add_chart(XL_CHART_TYPE.PIE, 0, 0, Inches(2), Inches(2), data)
    return saved(presentation)


def make_odt() -> bytes:
    document = odf.opendocument.OpenDocumentText()
    document.meta.addElement(odf.dc.Creator(text="Aino Author"))
    paragraph = odf.text.P()
    for run in ("Hetu 1310", "52-3", "08T on t", "ässä"):
        paragraph.addElement(odf.text.Span(text=run))
    note = odf.text.Note(noteclass="footnote")
    note.addElement(odf.text.NoteCitation(text="7"))
    body = odf.text.NoteBody()
    body.addElement(odf.text.P(text="a footnote said"))
    note.addElement(body)
    paragraph.addElement(note)
    document.text.addElement(paragraph)
    remarked = odf.text.P(text="0401")
    remark = Annotation()
    remark.addElement(odf.dc.Creator(text="Cara Comment"))
    remark.addElement(odf.dc.Date(text="2026-01-31"))
    remark.addElement(odf.text.P(text="a comment said"))
    remarked.addElement(remark)
    remarked.addText("234567")
    document.text.addElement(remarked)
    table = odf.table.Table(name="T")
    for values in (("Nimi", "Puhelin", "Loppu"), ("Aku", CELL, OTHER_CELL)):
        row = odf.table.TableRow()
        for value in values:
            cell = odf.table.TableCell()
            cell.addElement(odf.text.P(text=value))
            row.addElement(cell)
        table.addElement(row)
    document.text.addElement(table)
    page = odf.style.MasterPage(name="Standard", pagelayoutname="x")
    header = odf.style.Header()
    header.addElement(odf.text.P(text="a header line"))
    page.addElement(header)
    document.masterstyles.addElement(page)
    return saved(document)


def make_ods() -> bytes:
    document = odf.opendocument.OpenDocumentSpreadsheet()
    table = odf.table.Table(name="Asiakkaat")
    for values in (("Nimi", "Puhelin", "Loppu"), ("Aku", CELL, OTHER_CELL)):
        row = odf.table.TableRow()
        for value in values:
            cell = odf.table.TableCell(valuetype="string")
            cell.addElement(odf.text.P(text=value))
            row.addElement(cell)
        row.addElement(odf.table.TableCell(numbercolumnsrepeated=16381))
        table.addElement(row)
    number = odf.table.TableCell(valuetype="float", value="358401234567")
    number.addElement(odf.text.P(text="3.58E+011"))
    last = odf.table.TableRow(numberrowsrepeated=1048000)
    last.addElement(number)
    table.addElement(last)
    document.spreadsheet.addElement(table)
    return saved(document)


def make_xls() -> bytes:
    book = xlwt.Workbook()
    book.set_owner("Aino Author")
    sheet = book.add_sheet("Asiakkaat")
    sheet.header_str = b"&La header line"
    rows = (("Nimi", "Puhelin", "Loppu"), ("Aku", CELL, OTHER_CELL), ("Iines", 358401234567, "å"))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value)
    hidden = book.add_sheet("Piilo")
    hidden.visibility = 1
    hidden.write(5, 3, PARAGRAPH)
    return saved(book)


def make_rtf() -> bytes:
    return (
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}"
        r"{\f2\fcharset128 MS Mincho;}}{\info{\author Aino Author}{\operator Matti Modifier}}"
        r"{\header\pard a header line\par}{\footer\pard a footer line\par}"
        r"\pard Hetu {\b 1310}52-3{\i 08T} on t\'e4ss\'e4\par "
        r"\trowd\cellx1000\cellx2000 0401\cell 234567\cell\row "
        r"{\f1 \'bb\'f3\'b3w}\par {\f2 \'83e\'83X\'83g}\par \u8364?5\par {\v hidden words}\par "
        r"Call 040 12{\deleted 34567}{\revised 99999}\par "
        r"{\field{\*\fldinst HYPERLINK mailto:link@example.com}{\fldrslt shown}}\par "
        r"noted{\footnote\pard a footnote said}{\*\annotation a comment said}\par "
        r"{\shp{\*\shpinst{\shptxt boxed words\par}}}{\*\unknown not for anybody}"
        r"{\pict\pngblip 89504e470d0a}}"
    ).encode("ascii")


_FIB_PAIRS = 93


def make_doc(*, word6: bool = False) -> bytes:
    """A minimal Word document of two pieces, one of each width, with footnotes and a comment."""
    parts = [
        "Hetu 131052-308T on tässä\rCell\x070401\x07234567\x07\x07\r"
        "\x13 HYPERLINK \"mailto:link@example.com\" \x14shown\x15\r",
        "\x02 a footnote said\r", "a header line\r", "", "\x05a comment said\r", "",
        "boxed words\r", "Call 040 123456799999\r",
    ]  # fmt: skip
    text = "".join(parts)
    if word6:
        return _word6(parts, text)
    cut = text.index("on tässä") + 5
    narrow, wide = text[:cut].encode("cp1252"), text[cut:].encode("utf-16-le")
    start = 0x800
    main = bytearray(start) + narrow
    main += b"\0" * (len(main) % 2)
    wide_at = len(main)
    main += wide
    plc = struct.pack("<3I", 0, cut, len(text))
    plc += struct.pack("<HIH", 0, start * 2 | 0x40000000, 0) + struct.pack("<HIH", 0, wide_at, 0)
    grpprl = b"\x01" + struct.pack("<H", 2) + b"\0\0"
    clx = grpprl + b"\x02" + struct.pack("<I", len(plc)) + plc
    # What stands wide at the end: five digits deleted, five inserted, by a page of properties.
    numbers = wide_at + 2 * (text.index("3456799999") - cut)
    main += b"\0" * (-len(main) % 512)
    page = struct.pack("<3I", numbers, numbers + 10, numbers + 20) + bytes([20, 30])
    page = page.ljust(40, b"\0") + b"\x03" + struct.pack("<HB", 0x0800, 1)
    page = page.ljust(60, b"\0") + b"\x03" + struct.pack("<HB", 0x0801, 1)
    pages = struct.pack("<III", numbers, numbers + 20, len(main) // 512)
    main += page.ljust(511, b"\0") + b"\x02"
    owners = struct.pack("<H", 12) + "Cara Comment".encode("utf-16-le")
    table = b"\0" * 16 + clx + owners + pages
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 10, 0x0204)
    struct.pack_into("<H", main, 32, 14)
    struct.pack_into("<H", main, 62, 22)
    struct.pack_into("<8i", main, 0x4C, *map(len, parts))
    struct.pack_into("<H", main, 152, _FIB_PAIRS)
    struct.pack_into("<II", main, 154 + 8 * 33, 16, len(clx))
    struct.pack_into("<II", main, 154 + 8 * 36, 16 + len(clx), len(owners))
    struct.pack_into("<II", main, 154 + 8 * 12, 16 + len(clx) + len(owners), len(pages))
    package = _ole10("inner.txt", b"embedded words 131052-308T")
    return write_compound({
        "WordDocument": bytes(main), "1Table": table,
        "ObjectPool": {"_1": {"\x01Ole10Native": package}, "_2": {"Contents2": b"x" * 5000}},
        "Data": b"\0" * 68 + _blip(),
    })  # fmt: skip


def _word6(parts: list[str], text: str) -> bytes:
    main = bytearray(0x300) + text.encode("cp1252")
    struct.pack_into("<HH", main, 0, 0xA5DC, 0x68)
    struct.pack_into("<H", main, 6, 0x040B)
    struct.pack_into("<II", main, 0x18, 0x300, len(main))
    struct.pack_into("<8i", main, 0x34, *map(len, parts))
    return write_compound({"WordDocument": bytes(main)})


def _blip() -> bytes:
    picture = b"\x89PNG\r\n\x1a\n and so on"
    return struct.pack("<HHI", 0x6E00, 0xF01E, 17 + len(picture)) + b"\1" * 17 + picture


def _ole10(name: str, data: bytes) -> bytes:
    label = name.encode() + b"\0"
    path = b"C:\\x\\" + label
    body = struct.pack("<H", 2) + label + path + struct.pack("<HHI", 0, 3, len(path)) + path
    body += struct.pack("<I", len(data)) + data
    return struct.pack("<I", len(body)) + body


def _record(kind: int, body: bytes, version: int = 0, instance: int = 0) -> bytes:
    return struct.pack("<HHI", instance << 4 | version, kind, len(body)) + body


def make_ppt() -> bytes:
    """A minimal presentation: a slide whose title stands in the outline, and what it was before."""
    chars = _record(4000, PARAGRAPH.encode("utf-16-le"))
    persist = _record(1011, struct.pack("<IIIII", 2, 0, 0, 256, 0))
    outline = _record(4080, persist + chars, 15)
    document = _record(1000, outline, 15)
    shape = _record(61453, _record(4008, b"0401\r234567"), 15)
    comment = _record(5003, _record(12000, _record(4026, "a comment said".encode("utf-16-le")), 15))
    slide = _record(1006, shape + _record(5000, comment, 15), 15)
    former = _record(1006, _record(4008, b"earlier words"), 15)
    stream = former
    places = []
    for record in (document, slide):
        places.append(len(stream))
        stream += record
    directory = len(stream)
    stream += _record(6002, struct.pack("<III", 2 << 20 | 1, *places))
    edit = len(stream)
    stream += _record(4085, struct.pack("<IHHIIIIII", 256, 0, 0, 0, directory, 1, 3, 0, 0))
    user = struct.pack("<HHIIII", 0, 4086, 20, 20, 0xE391C05F, edit)
    return write_compound({"PowerPoint Document": stream, "Current User": user,
                           "Pictures": _blip()})  # fmt: skip


def _xlsb_record(kind: int, body: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(body)
    length = b""
    while True:
        length += bytes([size & 0x7F | (0x80 if size >> 7 else 0)])
        size >>= 7
        if not size:
            return head + length + body


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def make_xlsb(rows: dict[int, dict[int, str]] | None = None) -> bytes:
    """A minimal binary workbook of one sheet with inline strings, by row and column."""
    rows = rows or {0: {0: "Nimi", 1: "Puhelin"}, 1: {0: "Aku", 1: CELL}, 2: {0: "I", 1: "0402"}}
    bottom, right = max(rows), max(max(cells) for cells in rows.values())
    sheet = _xlsb_record(0x81) + _xlsb_record(0x94, struct.pack("<IIII", 0, bottom, 0, right))
    sheet += _xlsb_record(0x91)
    for row, cells in rows.items():
        sheet += _xlsb_record(
            0, struct.pack("<IIHBBB", row, 0, 300, 0, 0, 0) + struct.pack("<I", 0)
        )
        for column, text in cells.items():
            sheet += _xlsb_record(6, struct.pack("<II", column, 0) + _wide(text))
    sheet += _xlsb_record(0x92) + _xlsb_record(0x82)
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Asiakkaat")
    book = _xlsb_record(0x83) + _xlsb_record(0x8F) + _xlsb_record(0x9C, bundle)
    book += _xlsb_record(0x90) + _xlsb_record(0x84)
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/worksheet" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", 8) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr("xl/workbook.bin", book)
        package.writestr("xl/_rels/workbook.bin.rels", rels)
        package.writestr("xl/worksheets/sheet1.bin", sheet)
    return stream.getvalue()


def make_epub() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("mimetype", "application/epub+zip")
        package.writestr("META-INF/container.xml", "<container/>")
        package.writestr("OPS/book.opf", "<package><creator>Aino Author</creator></package>")
        package.writestr("OPS/one.xhtml", f"<html><body><p>{PARAGRAPH}</p></body></html>")
        package.writestr("OPS/cover.png", b"\x89PNG\r\n\x1a\n")
    return stream.getvalue()


def make_mhtml() -> bytes:
    return (
        b"From: <Saved by Browser>\r\nSnapshot-Content-Location: https://example.com/u/aino\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/related; boundary=B; type="text/html"\r\n\r\n'
        b"--B\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n"
        b"Content-Location: https://example.com/u/aino\r\n\r\n<p>Hetu 131052-3=\r\n08T</p>\r\n"
        b"--B\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Location: https://example.com/a.png\r\n\r\niVBORw0=\r\n--B--\r\n"
    )


def make_vcard() -> bytes:
    return (
        b"BEGIN:VCARD\r\nVERSION:3.0\r\n"
        b"N:Ankka;Aku;;;\r\nitem1.TEL;TYPE=cell:+358 40 12\r\n 34567\r\n"
        b"EMAIL:aku@example.com\r\n"
        b"NOTE;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:t=E4=\r\nss=E4\r\n"
        b"PHOTO;ENCODING=b;TYPE=PNG:iVBO\r\n Rw0=\r\nEND:VCARD\r\n"
    )


def encrypted(data: bytes, password: str) -> bytes:
    target = io.BytesIO()
    msoffcrypto.OfficeFile(io.BytesIO(data)).encrypt(password, target)
    return target.getvalue()


def encrypted_odf(data: bytes, password: str) -> bytes:
    """As LibreOffice does it: deflated, padded, AES-256-CBC with a key by PBKDF2."""
    salt, start, rounds = b"s" * 16, b"i" * 16, 1000
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password.encode()).digest(), salt, rounds, 32)
    entries = []
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            if name in ("mimetype", "META-INF/manifest.xml"):
                continue
            packer = zlib.compressobj(wbits=-15)
            packed = packer.compress(old.read(name)) + packer.flush()
            pad = 16 - len(packed) % 16
            locker = Cipher(algorithms.AES256(key), modes.CBC(start)).encryptor()
            new.writestr(name, locker.update(packed + bytes([pad]) * pad) + locker.finalize())
            vector, salted, checksum = (
                base64.b64encode(value).decode()
                for value in (start, salt, hashlib.sha256(packed[:1024]).digest())
            )
            entries.append(
                f'<m:file-entry m:full-path="{name}"><m:encryption-data m:checksum="{checksum}"'
                f' m:checksum-type="#sha256-1k"><m:algorithm m:initialisation-vector="{vector}"'
                f' m:algorithm-name="x#aes256-cbc"/><m:key-derivation m:salt="{salted}"'
                f' m:key-derivation-name="PBKDF2" m:iteration-count="{rounds}"/>'
                '<m:start-key-generation m:start-key-generation-name="x#sha256"/>'
                "</m:encryption-data></m:file-entry>"
            )
        new.writestr(
            "META-INF/manifest.xml", f'<m:manifest xmlns:m="m">{"".join(entries)}</m:manifest>'
        )
    return target.getvalue()


SAMPLES: dict[str, Callable[[], bytes]] = {
    "docx": make_docx, "pptx": make_pptx, "odf": make_odt, "xls": make_xls, "xlsb": make_xlsb,
    "rtf": make_rtf, "doc": make_doc, "ppt": make_ppt, "epub": make_epub, "mhtml": make_mhtml,
    "vcard": make_vcard,
}  # fmt: skip
