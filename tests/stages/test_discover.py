"""Polls of a publisher that moves, ends, breaks and asks for patience, run after run."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from pipeline import polls
from pipeline.config import read
from pipeline.model import Source
from pipeline.polls import State
from pipeline.stages import begin, discover, preview
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import publish
from pipeline.store import Store
from tests.stages.publisher import Publisher, Said, publisher, rss

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
GOOD = Said(200, {"ETag": '"1"', "Content-Type": "application/rss+xml"}, rss("<title>A</title><link>/a</link>"))
HTML = Said(
    200, {"ETag": '"2"'}, '<html><head><link rel="alternate" type="application/rss+xml" href="/new.xml"></html>'
)


@pytest.fixture
def site() -> Iterator[Publisher]:
    with publisher() as found:
        yield found


@pytest.fixture
def desk(folder_store: Store, site: Publisher) -> Desk:
    source = Source(name="tern", url=site.url("/feed"), allow_hosts=(site.host,), per_host_delay=0)
    found = open_desk(read({}), folder_store, [], NOW)
    return dataclasses.replace(found, sources={"tern": source})


def declared(desk: Desk, **keys: Any) -> Desk:
    return dataclasses.replace(desk, sources={"tern": replace(desk.sources["tern"], **keys)})


def poll(desk: Desk, *names: str, later: timedelta = timedelta(), everything: bool = False) -> State:
    """The state after a run, which asks the source where it is due."""
    at = dataclasses.replace(desk, clock=lambda: NOW + later)
    run, _ = begin.begin(at, "cli")
    discover.discover(at, run, discover.due(at, run, names, everything=everything))
    publish(at, run)
    return polls.read(desk.store, "tern")


HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_discover_keeps_validators_of_readable_bodies_alone(desk: Desk, site: Publisher) -> None:
    site.answers["/feed"] = GOOD
    poll(desk)
    site.answers["/feed"] = HTML
    broken = poll(desk, later=HOUR)
    again = poll(desk, later=2 * HOUR)
    assert (broken.etag, len(broken.pending), broken.failures) == ('"1"', 1, 1)
    assert broken.last_poll is not None
    assert broken.last_poll.reason == f"no feed: it is an HTML page, which names as its feed {site.url('/new.xml')}"
    assert (again.failures, again.habit.failing_since) == (2, NOW + HOUR)
    assert [one.get("if-none-match") for one in site.asked_for("/feed")] == [None, '"1"', '"1"']


def test_discover_keeps_no_validators_of_a_feed_that_broke_off(desk: Desk, site: Publisher) -> None:
    site.answers["/feed"] = GOOD._replace(body=GOOD.body[:-20])
    state = poll(desk)
    assert (state.etag, state.body_digest, len(state.pending)) == (None, None, 1)


@pytest.mark.parametrize(
    ("said", "due", "because"),
    [
        (GOOD, timedelta(minutes=15), None),
        (GOOD._replace(headers={"Cache-Control": "max-age=3600"}), HOUR, "max-age=3600"),
        (GOOD._replace(headers={"Retry-After": "7200"}), 2 * HOUR, "Retry-After"),
        (Said(429, {"Cache-Control": "max-age=7200"}), 2 * HOUR, "max-age=7200"),
        (Said(503, {"Retry-After": "7200"}), 2 * HOUR, "Retry-After"),
        (GOOD._replace(body=rss(channel="<ttl>90</ttl>")), 1.5 * HOUR, "ttl 90 min"),
        (
            GOOD._replace(body=rss(channel="<skipDays><day>Tuesday</day></skipDays>")),
            13.75 * HOUR,
            "skipHours, skipDays",
        ),
    ],
)
def test_discover_asks_no_sooner_than_it_was_told(
    desk: Desk, site: Publisher, said: Said, due: timedelta, because: str | None
) -> None:
    site.answers["/feed"] = said
    state = poll(desk)
    assert (state.due_at, state.due_because) == (NOW + due, because)
    poll(desk, later=due - timedelta(seconds=1))
    assert len(site.asked_for("/feed")) == 1
    poll(desk, later=due)
    assert len(site.asked_for("/feed")) == 2


def test_discover_what_a_feed_asked_for_holds_while_nothing_changes(desk: Desk, site: Publisher) -> None:
    site.answers["/feed"] = GOOD._replace(body=rss(channel="<ttl>600</ttl>"))
    poll(desk)
    site.answers["/feed"] = Said(304)
    state = poll(desk, later=10 * HOUR)
    assert (state.due_at, state.due_because) == (NOW + 20 * HOUR, "ttl 600 min")


def test_discover_a_source_that_is_gone_ends_until_it_is_named_or_declared_anew(desk: Desk, site: Publisher) -> None:
    site.answers |= {"/feed": Said(410), "/new": GOOD}
    assert poll(desk).ended_at == NOW
    for everything in (False, True):
        poll(desk, later=30 * DAY, everything=everything)
    assert len(site.asked_for("/feed")) == 1
    poll(desk, "tern", later=30 * DAY)
    assert len(site.asked_for("/feed")) == 2
    anew = poll(declared(desk, url=site.url("/new")), later=31 * DAY)
    assert (anew.ended_at, len(anew.pending)) == (None, 1)
    site.answers["/feed"] = GOOD
    poll(desk, "tern", later=32 * DAY)
    assert polls.is_due(polls.read(desk.store, "tern"), NOW + 40 * DAY, frozenset())


@pytest.mark.parametrize(
    ("hops", "to"),
    [
        ({"/feed": (301, "/b"), "/b": (308, "/new")}, "/new"),
        ({"/feed": (301, "/b"), "/b": (302, "/new")}, None),
        ({"/feed": (302, "/b"), "/b": (301, "/new")}, None),
        ({"/feed": (301, "/new?access_token=hunter22")}, None),
        ({"/feed": (301, "/page")}, None),
        ({"/feed": (301, "/nowhere")}, None),
        ({"/feed": (301, "http://127.0.0.1:9/new")}, None),
    ],
)
def test_discover_a_move_for_good_is_kept(
    desk: Desk, site: Publisher, hops: dict[str, tuple[int, str]], to: str | None
) -> None:
    site.answers = {path: Said(status, {"Location": place}) for path, (status, place) in hops.items()}
    site.answers |= {"/new": GOOD, "/new?access_token=hunter22": GOOD, "/page": HTML}
    state = poll(desk)
    assert state.moved_to == (to and site.url(to))
    site.asked.clear()
    poll(desk, later=DAY)
    assert next(path for path, _ in site.asked if path != "/robots.txt") == (to or "/feed")


def test_discover_a_move_goes_where_the_file_says_otherwise_or_the_new_place_fails(desk: Desk, site: Publisher) -> None:
    site.answers = {"/feed": Said(301, {"Location": "/new"}), "/new": GOOD, "/other": GOOD}
    poll(desk)
    assert poll(declared(desk, url=site.url("/other")), later=HOUR).moved_to is None
    poll(desk, later=DAY)
    site.answers |= {"/feed": GOOD, "/new": Said(404)}
    for days in range(2, 6):
        poll(desk, later=days * DAY)
    state = poll(desk, later=7 * DAY)
    assert (state.moved_to, state.failures) == (None, 0)


def test_discover_a_preview_shows_no_more_than_the_limit_of_a_source(desk: Desk, site: Publisher) -> None:
    items = (f"<title>{n}</title><link>/{n}</link>" for n in range(3))
    site.answers["/feed"] = Said(200, {"Content-Type": "application/rss+xml"}, rss(*items))
    poll(desk)
    for limit, shown in ((None, 3), (1, 1)):
        said = preview.preview(declared(desk, limit=limit), [], everything=False)
        assert said.count("would fetch for tern") == shown
