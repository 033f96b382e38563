"""What a content is, by what stands in it; its extension only breaks ties.

libmagic knows the binary formats. What it is bad at is looked at here: text formats (mail,
mailboxes, JSON, tables, dumps), and what a ZIP or OLE container is used for.
"""

from __future__ import annotations

import ctypes
import json
import re
import sys
import threading
import types
import zipfile
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Any

import olefile

from pdscan.connectors.decode import decode_head, looks_like_text
from pdscan.connectors.formats.contents import seekable_stream
from pdscan.connectors.formats.dialects import sniff
from pdscan.connectors.formats.interface import Content
from pdscan.errors import UnreadableError

OCTETS = "application/octet-stream"
_MAGIC_BYTES = 16 << 10  # libmagic's answers do not change beyond, its time does

# -- text ------------------------------------------------------------------------------------

_MAIL_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}:")
_MAIL_NAMES = re.compile(
    r"(?im)^(?:from|to|cc|subject|date|message-id|received|return-path|mime-version|delivered-to"
    r"|content-type|reply-to|x-[a-z-]+):"
)
_FROM_LINE = re.compile(r"From \S.* (?:19|20)\d\d\b")
_FROM_DATE = re.compile(
    r"From \S+ +(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} [ \d]\d \d\d:\d\d(?::\d\d)? "
)
_HTML = re.compile(
    r"(?is)\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|title|meta|div|table|p|h1|ul|span|script|style)\b"
)
_XML = re.compile(
    r"(?s)\A\s*(?:<\?xml\s|<!DOCTYPE\s|<!--|<[A-Za-z_][\w.:-]*(?:\s+[\w.:-]+\s*=\s*[\"'][^<]*?[\"'])*\s*/?>)"
)
_SQL = re.compile(
    r"(?im)^(?:INSERT\s+(?:IGNORE\s+)?INTO\s+\S+|CREATE\s+TABLE\s+\S+|COPY\s+\S+\s*\([^)]*\)\s+FROM\s+stdin"
    r"|-- (?:PostgreSQL|MySQL|MariaDB) (?:database )?dump|LOCK TABLES\s)"
)
_BY_START = (
    ("{\\rtf", "text/rtf"),
    ("-----BEGIN PKCS7-----", "application/pkcs7-mime"),
    ("-----BEGIN CMS-----", "application/pkcs7-mime"),
    ("-----BEGIN PGP MESSAGE-----", "application/pgp-encrypted"),
    ("BEGIN:VCARD", "text/vcard"),
    ("BEGIN:VCALENDAR", "text/calendar"),
)
_BY_EXTENSION = {
    ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values",
    ".html": "text/html", ".htm": "text/html", ".xhtml": "text/html", ".xml": "text/xml",
    ".sql": "application/sql", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson",
    ".eml": "message/rfc822",
}  # fmt: skip

# -- containers ------------------------------------------------------------------------------

_OOXML = "application/vnd.openxmlformats-officedocument."
_ZIP_PARTS = (
    ("xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroenabled.12"),
    ("xl/workbook.xml", _OOXML + "spreadsheetml.sheet"),
    ("word/document.xml", _OOXML + "wordprocessingml.document"),
    ("ppt/presentation.xml", _OOXML + "presentationml.presentation"),
    ("xl/", _OOXML + "spreadsheetml.sheet"),
    ("word/", _OOXML + "wordprocessingml.document"),
    ("ppt/", _OOXML + "presentationml.presentation"),
    ("Index/Document.iwa", "application/vnd.apple.iwork"),
    ("buildVersionHistory.plist", "application/vnd.apple.iwork"),
    ("META-INF/container.xml", "application/epub+zip"),
    ("content.xml", "application/vnd.oasis.opendocument.text"),
    ("META-INF/MANIFEST.MF", "application/java-archive"),
)
_OLE_STREAMS = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
    ("EncryptedPackage", "application/x-ooxml-encrypted"),
    ("VisioDocument", "application/vnd.visio"),
)
# A ContentInfo of RFC 5652: a sequence that begins with an object identifier of PKCS #7 or S/MIME.
_CMS = re.compile(
    rb"0(?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....)\x06"
    rb"(?:\x09\*\x86H\x86\xf7\r\x01\x07|\x0b\*\x86H\x86\xf7\r\x01\x09\x10\x01)",
    re.DOTALL,
)
_OLE_HELD = 256 << 20  # bytes of a compound file inside a container that are held to look into it
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SIGNATURES = (
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"PAR1", "application/vnd.apache.parquet"),
    (b"ARROW1\0\0", "application/vnd.apache.arrow.file"),
    (b"FEA1", "application/x-feather"),
    (b"\xff\xff\xff\xff", ""),  # an Arrow stream if a schema follows, see below
    (b"ORC", "application/x-orc"),
    (b"Obj\x01", "application/avro"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"!BDN", "application/vnd.ms-outlook-pst"),
    (b"\x78\x9f\x3e\x22", "application/vnd.ms-tnef"),
)
_SAME = {
    "application/x-gzip": "application/gzip", "application/x-zip-compressed": "application/zip",
    "application/x-sqlite3": "application/vnd.sqlite3", "application/x-zstd": "application/zstd",
    "application/x-wine-extension-ini": "text/plain", "application/x-setupscript": "text/plain",
    "text/xml": "text/xml", "application/xml": "text/xml", "application/x-ndjson": "text/plain",
    "application/json": "text/plain", "application/csv": "text/plain", "text/csv": "text/plain",
    "application/javascript": "text/javascript",
}  # fmt: skip


def identify(content: Content) -> str:
    """The media type of `content`; ``application/octet-stream`` where nothing is recognised."""
    head = content.head
    if not head:
        return "application/x-empty"
    for signature, media_type in _SIGNATURES:
        if media_type and head.startswith(signature):
            return media_type
    if head.startswith(b"\xff\xff\xff\xff") and b"\x00\x04\x00" in head[4:64]:
        return "application/vnd.apache.arrow.stream"
    if _CMS.match(head):
        return "application/pkcs7-mime"
    if head.startswith(b"PK\x03\x04"):
        return _zip(content)
    if head.startswith(_OLE):
        return _ole(content)
    if _is_tar(head):
        return "application/x-tar"
    if looks_like_text(head):
        return _text(decode_head(head), content)
    found = _libmagic(head[:_MAGIC_BYTES])
    found = _SAME.get(found, found)
    # libmagic takes stray bytes for text; what holds zero bytes and did not look like text is not.
    return OCTETS if found.startswith("text/") and b"\0" in head else found


def _is_tar(head: bytes) -> bool:
    """Whether a tar header with its right checksum comes first: the oldest have no other sign."""
    try:
        stated = int(head[148:156].strip(b"\0 "), 8)
    except ValueError:
        return False
    return len(head) >= 512 and stated == sum(head[:148]) + sum(head[156:512]) + 8 * 0x20


def _text(text: str, content: Content) -> str:
    extension = PurePosixPath(content.name).suffix.lower()
    text = text.lstrip("\ufeff")
    start = text.lstrip()[:2048]
    for sign, media_type in _BY_START:
        if start.startswith(sign):
            return media_type
    first, _, following = text.partition("\n")
    if _FROM_DATE.match(first) or (_FROM_LINE.match(first) and _is_mail(following)):
        return "message/rfc822" if extension == ".eml" else "application/mbox"
    if start.startswith("%PDF-"):
        return "application/pdf"
    if start.startswith(("{", "[")) and (media_type := _json(text, content)):
        return media_type
    if start.startswith("<"):
        if _HTML.match(text):
            return "text/html"
        if _XML.match(text):
            return "text/html" if extension in (".html", ".htm") else "text/xml"
    if _is_mail(text):
        saved = extension in (".mht", ".mhtml") and "multipart/related" in start.lower()
        return "application/x-mimearchive" if saved else "message/rfc822"
    if len(_SQL.findall(text[: 16 << 10])) >= (1 if extension == ".sql" else 2):
        return "application/sql"
    by_extension = _BY_EXTENSION.get(extension, "")
    dialect = sniff(text, is_expected=by_extension in ("text/csv", "text/tab-separated-values"))
    if dialect is not None:
        return "text/tab-separated-values" if dialect.delimiter == "\t" else "text/csv"
    if by_extension in ("text/html", "application/sql", "message/rfc822"):
        return by_extension if by_extension != "message/rfc822" or _is_mail(text) else "text/plain"
    if not text.startswith(_OF_PROGRAMS):
        return "text/plain"
    found = _libmagic(text[:_MAGIC_BYTES].encode("utf-8", "replace"))
    found = _SAME.get(found, found)
    if found in ("application/octet-stream", "text/html", "text/xml", "message/rfc822"):
        return "text/plain"
    # A known binary format may begin with text only (PostScript, some PDFs, uuencoded archives).
    return found if found.startswith("text/") or found in _TEXTUAL_FORMATS else "text/plain"


# libmagic takes longer for a short text than all the rest of reading it, and nothing depends on
# whether it calls it prose or C; only what begins like one of these may be of a format of its own.
_OF_PROGRAMS = ("#!", "%!", "WARC/", "-----BEGIN", "begin ", "<?")
_TEXTUAL_FORMATS = ("application/postscript", "application/warc", "application/pgp-encrypted")


def _is_mail(text: str) -> bool:
    """Whether `text` begins with the headers of a message (RFC 5322), two known ones at least."""
    head: list[str] = []
    for line in text.split("\n")[:60]:
        line = line.rstrip("\r")
        if not line:
            break
        if not (_MAIL_HEADER.match(line) or (head and line[0] in " \t") or line[0] == ">"):
            return False
        head.append(line)
    return len({name.lower() for name in _MAIL_NAMES.findall("\n".join(head))}) >= 2


def _json(text: str, content: Content) -> str:
    """JSON, or one JSON value a line; empty where it is neither."""
    first, line_break, rest = text.lstrip().partition("\n")
    is_whole = content.size is not None and content.size <= len(content.head)
    with suppress(ValueError):
        value = json.loads(first)
        following = rest.lstrip()
        if isinstance(value, dict | list) and line_break and following.startswith(("{", "[")):
            return "application/x-ndjson"
        return "application/json" if isinstance(value, dict | list) else ""
    if re.match(r'(?s)\s*(?:\{\s*(?:"|\})|\[\s*(?:[\[{"\d\]-]|true|false|null))', text) is None:
        return ""
    if is_whole:
        with suppress(ValueError):
            json.loads(text)
            return "application/json"
        return "application/json" if content.name.lower().endswith(".json") else ""
    return "application/json"


def _zip(content: Content) -> str:
    names, kind = _zip_names(content)
    if kind:
        return kind
    for part, media_type in _ZIP_PARTS:
        if any(name.replace("\\", "/").startswith(part) for name in names):
            return media_type
    return "application/zip"


def _zip_names(content: Content) -> tuple[list[str], str]:
    """Member names, and the type in the first member ``mimetype`` (ODF, EPUB)."""
    names: list[str] = []
    kind = ""
    # The local headers in sight suffice for most, and cost nothing.
    for hit in re.finditer(rb"PK\x03\x04.{22}(..)(..)", content.head, re.DOTALL):
        length = int.from_bytes(hit[1], "little")
        extra = int.from_bytes(hit[2], "little")
        name = content.head[hit.end() : hit.end() + length].decode("utf-8", "replace")
        names.append(name)
        if name == "mimetype" and not kind:
            body = content.head[hit.end() + length + extra :][:128]
            if match := re.match(rb"application/[\w.+-]+?(?=PK|$|\s)", body):
                kind = match[0].decode()
    if not kind and content.path is not None:
        with (
            suppress(OSError, zipfile.BadZipFile, ValueError, NotImplementedError),
            zipfile.ZipFile(content.path) as archive,
        ):
            names += archive.namelist()
    return names, kind


def _ole(content: Content) -> str:
    """The use of an OLE compound file by the streams at its root: those of embedded objects, in
    storages of their own, say nothing ([MS-CFB] 2.6).
    """
    names: set[str] = set()
    with (
        suppress(OSError, ValueError, LookupError, ArithmeticError, UnreadableError),
        seekable_stream(content, _OLE_HELD) as stream,
        olefile.OleFileIO(stream) as ole,
    ):
        names = {path[0].lower() for path in ole.listdir() if len(path) == 1}
    for name, media_type in _OLE_STREAMS:
        if name.lower() in names:
            return media_type
    found = _libmagic(content.head[:_MAGIC_BYTES])
    return found if found.startswith("application/vnd") else "application/x-ole-storage"


# -- libmagic --------------------------------------------------------------------------------

_lock = threading.Lock()


def _libmagic(head: bytes) -> str:
    with _lock:
        magic = _magic()
    if magic is None:
        return "text/plain" if looks_like_text(head) else OCTETS
    return str(magic.from_buffer(head))


@cache
def _magic() -> Any:
    """libmagic: the system's, which is newer, else the one in the package `pylibmagic`.

    That package is looked for, never imported: its import changes the environment. None where
    there is neither.
    """
    try:
        import magic

        return magic.Magic(mime=True)
    except ImportError:
        spec = find_spec("pylibmagic")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for library in sorted(Path(folder).glob("libmagic.*")):
            with suppress(OSError):
                _offer(ctypes.CDLL(str(library)))
                import magic

                return magic.Magic(mime=True, magic_file=str(Path(folder) / "magic.mgc"))
    return None


def _offer(library: ctypes.CDLL) -> None:
    """Hands `library` to python-magic, in place of its own search for one."""
    loader = types.ModuleType("magic.loader")
    loader.load_lib = lambda: library  # type: ignore[attr-defined] # a module made here
    sys.modules["magic.loader"] = loader
