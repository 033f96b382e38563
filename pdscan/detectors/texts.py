"""Work on columns of texts that no table of bytes describes: Arrow strings and their patterns.

Patterns must mean the same to RE2 (Arrow) and to `re`: Arrow compiles a pattern at every call,
which pays for long columns only, so short ones go through `re`. Unicode's classes of letters take
RE2 long to compile, `LETTER` and `CAPITAL` do not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pdscan.detectors.interface import Candidates, Flags, Judged
from pdscan.model import Bytes2D, Ints

#: Inside of classes: letters of the Latin alphabets, and some capitals that begin a name.
LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽĿŁŃŅŇŌŎŐŒŔŖŘŚŜŞŠŢŤŨŪŬŮŰŲŴŶŸŹŻŽ"


_MANY = 512
_SHORT = 20  # bytes


@dataclass(frozen=True, slots=True)
class Cut:
    """Which of n texts hold a pattern, what it found (null where not), and how to trim to it."""

    found: Flags
    text: pa.Array
    trim_start: Ints
    trim_end: Ints

    def or_else(self, other: Cut) -> Cut:
        """What was found here, and `other` where nothing was."""
        return Cut(
            self.found | other.found,
            pc.coalesce(self.text, other.text),
            np.where(self.found, self.trim_start, other.trim_start),
            np.where(self.found, self.trim_end, other.trim_end),
        )

    def where(self, wanted: Flags) -> Cut:
        """Only what is wanted."""
        found = self.found & wanted
        text = pc.if_else(pa.array(found), self.text, pa.scalar(None, pa.string()))
        return Cut(found, text, self.trim_start * found, self.trim_end * found)


def strings(rows: Bytes2D, lengths: Ints) -> pa.Array:
    """Rows of bytes (n × w) as n Arrow strings."""
    offsets = np.zeros(len(rows) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    filled = np.arange(rows.shape[1]) < lengths[:, None]
    return pa.StringArray.from_buffers(
        len(rows), pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows[filled]))
    )


def rows(texts: pa.Array) -> Bytes2D:
    """Arrow strings as rows of bytes (n × w), padded with zeros; a null is empty."""
    forms = np.array([text.encode() for text in pc.fill_null(texts, "").to_pylist()], np.bytes_)
    width = max(forms.dtype.itemsize, 1)
    return forms.view(np.uint8).reshape(len(forms), width)


def flags(answers: pa.Array) -> Flags:
    """Answers of Arrow as flags; a null is no."""
    found: Flags = pc.fill_null(answers, False).to_numpy(zero_copy_only=False)
    return found


def matches(texts: pa.Array, pattern: str) -> Flags:
    """Which texts hold `pattern`; ``$`` is the end of the text and nothing else."""
    if len(texts) >= _MANY:
        return flags(pc.match_substring_regex(texts, pattern))
    compiled = re.compile(pattern.replace("$", r"\Z"))
    found = [bool(text and compiled.search(text)) for text in texts.to_pylist()]
    return np.array(found, np.bool_)


def cut(texts: pa.Array, lead: str, core: str, border: str = "") -> Cut:
    """The first `core` in each text after `lead` (from the beginning of the text on), with
    `border` behind it.
    """
    first, second = extract(texts, rf"(?s)^(?P<lead>{lead})(?P<core>{core}){border}")
    return _trimmed(texts, first, second, flags(pc.is_valid(first)))


def cut_around(
    candidates: Candidates, before: str, after: str, *, border: str = "", between: str = ""
) -> Cut:
    """`before`, at the end of what stands before the anchors, and `after` right behind them, with
    `border` behind that. `between` stands before the anchors too, but does not belong to it.
    """
    head, tail = around(candidates)
    lead, first = extract(head, rf"(?s)^(?P<lead>|.*?[^{LETTER}0-9])(?P<core>{before}){between}$")
    _, second = extract(tail, rf"(?s)^(?P<lead>)(?P<core>{after}){border}")
    found = flags(pc.and_(pc.is_valid(first), pc.is_valid(second)))
    core = pc.binary_join_element_wise(first, second, "")
    return _trimmed(strings(candidates.raw, candidates.raw_length), lead, core, found)


def cut_behind(candidates: Candidates, lead: str, core: str, border: str = "") -> Cut:
    """`core` behind the anchors, with `lead` before and `border` behind it."""
    head, tail = around(candidates)
    first, second = extract(tail, rf"(?s)^(?P<lead>{lead})(?P<core>{core}){border}")
    return _trimmed(
        strings(candidates.raw, candidates.raw_length),
        pc.binary_join_element_wise(head, first, ""), second, flags(pc.is_valid(second)),
    )  # fmt: skip


def only(candidates: Candidates, wanted: Flags, how: Callable[[Candidates], Cut]) -> Cut:
    """What `how` cuts out of the candidates that are `wanted`."""
    rows = np.flatnonzero(wanted)
    if len(rows) == len(candidates):
        return how(candidates)
    if not len(rows):
        nothing = np.zeros(len(candidates), np.int64)
        return Cut(nothing > 0, pa.nulls(len(candidates), pa.string()), nothing, nothing)
    anchor = candidates.anchor
    found = how(
        Candidates(
            candidates.chars[rows], candidates.length[rows], candidates.raw[rows],
            candidates.raw_length[rows], None if anchor is None else anchor[rows],
        )
    )  # fmt: skip
    return _spread(found, rows, len(candidates))


def or_try(found: Cut, texts: pa.Array, how: Callable[[pa.Array], Cut]) -> Cut:
    """What was found, and what `how` cuts out of the texts where nothing was."""
    rows = np.flatnonzero(~found.found)
    if not len(rows):
        return found
    return found.or_else(_spread(how(texts.take(pa.array(rows))), rows, len(texts)))


def _spread(found: Cut, rows: Ints, count: int) -> Cut:
    """What was found in some `rows` of `count`."""
    place = np.zeros(count, np.int64)
    inside = np.zeros(count, np.bool_)
    place[rows], inside[rows] = np.arange(len(rows)), True
    return Cut(
        inside & found.found[place], found.text.take(pa.array(place, mask=~inside)),
        np.where(inside, found.trim_start[place], 0), np.where(inside, found.trim_end[place], 0),
    )  # fmt: skip


def ends_before(candidates: Candidates, pattern: str) -> Flags:
    """Whether `pattern` holds for the few bytes before the anchors."""
    anchor = candidates.anchor
    assert anchor is not None  # noqa: S101 - asked for candidates of `Around` only
    column = anchor[:, None] - np.arange(_SHORT, 0, -1)
    tail = np.take_along_axis(candidates.raw, np.maximum(column, 0), axis=1)
    padded = np.ascontiguousarray(np.where(column >= 0, tail, np.uint8(ord(" "))))
    if len(padded) >= _MANY:
        ends = pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(_SHORT), len(padded), [None, pa.py_buffer(padded)]
        ).cast(pa.binary())
        return flags(pc.match_substring_regex(ends, f"(?:{pattern})$"))
    compiled = re.compile(b"(?:" + pattern.encode() + rb")\Z")
    return np.array([compiled.search(row.tobytes()) is not None for row in padded], np.bool_)


def around(candidates: Candidates) -> tuple[pa.Array, pa.Array]:
    """What stands before the anchors, and what behind them."""
    anchor = candidates.anchor
    assert anchor is not None  # noqa: S101 - asked for candidates of `Around` only
    last = candidates.raw.shape[1] - 1
    column = np.minimum(np.arange(last + 1) + anchor[:, None], last)
    behind = np.take_along_axis(candidates.raw, column, axis=1)
    return strings(candidates.raw, anchor), strings(behind, candidates.raw_length - anchor)


def judged(found: Cut, level: Ints, evidence: Mapping[str, Flags], canonical: pa.Array) -> Judged:
    """The verdict over what was cut out; rows where nothing was found are refused."""
    return Judged(
        np.where(found.found, level, -1).astype(np.int8),
        evidence, rows(canonical), found.trim_start, found.trim_end,
    )  # fmt: skip


def each(texts: pa.Array, canonical: Callable[[str], str | None]) -> pa.Array:
    """`canonical` of each text, called once per distinct text; None and null stay null."""
    coded = texts.dictionary_encode()
    forms = [None if text is None else canonical(text) for text in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(forms, pa.string())).cast(
        pa.string()
    )


def extract(texts: pa.Array, pattern: str) -> tuple[pa.Array, pa.Array]:
    """What the groups ``lead`` and ``core`` of `pattern` hold in each text; null where it is not.

    ``$`` is the end of the text and nothing else.
    """
    if len(texts) >= _MANY:
        lead, core = pc.extract_regex(texts, pattern).flatten()  # null where the match is
        return lead, core
    found = [re.search(pattern.replace("$", r"\Z"), text) for text in texts.to_pylist()]
    lead, core = (
        pa.array([one[name] if one else None for one in found], pa.string())
        for name in ("lead", "core")
    )
    return lead, core


def shortened(found: Cut, core: pa.Array) -> Cut:
    """`found` less the ends that are missing in `core`."""
    less = _sizes(found.text) - _sizes(core)
    return Cut(found.found, core, found.trim_start, found.trim_end + np.where(found.found, less, 0))


def without_lead(found: Cut, lead: str) -> Cut:
    """`found` less what `lead` matches at its beginning."""
    core = pc.replace_substring_regex(found.text, f"^(?:{lead})", "")
    less = _sizes(found.text) - _sizes(core)
    return Cut(found.found, core, found.trim_start + np.where(found.found, less, 0), found.trim_end)


def missing(texts: pa.Array) -> Flags:
    """Which texts are null."""
    return flags(pc.is_null(texts))


def fold(texts: pa.Array) -> pa.Array:
    """Lower case, with all blanks one space and none at the ends."""
    return pc.utf8_trim_whitespace(
        pc.replace_substring_regex(pc.utf8_lower(texts), r"[\s\x{A0}]+", " ")
    )


def _trimmed(texts: pa.Array, lead: pa.Array, core: pa.Array, found: Flags) -> Cut:
    size = _sizes(texts)
    start = np.where(found, _sizes(lead), 0)
    core = pc.if_else(pa.array(found), core, pa.scalar(None, pa.string()))
    return Cut(found, core, start, np.where(found, size - start - _sizes(core), 0))


def _sizes(texts: pa.Array) -> Ints:
    sizes: Ints = pc.fill_null(pc.binary_length(texts), 0).to_numpy().astype(np.int64)
    return sizes
