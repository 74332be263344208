"""The body that a feed carries stands in for a page that cannot be had, and only for such."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from pipeline import captures, ledger
from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.documents import decode
from pipeline.identity import article_id
from pipeline.model import Source
from pipeline.stages import begin, discover, plan
from pipeline.stages.batch import work
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.publish import publish
from pipeline.store import Store
from tests.stages.publisher import Publisher, Said, publisher, rss

NOW = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
SHIPS = ("Auk", "Bittern", "Curlew", "Dunlin", "Egret", "Fulmar", "Gannet", "Heron", "Ibis", "Lapwing")
LAY = "lay in the harbour all day: its crew had heard that the wind would turn, and no word from the owners"
STORY = "".join(f"<p>The ferry {ship} {LAY}.</p>" for ship in SHIPS)
WALL = "<html><title>Cookies</title><p>We value your privacy. We and our partners store cookies.</p>"
PAGE = f"<html><head><title>Ferries stay in port</title></head><body><article>{STORY}</article></body></html>"


@pytest.fixture
def site() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers["/feed"] = Said(200, {}, feed(STORY))
        yield found


def feed(body: str) -> str:
    return rss(
        f"<title>Ferries stay in port</title><link>/a</link><description>No word.</description>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded>"
    )


@pytest.fixture
def desk(folder_store: Store, site: Publisher) -> Desk:
    source = Source(name="tern", url=site.url("/feed"), allow_hosts=(site.host,), per_host_delay=0)
    return dataclasses.replace(open_desk(read({}), folder_store, [], NOW), sources={"tern": source})


def cleaned(desk: Desk, now: datetime = NOW) -> tuple[str | None, bool]:
    """The reason of the one entry after cleaning, and whether it has a document."""
    at = dataclasses.replace(desk, clock=lambda: now)
    run, _ = begin.begin(at, "cli")
    discover.discover(at, run, discover.due(at, run, everything=True))
    (batch,) = plan.plan(at, run, at.sources)
    work(at, run, batch, "fetch")
    (one,) = work(at, run, batch, "clean")
    publish(at, run)
    return one.reason, one.document is not None


@pytest.mark.parametrize(
    ("said", "body", "reason", "stands_in"),
    [
        (Said(200, {}, WALL), STORY, "from the feed: consent wall", True),
        (Said(403), STORY, "from the feed: status: 403", True),
        (Said(200, {}, "<html><body><div id=app></div></body></html>"), STORY, "from the feed: empty", True),
        (Said(200, {}, PAGE), STORY, None, False),
        (Said(404), STORY, "status: 404", False),
        (Said(500), STORY, "status: 500", False),
        (Said(302, {"Location": "http://10.0.0.8/"}), STORY, "refused address: 10.0.0.8", False),
        (Said(403), STORY[:500], "status: 403", False),
        (Said(403), STORY.replace("</p>", "") + "[…]", "status: 403", False),
        (Said(403), "<div>" * 500, "status: 403", False),
    ],
)
def test_standin_for_pages_that_cannot_be_had(
    desk: Desk, site: Publisher, said: Said, body: str, reason: str | None, stands_in: bool
) -> None:
    site.answers |= {"/a": said, "/feed": Said(200, {}, feed(body))}
    assert cleaned(desk) == (reason, stands_in or reason is None)


def test_standin_after_the_last_try_alone(desk: Desk, site: Publisher) -> None:
    site.answers["/a"] = Said(500)
    found = [cleaned(desk, NOW + timedelta(days=days)) for days in range(5)]
    assert [has for _, has in found] == [False] * 4 + [True]


def test_standin_a_body_with_other_advertising_is_nothing_new(desk: Desk, site: Publisher) -> None:
    site.answers["/a"] = Said(200, {}, PAGE)
    one_run(desk, (), everything=True, take_over=False)
    site.answers["/feed"] = Said(200, {}, feed(STORY + "<p>Advertisement: 4711 visitors</p>"))
    found, _ = one_run(
        dataclasses.replace(desk, clock=lambda: NOW + timedelta(minutes=10)), (), everything=True, take_over=False
    )
    assert (found.entries, found.sources["tern"].known) == (0, 1)


def test_standin_lands_is_told_and_goes_when_the_page_comes(desk: Desk, site: Publisher) -> None:
    site.answers["/a"] = Said(200, {}, WALL)
    found, complaint = one_run(desk, (), everything=True, take_over=False)
    (line,) = ledger.read_run(desk.store, found.run)
    assert (complaint, line.outcome, line.reason) == (None, "landed", "from the feed: consent wall")
    document = decode(desk.store.get(line.key or "").body)
    assert (document.extraction.method, "-f" in (line.key or "")) == ("feed", True)
    assert "The ferry Lapwing lay" in document.text
    assert line.capture is not None
    assert captures.read(desk.store, line.capture)[0].record == (document.raw and document.raw.record)
    site.answers |= {"/a": Said(200, {}, PAGE), "/feed": Said(200, {}, feed(STORY).replace("stay in port", "sail"))}
    later = dataclasses.replace(desk, clock=lambda: NOW + timedelta(hours=1))
    one_run(later, (), everything=True, take_over=False)
    site.answers |= {"/a": Said(403), "/feed": Said(200, {}, feed(STORY).replace("stay in port", "rest"))}
    last, _ = one_run(
        dataclasses.replace(desk, clock=lambda: NOW + timedelta(hours=9)), (), everything=True, take_over=False
    )
    (refused,) = ledger.read_run(desk.store, last.run)
    assert (refused.outcome, refused.reason) == ("failed", "status: 403")
    keys = [listed.key for listed in desk.store.keys(f"documents/{(line.id or '')[:2]}/{line.id}/")]
    assert line.id == article_id(site.url("/a"))
    assert ["-c" in key for key in keys] == [True]
