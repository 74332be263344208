"""Pages in, documents out: what is text, what is refused, and that nothing but named errors comes out."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clean import RULES, clean, clean_body, clean_text
from pipeline.clean.rules import fingerprint
from pipeline.documents import decode, encode
from pipeline.errors import EntryError, Rejected
from pipeline.model import Entry
from tests.clean.made_up import ENTRY, FIRST, NOON, PROSE, SECOND, capture, page
from tests.shared import shared

LD = '<script type="application/ld+json">'

FINGERPRINTS = {1: "37c283b114034887"}  # pragma: allowlist secret
"""By number of the rules. What was released keeps its line: a change raises RULES and adds one."""


def test_rules_change_with_their_number() -> None:
    assert FINGERPRINTS[RULES] == fingerprint(), "cleaning has changed: raise RULES, unless it was never released"


def test_page_becomes_a_document_that_can_be_stored() -> None:
    document = clean(capture(page(f"<h1>Ferries stop</h1><p>Advertisement</p>{PROSE}<p>Read more: Ships</p>")), ENTRY)
    assert document.text == f"{FIRST}\n{SECOND}"
    assert (document.title, document.language, document.source) == ("Ferries stop", "en", "tern")
    assert document.extraction.edition == f"c{RULES}"
    assert decode(encode(document)) == document


def test_page_says_the_same_twice() -> None:
    assert clean(capture(page()), ENTRY) == clean(capture(page()), ENTRY)


@pytest.mark.parametrize(
    "line",
    [
        "Updated {} minutes ago",
        "Ada Holm, updated {} hours ago",
        "By Ada Holm | 22 November 2026, 14:{} GMT",
        "Zuletzt aktualisiert: 22.11.2026, 14:{} Uhr",
        "{} comments · {} shares",
        "LIVE {} watching",
        "You have {} free articles left this month.",
    ],
)
def test_counters_and_times_of_the_page_make_no_version(line: str) -> None:
    one, other = (clean(capture(page(f"<p>{line.format(n, n)}</p>{PROSE}")), ENTRY) for n in (12, 45))
    assert one.version == other.version == clean(capture(page()), ENTRY).version


@pytest.mark.parametrize(
    ("body", "kind", "reason"),
    [
        (b"", "text/html", "empty"),
        (b" \n\0\0", "text/html", "empty"),
        (b"%PDF-1.4 ...", "text/html", "not text: application/pdf"),
        (page(), "image/png", "not text: image/png"),
        (bytes(range(1, 200)) * 9, "", "not text: binary"),
        (page("<p>Ships ahoy.</p>"), "text/html", "too short: 2 words"),
        (page("", head="<title>Page not found | Tern</title>"), "text/html", "soft 404"),
        (page("<p>The page you are looking for could not be found.</p><p>Go home</p>"), "text/html", "soft 404"),
        (page("<p>We and our partners use cookies.</p><p>Accept all</p>" * 4), "text/html", "consent wall"),
        (page("<p>The crews met.</p><p>Subscribe to continue reading</p>"), "text/html", "paywall stub"),
        (page(head=LD + '{"@type":"Article","isAccessibleForFree":false}</script>'), "text/html", "paywall stub"),
        (page("<p>Please enable JS and disable any ad blocker</p>"), "text/html", "bot check"),
    ],
)
def test_page_that_is_no_article_is_rejected_by_name(body: bytes, kind: str, reason: str) -> None:
    with pytest.raises(Rejected) as caught:
        clean(capture(body, kind=kind), ENTRY)
    assert caught.value.reason == reason


@pytest.mark.parametrize("status", [404, 410, 503])
def test_page_of_an_error_is_rejected(status: int) -> None:
    with pytest.raises(Rejected, match=f"no page: status {status}"):
        clean(capture(page(), status=status), ENTRY)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>" + b"<div>" * 10_000 + PROSE.encode(),
        b"<html><body>" + b"<time datetime='2020'>" * 3000 + PROSE.encode(),
        b'<!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;</p>' + PROSE.encode(),
        page(head='<script type="application/ld+json">' + "[" * 100_000 + "</script>"),
        page(head='<script type="application/ld+json">{"@type":"NewsArticle"' + " " * 200_000 + "x</script>"),
        page(head=f'{LD}{{"@type":"Article","headline":"\\ud800","author":"\\udfff a"}}</script>'),
        page(head="<title>" + "a - " * 20_000 + "</title>"),
        page("&#0;&#x1;&#xD800;&#xFFFF;" * 50 + PROSE),
        b"<" * 50_000,
        b"&" * 50_000,
        b"<!doctype " * 20_000,
    ],
)
def test_page_that_is_hostile_is_a_document_or_a_named_error(body: bytes) -> None:
    with suppress(EntryError):
        encode(clean(capture(body), ENTRY))


PIECES = st.sampled_from(
    [
        "<p>",
        "</p>",
        "<div class=author>",
        "<h1>",
        "<table><tr><td>",
        "<script>",
        "<!--",
        "&#55296;",
        "\ufffe",
        "\x00",
        PROSE,
        '<meta name="date" content="',
        '<meta property="article:published_time" content="99999-',
        '"/>',
        "<title>",
        "By ",
        LD + '{"@type":["Article"],"author":[{"name":[[1]]},null,{}],"image":[[]]}</script>',
    ]
)


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.lists(PIECES | st.text(max_size=9)).map(lambda p: "".join(p).encode("utf-8", "replace")),
    )
)
def test_page_of_arbitrary_bytes_is_a_document_or_a_named_error(body: bytes) -> None:
    with suppress(EntryError):
        encode(clean(capture(body), ENTRY))


def test_feed_body_is_described_by_its_entry() -> None:
    entry = Entry(
        source="tern",
        url="https://tern.example/a-1?utm_source=feed",
        title="Ferries &amp; crews",
        body=f"<h2>Other</h2>{PROSE}<time datetime='2020-01-01'>",
        authors=("By Ada Holm",),
        published_at=datetime(2026, 11, 21, tzinfo=UTC),
    )
    document = clean_body(entry, capture(b"<rss/>", url="https://tern.example/feed.xml", kind="application/rss+xml"))
    assert document.extraction.edition == f"f{RULES}"
    assert (document.url, document.title) == ("https://tern.example/a-1", "Ferries & crews")
    assert (document.authors, document.published_at) == (("Ada Holm",), entry.published_at)
    assert document.text.endswith(SECOND)


@pytest.mark.parametrize(
    ("text", "title", "first"),
    [
        (f"Ferries stop\n\n{FIRST}\n{SECOND}", "Ferries stop", FIRST),
        (f"{FIRST}\n{SECOND}", None, FIRST),
        (f"{FIRST}\nRM Block\n{SECOND}\n", None, FIRST),
        ("Ferries stop", None, "Ferries stop"),
        (f"\ufeffFerries\u00a0stop\r\n{FIRST}", "Ferries stop", FIRST),
    ],
)
def test_text_begins_with_its_title_where_a_line_stands_like_one(text: str, title: str | None, first: str) -> None:
    document = clean_text(text)
    assert (document.title, document.text.split("\n")[0]) == (title, first)
    assert "RM Block" not in document.text


def test_text_without_a_word_is_empty() -> None:
    with pytest.raises(Rejected, match="empty"):
        clean_text(" \n***\n\x00")


def test_text_page_is_read_as_text() -> None:
    document = clean(capture(f"Ferries stop\n{FIRST}".encode(), kind="text/plain"), ENTRY)
    assert (document.title, document.text, document.captured_at) == ("Ferries stop", FIRST, NOON)


def test_text_of_the_sample_is_whole_without_the_stray_line() -> None:
    text = shared("seeds/000_9cc57cbc737d1a67.txt").read_text(encoding="utf-8")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip() and line.strip() != "RM Block"]
    assert clean_text(text).text.split("\n") == lines
