"""Pages are looked at again: what an outlet alters, withdraws and moves is found though its feed never says so."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from pipeline import captures, landing, ledger, tables
from pipeline.cli.ingest import one_run
from pipeline.config import read
from pipeline.documents import gone_since
from pipeline.identity import article_id
from pipeline.model import Entry, Exchange, Outcome, Source, Taken
from pipeline.polls import PASTED
from pipeline.stages import BATCH_STAGES, begin, discover, plan
from pipeline.stages.batch import work
from pipeline.stages.clean import clean
from pipeline.stages.desk import Desk, open_desk
from pipeline.stages.land import land
from pipeline.stages.publish import publish
from pipeline.store import Store
from tests.stages.outlet import ARTICLE, SENTENCES, Outlet, page

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = "The minister has since resigned, his office told the Herald on Sunday evening."


@pytest.fixture
def outlet() -> Iterator[Outlet]:
    with Outlet() as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        server.pages[ARTICLE] = page()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def desk(folder_store: Store, outlet: Outlet) -> Desk:
    source = Source(name="tern", url=f"http://{outlet.host}/feed", allow_hosts=(outlet.host,))
    return dataclasses.replace(open_desk(read({}), folder_store, (), NOW), sources={"tern": source})


def run(desk: Desk, after: timedelta = timedelta(), *, polls: bool = True) -> list[Outcome]:
    later = dataclasses.replace(desk, clock=lambda: NOW + after)
    found, complaint = one_run(later, (), everything=polls, take_over=False)
    assert complaint is None
    lines = list(ledger.read_run(desk.store, found.run))
    assert found.entries == len(lines) == sum(found.outcomes.values())
    assert {source: one.taken_up for source, one in found.sources.items() if one.taken_up} in ({"tern": len(lines)}, {})
    return lines


def history(desk: Desk, outlet: Outlet, path: str = ARTICLE) -> list[tuple[str, str]]:
    keys = landing.history(desk.store, article_id(f"http://{outlet.host}{path}"))
    return [("gone" if key.version == "gone" else "page", key.kind) for key in keys]


def test_revisits_a_page_that_is_as_it_was_costs_a_304_and_no_key(desk: Desk, outlet: Outlet) -> None:
    (first,) = run(desk)
    (line,) = run(desk, HOUR, polls=False)
    assert (line.outcome, line.stage, line.reason, line.look) == ("unchanged", "fetch", "not modified", True)
    assert (line.id, line.key) == (first.id, None)
    assert outlet.looks(ARTICLE) == [False, True]
    assert run(desk, HOUR * 2) == []
    assert history(desk, outlet) == [("page", "json")]


def test_revisits_an_altered_page_is_a_second_version_though_the_feed_does_not_say_so(
    desk: Desk, outlet: Outlet
) -> None:
    (first,) = run(desk)
    outlet.pages[ARTICLE] = page(LATER)
    (line,) = run(desk, HOUR)
    assert (line.outcome, line.id, line.look) == ("landed", first.id, True)
    assert history(desk, outlet) == [("page", "json"), ("page", "json")]
    assert run(desk, 6 * HOUR)[0].reason == "not modified"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (404, "status: 404"),
        (410, "status: 410"),
        ("/", "redirected to a section"),
        ("/news", "redirected to a section"),
    ],
)
def test_revisits_a_page_that_is_gone_is_said_and_its_text_stays(
    desk: Desk, outlet: Outlet, answer: int | str, reason: str
) -> None:
    outlet.pages |= {"/": page(), "/news": page()}
    run(desk)
    outlet.pages[ARTICLE] = answer
    (line,) = run(desk, HOUR)
    assert line.outcome == "rejected"
    assert (line.reason or "").startswith(reason)
    assert history(desk, outlet) == [("page", "json"), ("gone", "seen")]
    (row,) = tables.read(desk.store, "documents").to_pylist()
    assert (row["current"], row["gone_at"]) == (True, NOW + HOUR)


def test_revisits_a_page_that_comes_back_is_a_new_capture(desk: Desk, outlet: Outlet) -> None:
    (first,) = run(desk)
    outlet.pages[ARTICLE] = 404
    run(desk, HOUR)
    outlet.pages[ARTICLE] = page()
    (line,) = run(desk, 6 * HOUR)
    assert line.outcome == "unchanged"
    assert history(desk, outlet) == [("page", "json"), ("gone", "seen"), ("page", "seen")]
    assert gone_since(landing.history(desk.store, first.id or "")) is None
    assert tables.read(desk.store, "documents").to_pylist()[0]["gone_at"] is None


def test_revisits_what_is_gone_is_said_where_it_landed_not_where_it_was_offered(desk: Desk, outlet: Outlet) -> None:
    outlet.offer("/go/17")
    outlet.pages["/go/17"] = ARTICLE
    run(desk)
    outlet.pages[ARTICLE] = 410
    (line,) = run(desk, HOUR)
    assert line.id == article_id(f"http://{outlet.host}{ARTICLE}")
    assert history(desk, outlet) == [("page", "json"), ("gone", "seen")]


def test_revisits_an_article_that_always_looked_like_a_section_is_not_gone(desk: Desk, outlet: Outlet) -> None:
    outlet.offer("/go/17")
    outlet.pages |= {"/go/17": "/ferries", "/ferries": page()}
    run(desk)
    outlet.pages["/ferries"] = page(LATER)
    assert [line.outcome for line in run(desk, HOUR)] == ["landed"]


def test_revisits_a_fault_is_tried_again_and_tells_the_folder_nothing(desk: Desk, outlet: Outlet) -> None:
    run(desk)
    outlet.pages[ARTICLE] = 500
    (line,) = run(desk, HOUR)
    assert (line.outcome, line.again_at is not None) == ("failed", True)
    outlet.pages[ARTICLE] = page()
    assert [one.reason for one in run(desk, HOUR + timedelta(minutes=5))] == ["not modified"]
    assert history(desk, outlet) == [("page", "json")]


def test_revisits_an_update_said_by_the_feed_is_fetched_at_once_and_conditionally(desk: Desk, outlet: Outlet) -> None:
    run(desk)
    outlet.pages["/feed"] = bytes(outlet.pages["/feed"]).replace(b"Ferries", b"Ferries sail again")  # type: ignore[arg-type]
    (line,) = run(desk, timedelta(minutes=20))
    assert (line.reason, line.look) == ("not modified", False)
    assert outlet.looks(ARTICLE) == [False, True]
    assert [one.look for one in run(desk, HOUR)] == [True]


def test_revisits_a_page_that_is_gone_is_gone_though_the_feed_carries_its_text(desk: Desk, outlet: Outlet) -> None:
    run(desk)
    outlet.pages[ARTICLE] = 410
    body = f"<content:encoded><![CDATA[<p>{'</p><p>'.join(SENTENCES)}</p>]]></content:encoded></item>".encode()
    feed = bytes(outlet.pages["/feed"])  # type: ignore[arg-type]
    space = b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    outlet.pages["/feed"] = feed.replace(b"</item>", body).replace(b"<rss", space).replace(b"Ferries", b"Withdrawn")
    assert [line.outcome for line in run(desk, timedelta(minutes=20))] == ["rejected"]
    assert history(desk, outlet) == [("page", "json"), ("gone", "seen")]


@pytest.mark.parametrize("stages", [(), ("fetch",), ("fetch", "clean")])
@pytest.mark.parametrize(("answer", "kinds"), [(410, ["page", "gone"]), (page(LATER), ["page", "page"])])
def test_revisits_a_run_that_dies_while_it_looks_is_taken_over(
    desk: Desk, outlet: Outlet, stages: tuple[str, ...], answer: int | bytes, kinds: list[str]
) -> None:
    run(desk)
    outlet.pages[ARTICLE] = answer
    dying = dataclasses.replace(desk, clock=lambda: NOW + HOUR)
    name, _ = begin.begin(dying, "cli")
    batches = plan.plan(dying, name, desk.queues)
    for stage in stages:
        work(dying, name, batches[0], stage)
    later = dataclasses.replace(desk, clock=lambda: NOW + HOUR + timedelta(minutes=5))
    assert one_run(later, (), everything=False, take_over=True)[1] is None
    assert [kind for kind, _ in history(desk, outlet)] == kinds
    dead = ledger.closed(desk.store, name)
    assert dead is not None
    assert dead.entries == sum(dead.outcomes.values()) == 1
    assert [line.look for line in run(desk, 6 * HOUR)] == [True]


def test_revisits_pasted_pages_are_looked_at_again_by_the_runs_of_sources(desk: Desk, outlet: Outlet) -> None:
    outlet.offer("/2026/11/other.html")
    run(desk)
    name, _ = begin.begin(desk, "ingest_urls")
    discover.paste(desk, name, [f"http://{outlet.host}{ARTICLE}"])
    assert one_run(desk, (), everything=False, take_over=False)[0].entries == 0, (
        "it is for the run that it was pasted for"
    )
    (batch,) = plan.plan(desk, name, [PASTED])
    for stage in BATCH_STAGES:
        work(desk, name, batch, stage)
    assert publish(desk, name).outcomes == {"landed": 1}
    outlet.pages[ARTICLE] = page(LATER)
    found, _ = one_run(dataclasses.replace(desk, clock=lambda: NOW + 2 * HOUR), (), everything=False, take_over=False)
    assert (found.outcomes, found.sources[PASTED].taken_up) == ({"landed": 1}, 1)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("http://tern.example/2026/ferries", "https://tern.example/2026/ferries"),
        ("https://tern.example/2026/ferries", "http://tern.example/2026/ferries"),
        ("http://tern.example/2026/ferries", "https://www.tern.example/2026/ferries/?utm_source=rss#top"),
    ],
)
def test_revisits_all_links_change_their_scheme_and_no_second_document_or_version_lands(
    desk: Desk, before: str, after: str
) -> None:
    outcomes = []
    for number, url in enumerate((before, after)):
        entry, at = Entry(source="tern", url=url, guid=url), NOW + number * HOUR
        came = Exchange(
            url=url, at=at, request_headers=(), status=200, reason="OK", headers=(("Content-Type", "text/html"),),
            payload=page(f'<a href="{url}">Print</a>'),
        )  # fmt: skip
        written = captures.write([(entry, (came,))], key=f"raw/{number}.warc.gz", now=at)
        desk.store.put(f"raw/{number}.warc.gz", written.warc)
        (kept,) = written.kept
        assert kept is not None
        taken = Taken(entry=entry, queued_as=url, capture=kept.ref, record=kept.record, captured_at=at)
        outcomes += land(desk, clean(desk, [taken]))
    assert [one.outcome for one in outcomes] == ["landed", "unchanged"]
    assert len({one.document.id for one in outcomes if one.document}) == 1
