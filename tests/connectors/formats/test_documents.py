"""Every place of a document that can hold words is read, runs are joined, cells are not."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace

import docx
import pptx
import pytest
from odf import teletype
from odf.opendocument import load
from odf.text import P
from striprtf.striprtf import rtf_to_text

from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Reason

from . import samples
from .documents import OPTIONS, read, words_of

PLACES = {
    "docx": {
        "": ["Call 040 1299999", "boxed words", "fallback only", samples.PARAGRAPH, "0401\n234567"],
        "deleted text": ["Call 040 1234567"], "header 1": ["a header line"],
        "footer 1": ["a footer line"], "comments": ["a comment said"],
        "properties": ["Aino Author", "Matti Modifier", "keyed words"],
        "attributes": ["Tracy Changes"], "hyperlinks": ["mailto:link@example.com"],
        "comments attributes": ["Cara Comment", "CC"],
    },
    "pptx": {
        "slide 1": [samples.PARAGRAPH, "split 0401234567 end", "0401\n234567"],
        "slide 2": ["a hidden slide"], "notes 1": ["noted words"],
        "chart 1": ["charted Eeva", "serial words"], "properties": ["Aino Author"],
        "master 1": ["Click to edit"],
    },
    "odf": {
        "": [samples.PARAGRAPH, "a footnote said", "Cara Comment", "a comment said", "0401234567",
             "0401\n234567"],
        "headers and footers": ["a header line"], "properties": ["Aino Author"],
    },
    "xls": {
        "Asiakkaat": ["Aku\n0401\n234567\n", "358401234567", "å"], "Piilo": [samples.PARAGRAPH],
        "beside the cells": ["a header line", "Aino Author"],
    },
    "xlsb": {"Asiakkaat": ["Nimi\nPuhelin\nAku\n0401"]},
    "rtf": {
        "": [samples.PARAGRAPH, "0401\n234567", "»ółw", "テスト", "€5", "hidden words",
             "Call 040 1299999", "shown", "noted\n"],
        "deleted text": ["Call 040 1234567"], "notes": ["a footnote said"],
        "header": ["a header line"], "footer": ["a footer line"], "comments": ["a comment said"],
        "field codes": ["mailto:link@example.com"], "text boxes": ["boxed words"],
        "properties": ["Aino Author\nMatti Modifier"],
    },
    "doc": {
        "": [samples.PARAGRAPH, "Cell\n0401\n234567\n", "shown"], "footnotes": ["a footnote said"],
        "headers and footers": ["a header line"], "comments": ["a comment said"],
        "text boxes": ["boxed words"], "field codes": ["mailto:link@example.com"],
        "people and variables": ["Cara Comment"],
        "text boxes in headers": ["Call 040 1299999\n"], "deleted text": ["Call 040 1234567\n"],
    },
    "ppt": {
        "slide 1": [samples.PARAGRAPH, "0401\n234567", "a comment said"],
        "earlier version": ["earlier words"],
    },
    "epub": {"book.opf": ["Aino Author"]},
    "mhtml": {"headers": ["https://example.com/u/aino"]},
    "vcard": {"": ["Ankka\nAku", "+358 40 1234567", "aku@example.com", "tässä"]},
}  # fmt: skip

NESTED = {
    "doc": {"ObjectPool/_1/inner.txt": b"embedded words", "picture 1.png": b"\x89PNG"},
    "ppt": {"picture 1.png": b"\x89PNG"},
    "rtf": {"picture 1.png": b"\x89PNG"},
    "pptx": {"ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": b"PK"},
    "epub": {"OPS/one.xhtml": b"<html><body><p>Hetu 131052-308T", "OPS/cover.png": b"\x89PNG"},
    "mhtml": {"aino": b"<p>Hetu 131052-308T</p>", "a.png": b"\x89PNG"},
    "vcard": {"photo 1": b"\x89PNG"},
}


@pytest.mark.parametrize("module", PLACES)
def test_reads_every_place(module: str) -> None:
    result = read(module, samples.SAMPLES[module]())
    for part, texts in PLACES[module].items():
        for text in texts:
            assert text in result.parts.get(part, ""), (part, text, result.parts)
    for name, start in NESTED.get(module, {}).items():
        assert result.nested[name].startswith(start)
    assert result.gaps == []


@pytest.mark.parametrize("module", PLACES)
def test_small_blocks_hold_the_same_text(module: str) -> None:
    data = samples.SAMPLES[module]()
    assert read(module, data, replace(OPTIONS, block_size=16)).text == read(module, data).text


def test_a_text_box_is_not_told_twice() -> None:
    assert read("docx", samples.make_docx()).text.count("boxed words") == 1


@pytest.mark.parametrize(
    ("module", "data"),
    [("docx", samples.make_docx), ("odf", samples.make_odt), ("odf", samples.make_ods),
     ("xls", samples.make_xls), ("xlsb", samples.make_xlsb)],
)  # fmt: skip
def test_cells_bear_the_names_of_their_columns(module: str, data: object) -> None:
    result = read(module, data())  # type: ignore[operator]  # one of the makers above
    assert result.label_of("0401") == "Puhelin"
    assert result.label_of("Aku") == "Nimi"
    assert result.label_of("Hetu") == ""


def test_values_do_not_pass_for_names_of_columns() -> None:
    document = docx.Document()
    table = document.add_table(2, 2)
    for cell, text in zip(table._cells, ("Nimi", "Aku", "Hetu", "131052-308T"), strict=True):
        cell.text = text
    result = read("docx", samples.saved(document))
    assert result.label_of("131052-308T") == ""


def test_word_6_has_its_own_way() -> None:
    result = read("doc", samples.make_doc(word6=True))
    assert samples.PARAGRAPH in result.parts[""]
    assert "a comment said" in result.parts["comments"]


def test_a_sheet_of_repeated_cells_is_read_once() -> None:
    result = read("odf", samples.make_ods())
    assert result.parts["sheet Asiakkaat"].count("3.58E+011\n358401234567") == 1


# -- differential: no word that a library finds is missed -------------------------------------


def test_docx_against_python_docx() -> None:
    data = samples.make_docx()
    document = docx.Document(io.BytesIO(data))
    theirs = [paragraph.text for paragraph in document.paragraphs]
    theirs += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    theirs += [
        p.text for s in document.sections for p in (*s.header.paragraphs, *s.footer.paragraphs)
    ]
    theirs += [comment.text for comment in document.comments]
    assert words_of("\n".join(theirs)) <= read("docx", data).words()


def test_pptx_against_python_pptx() -> None:
    data = samples.make_pptx()
    theirs = []
    for slide in pptx.Presentation(io.BytesIO(data)).slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                theirs.append(shape.text_frame.text)
            if shape.has_table:
                theirs += [cell.text for row in shape.table.rows for cell in row.cells]
        if slide.has_notes_slide:
            theirs.append(slide.notes_slide.notes_text_frame.text)
    assert words_of("\n".join(theirs)) <= read("pptx", data).words()


@pytest.mark.parametrize("maker", [samples.make_odt, samples.make_ods])
def test_odf_against_odfpy(maker: object) -> None:
    data = maker()  # type: ignore[operator]  # one of the makers above
    document = load(io.BytesIO(data))
    # odfpy glues the marks and dates of notes into the words they stand at.
    theirs = [
        teletype.extractText(p) for p in document.getElementsByType(P)
        if not any(child.qname[1] in ("note", "annotation") for child in p.childNodes
                   if child.nodeType == child.ELEMENT_NODE)
    ]  # fmt: skip
    assert words_of("\n".join(theirs)) <= read("odf", data).words()


def test_rtf_against_striprtf() -> None:
    data = samples.make_rtf()
    theirs = words_of(rtf_to_text(data.decode("ascii"), errors="replace"))
    # It knows one code page only: words in the fonts of others come out as something else.
    theirs = {word for word in theirs if word.isascii() and len(word) > 1}
    lost = theirs - read("rtf", data).words()
    # striprtf runs a deletion and an insertion together: neither number was ever written.
    assert lost <= {"123456799999", "123456799999shown"}


# -- encryption ------------------------------------------------------------------------------


@pytest.mark.parametrize("maker", [samples.make_docx, samples.make_pptx])
def test_encrypted_packages_open_with_the_right_password_only(maker: object) -> None:
    data = maker()  # type: ignore[operator]  # one of the makers above
    locked = samples.encrypted(data, "oikea")
    with pytest.raises(UnreadableError) as error:
        read("encryption", locked, ReadOptions(passwords=("wrong",)))
    assert error.value.reason == Reason.ENCRYPTED
    assert "wrong" not in str(error.value)
    opened = read("encryption", locked, ReadOptions(passwords=("wrong", "oikea")), "file.docx")
    assert opened.nested == {"file.docx": data}


def test_encrypted_odf_opens_with_the_right_password_only() -> None:
    locked = samples.encrypted_odf(samples.make_odt(), "oikea")
    with pytest.raises(UnreadableError) as error:
        read("odf", locked, ReadOptions(passwords=("wrong",)))
    assert error.value.reason == Reason.ENCRYPTED
    opened = read("odf", locked, ReadOptions(passwords=("wrong", "oikea")))
    assert opened.parts == read("odf", samples.make_odt()).parts


def test_encrypted_odf_is_named() -> None:
    manifest = (
        b'<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><m:file-entry>'
        b"<m:encryption-data/></m:file-entry></m:manifest>"
    )
    data = samples.repacked(
        samples.make_odt(), lambda name, old: manifest if name.endswith("manifest.xml") else old
    )
    with pytest.raises(UnreadableError) as error:
        read("odf", data)
    assert error.value.reason == Reason.ENCRYPTED


def test_encrypted_members_of_a_package_are_gaps() -> None:
    data = bytearray(samples.make_docx())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        start = package.start_dir
    at = data.index(b"word/document.xml", start) - 46
    data[at + 8] |= 1
    result = read("docx", bytes(data))
    assert Reason.ENCRYPTED in result.reasons
    assert "a header line" in result.text


# -- limits ----------------------------------------------------------------------------------


def test_a_part_that_unpacks_to_too_much_is_a_gap() -> None:
    bomb = b"<a>" + b"<b>words</b>" * (1 << 18) + b"</a>"
    data = samples.repacked(
        samples.make_docx(), lambda name, old: bomb if name == "word/header1.xml" else old
    )
    result = read("docx", data, ReadOptions(limits=Limits(expanded=1 << 20)))
    assert [(gap.reason, gap.detail) for gap in result.gaps] == [(Reason.LIMIT, "word/header1.xml")]
    assert samples.PARAGRAPH in result.text


def test_entities_are_not_expanded() -> None:
    bomb = (
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "yyyyyyyyyy">]>'
        b'<w:hdr xmlns:w="w"><w:p><w:r><w:t>before&x;&y;after</w:t></w:r></w:p></w:hdr>'
    )
    data = samples.repacked(
        samples.make_docx(), lambda name, old: bomb if name == "word/header1.xml" else old
    )
    result = read("docx", data)
    assert "root:" not in result.text
    assert "before" in result.text


def test_a_vast_sheet_does_not_end_the_process() -> None:
    data = samples.make_xlsb({0: {0: "first"}, 1048575: {16383: "last"}})
    result = read("xlsb", data)
    assert result.reasons == [Reason.LIMIT]
