"""Dates: leap days, time zones, fiscal years that are not calendar years, cells that name no day."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pdscan.retention.periods import Period, Start, YearEnd, day_of, start_of

UNTIL = (
    # event, start, end of fiscal year, period, last day
    ("2020-02-29", "event", "12-31", "P1Y", "2021-02-28"),  # no such day: the month's last
    ("2020-02-29", "event", "12-31", "P4Y", "2024-02-29"),
    ("2019-02-28", "event", "12-31", "P1Y", "2020-02-28"),  # the same date, not the month's end
    ("2026-01-31", "event", "12-31", "P1M", "2026-02-28"),
    ("2024-01-31", "event", "12-31", "P1M", "2024-02-29"),
    ("2026-03-31", "event", "12-31", "P6M", "2026-09-30"),
    ("2023-09-15", "event", "12-31", "P38M", "2026-11-15"),
    ("2026-08-31", "event", "12-31", "P90D", "2026-11-29"),
    ("2026-02-27", "event", "12-31", "P2W", "2026-03-13"),
    ("2024-02-29", "event", "12-31", "P1Y1M1D", "2025-03-30"),
    ("2020-01-01", "calendar_year", "12-31", "P7Y", "2027-12-31"),
    ("2020-12-31", "calendar_year", "12-31", "P7Y", "2027-12-31"),
    ("2020-06-30", "fiscal_year", "12-31", "P10Y", "2030-12-31"),
    ("2020-04-30", "fiscal_year", "04-30", "P10Y", "2030-04-30"),  # the last day is in the year
    ("2020-05-01", "fiscal_year", "04-30", "P10Y", "2031-04-30"),
    ("2020-12-31", "fiscal_year", "06-30", "P10Y", "2031-06-30"),
    ("2023-02-28", "fiscal_year", "02-29", "P1Y", "2024-02-28"),
    ("2024-02-29", "fiscal_year", "02-28", "P1Y", "2025-02-28"),  # the last of February, always
    ("2024-03-01", "fiscal_year", "02-28", "P1Y", "2026-02-28"),
    # Kirjanpitolaki 2:10.2: from the end of the year in which the fiscal year ended
    ("2020-03-15", "calendar_year_of_fiscal_year_end", "12-31", "P6Y", "2026-12-31"),
    ("2020-03-15", "calendar_year_of_fiscal_year_end", "04-30", "P6Y", "2026-12-31"),
    ("2020-05-15", "calendar_year_of_fiscal_year_end", "04-30", "P6Y", "2027-12-31"),
    # Bokföringslag 7:2: the seventh year after the calendar year in which the fiscal year ended
    ("2019-09-01", "calendar_year_of_fiscal_year_end", "08-31", "P7Y", "2027-12-31"),
)  # fmt: skip


@pytest.mark.parametrize(("event", "start", "end", "period", "until"), UNTIL)
def test_the_last_day(event: str, start: str, end: str, period: str, until: str) -> None:
    begin = start_of(date.fromisoformat(event), Start(start), YearEnd.parse(end))
    assert Period.parse(period).after(begin) == date.fromisoformat(until)


CELLS = (
    ("2026-11-22", "2026-11-22"),
    ("20261122", "2026-11-22"),
    ("2026-11-22 23:30:00", "2026-11-22"),
    ("2026-11-22 23:30:00.123456", "2026-11-22"),
    ("2026-11-22T22:30:00Z", "2026-11-23"),  # it is already the 23rd in Helsinki
    ("2026-11-22T21:30:00Z", "2026-11-22"),
    ("2026-07-22T21:30:00Z", "2026-07-23"),  # summer time
    ("2026-12-31 22:00:00+00", "2027-01-01"),  # as PostgreSQL writes it: another year
    ("2026-12-31 23:30:00+02", "2026-12-31"),
    ("2026-12-31 21:59:59 UTC", "2026-12-31"),
    ("2026-12-31T23:30:00-05:00", "2027-01-01"),
    ("22.11.2026", "2026-11-22"),
    ("2.1.2026 klo 12", "2026-01-02"),
    (" 2026-11-22 ", "2026-11-22"),
    ("29.2.2025", None),
    ("01/02/2026", None),  # two days, by country
    ("1900-01-01", None),
    ("1970-01-01 00:00:01", None),  # a moment of zero
    ("1970-01-02", "1970-01-02"),
    ("9999-12-31", None),
    ("0000-00-00", None),
    ("1763769600", None),
    ("2026", None),
    ("eilen", None),
    ("", None),
    ("٢٠٢٦-١١-٢٢", None),
)


@pytest.mark.parametrize(("text", "day"), CELLS)
def test_a_cell_names_a_day_or_none(text: str, day: str | None) -> None:
    known = day_of(text, ZoneInfo("Europe/Helsinki"))
    assert (known.isoformat() if known else None) == day


@pytest.mark.parametrize("text", ["", "P", "6Y", "PT6H", "P-1Y", "P1.5Y", "P1D1Y", "p6y", "P٦Y"])
def test_no_period(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["13-01", "02-30", "1-1", "04-31", "end"])
def test_no_end_of_a_year(text: str) -> None:
    with pytest.raises(ValueError, match=r"fiscal year|no day"):
        YearEnd.parse(text)


DAYS = st.dates(date(1950, 1, 1), date(2100, 1, 1))
PERIODS = st.builds(Period, st.integers(0, 30), st.integers(0, 60), st.integers(0, 400))


@given(DAYS, DAYS, PERIODS)
def test_a_later_event_never_ends_earlier(one: date, other: date, period: Period) -> None:
    first, second = sorted((one, other))
    assert period.after(first) <= period.after(second)


@given(PERIODS)
def test_a_period_is_read_as_it_is_written(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(DAYS, st.dates(date(2024, 1, 1), date(2024, 12, 31)))
def test_a_fiscal_year_ends_within_a_year(day: date, end: date) -> None:
    year_end = YearEnd(end.month, end.day)
    found = year_end.on_or_after(day)
    assert day <= found < day + timedelta(367)
    assert year_end.on_or_after(found) == found
