"""The right instant, or none."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import seeds
from pipeline.sources.dates import instant

MORNING = datetime(2026, 3, 9, 7, 5, 44, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-09T07:05:44Z",
        "2026-03-09T08:05:44+01:00",
        "2026-03-09T08:05:44.123+0100",
        "2026-03-09 07:05:44",
        "2026-03-09 07:05:44 UTC",
        "2026/3/9 7:05:44",
        "20260309 07:05:44",
        "20260309T07:05:44Z",
        "09.03.2026 07:05:44",
        "Mo., 09.03.2026 08:05:44 MEZ",
        "Mon, 09 Mar 2026 07:05:44 GMT",
        "Mon, 9 Mar 26 07:05:44 UT",
        "Mon,09 March 2026 02:05:44 EST",
        "Mon, Mar 9 2026 07:05:44 AM",
        "March 9th, 2026 at 7:05:44 a.m.",
        "Monday 9 March 2026 07:05:44",
        "Mon Mar  9 07:05:44 2026",
        "Mon Mar  9 07:05:44 UTC 2026",
        "09-Mar-2026 07:05:44",
        "Mon, 09 Mar 2026 16:05:44 GMT+9",
        "Mon, 09 Mar 2026 07:05:44 +0000 (UTC)",
        "Mo, 09 Mär 2026 07:05:44",
        "Montag, 9. März 2026 08:05:44 +0100",
        "lun, 09 mars 2026 08:05:44 +0100",
        "lunes, 9 de marzo de 2026 07:05:44",
        "seg, 09 mar 2026 04:05:44 -0300",
        "Пн, 09 мар 2026 10:05:44 +0300",
        "Pzt, 09 Mar 2026 10:05:44 TRT",
        "1773039944",
        "1773039944000",
    ],
)
def test_dates_in_many_shapes_are_one_instant(written: str) -> None:
    assert instant(written) == MORNING


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("9 juin 2026", 6),
        ("9 juillet 2026", 7),
        ("9 июня 2026", 6),
        ("9 июля 2026", 7),
        ("9 mayo 2026", 5),
        ("9 maja 2026", 5),
        ("9 czerwca 2026", 6),
        ("9 července 2026", 7),
        ("9 února 2026", 2),
        ("9 août 2026", 8),
        ("9 dicembre 2026", 12),
        ("9 octubre 2026", 10),
        ("9 outubro 2026", 10),
        ("9 Ağustos 2026", 8),
    ],
)
def test_dates_know_months_of_many_languages(written: str, month: int) -> None:
    assert instant(written) == datetime(2026, month, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "yesterday",
        "2026",
        "2026-03",
        "03/09/2026 10:00",
        "2026-02-31",
        "2026-13-01",
        "9 foo 2026",
        "2026-03-09T25:00:00Z",
        "2026-03-09 10:00 XYZT",
        "2026-03-09 soon",
        "1970-01-01T00:00:00Z",
        "0",
        "12345678901",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "-0001-11-30",
        "9" * 5000,
        "1 1 " * 5000,
        "31.06.2026",
    ],
)
def test_dates_that_say_no_instant_are_none(written: str | None) -> None:
    assert instant(written) is None


def test_dates_ahead_and_long_ago_are_as_said() -> None:
    assert instant("2031-01-01T00:00:00Z") == datetime(2031, 1, 1, tzinfo=UTC)
    assert instant("1851-09-18") == datetime(1851, 9, 18, tzinfo=UTC)
    assert instant("2026-03-09T24:00:00Z") == datetime(2026, 3, 10, tzinfo=UTC)


def test_dates_believe_the_parser_only_where_it_read_what_is_there() -> None:
    greek = "Κυρ, 11 Ιούλ 2004 12:00:00 EST"
    assert instant(greek, datetime(2004, 7, 11, 17, tzinfo=UTC).utctimetuple()) == datetime(2004, 7, 11, 17, tzinfo=UTC)
    odd = "Edition of 2026 / 3 / 9"
    assert instant(odd, datetime(2026, 11, 1, tzinfo=UTC).utctimetuple()) is None


@given(st.text(max_size=60))
def test_dates_of_arbitrary_text_are_utc_or_none(text: str) -> None:
    found = instant(text)
    assert found is None or found.tzinfo is UTC


def test_dates_tables_contradict_nobody() -> None:
    names = [name for _, *names in seeds.rows("month_names.tsv") for name in names]
    assert len(names) == len(set(names))
    zones = [name for name, _ in seeds.rows("time_zones.tsv")]
    assert len(zones) == len(set(zones))
