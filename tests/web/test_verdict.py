"""What a response means, as tables."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import EntryError, Failed, Retryable
from pipeline.model import Exchange
from pipeline.web.verdict import Limits, pause_before_next, points_to
from tests.web.site import NOW


def response(status: int, **headers: str) -> Exchange:
    said = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(
        url="https://tern.example/a/b?c",
        at=NOW,
        request_headers=(),
        status=status,
        reason="",
        headers=said,
        payload=b"",
    )


@pytest.mark.parametrize(
    ("status", "location", "to"),
    [
        (301, "/x", "https://tern.example/x"),
        (302, "x?y=1", "https://tern.example/a/x?y=1"),
        (303, "//heron.example/", "https://heron.example/"),
        (307, "http://heron.example/#top", "http://heron.example/#top"),
        (308, " ?d ", "https://tern.example/a/b?d"),
        (302, "/f\xc3\xa4hre", "https://tern.example/f%C3%A4hre"),
        (302, "", None),
        (300, "/x", None),
        (304, "/x", None),
        (200, "/x", None),
    ],
)
def test_verdict_a_redirect_points_on(status: int, location: str, to: str | None) -> None:
    assert points_to(response(status, Location=location)) == to


@given(st.text(alphabet=[chr(c) for c in range(256)], max_size=40))
def test_verdict_any_location_is_a_url_or_an_error(location: str) -> None:
    with suppress(EntryError):
        points_to(response(302, Location=location))


@pytest.mark.parametrize(
    ("reason", "attempt", "least", "most"),
    [
        ("status: 503", 1, 0.5, 1.5),
        ("status: 503", 2, 1, 3),
        ("status: 503", 3, None, None),
        ("host unreachable: Connection refused", 1, 0.5, 1.5),
        ("host unknown", 1, 0.5, 1.5),
        ("body cut short", 1, 0.5, 1.5),
        ("timed out: read", 1, None, None),
        ("status: 500", 1, None, None),
    ],
)
def test_verdict_rests_before_another_try(reason: str, attempt: int, least: float | None, most: float | None) -> None:
    for _ in range(50):
        pause = pause_before_next(Retryable(reason), attempt, Limits(), NOW)
        assert (pause is None) == (least is None)
        assert pause is None or least is None or most is None or least <= pause <= most


def test_verdict_what_is_refused_is_never_tried_again() -> None:
    assert pause_before_next(Failed("refused address: 10.0.0.8"), 1, Limits(), NOW) is None
