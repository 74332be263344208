"""Dates as feeds write them: the right instant, or none."""

import re
from calendar import timegm
from datetime import UTC, datetime, timedelta
from functools import cache
from time import struct_time

from pipeline import seeds

YEARS = range(1605, 2101)
"""From the first newspaper on; what lies beyond is a default of some software (0001, 1970 at midnight, 9999)."""

LONGEST = 100  # characters of a date; the patterns below look at no more

_DAY, _YEAR, _REST = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|\.)?", r"(?P<year>\d{4})", r"(?:[T\s,.]+(?P<rest>.*))?"
_WEEKDAY, _MONTH = r"(?:[^\W\d]+(?:[.,]+\s*|\s+))?", r"(?P<month>[^\W\d]{3,})\.?"
SHAPES = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"{_YEAR}[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}}){_REST}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}{_REST}",
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){_REST}",
        rf"{_WEEKDAY}[,\s]*{_DAY}[-\s]*(?:of |de )?\s*{_MONTH}[-,\s]*(?:de )?\s*(?P<year>\d{{4}}|\d\d){_REST}",
        rf"{_WEEKDAY}[,\s]*{_MONTH}\s+{_DAY},?\s+{_YEAR}{_REST}",
        rf"{_WEEKDAY}[,\s]*{_MONTH}\s+{_DAY}\s+(?P<rest>[\d:]+(?:\s+[a-z]+|\s+[-+]\d+)?)\s+{_YEAR}",
    )
)
CLOCK = re.compile(
    r"(?:at |um |à )?(?P<hour>\d{1,2})[:.](?P<minute>\d\d?)(?:[:.](?P<second>\d\d?)(?:[.,]\d+)?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>.*)",
    re.IGNORECASE,
)
OFFSET = re.compile(r"(?:GMT|UTC|UT)?\s*(?P<sign>[-+−])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?")
EPOCH = re.compile(r"\d{9,10}(?:\d{3})?")


def instant(written: str | None, read: struct_time | None = None) -> datetime | None:
    """The instant in UTC; None where it cannot be told. `read` is what feedparser made of it.

    A date without a time is its midnight, a time without a zone is UTC. feedparser's reading counts only where ours
    knows no shape, and where the year and the day that it gives stand in what was written.
    """
    text = (written or "").strip()[:LONGEST]
    try:
        found = _epoch(text) or _shaped(text) or _believed(text, read)
    except (ValueError, LookupError, OverflowError):  # the 31st of June, the 25th hour
        return None
    return found if found and found.year in YEARS and found.timestamp() != 0 else None


def _epoch(text: str) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    if not EPOCH.fullmatch(text):
        return None
    return datetime.fromtimestamp(int(text) / (1000 if len(text) > 10 else 1), UTC)


def _shaped(text: str) -> datetime | None:
    for shape in SHAPES:
        if match := shape.fullmatch(text):
            part = match.groupdict()
            month = int(part["month"]) if part["month"].isdecimal() else _month(part["month"])
            if month is None:
                break
            year = int(part["year"]) + (0 if len(part["year"]) == 4 else 2000 if part["year"] < "70" else 1900)
            return datetime(year, month, int(part["day"]), tzinfo=UTC) + _since_midnight(part.get("rest"))
    return None


def _since_midnight(rest: str | None) -> timedelta:
    """From midnight UTC of the day that was written to the instant; ValueError where it cannot be told."""
    if not rest or not rest.strip():
        return timedelta()
    match = CLOCK.fullmatch(rest.strip())
    if not match:
        raise ValueError(rest)
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"][0] in "pP" else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError(rest)
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59)) - _ahead(match["zone"])


def _ahead(zone: str) -> timedelta:
    """How far a zone is ahead of UTC; ValueError for one that the table does not know."""
    zone = re.sub(r"\s*\(.*\)?", "", zone).strip()
    if match := OFFSET.fullmatch(zone):
        ahead = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        return ahead if match["sign"] == "+" else -ahead
    return timedelta(hours=_zones()[zone.upper()] if zone else 0)


def _believed(text: str, read: struct_time | None) -> datetime | None:
    """What feedparser read, where its year and its day (by any zone) are in the text."""
    if read is None:
        return None
    numbers = {int(number) for number in re.findall(r"\d+", text)}
    days = {read.tm_mday, *((read.tm_mday - 1, read.tm_mday + 1) if ":" in text else ())}
    if read.tm_year not in numbers or not days & numbers:
        return None
    return datetime.fromtimestamp(timegm(read), UTC)


def _month(name: str) -> int | None:
    """The month of a name in any language of the table."""
    beginnings = (name.casefold()[:length] for length in range(len(name), 2, -1))
    return next((_months()[each] for each in beginnings if each in _months()), None)


@cache
def _months() -> dict[str, int]:
    return {name: int(month) for month, *names in seeds.rows("month_names.tsv") for name in names}


@cache
def _zones() -> dict[str, float]:
    return {name: float(hours) for name, hours in seeds.rows("time_zones.tsv")}
