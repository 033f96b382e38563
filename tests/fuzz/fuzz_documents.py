"""Fuzz target for the document readers: ``python -m tests.fuzz.fuzz_documents MODULE [options]``.

Options are libFuzzer's (``-max_total_time=60``). Readers of packages and of compound files get the
input as their main part, since compression and tables keep a fuzzer out of what lies inside. Finds
belong into `tests/connectors/formats/test_hostile.py`.
"""

from __future__ import annotations

import importlib
import io
import sys
import tempfile
import zipfile
from pathlib import Path

import atheris
import olefile

with atheris.instrument_imports(include=["pdscan"]):
    importlib.import_module(f"pdscan.connectors.formats.{sys.argv[1]}")
    from pdscan.connectors.formats.compound_writer import write_compound
    from pdscan.errors import UnreadableError
    from tests.connectors.formats import samples
    from tests.connectors.formats.documents import read
    from tests.connectors.formats.test_hostile_documents import OPTIONS, sample

MAIN_PARTS = {
    "docx": "word/document.xml", "pptx": "ppt/slides/slide1.xml", "odf": "content.xml",
    "xlsb": "xl/worksheets/sheet1.bin", "epub": "OPS/book.opf",
    "iwork": "Index/Document.iwa",
}  # fmt: skip
MAIN_STREAMS = {"doc": "WordDocument", "ppt": "PowerPoint Document", "xls": "Workbook"}


def main() -> None:
    module = sys.argv.pop(1)
    whole = sample(module)
    part = MAIN_PARTS.get(module)
    seed = whole
    if part:
        with zipfile.ZipFile(io.BytesIO(whole)) as package:
            seed = package.read(part)
    streams: dict[str, bytes] = {}
    if module in MAIN_STREAMS:
        with olefile.OleFileIO(io.BytesIO(whole)) as ole:
            streams = {"/".join(p): ole.openstream(p).read() for p in ole.listdir() if len(p) == 1}
        seed = streams[MAIN_STREAMS[module]]

    def one(data: bytes) -> None:
        document = data
        if part:
            document = samples.repacked(whole, lambda name, old: data if name == part else old)
        if streams:
            document = write_compound({**streams, MAIN_STREAMS[module]: data})
        try:
            read(module, document, OPTIONS)
        except UnreadableError:
            return

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seed").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
