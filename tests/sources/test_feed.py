"""Feeds as newsrooms write them, also broken and hostile ones."""

import gzip
import io
import json
import warnings
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.sources import MOST_BYTES, MOST_ENTRIES, Offer, feed, read
from pipeline.sources.markup import LONGEST
from tests.shared import shared

SOURCE = Source(name="tern", url="https://tern.example/section/feed.xml", language="en")
WHOLE = Source(name="tern", url=SOURCE.url, full_text=True)


def offer(body: str | bytes, headers: dict[str, str] | None = None, source: Source = SOURCE) -> Offer:
    return read(source, SOURCE.url, headers or {}, body.encode() if isinstance(body, str) else body)


def rss(items: str, attributes: str = "") -> str:
    return f'<?xml version="1.0"?>\n<rss version="2.0" {NAMESPACES} {attributes}><channel>{items}</channel></rss>'


def atom(entries: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{entries}</feed>'


def item(inside: str, **more: Source) -> Entry:
    (found,) = offer(rss(f"<item>{inside}</item>"), **more).entries
    return found


NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)

VERSIONS = {
    "rss 0.91": '<rss version="0.91"><channel><item><title>A</title><link>/a</link></item></channel></rss>',
    "rss 0.9": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns="http://my.netscape.com/rdf/simple/0.9/"><item><title>A</title><link>/a</link></item></rdf:RDF>',
    "rss 1.0": '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">'
    '<item rdf:about="https://tern.example/a"><title>A</title><link>/a</link></item></rdf:RDF>',
    "rss 2.0": rss("<item><title>A</title><link>/a</link></item>"),
    "atom 1.0": atom('<entry><title>A</title><link href="/a"/></entry>'),
    "atom 0.3": '<feed version="0.3" xmlns="http://purl.org/atom/ns#"><entry><title>A</title>'
    '<link rel="alternate" type="text/html" href="/a"/></entry></feed>',
}


@pytest.mark.parametrize("version", VERSIONS)
def test_feed_of_every_version_is_read(version: str) -> None:
    found = offer(VERSIONS[version])
    assert [(entry.title, entry.url) for entry in found.entries] == [("A", "https://tern.example/a")]
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>/news/a</link>", "https://tern.example/news/a"),
        ("<link>//tern.example/b</link>", "https://tern.example/b"),
        ("<link>c</link>", "https://tern.example/section/c"),
        ("<link>\n  https://tern.example/d \n</link>", "https://tern.example/d"),
        ("<link>https://tern.example/e?a=1&amp;b=2</link>", "https://tern.example/e?a=1&b=2"),
        ("<guid>https://tern.example/f</guid>", "https://tern.example/f"),
        ("<guid>https://tern.example/f?a=1&amp;b=2</guid>", "https://tern.example/f?a=1&b=2"),
        ('<guid isPermaLink="false">https://tern.example/g</guid>', None),
        ("<guid>4711</guid>", None),
        ("<guid>/news/4711</guid>", "https://tern.example/news/4711"),
        ("<guid>4711</guid><link>/h</link>", "https://tern.example/h"),
        ("<link>https://proxy.example/1</link><feedburner:origLink>/i</feedburner:origLink>", "https://tern.example/i"),
        ('<enclosure url="https://tern.example/a.mp3" type="audio/mpeg" length="1"/>', None),
        ("<link>javascript:alert(1)</link>", None),
        ("<link>mailto:desk@tern.example</link>", None),
        ("<link>file:///etc/passwd</link>", None),
        ("<link>http://[bad</link>", None),
        ("<link>https://tern.example:99999/</link>", None),
        (f"<link>https://tern.example/{'x' * 9000}</link>", None),
        ("", None),
    ],
)
def test_feed_link(inside: str, url: str | None) -> None:
    assert item(f"<title>A</title>{inside}").url == url


def test_feed_link_follows_xml_base() -> None:
    body = atom(
        '<entry xml:base="https://isle.example/x/"><link href="a"/></entry><entry><link href="b"/></entry>'
        '<entry xml:base="y/"><link href="c"/></entry>',
        'xml:base="https://tern.example/base/"',
    )
    urls = [entry.url for entry in offer(body).entries]
    assert urls == ["https://isle.example/x/a", "https://tern.example/base/b", "https://tern.example/base/y/c"]


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Q&amp;A on ferries", "Q&A on ferries"),
        ("&lt;b&gt;Ferries&lt;/b&gt; stay in port", "Ferries stay in port"),
        ("It&amp;#8217;s over", "It’s over"),
        ("<![CDATA[Caf&eacute; <i>closed</i>]]>", "Café closed"),
        ("Line one&lt;br&gt;line two", "Line one line two"),
        ("Score 2 &lt; 3\n   at half-time", "Score 2 < 3 at half-time"),
        ("", None),
    ],
)
def test_feed_title_is_plain_text(title: str, plain: str | None) -> None:
    assert item(f"<title>{title}</title>").title == plain


def test_feed_title_of_atom_is_what_its_type_says() -> None:
    titles = (
        '<entry><title type="text">Use &lt;b&gt;</title></entry>'
        '<entry><title type="html">&lt;b&gt;Bold&lt;/b&gt;</title></entry>'
    )
    assert [entry.title for entry in offer(atom(titles)).entries] == ["Use <b>", "Bold"]


def test_feed_title_without_end_is_cut() -> None:
    assert len(item(f"<title>{'long ' * 5000}</title>").title or "") == LONGEST["title"]


def test_feed_says_authors_tags_and_language() -> None:
    found = item(
        "<dc:creator>Ada Holm</dc:creator><dc:creator>Rolf Anker</dc:creator><category>Sea</category>"
        "<category>Ports</category><category>Sea</category>"
    )
    assert (found.authors, found.tags, found.language) == (("Ada Holm", "Rolf Anker"), ("Sea", "Ports"), "en")
    for author in (
        "ada@tern.example (Ada Holm)",
        "ada@tern.fr (Ada Holm)",
        "Ada Holm &lt;ada@tern.media&gt;",
        "Ada Holm",
    ):
        assert item(f"<author>{author}</author>").authors == ("Ada Holm",)
    assert item("<author>ada@tern.example</author>").authors == ()
    both = "<author><name>Ada Holm</name><email>a@tern.example</email></author><author><name>Bo</name></author>"
    assert offer(atom(f"<entry>{both}</entry>")).entries[0].authors == ("Ada Holm", "Bo")
    french = offer(rss("<language>fr-CA</language><item><title>A</title></item>"))
    assert french.entries[0].language == "fr"


def test_feed_dates_say_publication_and_change() -> None:
    found = offer(
        atom("<entry><published>2026-03-09T08:00:00+01:00</published><updated>2026-03-10T08:00:00Z</updated></entry>")
    ).entries[0]
    assert found.published_at == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 3, 10, 8, tzinfo=UTC)
    changed = offer(atom("<entry><updated>2026-03-10T08:00:00Z</updated></entry>")).entries[0]
    assert (changed.published_at, changed.updated_at) == (None, datetime(2026, 3, 10, 8, tzinfo=UTC))
    assert item("<dc:date>2026-03-10T08:00:00Z</dc:date>").published_at == datetime(2026, 3, 10, 8, tzinfo=UTC)


CONTENT = "<content:encoded>&lt;p&gt;The whole &lt;a href='/more'&gt;story&lt;/a&gt;.&lt;/p&gt;</content:encoded>"


def test_feed_body_is_kept_only_where_the_source_carries_whole_articles() -> None:
    inside = f"<description>A teaser.</description>{CONTENT}"
    assert item(inside).body is None
    found = item(inside, source=WHOLE)
    assert found.summary == "A teaser."
    assert found.body == '<div><p>The whole <a href="https://tern.example/more">story</a>.</p></div>'


def test_feed_body_falls_to_the_description() -> None:
    assert item("<description>&lt;p&gt;All.&lt;/p&gt;</description>", source=WHOLE).body == "<div><p>All.</p></div>"
    assert item("<title>A</title>", source=WHOLE).body is None
    text = atom('<entry><content type="text">One &lt; two.\n\nThree.</content></entry>')
    assert offer(text, source=WHOLE).entries[0].body == "<p>One &lt; two.</p><p>Three.</p>"


def test_feed_entries_without_anything_are_entries() -> None:
    found = offer(rss("<item/><item><title>A</title></item><item><guid isPermaLink='false'>1</guid></item>")).entries
    assert [(entry.url, entry.title, entry.guid) for entry in found] == [
        (None, None, None),
        (None, "A", None),
        (None, None, "1"),
    ]
    assert len({entry.key for entry in found}) == 3


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


def test_feed_that_is_empty_is_no_error() -> None:
    assert offer(rss("<title>Quiet day</title>")) == Offer(())


def test_feed_of_unknown_kind_is_an_error() -> None:
    with pytest.raises(SourceError, match="no kind 'pigeon'"):
        read(Source(name="x", url="https://x.example/", kind="pigeon"), "https://x.example/", {}, b"")


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
