"""Broken and hostile documents: text, gaps or `UnreadableError`, and an end to it; nothing else."""

from __future__ import annotations

import io
import random
import struct
import time
import zipfile

import pytest

from pdscan.connectors.formats.compound_writer import Storage, write_compound
from pdscan.connectors.interface import Limits, ReadOptions
from pdscan.errors import UnreadableError

from . import samples
from .documents import Result, read
from .test_iwork import document
from .test_pdf import make_pdf
from .test_warc import web_archive

pytestmark = pytest.mark.usefixtures("without_ocr")
OPTIONS = ReadOptions(limits=Limits(member_memory=32 << 20, expanded=64 << 20), passwords=("x",))
SAMPLES = {**samples.SAMPLES, "pdf": make_pdf, "warc": web_archive, "iwork": document}
MODULES = [*SAMPLES]
_TRIALS = 60
_SLOW = 5.0  # seconds for a file of some kB


def sample(module: str) -> bytes:
    return SAMPLES[module]()


def survives(module: str, data: bytes) -> Result | None:
    start = time.monotonic()
    try:
        return read(module, data, OPTIONS)
    except UnreadableError:
        return None
    except AssertionError:
        raise
    except Exception as error:
        raise AssertionError(f"{module} raised {error!r}") from error
    finally:
        assert time.monotonic() - start < _SLOW


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    kind = chance.randrange(4)
    if kind == 0:
        return bytes(changed[: chance.randrange(len(changed))])
    if kind == 1:
        at = chance.randrange(len(changed))
        del changed[at : at + chance.randrange(1, 64)]
        return bytes(changed)
    for _ in range(chance.choice((1, 4, 30))):
        at = chance.randrange(len(changed))
        if kind == 2:
            changed[at] ^= 1 << chance.randrange(8)
        else:
            number = struct.pack("<I", chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x80000000)))
            changed[at : at + 4] = number[: len(changed) - at]
    return bytes(changed)


def repacked(data: bytes, chance: random.Random) -> bytes:
    """The package with one part mutated: what compression hides from mutations of the whole."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w") as new:
        parts = [info for info in old.infolist() if info.file_size]
        chosen = chance.choice(parts).filename
        for info in parts:
            content = old.read(info)
            is_it = info.filename == chosen
            new.writestr(info.filename, mutated(content, chance) if is_it else content)
    return target.getvalue()


@pytest.mark.parametrize("module", MODULES)
def test_survives_mutations(module: str) -> None:
    chance = random.Random(module)  # repeatable trials, no secret
    data = sample(module)
    is_package = data.startswith(b"PK")
    for trial in range(_TRIALS):
        broken = repacked(data, chance) if is_package and trial % 2 else mutated(data, chance)
        survives(module, broken)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize(
    "data", [b"", b"x", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf1"]
)
def test_survives_next_to_nothing(module: str, data: bytes) -> None:
    survives(module, data)


def test_deep_nesting_ends() -> None:
    survives("rtf", b"{\\rtf1 " + b"{\\b " * 200_000 + b"131052-308T")
    body = b'<w:document xmlns:w="w">' + b"<w:tbl><w:tr><w:tc>" * 5000 + b"<w:p/>"
    data = samples.repacked(
        samples.make_docx(), lambda name, old: body if name == "word/document.xml" else old
    )
    result = survives("docx", data)
    assert result is not None
    assert result.gaps


def test_billions_of_repeated_cells_are_read_once() -> None:
    body = (
        b'<o:d xmlns:o="o" xmlns:t="t"><o:spreadsheet><t:table t:name="x">'
        b'<t:table-row t:number-rows-repeated="1048576">'
        b'<t:table-cell t:number-columns-repeated="999999999"><p>131052-308T</p></t:table-cell>'
        b'<t:table-cell><p xmlns:x="x"><s t:c="999999999"/></p></t:table-cell>'
        b"</t:table-row></t:table></o:spreadsheet></o:d>"
    )
    data = samples.repacked(
        samples.make_ods(), lambda name, old: body if name == "content.xml" else old
    )
    result = survives("odf", data)
    assert result is not None
    assert len(result.text) < 5000


def test_what_decrypts_to_something_encrypted_ends() -> None:
    main = bytearray(0x400)
    struct.pack_into("<HH", main, 0, 0xA5EC, 0xC1)
    struct.pack_into("<H", main, 10, 0x0100)
    assert survives("doc", write_compound({"WordDocument": bytes(main)})) is None


def test_storages_nested_without_end_are_cut_off() -> None:
    inner: Storage = {"x": b"y" * 10}
    for _ in range(60):
        inner = {"s": inner, "x": b"y"}
    book = struct.pack("<HHHH", 0x809, 4, 0x600, 5) + struct.pack("<HH", 0x0A, 0)
    survives("xls", write_compound({"Workbook": book, "MBD1": inner}))
