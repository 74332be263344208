"""How soon a source is asked again, as tables."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import pace
from pipeline.pace import MOST, Pace, Wish

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)  # a Sunday
DUE = NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("status", "headers", "seconds", "says"),
    [
        (200, {}, None, None),
        (200, {"cache-control": "public, max-age=1800"}, 1800, "max-age=1800"),
        (200, {"cache-control": "s-maxage=60, MAX-AGE=90"}, 90, "max-age=90"),
        (304, {"cache-control": "max-age=1800", "age": "600"}, 1200, "max-age=1800"),
        (200, {"cache-control": "max-age=0", "expires": "Sun, 22 Nov 2026 11:15:00 GMT"}, None, None),
        (200, {"expires": "Sun, 22 Nov 2026 11:15:00 GMT"}, 3600, "Expires"),
        (200, {"expires": "0"}, None, None),
        (200, {"expires": "Sun, 22 Nov 2026 09:15:00 GMT"}, None, None),
        (200, {"cache-control": "max-age=31536000"}, 86_400, "max-age=31536000"),
        (200, {"retry-after": "120", "cache-control": "max-age=60"}, 120, "Retry-After"),
        (429, {"cache-control": "max-age=900"}, 900, "max-age=900"),
        (429, {"retry-after": "600", "cache-control": "max-age=900"}, 900, "max-age=900"),
        (503, {"retry-after": "Sun, 22 Nov 2026 10:20:00 GMT"}, 300, "Retry-After"),
        (503, {"retry-after": "99999999999"}, 86_400, "Retry-After"),
        (404, {"cache-control": "max-age=900"}, None, None),
        (None, {}, None, None),
    ],
)
def test_pace_wish_of_an_answer(
    status: int | None, headers: dict[str, str], seconds: int | None, says: str | None
) -> None:
    found = pace.wish(status, headers, NOW)
    assert found == (None if seconds is None else Wish(NOW + timedelta(seconds=seconds), says or ""))


@given(st.text(alphabet=[chr(c) for c in range(256)], max_size=40) | st.integers().map(str))
def test_pace_any_header_is_a_time_to_come_within_a_day_or_none(said: str) -> None:
    for name in ("retry-after", "cache-control", "expires", "age"):
        found = pace.wish(200, {"cache-control": "max-age=9", name: said}, NOW)
        assert found is None or NOW < found.until <= NOW + MOST
    at = pace.retry_after(said, NOW)
    assert at is None or NOW <= at <= NOW + MOST


@pytest.mark.parametrize(
    ("asks", "wish", "due", "because"),
    [
        (Pace(), None, "22 10:30", None),
        (Pace(least=3600, says="ttl 60 min"), None, "22 11:15", "ttl 60 min"),
        (Pace(least=60, says="ttl 1 min"), None, "22 10:30", None),
        (Pace(least=3600, says="ttl 60 min"), Wish(NOW + timedelta(hours=2), "max-age=7200"), "22 12:15", "max-age"),
        (Pace(), Wish(NOW + timedelta(minutes=1), "max-age=60"), "22 10:30", None),
        (Pace(skip_hours=(9, 10, 11)), None, "22 12:00", "skipHours"),
        (Pace(skip_days=(6,)), None, "23 00:00", "skipHours, skipDays"),
        (Pace(skip_days=(6, 0, 1, 2, 3, 4)), None, "28 00:00", "skipHours, skipDays"),
        (Pace(skip_hours=tuple(range(24))), None, "22 10:30", None),
        (Pace(skip_days=tuple(range(7))), None, "22 10:30", None),
        (Pace(skip_days=(6,), skip_hours=(0, 1)), None, "23 02:00", "skipHours"),
    ],
)
def test_pace_is_never_faster_than_asked(asks: Pace, wish: Wish | None, due: str, because: str | None) -> None:
    at, says = pace.paced(DUE, NOW, asks, wish)
    assert f"{at:%d %H:%M}" == due
    assert (says or "").startswith(because or "")
    assert bool(says) == bool(because)
