"""How a table in text is written: its delimiter, quote and header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass

_DELIMITERS = ",;\t|"
_RECORDS = 60
_FEWEST_ROWS = 3  # of a table whose extension does not say so
_ALIKE = 0.95  # of its rows have as many cells
_SAMPLE = 32 << 10  # characters
_NAME = re.compile(r"[^\W\d][\w \-./()#%:\[\]']{0,63}", re.UNICODE)
_SEP_LINE = re.compile(r"sep=(.)\r?\n")


@dataclass(frozen=True, slots=True)
class Dialect:
    """``columns`` are the names in the header, or "column 1" and so on where there is none."""

    delimiter: str
    quote: str
    columns: tuple[str, ...]
    has_header: bool


def sniff(text: str, *, is_expected: bool = False) -> Dialect | None:
    """The dialect of the table that `text` begins, None where it does not look like one.

    A text whose extension says that it is a table (`is_expected`) may have ragged rows, a single
    row or a single column.
    """
    declared = _SEP_LINE.match(text)
    sample = text[declared.end() if declared else 0 :][:_SAMPLE]
    if len(text) > _SAMPLE and "\n" in sample:
        sample = sample[: sample.rindex("\n") + 1]
    lines = [line for line in sample.splitlines() if line]
    if not is_expected and len(lines) < _FEWEST_ROWS:
        return None
    best: tuple[float, int, str, str, list[list[str]]] | None = None
    for delimiter in declared[1] if declared else _DELIMITERS:
        if delimiter not in sample or not (is_expected or _is_in_most(delimiter, sample, lines)):
            continue
        for quote in '"', "'":
            if quote == "'" and not re.search(rf"(?m)(?:^|{re.escape(delimiter)})'", sample):
                continue
            rows = _rows(sample, delimiter, quote)
            count = Counter(map(len, rows))
            if not count:
                continue
            width, share = count.most_common(1)[0]
            score = share / len(rows)
            if width > 1 and (best is None or (score, width) > best[:2]):
                best = (score, width, delimiter, quote, rows)
    if best is not None and _is_table(best[0], best[1], best[4], is_expected=is_expected):
        _, width, delimiter, quote, rows = best
        return _dialect(delimiter, quote, rows, width)
    if is_expected:
        rows = _rows(sample, ",", '"')
        return _dialect(",", '"', rows, 1) if rows else None
    return None


def _is_in_most(delimiter: str, sample: str, lines: list[str]) -> bool:
    """Whether so many lines have `delimiter` that they may be the rows of a table. Cells with line
    breaks in them are not seen through: where there are quotes, it may be.
    """
    if '"' in sample or "'" in sample:
        return True
    first = lines[:_RECORDS]
    return sum(delimiter in line for line in first) >= _ALIKE * len(first)


def _is_table(score: float, width: int, rows: list[list[str]], *, is_expected: bool) -> bool:
    if is_expected:
        return score >= 0.3
    # Prose has commas too, and code has semicolons: without an extension that says so, a table
    # has equal rows, and cells that are shorter than sentences.
    if len(rows) < _FEWEST_ROWS or score < _ALIKE:
        return False
    cells = [cell for row in rows for cell in row]
    spaced = sum(cell.startswith(" ") for cell in cells)
    longest = sorted(map(len, cells))[len(cells) * 9 // 10]
    coded = sum(cell.rstrip().endswith(("{", "}", ")")) or "=" in cell for cell in cells)
    return longest <= 120 and spaced * (width + 1) <= len(cells) and coded * 4 < len(cells)


def _rows(sample: str, delimiter: str, quote: str) -> list[list[str]]:
    reader = csv.reader(sample.splitlines(keepends=True), delimiter=delimiter, quotechar=quote)
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= _RECORDS:
                break
    except csv.Error:  # a cell longer than csv's limit: judge by what was read
        pass
    return rows


def _dialect(delimiter: str, quote: str, rows: list[list[str]], width: int) -> Dialect:
    first = [cell.strip() for cell in rows[0]]
    has_header = len(first) == width and is_header(first, rows[1:])
    columns = tuple((first[n] if has_header else "") or f"column {n + 1}" for n in range(width))
    return Dialect(delimiter, quote, columns, has_header)


def is_header(first: list[str], rest: list[list[str]]) -> bool:
    """Whether the first row names the columns: its cells read like names and the cells below are
    of another make. In doubt it does not, because names are shown and cells are not.
    """
    names = [cell for cell in first if cell]
    if not names or len(set(names)) < len(names):
        return False
    if not all(_NAME.fullmatch(cell) and _digits(cell) <= 3 for cell in names):
        return False
    if any("_" in cell or cell.lower() in _COLUMN_WORDS for cell in names):
        return True
    for number, name in enumerate(first):
        below = [row[number] for row in rest if len(row) > number and row[number]]
        if below and sum(_is_data(cell) for cell in below) * 10 >= len(below) * 8:
            return bool(name)
    return False


def _is_data(cell: str) -> bool:
    return "@" in cell or _digits(cell) * 2 >= len(cell.strip()) > 0


def _digits(cell: str) -> int:
    return sum(char.isdigit() for char in cell)


_COLUMN_WORDS = frozenset(
    """
    id name email e-mail phone address city country date time type status value key user
    username nimi etunimi sukunimi sähköposti puhelin osoite kaupunki maa päivä hetu
    henkilötunnus postinumero namn förnamn efternamn e-post epost telefon adress stad land datum
    personnummer postnummer firstname lastname surname amount number company yritys företag ip
    url title description
    """.split()  # noqa: SIM905 - a list of sixty literals is no easier to read
)
