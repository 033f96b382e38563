"""What the libraries that pdscan is measured against do with the same documents, and no more.

python -m bench.peer_documents LIBRARY PATH
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path


def _files(path: Path) -> list[Path]:
    return sorted(path.iterdir()) if path.is_dir() else [path]


def with_mailbox(path: Path) -> int:
    """Iterates over the messages; decodes none."""
    import mailbox

    return sum(1 for _ in mailbox.mbox(path, create=False))


def with_openpyxl(path: Path) -> int:
    """The values of all cells, in the read-only mode meant for large workbooks."""
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    return sum(1 for sheet in book for row in sheet.iter_rows(values_only=True) for _ in row)


def with_pypdfium2(path: Path) -> int:
    """The text of all pages."""
    import pypdfium2

    size = 0
    for file in _files(path):
        with pypdfium2.PdfDocument(file) as document:
            size += sum(len(page.get_textpage().get_text_bounded()) for page in document)
    return size


def with_kreuzberg(path: Path) -> int:
    """The content of all documents, without OCR and caches."""
    import kreuzberg

    config = kreuzberg.ExtractionConfig(use_cache=False)
    return sum(
        len(kreuzberg.extract_file_sync(str(file), config=config).content) for file in _files(path)
    )


LIBRARIES: dict[str, Callable[[Path], int]] = {
    "mailbox": with_mailbox, "openpyxl": with_openpyxl,
    "pypdfium2": with_pypdfium2, "kreuzberg": with_kreuzberg,
}  # fmt: skip

if __name__ == "__main__":
    print(LIBRARIES[sys.argv[1]](Path(sys.argv[2])))
