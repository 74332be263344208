"""Feeds that were found on the web."""

import gzip
import io
import json
import warnings
from datetime import datetime

import pytest

from pipeline.errors import SourceError
from pipeline.sources import read
from tests.shared import shared
from tests.sources.feeds import SOURCE, WHOLE, offer


def test_feed_entries_of_real_feeds_are_all_there() -> None:
    import feedparser

    folder = shared("data/B_feeds/real")
    read_ones = 0
    for path in sorted(each for each in folder.iterdir() if each.suffix != ".jsonl" and "partial" not in each.name):
        if path.suffix == ".json":
            told = json.loads(path.read_bytes(), strict=False)  # RSS in JSON is no JSON Feed
            assert "rss" in told or len(offer(path.read_bytes()).entries) == len(told["items"]), path.name
            continue
        body = path.read_bytes()
        with warnings.catch_warnings(action="ignore"):
            theirs = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
        try:
            ours = offer(body, source=WHOLE).entries
        except SourceError:
            assert not theirs.entries, path.name
            continue
        read_ones += 1
        assert len(ours) == len(theirs.entries), path.name
        for mine, their in zip(ours, theirs.entries, strict=True):
            assert mine.url is None or mine.url.startswith(("https://", "http://")), path.name
            assert mine.url or not their.get("link", "").startswith(("http", "/")), path.name
            assert mine.title or not their.get("title", "").strip(), path.name
            assert mine.published_at or not their.get("published_parsed"), path.name
    assert read_ones > 80


FEED_CASES = (
    "feed-relative-without-base",
    "feed-same-link-other-guid",
    "feed-tracking-parameters",
    "feed-gzip-unasked",
)


@pytest.mark.parametrize("case", [*FEED_CASES, "feed-dates-written-otherwise"])
def test_feed_of_a_public_report_is_right(case: str) -> None:
    folder = shared(f"reports/cases/{case}")
    expect = json.loads((folder / "expect.json").read_text())
    text = (
        (folder / "feed.xml").read_text().replace("{{BASE}}", "http://tern.example").replace("{{HOST}}", "tern.example")
    )
    body = gzip.compress(text.encode()) if expect.get("gzip_body") else text.encode()
    url = "http://tern.example" + expect.get("feed_path", "/feed.xml")
    found = {entry.url: entry for entry in read(SOURCE, url, expect["headers"], body).entries}
    assert len(found) == expect["expect"]["entries"]
    for path in expect["expect"].get("urls", ()):
        assert any(str(each).startswith(f"http://tern.example{path}") for each in found)
    for path, date in expect["expect"].get("dates", {}).items():
        assert found[f"http://tern.example{path}"].published_at == datetime.fromisoformat(date)
