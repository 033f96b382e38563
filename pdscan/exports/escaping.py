"""Making text that came from the scanned data harmless where it is shown.

A file name or preview may hold escape sequences that rewrite a terminal, characters that turn the
reading direction around, or a formula that a spreadsheet runs (CWE-150, CWE-1236).
"""

from __future__ import annotations

import re
import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

_SAFE = re.compile(r"[\x20-\x7e\xa1-\u024f]*")
#: Control (Cc), format (Cf: direction marks, zero width), surrogate, and line/paragraph separators.
_HARMFUL = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: What spreadsheets take for the beginning of a formula or strip to find one; the full-width signs
#: as well, which some of them fold.
_FORMULA = "^[ \u00a0]*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"


def for_terminal(text: str) -> str:
    r"""`text` with control and direction characters written out: ``\x1b``, ``\u202e``."""
    if _SAFE.fullmatch(text):
        return text
    return "".join(
        _written(sign) if unicodedata.category(sign) in _HARMFUL else sign for sign in text
    )


def _written(sign: str) -> str:
    code = ord(sign)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def for_spreadsheet(column: pa.Array) -> pa.Array:
    """A string column in which no cell begins a formula: such cells get a ``'`` in front.

    As OWASP's CSV Injection page advises; the sign stays visible, and the rest is unchanged.
    """
    harmful = pc.match_substring_regex(column, _FORMULA)
    return pc.if_else(harmful, pc.binary_join_element_wise("'", column, ""), column)
