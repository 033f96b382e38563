"""Allow lists: one's own values, which are nobody's personal data.

    [[allow]]
    kind = "eu.vat"
    values = ["FI20774740"]
    reason = "our own VAT number"

    [[allow]]
    kind = "email"
    values = ["*@example.com", "info@*"]
    reason = "no persons"

A value is compared in its canonical form, so that one spelling stands for all; ``*`` may stand at
one of its ends. Detectors mark what is on the list; `pdscan.custom.filtering` leaves it out and
counts it. (The contrary, words always to be found, is a ``[[detector]]`` with ``words``.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

import numpy as np

from pdscan.detectors.interface import Candidates, Detector, Judged
from pdscan.errors import UsageError
from pdscan.matching.recognise import canonical_form

EVIDENCE = "on the allow list"
_KEYS = ("kind", "values", "reason")


def allowing(
    detectors: Iterable[Detector], tables: Iterable[Mapping[str, Any]]
) -> tuple[Detector, ...]:
    """`detectors`, marking the values of the ``[[allow]]`` tables of a configuration.

    Raises `pdscan.errors.UsageError` where a table is not well formed or a value is not of its
    kind. Tables of kinds that are not looked for change nothing.
    """
    chosen = {detector.kind: detector for detector in detectors}
    lists: dict[str, _List] = {}
    for number, table in enumerate(tables, 1):
        where = f"[[allow]] {number}"
        kind, values = _entry(table, where)
        if kind in chosen:
            known = lists.get(kind, _List())
            lists[kind] = known.with_values(chosen[kind], values, where)
    return tuple(
        replace(detector, judge=_Marking(detector.judge, lists[kind]))
        if kind in lists else detector
        for kind, detector in chosen.items()
    )  # fmt: skip


def _entry(table: Mapping[str, Any], where: str) -> tuple[str, list[str]]:
    for key in table:
        if key not in _KEYS:
            close = get_close_matches(key, _KEYS, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(_KEYS)}"
            raise UsageError(f"{where}: unknown key {key!r}; {hint}")
    for key in ("kind", "reason"):
        if not isinstance(table.get(key), str) or not table[key].strip():
            raise UsageError(f"{where}: {key}: a text in quotes expected")
    values = table.get("values")
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise UsageError(f'{where}: values: a list of texts expected, such as ["*@example.com"]')
    return table["kind"], values


@dataclass(frozen=True, slots=True)
class _List:
    """Values of one kind that are allowed, in canonical form."""

    exact: frozenset[bytes] = frozenset()
    beginnings: tuple[bytes, ...] = ()
    endings: tuple[bytes, ...] = ()

    def with_values(self, detector: Detector, values: Iterable[str], where: str) -> _List:
        exact, beginnings, endings = set(self.exact), list(self.beginnings), list(self.endings)
        for number, value in enumerate(values, 1):
            part = value.strip("*").casefold().encode()
            if "*" in value.strip("*") or (value.startswith("*") and value.endswith("*")):
                raise UsageError(f"{where}: values: number {number}: * may stand at one end only")
            if value.startswith("*"):
                endings.append(part)
            elif value.endswith("*"):
                beginnings.append(part)
            elif (form := canonical_form(value, detector)) is not None:
                exact.add(form)
            else:
                raise UsageError(
                    f"{where}: values: number {number} is not of kind {detector.kind}; correct it, "
                    "or put * at one of its ends"
                )
        return _List(frozenset(exact), tuple(beginnings), tuple(endings))


@dataclass(frozen=True, slots=True)
class _Marking:
    """A judge that also marks what is on a list."""

    judge: Callable[[Candidates], Judged]
    allowed: _List

    def __call__(self, candidates: Candidates) -> Judged:
        judged = self.judge(candidates)
        forms = candidates.chars if judged.canonical is None else judged.canonical
        if not forms.size:
            return judged
        texts = np.ascontiguousarray(forms).view(f"S{forms.shape[1]}").ravel()
        marked = np.isin(texts, np.array(sorted(self.allowed.exact), np.bytes_))
        if self.allowed.beginnings or self.allowed.endings:
            folded = np.char.lower(texts)
            for part in self.allowed.beginnings:
                marked |= np.char.startswith(folded, part)
            for part in self.allowed.endings:
                marked |= np.char.endswith(folded, part)
        return replace(judged, evidence={**judged.evidence, EVIDENCE: marked})
