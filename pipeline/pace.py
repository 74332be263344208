"""How soon a source wants to be asked again: by the answers of its server and by what its feed says of itself."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from msgspec import Struct

MOST = timedelta(days=1)
"""A longer wish is taken for this one: a silly value must not silence a source."""

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ASKED_WITH_ERROR = frozenset({429, 503})
"""Errors whose max-age is a wish; that of a broken page is the page's."""


class Pace(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a feed says of itself, until it can be read again. Hours are UTC, Monday is day 0."""

    least: int = 0  # seconds between two polls
    says: str = ""  # where that stands
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


class Wish(Struct, frozen=True):
    """The time before which a server does not want to be asked again, and where it says so."""

    until: datetime
    says: str


def paced(due_at: datetime, now: datetime, pace: Pace, wish: Wish | None) -> tuple[datetime, str | None]:
    """When to ask again, never before `due_at`, and who asked for more than that."""
    wishes = [Wish(now + timedelta(seconds=pace.least), pace.says), *([wish] if wish else [])]
    last = max(wishes, key=lambda one: one.until)
    because = last.says if last.until >= due_at else None
    due_at = max(due_at, last.until)
    skipped = awake(due_at, pace)
    return (skipped, "skipHours, skipDays") if skipped > due_at else (due_at, because)


def awake(at: datetime, pace: Pace) -> datetime:
    """The first time from `at` on that the feed does not sleep; `at` where it never wakes."""
    found = at
    for _ in range(8 * 24):
        if found.hour not in pace.skip_hours and found.weekday() not in pace.skip_days:
            return found
        found = found.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return at


def wish(status: int | None, headers: Mapping[str, str], now: datetime) -> Wish | None:
    """What an answer asks for by Retry-After, Cache-Control or Expires; the names of headers are lower-case."""
    found = [(retry_after(headers.get("retry-after", ""), now), "Retry-After")]
    if status and (status < 400 or status in ASKED_WITH_ERROR):
        fresh = re.search(r"(?<![\w-])max-age\s*=\s*\"?(\d{1,9})", headers.get("cache-control", "").lower())
        age = headers.get("age", "").strip()
        if fresh:
            left = int(fresh[1]) - (int(age[:9]) if age.isdecimal() and age.isascii() else 0)
            found.append((now + timedelta(seconds=left), f"max-age={fresh[1]}"))
        else:
            found.append((date(headers.get("expires", "")), "Expires"))
    wishes = [Wish(min(until, now + MOST), says) for until, says in found if until and until > now]
    return max(wishes, key=lambda one: one.until, default=None)


def retry_after(said: str, now: datetime) -> datetime | None:
    """The time that a Retry-After gives, as seconds or as a date, at most a day ahead."""
    said = said.strip()
    if said.isascii() and said.isdigit():
        return now + min(timedelta(seconds=int(said[:9])), MOST)
    found = date(said)
    return min(max(found, now), now + MOST) if found else None


def date(said: str) -> datetime | None:
    """A date of an HTTP header."""
    try:
        found = parsedate_to_datetime(said)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None
