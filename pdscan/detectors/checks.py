"""Checks that many identifiers share, on columns of digits."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pdscan.detectors.interface import Candidates, Flags, Judged, Levels
from pdscan.model import Bytes2D, Ints, Likelihood

_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87, np.int8)
_LEAP = np.array([y % 4 == 0 and (y % 100 != 0 or y % 400 == 0) for y in range(10_000)])


def table(values: Mapping[str, int]) -> Ints:
    """A table from character codes to values, 0 for all others."""
    found = np.zeros(256, np.int64)
    for char, value in values.items():
        found[ord(char)] = value
    return found


def digits(chars: Bytes2D, start: int, stop: int) -> Bytes2D:
    """Columns [start, stop) of digits as numbers 0-9 (n × k)."""
    return chars[:, start:stop] - np.uint8(0x30)


def values(chars: Bytes2D) -> Bytes2D:
    """Digits and capitals as numbers: 0-9, then 10 for ``A`` to 35 for ``Z`` (ISO 7064)."""
    return chars - np.where(is_capital(chars), np.uint8(0x41 - 10), np.uint8(0x30))


def digits_at(chars: Bytes2D, start: int, stop: int) -> Ints:
    """Columns [start, stop) of digits read as one number per row; at most 18 digits."""
    number = np.zeros(len(chars), np.int64)
    for column in range(start, stop):
        number *= 10
        number += chars[:, column]
    return number - 0x30 * int("1" * (stop - start) or "0")


def today() -> int:
    """The day of the scan as YYYYMMDD: nobody is born after it."""
    day = datetime.date.today()
    return day.year * 10000 + day.month * 100 + day.day


def is_birthday(year: Ints, month: Ints, day: Ints) -> Flags:
    """Which rows are days on which someone can have been born: real and not after today."""
    found: Flags = is_date(year, month, day) & (year * 10000 + month * 100 + day <= today())
    return found


def begins_with_day(chars: Bytes2D) -> Flags:
    """Which rows begin with a day of the last or this century, YYYYMMDD: as the serial numbers of
    versions and orders do that are counted anew each day.
    """
    year = digits_at(chars, 0, 4)
    day = is_date(year, digits_at(chars, 4, 6), digits_at(chars, 6, 8))
    found: Flags = day & (year >= 1900) & (year < 2100)
    return found


def is_digit(chars: npt.NDArray[np.uint8]) -> Flags:
    """Which characters are ASCII digits."""
    found: Flags = (chars - np.uint8(0x30)) < np.uint8(10)
    return found


def is_capital(chars: npt.NDArray[np.uint8]) -> Flags:
    """Which characters are capitals of ASCII."""
    found: Flags = (chars - np.uint8(0x41)) < np.uint8(26)
    return found


def is_date(year: Ints, month: Ints, day: Ints) -> Flags:
    """Which rows are days of the Gregorian calendar."""
    days = _DAYS.take(month, mode="clip") + (_LEAP.take(year, mode="clip") & (month == 2))
    found: Flags = (month >= 1) & (day >= 1) & (day <= days)
    return found


def weighted(numbers: npt.NDArray[np.integer], weights: Sequence[int]) -> npt.NDArray[np.int32]:
    """The sum of each row of digits times `weights`."""
    total = np.zeros(len(numbers), np.int32)
    # Columns in a row of their own: adding them up then runs at the speed of memory.
    for column, weight in zip(np.ascontiguousarray(numbers.T), weights, strict=False):
        total += column.astype(np.int32) * np.int32(weight)
    return total


def luhn(numbers: npt.NDArray[np.integer]) -> Flags:
    """Which rows of digits (all of one length) pass the Luhn check (ISO/IEC 7812-1)."""
    total = np.zeros(len(numbers), np.uint8)  # at most 28 digits fit
    columns = np.ascontiguousarray(numbers.T).astype(np.uint8, copy=False)
    for back, column in enumerate(columns[::-1]):
        total += column
        if back % 2:
            total += column - np.uint8(9) * (column > np.uint8(4))
    found: Flags = total % np.uint8(10) == 0
    return found


def by_length(candidates: Candidates) -> Iterator[tuple[int, Ints, Bytes2D]]:
    """The candidates apart by length: (length, rows, characters without padding)."""
    lengths = np.flatnonzero(np.bincount(candidates.length)).tolist()
    for length in lengths:
        if len(lengths) == 1:
            yield length, np.arange(len(candidates)), candidates.chars[:, :length]
            return
        rows = np.flatnonzero(candidates.length == length)
        yield length, rows, candidates.chars[rows, :length]


def has_any(candidates: Candidates, signs: bytes) -> Flags:
    """Which candidates, as they stand in the data, hold one of the ASCII characters `signs`."""
    found = np.zeros(len(candidates), np.bool_)
    for column in range(candidates.raw.shape[1]):
        for code in signs:
            found |= candidates.raw[:, column] == code
    return found


def levels(good: Flags, level: Likelihood | npt.NDArray[np.integer]) -> Levels:
    """`level` for the rows that are `good`, -1 for all others."""
    return np.where(good, level, -1).astype(np.int8)


def modulo_11(weights: Sequence[int], *, first: int = 1) -> Callable[[Candidates], Judged]:
    """A judge of numbers that begin with `first` or more and whose digits times `weights` add up to
    a multiple of 11.
    """

    def judge(candidates: Candidates) -> Judged:
        """Accepts numbers with the right check digit."""
        numbers = digits(candidates.chars, 0, len(weights))
        good = (numbers[:, 0] >= first) & (weighted(numbers, weights) % 11 == 0)
        return Judged(levels(good, Likelihood.POSSIBLE), {"checksum": good})

    return judge


def hyphenated(candidates: Candidates, good: Flags, canonical: Bytes2D | None = None) -> Judged:
    """The verdict over numbers with a check digit: without their hyphen they may be any number."""
    hyphen = has_any(candidates, b"-")
    return Judged(
        levels(good, np.where(hyphen, Likelihood.POSSIBLE, Likelihood.UNLIKELY)),
        {"checksum": good, "hyphen": good & hyphen}, canonical,
    )  # fmt: skip
