"""The registry of format readers: one line each, loaded when first needed.

Order matters only where two lines name the same media type: the first whose needs are installed
is taken.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

from pdscan.connectors.formats import ocr
from pdscan.connectors.formats.interface import Reader
from pdscan.errors import UnreadableError
from pdscan.model import Reason


@dataclass(frozen=True, slots=True)
class Format:
    """One reader: ``module`` (in this package) has a `read` function for ``media_types``.

    A media type that ends with ``*`` stands for all that begin so. ``needs`` are import names that
    may be missing, ``extra`` is the part of pdscan that brings them. ``is_text`` says that the
    bytes are text too, to be read as such where the structure is damaged; ``has_records`` that what
    stands in it is rows or records, which belong to different people.
    """

    module: str
    media_types: tuple[str, ...]
    needs: tuple[str, ...] = ()
    extra: str = ""
    is_text: bool = False
    has_records: bool = False

    def reads(self, media_type: str) -> bool:
        """Whether `media_type` is one of the format's."""
        return any(
            media_type.startswith(known[:-1]) if known.endswith("*") else media_type == known
            for known in self.media_types
        )

    def load(self) -> Reader:
        """The reader; raises `UnreadableError` (EXTRA) where a part is not installed."""
        if not self.is_installed():
            hint = f"pip install 'pdscan[{self.extra}]'" if self.extra else ", ".join(self.needs)
            raise UnreadableError(Reason.EXTRA, hint)
        reader: Reader = importlib.import_module(f"{__name__}.{self.module}").read
        return reader

    def is_installed(self) -> bool:
        """Whether everything the format needs can be imported."""
        return all(find_spec(name) is not None for name in self.needs)


FORMATS = (
    Format("mbox", ("application/mbox",)),
    Format("mime", ("message/rfc822",), is_text=True),
    Format("msg", ("application/vnd.ms-outlook",)),
    Format("pst", ("application/vnd.ms-outlook-pst",)),
    Format("mapi", ("application/vnd.pdscan.mapi",)),
    Format("tnef", ("application/vnd.ms-tnef", "application/ms-tnef")),
    Format("smime", (
        "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    )),
    Format("pgp", ("application/pgp-encrypted", "application/pgp")),
    Format("zips", ("application/zip", "application/java-archive")),
    Format("tars", ("application/x-tar", "application/x-gtar", "application/x-ustar")),
    Format("archives", (
        "application/x-7z-compressed", "application/x-rar", "application/vnd.rar",
        "application/vnd.ms-cab-compressed", "application/x-iso9660-image", "application/x-cpio",
        "application/x-archive", "application/vnd.debian.binary-package", "application/x-rpm",
        "application/x-lha", "application/x-lzh-compressed",
    )),
    Format("warc", ("application/warc",)),
    Format("csv", ("text/csv", "text/tab-separated-values"), is_text=True, has_records=True),
    Format("json", ("application/json", "application/x-ndjson"), is_text=True, has_records=True),
    Format("xml", ("text/xml",), is_text=True),
    Format("html", ("text/html",), is_text=True),
    Format("sql_dump", ("application/sql",), is_text=True, has_records=True),
    Format("arrow", (
        "application/vnd.apache.parquet", "application/x-orc", "application/x-feather",
        "application/vnd.apache.arrow.file", "application/vnd.apache.arrow.stream",
    ), has_records=True),
    Format("pdf", ("application/pdf",)),
    Format("docx", ("application/vnd.openxmlformats-officedocument.wordprocessingml.*",
                    "application/vnd.ms-word.*")),
    Format("pptx", ("application/vnd.openxmlformats-officedocument.presentationml.*",
                    "application/vnd.ms-powerpoint.*")),
    Format("odf", ("application/vnd.oasis.opendocument.*", "application/vnd.sun.xml.*")),
    Format("xlsb", ("application/vnd.ms-excel.sheet.binary.macroenabled.12",), has_records=True),
    Format("xls", ("application/vnd.ms-excel",), has_records=True),
    Format("doc", ("application/msword",)),
    Format("ppt", ("application/vnd.ms-powerpoint",)),
    Format("rtf", ("text/rtf", "application/rtf")),
    Format("encryption", ("application/x-ooxml-encrypted",)),
    Format("oleobject", ("application/x-ole-storage",)),
    Format("epub", ("application/epub+zip",)),
    Format("mhtml", ("application/x-mimearchive", "multipart/related")),
    Format("vcard", ("text/vcard", "text/calendar"), is_text=True),
    Format("iwork", ("application/vnd.apple.*",)),
    Format("xlsx", ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",),
           has_records=True),
    Format("sqlite", ("application/vnd.sqlite3",), has_records=True),
    Format("compressed", (
        "application/gzip", "application/x-bzip2", "application/x-xz", "application/zstd",
    )),
    Format("images", (
        "image/png", "image/jpeg", "image/tiff", "image/gif", "image/bmp", "image/x-ms-bmp",
        "image/webp", "image/x-portable-*",
    ), ocr.NEEDS, ocr.EXTRA),
    Format("text", ("text/*", "message/*", "application/x-empty"), is_text=True, has_records=True),
    Format("binary", (
        "application/octet-stream", "application/x-executable", "application/x-pie-executable",
        "application/x-sharedlib", "application/x-object", "application/x-mach-binary",
        "application/x-dosexec", "application/vnd.microsoft.portable-executable",
        "application/x-bytecode.python", "application/x-java-applet", "application/x-coredump",
        "application/x-gettext-translation", "application/x-terminfo", "application/x-archive",
        "application/x-dbf", "font/*",
    )),
)  # fmt: skip

FORMATS_BY_MODULE = {known.module: known for known in FORMATS}


@cache
def format_of(media_type: str) -> Format | None:
    """The format that reads `media_type`: the first that is installed, else the first."""
    able = [known for known in FORMATS if known.reads(media_type)]
    return next((known for known in able if known.is_installed()), able[0] if able else None)
