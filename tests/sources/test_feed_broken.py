"""Feeds that are broken, hostile, or none."""

import gzip

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.sources import MOST_ENTRIES, feed
from pipeline.sources.markup import LONGEST
from pipeline.web.coding import MOST_BYTES
from tests.sources.feeds import SOURCE, WHOLE, offer, rss


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            rss("<item><title>A</title></item><item><title>B &nope; C</title></item>"),
            "undefined entity in line 2, colu",
        ),
        ('<rss version="2.0"><channel><item><title>A</title></item><item><title>B', "no element found in line 1, colu"),
        (rss("<item><title>A</title></item><item><title>B</titel></item>"), "mismatched tag in line 2, column"),
        (rss("<item><title>A</title></item><item><nope:x/><title>B</title></item>"), "unbound prefix in line 2"),
    ],
)
def test_feed_that_is_broken_keeps_what_can_be_saved(body: str, said: str) -> None:
    found = offer(body)
    assert len(found.entries) == 2
    assert found.entries[0].title == "A"
    assert said in found.warnings[0]


NORDIC = rss("<item><title>Færgen sejler fra Ærø</title></item>")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (NORDIC.encode(), {}),
        (b"\xef\xbb\xbf\n" + NORDIC.encode(), {}),
        (NORDIC.encode(), {"Content-Type": "text/xml; charset=iso-8859-1"}),
        (NORDIC.encode(), {"content-type": "text/html"}),
        (NORDIC.replace("?>", ' encoding="iso-8859-1"?>').encode(), {}),
        (NORDIC.replace("?>", ' encoding="iso-8859-1"?>').encode("latin-1"), {}),
        (NORDIC.encode("latin-1"), {"Content-Type": 'application/rss+xml; charset="ISO-8859-1"'}),
        (NORDIC.replace("?>", ' encoding="utf-16"?>').encode("utf-16"), {}),
        (NORDIC.replace("A", "A\x0b").encode(), {}),
        (gzip.compress(NORDIC.encode()), {}),
    ],
)
def test_feed_in_whatever_coding_is_read(body: bytes, headers: dict[str, str]) -> None:
    assert [entry.title for entry in offer(body, headers).entries] == ["Færgen sejler fra Ærø"]


@pytest.mark.parametrize("name", ["undefined", "punycode", "rot13", "hex", "idna", "no-such-thing", "utf-16"])
def test_feed_in_a_coding_that_is_none_is_read(name: str) -> None:
    body = NORDIC.replace("?>", f' encoding="{name}"?>').encode("latin-1")
    (found,) = offer(body, {"Content-Type": f"text/xml; charset={name}"}).entries
    assert found.title


@pytest.mark.parametrize(
    "stray", ["<textinput><link>x</link>", "</media:player>", "<image>", "<svg>", "<source>", "</width>"]
)
def test_feed_with_stray_elements_keeps_its_entries(stray: str) -> None:
    assert offer(rss(f"{stray}<item><title>A</title></item><item>{stray}<title>B</title></item>")).entries


def test_feed_with_one_bad_byte_stays_utf8() -> None:
    body = rss("<item><title>Færgen</title></item>" * 30 + "<item><title>bad X</title></item>").encode()
    found = offer(body.replace(b"X", b"\xe6"))
    assert {entry.title for entry in found.entries} == {"Færgen", "bad �"}
    assert found.warnings == ("1 characters are no UTF-8",)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "JSON"),
        (b"<!DOCTYPE html><html><body>We are <b>down</b>", "an HTML page"),
        (
            b'<html><head><link rel="alternate" type="application/rss+xml" href="/new.xml"></head></html>',
            "an HTML page, which names as its feed https://tern.example/new.xml",
        ),
        (b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>', "another kind, <urlset>"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no XML"),
        (b"\x1f\x8b nothing", "cannot be unpacked"),
        (gzip.compress(b" " * (MOST_BYTES + 1)), "larger than 10 MB"),
    ],
)
def test_feed_that_is_none_is_an_error(body: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said.replace(".", r"\.").replace("<", r"\<")):
        offer(body)


def test_feed_beyond_all_measure_is_cut_with_a_warning() -> None:
    found = offer(rss("<item/>" * (MOST_ENTRIES + 1)))
    assert len(found.entries) == MOST_ENTRIES
    assert found.warnings == ("1 entries left out: 10000 are taken from one answer",)


SLOW = {
    "author": f"<item><author>{'a' * 200_000}</author></item>",
    "deep": f"<item>{'<a>' * 200_000}{'</a>' * 200_000}</item>",
    "links": "<item>" + '<link href="a"/>' * 100_000 + "</item>",
}


@pytest.mark.parametrize("name", SLOW)
def test_feed_that_would_take_hours_is_stopped(name: str) -> None:
    with pytest.raises(SourceError, match="takes longer than"):
        feed.read(SOURCE, SOURCE.url, {}, rss(SLOW[name]).encode(), cpu_seconds=0.05)


HOSTILE = {
    "bomb": '<!DOCTYPE x [<!ENTITY a "'
    + "b" * 10_000
    + '">]>'
    + rss("<item><title>" + "&a;" * 50_000 + "</title></item>"),
    "file": '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rss("<item><title>A&a;</title></item>"),
    "net": '<!DOCTYPE x SYSTEM "http://192.0.2.1/x.dtd">' + rss("<item><title>A</title></item>"),
    "reference": rss("<item><title>A&#99999999999999999;&#xd800;&#1114112;</title></item>"),
    "unclosed": '<rss version="2.0"><channel><item><title>' + "<" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_feed_that_is_hostile_gives_its_entry_and_nothing_else(name: str) -> None:
    (found,) = offer(HOSTILE[name].replace('<?xml version="1.0"?>\n', "")).entries
    assert found.title is None or len(found.title) <= LONGEST["title"]
    assert "root:" not in (found.title or "")


def test_feed_is_never_taken_for_an_address_or_a_file() -> None:
    for body in (b"https://tern.example/feed.xml", __file__.encode()):
        with pytest.raises(SourceError, match="no feed"):
            offer(body)


PIECES = st.sampled_from(
    """
    <rss> <item> </item> <title> </title> <link> </link> <guid> </guid> <entry> <content type='xhtml'> <author>
    <category> <pubDate> <svg> <image> <source> <![CDATA[ ]]> &# &amp; xml:base=' http://[ <!DOCTYPE 2026- 1 ' " \xff
    """.encode().split()
)


@given(
    st.one_of(st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=4)), max_size=25).map(b"".join))
)
@settings(max_examples=300, deadline=None)
def test_feed_of_arbitrary_bytes_is_an_offer_or_a_source_error(body: bytes) -> None:
    try:
        entries = offer(body, source=WHOLE).entries
    except SourceError:
        entries = ()
    assert all(entry.source == "tern" and entry.key for entry in entries)
