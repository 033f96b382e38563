"""Checks that many identifiers share, on columns of digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from pdscan.model import Bytes2D, Ints

_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87, np.int64)


def table(values: Mapping[str, int]) -> Ints:
    """A table from character codes to values, 0 for all others."""
    found = np.zeros(256, np.int64)
    for char, value in values.items():
        found[ord(char)] = value
    return found


def digits(chars: Bytes2D, start: int, stop: int) -> Ints:
    """Columns [start, stop) of digits as numbers 0-9 (n × k)."""
    return chars[:, start:stop].astype(np.int64) - 0x30


def digits_at(chars: Bytes2D, start: int, stop: int) -> Ints:
    """Columns [start, stop) of digits read as one number per row; at most 18 digits."""
    number = np.zeros(len(chars), np.int64)
    for column in range(start, stop):
        number = number * 10 + (chars[:, column].astype(np.int64) - 0x30)
    return number


def is_date(year: Ints, month: Ints, day: Ints) -> npt.NDArray[np.bool_]:
    """Which rows are days of the Gregorian calendar."""
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    fits = (month >= 1) & (month <= 12)
    days = _DAYS[np.where(fits, month, 0)] + (leap & (month == 2))
    real: npt.NDArray[np.bool_] = fits & (day >= 1) & (day <= days)
    return real


def weighted(numbers: Ints, weights: Sequence[int]) -> Ints:
    """The sum of each row of digits times `weights`."""
    return numbers @ np.array(weights, np.int64)


def luhn(numbers: Ints) -> npt.NDArray[np.bool_]:
    """Which rows of digits (all of one length) pass the Luhn check (ISO/IEC 7812-1)."""
    doubled = numbers.copy()
    doubled[:, -2::-2] *= 2
    doubled[doubled > 9] -= 9
    passes: npt.NDArray[np.bool_] = doubled.sum(axis=1) % 10 == 0
    return passes
