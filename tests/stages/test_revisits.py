"""Runs over an outlet on loopback that alters, withdraws and moves what it printed, and whose feed never says so."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
from pipeline.stages.gone import leads_to_section
from pipeline.stages.land import land
from pipeline.stages.publish import publish
from pipeline.store import Store

NOW = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
ARTICLE = "/2026/11/ferries-stay-in-port.html"
AWAY = "redirected to a section"
SENTENCES = (
    "Ferries between the islands and the mainland stayed in port on Sunday after crews voted to strike over pay.",
    "Ada Holm, who speaks for the crews, said that the company had made no offer since the talks broke down in May.",
    "Some four thousand passengers had booked for the day, and the company asked them to travel by train instead.",
    "The minister of transport called both sides to a meeting in the capital that is to begin on Monday morning.",
)
LATER = "The minister has since resigned, his office told the Herald on Sunday evening."


def page(*more: str) -> bytes:
    body = "".join(f"<p>{text}</p>" for text in (*SENTENCES, *more))
    return f"<html><title>Ferries stay in port</title><article><h1>Ferries stay in port</h1>{body}".encode()


class Outlet(ThreadingHTTPServer):
    """Answers with what a test puts at each path, and 304 to who has it; notes what was asked conditionally."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server_port}"
        self.pages: dict[str, bytes | int | str] = {}
        self.asked: list[tuple[str, bool]] = []
        self.offer(ARTICLE)

    def offer(self, *paths: str) -> None:
        items = "".join(f"<item><title>Ferries</title><link>http://{self.host}{path}</link></item>" for path in paths)
        self.pages["/feed"] = f'<rss version="2.0"><channel><title>Tern</title>{items}</channel></rss>'.encode()

    def looks(self, path: str) -> list[bool]:
        return [conditional for asked, conditional in self.asked if asked == path]


class Handler(BaseHTTPRequestHandler):
    server: Outlet

    def do_GET(self) -> None:
        found = self.server.pages.get(self.path, 404)
        self.server.asked.append((self.path, "If-None-Match" in self.headers))
        body, etag = b"", f'"{hash(found):x}"'
        if isinstance(found, int):
            self.send_response(found)
        elif isinstance(found, str):
            self.send_response(301)
            self.send_header("Location", found)
        elif self.headers.get("If-None-Match") == etag:
            self.send_response(304)
            self.send_header("ETag", etag)
        else:
            self.send_response(200)
            self.send_header("ETag", etag)
            self.send_header("Content-Type", "application/rss+xml" if self.path == "/feed" else "text/html")
            body = found
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


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
    ("asked", "final", "gone"),
    [
        (ARTICLE, "/", True),
        (ARTICLE, "/?from=expired", True),
        (ARTICLE, "/2026/11/", True),
        (ARTICLE, "/world", True),
        (ARTICLE, "/tag/ferries", True),
        ("/story.php?id=4", "/story.php", True),
        (ARTICLE, ARTICLE + "?utm_source=feed", False),
        (ARTICLE, "/2026/11/ferries-stay-in-port-for-a-third-day.html", False),
        (ARTICLE, "/story/4711", False),
        (ARTICLE, "/login?next=/2026/11", False),
        (ARTICLE, "/consent", False),
        (f"{ARTICLE}/amp", ARTICLE, False),
        ("/go/17", ARTICLE, False),
        ("/?p=17", "/ferries-stay-in-port/", False),
    ],
)
def test_revisits_a_redirect_to_a_section_is_the_end_of_a_page(asked: str, final: str, gone: bool) -> None:
    assert leads_to_section(f"https://tern.example{asked}", f"http://www.tern.example{final}") is gone


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
