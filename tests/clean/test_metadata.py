"""What pages say of their article, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from pipeline.clean import clean
from pipeline.errors import Rejected
from pipeline.model import Document, Entry
from tests.clean.made_up import ENTRY, PROSE, capture, page


def of(node: Any = None, head: str = "", body: str = "", entry: Entry = ENTRY) -> Document:
    data = "" if node is None else f'<script type="application/ld+json">{json.dumps(node)}</script>'
    return clean(capture(page(body + PROSE, head=head + data)), entry)


def meta(name: str, value: str) -> str:
    return f'<meta property="{name}" content="{value}">'


ARTICLE = {"@type": "NewsArticle", "headline": "Ferries stop"}
SITE = meta("og:site_name", "Tern Herald")


@pytest.mark.parametrize(
    ("node", "head", "body", "title"),
    [
        (ARTICLE, meta("og:title", "Ships"), "<h1>Boats</h1>", "Ferries stop"),
        ({"@graph": [{"@type": "WebSite", "name": "Tern"}, {**ARTICLE, "@type": ["Article"]}]}, "", "", "Ferries stop"),
        ([{**ARTICLE, "headline": "Teaser"}, ARTICLE], meta("og:title", "Ferries stop"), "", "Ferries stop"),
        (None, SITE + meta("og:title", "Ferries stop | Tern Herald"), "", "Ferries stop"),
        (None, SITE + "<title>Tern Herald - Ferries stop</title>", "", "Ferries stop"),
        (None, meta("og:title", "Ferries stop | News | 22.11.2026"), "<h1>Ferries stop</h1>", "Ferries stop"),
        (None, "", "<h1>Ferries <em>stop</em></h1>", "Ferries stop"),
        (None, meta("og:title", "Q&amp;amp;A: ferries"), "", "Q&A: ferries"),
    ],
)
def test_title_is_the_article_s_own(node: Any, head: str, body: str, title: str) -> None:
    assert of(node, head, body).title == title


@pytest.mark.parametrize(
    ("node", "head", "body", "authors"),
    [
        ({**ARTICLE, "author": {"@type": "Person", "name": "By Ada Holm"}}, "", "", ("Ada Holm",)),
        (
            {**ARTICLE, "author": [{"name": "Ada Holm"}, {"@type": "Organization", "name": "Tern"}]},
            "",
            "",
            ("Ada Holm",),
        ),
        ({**ARTICLE, "author": "Ada Holm, Bo Lind and Cy Moe"}, "", "", ("Ada Holm", "Bo Lind", "Cy Moe")),
        ({"@graph": [{**ARTICLE, "author": {"@id": "#a"}}, {"@id": "#a", "name": "Ada Holm"}]}, "", "", ("Ada Holm",)),
        (None, SITE + meta("author", "Tern Herald"), "", ()),
        (None, meta("article:author", "https://face.example/ada") + meta("byl", "By Ada Holm"), "", ("Ada Holm",)),
        (None, "", '<div class="byline"><span>By</span><a>Ada Holm</a><i>5 min ago</i></div>', ("Ada Holm",)),
        (None, "", "", ("Bo Lind",)),
    ],
)
def test_authors_are_names(node: Any, head: str, body: str, authors: tuple[str, ...]) -> None:
    entry = Entry(source="tern", authors=("Bo Lind",) if not (node or head or body) else ())
    assert of(node, head, body, entry).authors == authors


@pytest.mark.parametrize(
    ("node", "head", "body", "hour"),
    [
        ({**ARTICLE, "datePublished": "2026-11-22T09:30:00+01:00"}, "", "", (22, 8, 30)),
        ({**ARTICLE, "datePublished": "2026-11-22T09:30:00"}, "", "", (22, 9, 30)),
        ({**ARTICLE, "datePublished": "2026-11-21"}, "", "", (21, 0, 0)),
        ({**ARTICLE, "datePublished": "soon"}, meta("article:published_time", "2026-11-22T09:30:00Z"), "", (22, 9, 30)),
        ({**ARTICLE, "datePublished": "2027-01-01"}, meta("date", "2026-11-20"), "", (20, 0, 0)),
        (None, "", '<time class="published" datetime="2026-11-22T09:30:00Z">', (22, 9, 30)),
        (None, "", "", None),
    ],
)
def test_published_is_the_instant_in_utc(node: Any, head: str, body: str, hour: tuple[int, ...] | None) -> None:
    assert of(node, head, body).published_at == (hour and datetime(2026, 11, *hour, tzinfo=UTC))


@pytest.mark.parametrize(("changed", "kept"), [("2026-11-22T10:00:00Z", True), ("2026-11-22T09:00:00Z", False)])
def test_modified_is_later_than_published(changed: str, kept: bool) -> None:
    node = {**ARTICLE, "datePublished": "2026-11-22T09:30:00Z", "dateModified": changed}
    assert (of(node).modified_at is not None) is kept


@pytest.mark.parametrize(
    ("node", "head", "access"),
    [
        (ARTICLE, "", "free"),
        ({**ARTICLE, "isAccessibleForFree": False}, "", "paid"),
        ({**ARTICLE, "isAccessibleForFree": "http://schema.org/False"}, "", "paid"),
        ({**ARTICLE, "isAccessibleForFree": "True"}, "", "free"),
        (None, meta("article:content_tier", "metered"), "metered"),
        (None, meta("article:content_tier", "locked"), "paid"),
    ],
)
def test_access_is_what_the_page_states(node: Any, head: str, access: str) -> None:
    assert of(node, head, body=PROSE * 3).access == access


def test_access_a_few_lines_of_an_article_for_subscribers_are_none() -> None:
    with pytest.raises(Rejected, match="paywall stub"):
        of({**ARTICLE, "isAccessibleForFree": False})


def test_other_fields_come_from_structured_data_and_meta() -> None:
    node = {
        **ARTICLE,
        "articleSection": ["Harbour"],
        "keywords": "ferries, strikes,ferries",
        "image": {"url": "/a.jpg"},
        "license": "https://licences.example/by/4.0",
        "copyrightHolder": {"name": "Tern Herald"},
    }
    document = of(node, SITE + '<link rel="canonical" href="/harbour/ferries?id=1">' + meta("tdm-reservation", "1"))
    assert (document.section, document.tags, document.site_name) == ("Harbour", ("ferries", "strikes"), "Tern Herald")
    assert (document.image, document.url) == ("https://tern.example/a.jpg", "https://tern.example/harbour/ferries?id=1")
    assert document.rights == {
        "license": "https://licences.example/by/4.0",
        "copyright_holder": "Tern Herald",
        "tdm_reservation": "1",
    }


@pytest.mark.parametrize("image", ["javascript:alert(1)", "data:image/png;base64,AAAA", "http://[bad", ""])
def test_image_is_a_web_address_or_none(image: str) -> None:
    assert of({**ARTICLE, "image": image}).image is None


@pytest.mark.parametrize(("lang", "language"), [("en-GB", "en"), ("de", "en"), ("", "en")])
def test_language_is_what_the_text_is_in(lang: str, language: str) -> None:
    assert clean(capture(page(lang=lang)), ENTRY).language == language
