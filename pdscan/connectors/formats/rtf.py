r"""Rich Text Format 1.9.1: text in the code page of its font, parts, properties, objects, pictures.

Body, headers, footers, notes, comments, text boxes and properties are parts; hidden text is read;
tracked deletions are read as the paragraphs they were. ``\'xx`` bytes gather until the code page
changes, so that characters of two bytes stay whole whether or not both are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pdscan.connectors.formats.contents import read_whole
from pdscan.connectors.formats.interface import Content, Gap, Yield
from pdscan.connectors.formats.prose import Text
from pdscan.connectors.formats.rtf_objects import Binary, nested
from pdscan.connectors.interface import ReadOptions
from pdscan.errors import UnreadableError
from pdscan.model import Block, Reason

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?[0-9]{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})|\\(?P<sign>[^a-zA-Z])"
    rb"|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)|[\r\n]+|\\",
    re.DOTALL,
)
_CHARSETS = {
    0: "cp1252", 77: "mac-roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "cp936",
    136: "cp950", 161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256",
    186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_ALPHABETS = {"ansi": "cp1252", "mac": "mac-roman", "pc": "cp437", "pca": "cp850"}
_WORDS = {
    "par": "\n", "line": "\n", "sect": "\n", "page": "\n", "column": "\n", "row": "\n",
    "cell": "\n", "nestcell": "\n", "nestrow": "\n", "tab": "\t", "emdash": "—", "endash": "–",
    "emspace": " ", "enspace": " ", "qmspace": " ", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "zwj": "", "zwnj": "",
}  # fmt: skip
_SIGNS = {b"~": " ", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n", b"\\": "\\", b"{": "{",
          b"}": "}", b"\t": "\t"}  # fmt: skip
#: Where text goes that does not stand in the body: by destination, the part it makes.
_PARTS = {
    "header": "header", "headerl": "header", "headerr": "header", "headerf": "header",
    "footer": "footer", "footerl": "footer", "footerr": "footer", "footerf": "footer",
    "footnote": "notes", "annotation": "comments", "atnauthor": "comment authors",
    "atnid": "comment authors", "shptxt": "text boxes", "dptxbxtext": "text boxes",
    "shprslt": "text boxes as pictures",
    "fldinst": "field codes", "revtbl": "revised by", "info": "properties", "title": "properties",
    "subject": "properties", "author": "properties", "manager": "properties",
    "company": "properties", "operator": "properties", "category": "properties",
    "keywords": "properties", "comment": "properties", "doccomm": "properties",
    "hlinkbase": "properties", "userprops": "properties", "propname": "properties",
    "staticval": "properties", "linkval": "properties", "docvar": "variables",
    "bkmkstart": "bookmarks", "sv": "shapes", "ffdeftext": "form fields", "ffname": "form fields",
    "ffhelptext": "form fields", "ffstattext": "form fields", "ffl": "form fields",
    "ffentrymcr": "form fields", "template": "properties", "htmltag": "markup",
    "mailmerge": "mail merge", "mmconnectstr": "mail merge", "mmquery": "mail merge",
    "mmdatasource": "mail merge", "objclass": "objects", "xe": "index", "tc": "index",
    "filetbl": "files", "protusertbl": "users", "xmlattrvalue": "markup", "xmlname": "markup",
}  # fmt: skip
_MUTE = frozenset({
    "fonttbl", "colortbl", "stylesheet", "sn", "nonshppict", "listtext", "pntext", "upr",
    "generator", "blipuid", "bkmkend", "xmlnstbl", "fname", "falt", "panose", "fontemb",
    "listtable", "listoverridetable", "rsidtbl", "latentstyles", "themedata",
    "colorschememapping", "datastore",
})  # fmt: skip
#: Marked as to be skipped by who does not know them, with text boxes inside.
_TRANSPARENT = frozenset({"shpinst", "do", "background"})
_DATA = {"pict": "pict", "objdata": "objdata"}
_DEEPEST = 5000


@dataclass(slots=True)
class _Group:
    """What holds within a group and is forgotten at its end."""

    part: str | None = ""  # None: nothing here is text
    data: Binary | None = None
    encoding: str = ""
    skip: int = 1  # characters that stand after \u for readers without Unicode
    deleted: bool = False
    inserted: bool = False
    font_table: bool = False
    starred: bool = False
    own: bool = False  # the group itself is the destination


@dataclass(slots=True)
class _Sink:
    text: Text
    now: list[str] = field(default_factory=list)
    former: list[str] = field(default_factory=list)
    changed: bool = False


def read(content: Content, options: ReadOptions) -> Iterator[Yield]:
    """The text of an RTF document, its objects and pictures as nested items."""
    data = read_whole(content, options.limits.member_memory)
    start = data[:1024].find(b"{\\rtf")
    if start < 0:
        raise UnreadableError(Reason.CORRUPT, "no RTF header")
    reader = _Reader(options)
    yield from reader.run(data, start)
    yield from reader.rest()
    yield from nested(reader.binaries)
    if reader.depth > 0:
        yield Gap(Reason.TRUNCATED, "a group has no end")


class _Reader:
    def __init__(self, options: ReadOptions) -> None:
        self._size = options.block_size
        self._sinks: dict[str, _Sink] = {}
        self._group = _Group()
        self._stack: list[_Group] = []
        self._bytes = bytearray()
        self._left = 0  # characters still to skip after \u
        self._default = "cp1252"
        self._default_font = 0
        self._fonts: dict[int, str] = {}
        self._font = 0  # the one that the font table describes
        self._high = 0  # the first half of a surrogate pair
        self.binaries: list[Binary] = []

    @property
    def depth(self) -> int:
        return len(self._stack)

    def run(self, data: bytes, at: int) -> Iterator[Block]:
        """Reads all tokens; yields blocks of the body as they fill."""
        size = len(data)
        while at < size:
            token = _TOKEN.match(data, at)
            if token is None:
                break
            at = token.end()
            kind = token.lastgroup
            if kind == "text":
                self._plain(token["text"])
            elif kind == "word" or kind == "number":
                if token["word"] == b"bin":
                    length = min(max(int(token["number"] or 0), 0), size - at)
                    if self._group.data is not None:
                        self._group.data.raw += data[at : at + length]
                    at += length
                else:
                    self._control(token["word"].decode("ascii"), token["number"])
            elif kind == "hex":
                if self._left:
                    self._left -= 1
                elif self._group.part is not None:
                    self._bytes.append(int(token["hex"], 16))
            elif kind == "brace":
                self._brace(opening=token["brace"] == b"{")
                if not self._stack:
                    break  # what follows the document is padding
            elif kind == "sign":
                self._sign(token["sign"])
            if "" in self._sinks and self._sinks[""].text.full:
                yield from self._sinks[""].text.full_blocks()

    def rest(self) -> Iterator[Block]:
        """What has not been handed over: the end of the body, then the other parts."""
        self._flush()
        for sink in list(self._sinks.values()):
            self._end_line(sink)
        for _, sink in sorted(self._sinks.items()):
            yield from sink.text.blocks()

    # -- tokens ----------------------------------------------------------------------------

    def _brace(self, *, opening: bool) -> None:
        self._flush()
        self._left = 0
        if opening:
            if len(self._stack) >= _DEEPEST:
                raise UnreadableError(Reason.LIMIT, "groups nested too deep")
            self._stack.append(self._group)
            self._group = replace(self._group, starred=False, own=False)
        elif self._stack:
            inner, self._group = self._group, self._stack.pop()
            if inner.own and inner.part is not None:
                self._end_line(self._sink(inner.part))

    def _plain(self, text: bytes) -> None:
        if self._left:
            skipped = min(self._left, len(text))
            self._left -= skipped
            text = text[skipped:]
        if self._group.data is not None:
            self._group.data.hexadecimal += text
        elif self._group.part is not None:
            self._bytes += text

    def _sign(self, sign: bytes) -> None:
        if sign == b"*":
            self._group.starred = True
        elif self._left:
            self._left -= 1
        elif sign in _SIGNS:
            self._write(_SIGNS[sign])

    def _control(self, word: str, number: bytes | None) -> None:
        value = int(number) if number else None
        group = self._group
        starred, group.starred = group.starred, False
        if word == "u" and value is not None:
            self._unicode(value)
        elif word == "uc":
            group.skip = min(max(value or 0, 0), 100)
        elif self._left and word in _WORDS:
            self._left -= 1
        elif word in _WORDS:
            self._write(_WORDS[word])
        elif word in ("f", "af") and value is not None:
            self._use_font(word, value)
        elif word == "plain":
            self._flush()
            group.deleted = group.inserted = False
            group.encoding = self._fonts.get(self._default_font, "")
        elif word in ("deleted", "revised"):
            self._flush()
            setattr(group, "deleted" if word == "deleted" else "inserted", value != 0)
        elif word in _ALPHABETS:
            self._default = _ALPHABETS[word]
        elif word == "ansicpg" and value:
            self._default = _known(f"cp{value}", self._default)
        elif word == "deff":
            self._default_font = value or 0
        elif word in ("fcharset", "cpg") and group.font_table:
            self._describe_font(word, value or 0)
        else:
            self._destination(word, starred=starred)

    def _destination(self, word: str, *, starred: bool) -> None:
        group = self._group
        if word in _DATA:
            self._flush()
            group.part, group.data = None, Binary(_DATA[word])
            self.binaries.append(group.data)
        elif group.data is not None:
            group.data.words.append(word)
        elif word in _PARTS and (group.part is not None or starred):
            self._flush()
            group.part, group.own = _PARTS[word], True
        elif word == "ud":
            self._flush()
            # The Unicode half of a pair; its ANSI half stands before it and is mute.
            outer = self._stack[-2].part if len(self._stack) > 1 else ""
            group.part = outer
        elif word in _MUTE or (starred and word not in _TRANSPARENT):
            self._flush()
            group.part = None
            group.font_table |= word == "fonttbl"

    # -- characters ------------------------------------------------------------------------

    def _unicode(self, value: int) -> None:
        code = value & 0xFFFF
        if 0xD800 <= code < 0xDC00:
            self._high = code
        elif 0xDC00 <= code < 0xE000:
            if self._high:
                self._write(chr(0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00))
            self._high = 0
        else:
            # Symbol fonts put their signs into the private area, over the codes of ASCII.
            self._write(chr(code & 0xFF if 0xF020 <= code <= 0xF0FF else code))
        self._left = self._group.skip

    def _use_font(self, word: str, number: int) -> None:
        if self._group.font_table:
            self._font = number
        elif word == "f":
            self._flush()
            self._group.encoding = self._fonts.get(number, "")

    def _describe_font(self, word: str, value: int) -> None:
        if word == "cpg":
            self._fonts[self._font] = _known(f"cp{value}", "")
        elif value in _CHARSETS:
            self._fonts.setdefault(self._font, _known(_CHARSETS[value], ""))

    def _flush(self) -> None:
        if self._bytes:
            data = bytes(self._bytes)
            self._bytes.clear()
            self._put(data.decode(self._group.encoding or self._default, "replace"))

    def _write(self, text: str) -> None:
        self._flush()
        self._put(text)

    def _put(self, text: str) -> None:
        group = self._group
        if group.part is None or not text:
            return
        sink = self._sink(group.part)
        if group.deleted or group.inserted:
            sink.changed = True
        if not group.deleted:
            sink.now.append(text)
        if not group.inserted:
            sink.former.append(text)
        if text == "\n":
            self._end_line(sink)

    def _sink(self, part: str) -> _Sink:
        sink = self._sinks.get(part)
        if sink is None:
            sink = self._sinks[part] = _Sink(Text(part, self._size))
        return sink

    def _end_line(self, sink: _Sink) -> None:
        sink.text.line("".join(sink.now).strip("\n"))
        if sink.changed:
            self._sink("deleted text").text.line("".join(sink.former).strip("\n"))
        sink.now, sink.former, sink.changed = [], [], False


def _known(encoding: str, otherwise: str) -> str:
    try:
        "".encode(encoding)
    except LookupError:
        return otherwise
    return encoding
