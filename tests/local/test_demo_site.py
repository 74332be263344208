"""What the demo site holds, and how it changes with time."""

import json
import re
from datetime import datetime
from pathlib import Path

import feedparser
import pytest

from pipeline.local.demo_site import Article, Outlet, declared, moments, outlets, respond
from pipeline.model import Source
from pipeline.sources import read
from pipeline.sources.declared import load

BASE = "http://127.0.0.1:8600"
T0, T1, T2 = moments()
FEEDS = ["/tern/feed.xml", "/curlew/atom.xml"]
JSON_FEED = "/avocet/feed.json"
CAVERS = "/curlew/story/20261122/cavers-in-the-karst.html"
UMBRELLAS = "/curlew/story/20261122/pier-of-trieste-umbrella-ban.html"
ARTICLES = [pytest.param(outlet, each, id=each.slug) for outlet in outlets() for each in outlet.articles]


def get(path: str, now: datetime = T0) -> str:
    """The body of a page that is there."""
    response = respond(path, now, BASE)
    assert response.status == 200
    return response.body.decode()


def titles(now: datetime) -> dict[str, str]:
    """Titles by guid, or by title where there is none, over both feeds."""
    entries = [each for feed in FEEDS for each in feedparser.parse(respond(feed, now, BASE).body).entries]
    return {each.get("id", each.title): each.title for each in entries}


@pytest.mark.parametrize(("feed", "now", "entries"), [
    (FEEDS[0], T0, 9), (FEEDS[0], T1, 12), (FEEDS[0], T2, 14),
    (FEEDS[1], T0, 8), (FEEDS[1], T1, 10), (FEEDS[1], T2, 12),
])  # fmt: skip
def test_demo_feeds_are_read_whole(feed: str, now: datetime, entries: int) -> None:
    parsed = feedparser.parse(respond(feed, now, BASE).body)
    assert parsed.version in ("rss20", "atom10")
    assert len(parsed.entries) == entries


@pytest.mark.parametrize(("now", "entries"), [(T0, 10), (T1, 13), (T2, 14)])
def test_demo_has_a_json_feed_in_four_languages(now: datetime, entries: int) -> None:
    found = read(Source(name="avocet", url=BASE + JSON_FEED), BASE + JSON_FEED, {}, respond(JSON_FEED, now, BASE).body)
    assert len(found.entries) == entries
    assert {entry.language for entry in found.entries} == {"en", "fr", "de", "es"}
    assert not found.warnings


def test_demo_has_forty_articles() -> None:
    assert len(ARTICLES) == 40


def test_demo_alters_a_quote_in_silence() -> None:
    path = "/avocet/2026/11/no-school-will-close"
    before, after = get(path, T0), get(path, T1)
    assert "will not close a single" in before
    assert "do not expect to close any" in after
    told = re.compile(r'"dateModified":"[^"]*"')
    assert told.findall(before) == told.findall(after)
    feeds = [json.loads(respond(JSON_FEED, now, BASE).body)["items"] for now in (T0, T1)]
    items = [next(item for item in feed if item["url"] == BASE + path) for feed in feeds]
    assert items[0] == items[1]


def test_demo_has_an_entry_without_guid_and_date_one_without_link_and_a_careless_one() -> None:
    tern, curlew = (feedparser.parse(respond(feed, T1, BASE).body) for feed in FEEDS)
    assert [each.title for each in tern.entries if "id" not in each and "published" not in each] != []
    assert [each.title for each in tern.entries if "link" not in each] != []
    assert not tern.bozo
    assert curlew.bozo
    assert "Salt & smoke: the herring house that would not close" in [each.title for each in curlew.entries]


def test_demo_moves_with_its_clock() -> None:
    first, second, third = (titles(now) for now in (T0, T1, T2))
    cavers, umbrellas = (
        "tag:curlew.example,2026:cavers-in-the-karst",
        "tag:curlew.example,2026:pier-of-trieste-umbrella-ban",
    )
    assert len({first[cavers], second[cavers], third[cavers]}) == 3
    assert len({get(CAVERS, now) for now in (T0, T1, T2)}) == 3
    assert second[umbrellas].startswith("Withdrawn")
    assert [respond(UMBRELLAS, now, BASE).status for now in (T0, T1, T2)] == [200, 410, 410]
    assert second.keys() - first.keys()
    assert third.keys() - second.keys()
    assert first.keys() <= second.keys() <= third.keys()


@pytest.mark.parametrize(("outlet", "article"), ARTICLES)
def test_demo_article_is_there_from_its_publication_on(outlet: Outlet, article: Article) -> None:
    path, before = outlet.address(article), article.published.replace(year=2025)
    assert respond(path, before, BASE).status == 404
    expected = 404 if article.odd == "unlinked" else 200
    assert respond(path, article.published, BASE).status == expected


@pytest.mark.parametrize(("outlet", "article"), ARTICLES)
def test_demo_article_changes_as_its_file_says(outlet: Outlet, article: Article) -> None:
    body = article.body
    for change in article.change:
        assert body.count(change.old) == 1, change.old
        assert change.at > article.published
        body = body.replace(change.old, change.new)
    assert article.published <= T2


@pytest.mark.parametrize(("outlet", "article"), [each for each in ARTICLES if each.values[1].page == "page.html"])
def test_demo_pages_say_of_themselves_what_pages_say(outlet: Outlet, article: Article) -> None:
    response = respond(outlet.address(article), article.published, BASE)
    if response.status == 404:
        return
    page = response.body[:20_000].decode(article.encoded)
    said = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)[0])
    article_said = said["@graph"][-1] if "@graph" in said else said
    assert article_said["headline"] == article.title
    assert article_said["isAccessibleForFree"] == (article.access == "free")
    assert f'<link rel="canonical" href="{BASE}{outlet.address(article)}">' in page
    assert response.headers["Content-Type"] == f"text/html; charset={article.declared}"


@pytest.mark.parametrize(("outlet", "article"), ARTICLES)
def test_demo_pages_load_nothing(outlet: Outlet, article: Article) -> None:
    page = respond(outlet.address(article), T2, BASE).body[:20_000].decode("latin-1")
    assert not re.search(r"<(?:img|iframe|script)[^>]+src=|<link[^>]+stylesheet|url\(|@import", page)
    assert set(re.findall(r'(?:href|content)="(https?://[^/"]*)', page)) <= {BASE}


@pytest.mark.parametrize(("path", "odd"), [
    ("/tern/business/2026/11/22/olive-oil-charts/", "We value your privacy"),
    ("/tern/technology/2026/11/22/nairobi-battery-swap-paid/", "Continue reading with a subscription"),
    ("/tern/culture/2026/11/22/a-week-in-letters/", "can’t find that page"),
])  # fmt: skip
def test_demo_has_pages_that_are_no_articles(path: str, odd: str) -> None:
    assert odd in get(path)


def test_demo_redirects_where_a_page_has_moved() -> None:
    response = respond("/tern/go/20261122-17", T0, BASE)
    assert response.status == 301
    assert "swifts" in get(response.headers["Location"].removeprefix(BASE))


def test_demo_has_a_huge_page() -> None:
    assert len(respond("/tern/world/2026/11/23/ferry-strike-live/", T1, BASE).body) > 10_000_000


def test_demo_has_wrong_charsets() -> None:
    salar = respond("/tern/business/2026/11/22/salar-norte-to-cut-jobs/", T0, BASE)
    with pytest.raises(UnicodeDecodeError):
        salar.body.decode("utf-8")
    gdansk = respond("/curlew/story/20261123/salt-and-smoke-in-gdansk.html", T1, BASE)
    assert "iso-8859-1" in gdansk.headers["Content-Type"]
    assert "Żukowicz" in gdansk.body.decode()


def test_demo_robots_shuts_out_the_print_edition() -> None:
    assert "Disallow: /tern/print/" in get("/robots.txt")
    assert "libraries" in get("/tern/print/2026-11-23/", T1)


def test_demo_one_agency_text_stands_in_two_newspapers() -> None:
    bodies = [each.body for outlet in outlets() for each in outlet.articles if "Fulmar" in each.authors]
    assert len(bodies) == 2
    assert len(set(bodies)) == 1


@pytest.mark.parametrize("path", [
    "", "//", "/..", "/tern/../robots.txt", "/tern/%2e%2e/demo.toml", "/tern/outlet.toml", "/tern/page.html", "/curlew",
    "/tern/articles/swifts-of-seville.md", "http://169.254.169.254/", "/\x00", "/tern/" + "a" * 100_000,
    "/tern/{{ 7 * 7 }}", "/é", "/tern/None", "None", "*", "/_clock/", "/tern/culture/2026/11/22/newsletter-pause/",
])  # fmt: skip
def test_demo_hostile_paths_are_missing(path: str) -> None:
    response = respond(path, T2, BASE)
    assert response.status == 404
    assert len(response.body) < 5_000


@pytest.mark.parametrize("path", [*FEEDS, CAVERS, "/tern/", "/robots.txt"])
def test_demo_same_time_gives_same_bytes(path: str) -> None:
    assert respond(path, T1, BASE) == respond(path, T1, BASE)


def test_demo_declares_sources_without_fault(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(declared(8600))
    found = load(file)
    assert found.errors == ()
    assert [each.url for each in found.sources] == [f"{BASE}{feed}" for feed in (*FEEDS, JSON_FEED)]
    assert {each.allow_hosts for each in found.sources} == {("127.0.0.1:8600",)}
