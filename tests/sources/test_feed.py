"""Feeds as newsrooms write them."""

from datetime import UTC, datetime

import pytest

from pipeline.errors import SourceError
from pipeline.model import Source
from pipeline.sources import Offer, read
from pipeline.sources.markup import LONGEST
from tests.sources.feeds import WHOLE, atom, item, offer, rss

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


def test_feed_that_is_empty_is_no_error() -> None:
    assert offer(rss("<title>Quiet day</title>")) == Offer(())


def test_feed_of_unknown_kind_is_an_error() -> None:
    with pytest.raises(SourceError, match="no kind 'pigeon'"):
        read(Source(name="x", url="https://x.example/", kind="pigeon"), "https://x.example/", {}, b"")
