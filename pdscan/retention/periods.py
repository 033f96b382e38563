"""Periods of years, months and days: from a date in a record to the last day of a period.

Counted as Regulation (EEC, Euratom) No 1182/71, Article 3, counts: the day of the event is not
part of the period; a period of years or months ends with the end of the day that has the date of
the event, or of the month's last day where the month has no such date (29 February plus one year
is 28 February).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_PERIOD = re.compile(r"P(?=\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?", re.ASCII)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T].*)?", re.ASCII | re.DOTALL)
#: Before and after these a date in a record is a stand-in (1900-01-01, 9999-12-31), not a day.
_FIRST, _LAST = 1950, 2100
_EPOCH = date(1970, 1, 1)  # what a moment of zero is written as: a stand-in too


class Start(StrEnum):
    """What a period is counted from."""

    EVENT = "event"  # the day of the event
    CALENDAR_YEAR = "calendar_year"  # the end of the year it lies in
    FISCAL_YEAR = "fiscal_year"  # the end of the fiscal year it lies in
    CALENDAR_AFTER_FISCAL = "calendar_year_of_fiscal_year_end"  # of the year in which that ended


@dataclass(frozen=True, slots=True)
class Period:
    """A period of ISO 8601 without times of day: ``P6Y``, ``P38M``, ``P1Y6M``, ``P90D``."""

    years: int = 0
    months: int = 0
    days: int = 0

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises ValueError where `text` is no such period."""
        match = _PERIOD.fullmatch(text)
        if match is None:
            raise ValueError("a period such as P6Y, P38M or P90D (ISO 8601) expected")
        years, months, weeks, days = (int(number or 0) for number in match.groups())
        return cls(years, months, 7 * weeks + days)

    def __str__(self) -> str:
        parts = ((self.years, "Y"), (self.months, "M"), (self.days, "D"))
        return "P" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0D")

    def after(self, day: date) -> date:
        """The last day of the period that begins at the end of `day`.

        Raises OverflowError beyond the year 9999.
        """
        months = day.year * 12 + day.month - 1 + self.years * 12 + self.months
        year, month = divmod(months, 12)
        if year > date.max.year:
            raise OverflowError("beyond the calendar")
        last = calendar.monthrange(year, month + 1)[1]
        return date(year, month + 1, min(day.day, last)) + timedelta(self.days)


@dataclass(frozen=True, slots=True)
class YearEnd:
    """The last day of a fiscal year, each year: ``04-30``. The 29th of February is its last day in
    other years too.
    """

    month: int = 12
    day: int = 31

    @classmethod
    def parse(cls, text: str) -> YearEnd:
        """Raises ValueError where `text` is no day of a year."""
        match = re.fullmatch(r"(?:--)?(\d\d)-(\d\d)", text, re.ASCII)
        if match is None or not 1 <= int(match[1]) <= 12:
            raise ValueError("the last day of the fiscal year, such as 12-31 or 04-30, expected")
        month, day = int(match[1]), int(match[2])
        if not 1 <= day <= calendar.monthrange(2024, month)[1]:
            raise ValueError(f"month {month} has no day {day}")
        return cls(month, day)

    def on_or_after(self, day: date) -> date:
        """The end of the fiscal year that `day` lies in."""
        end = self._in(day.year)
        return end if end >= day else self._in(day.year + 1)

    def _in(self, year: int) -> date:
        last = calendar.monthrange(year, self.month)[1]
        february = self.month == 2 and self.day >= 28
        return date(year, self.month, last if february else min(self.day, last))


def start_of(day: date, start: Start, year_end: YearEnd) -> date:
    """The day at whose end a period is counted from, for an event on `day`."""
    match start:
        case Start.CALENDAR_YEAR:
            return date(day.year, 12, 31)
        case Start.FISCAL_YEAR:
            return year_end.on_or_after(day)
        case Start.CALENDAR_AFTER_FISCAL:
            return date(year_end.on_or_after(day).year, 12, 31)
        case _:
            return day


def day_of(text: str, zone: ZoneInfo) -> date | None:
    """The day that the text of a cell names, in `zone`; None where it names none for certain.

    Dates and times of ISO 8601, as databases write them too, and 31.12.2026. A time with an offset
    is that day which it is in `zone`. 01/02/2026 is two days, by country, and so none; nor is a
    year that only stands in for "unknown" or "never".
    """
    text = text.strip()
    day: date | None = None
    if match := _DAY_FIRST.fullmatch(text):
        try:
            day = date(int(match[3]), int(match[2]), int(match[1]))
        except ValueError:
            return None
    else:
        # Databases write offsets without minutes, and " UTC".
        text = re.sub(r"([+-]\d\d)$", r"\1:00", text) if ":" in text else text
        text = re.sub(r"\s*UTC$", "+00:00", text)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        day = (moment.astimezone(zone) if moment.tzinfo else moment).date()
    return day if _FIRST <= day.year <= _LAST and day != _EPOCH else None
