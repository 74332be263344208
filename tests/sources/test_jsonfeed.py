"""JSON Feeds as newsrooms write them, also bent and hostile ones."""

import json
import tarfile
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.sources import Offer, read
from tests.shared import shared

SOURCE = Source(name="tern", url="https://tern.example/section/feed.json", language="en")
WHOLE = Source(name="tern", url=SOURCE.url, full_text=True)


def offer(feed: Any, source: Source = SOURCE, headers: dict[str, str] | None = None) -> Offer:
    body = feed if isinstance(feed, bytes) else json.dumps(feed).encode()
    return read(source, SOURCE.url, headers or {"Content-Type": "application/feed+json"}, body)


def feed(*items: Any, **more: Any) -> dict[str, Any]:
    return {"version": "https://jsonfeed.org/version/1.1", "title": "Tern Herald", "items": list(items), **more}


def item(source: Source = SOURCE, **fields: Any) -> Entry:
    (found,) = offer(feed(fields), source).entries
    return found


def test_jsonfeed_says_all_that_an_entry_holds() -> None:
    found = item(
        source=WHOLE, id="https://tern.example/a#1", url="https://tern.example/a", title="Ferries &amp; <b>fog</b>",
        summary="A teaser.", content_html='<p>The <a href="/more">story</a>.</p>',
        date_published="2026-03-09T08:00:00+01:00", date_modified="2026-03-10T08:00:00Z",
        authors=[{"name": "Ada Holm"}, {"name": "Rolf Anker"}], tags=["Sea", "Ports", "Sea"], language="fr-CA",
    )  # fmt: skip
    assert found == Entry(
        source="tern", url="https://tern.example/a", guid="https://tern.example/a#1", title="Ferries & fog",
        published_at=datetime(2026, 3, 9, 7, tzinfo=UTC), updated_at=datetime(2026, 3, 10, 8, tzinfo=UTC),
        summary="A teaser.", body='<div><p>The <a href="https://tern.example/more">story</a>.</p></div>',
        authors=("Ada Holm", "Rolf Anker"), tags=("Sea", "Ports"), language="fr",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "url", "guid"),
    [
        ({"id": "1", "url": "/a"}, "https://tern.example/a", "1"),
        ({"id": 4711, "url": "b"}, "https://tern.example/section/b", "4711"),
        ({"id": 47.5}, None, "47.5"),
        ({"id": "https://tern.example/c"}, "https://tern.example/c", "https://tern.example/c"),
        ({"id": "1", "external_url": "https://isle.example/d"}, "https://isle.example/d", "1"),
        ({"url": "/a", "external_url": "https://isle.example/d"}, "https://tern.example/a", None),
        ({"url": "javascript:alert(1)", "id": True}, None, None),
        ({"url": "file:///etc/passwd"}, None, None),
        ({"url": ["/a"], "id": {"a": 1}}, None, None),
        ({"id": "\ud800"}, None, "?"),
        ({"id": float("nan")}, None, None),
        ({}, None, None),
    ],
)
def test_jsonfeed_link_and_id(fields: dict[str, Any], url: str | None, guid: str | None) -> None:
    found = item(**fields)
    assert (found.url, found.guid) == (url, guid)


@pytest.mark.parametrize(
    ("fields", "authors"),
    [
        ({"author": {"name": "Ada Holm"}}, ("Ada Holm",)),
        ({"author": "Ada Holm"}, ("Ada Holm",)),
        ({"authors": ["Ada Holm", {"name": "Bo"}], "author": {"name": "Old"}}, ("Ada Holm", "Bo")),
        ({"authors": {"name": "Ada Holm"}}, ("Ada Holm",)),
        ({"authors": [None, 3, {"url": "/ada"}]}, ("The desk",)),
        ({}, ("The desk",)),
    ],
)
def test_jsonfeed_authors_are_the_items_else_the_feeds(fields: dict[str, Any], authors: tuple[str, ...]) -> None:
    (found,) = offer(feed(fields, authors=[{"name": "The desk"}], language="de")).entries
    assert (found.authors, found.language) == (authors, "de")


def test_jsonfeed_text_is_a_body_too_and_none_is_kept_where_pages_are_fetched() -> None:
    assert item(source=WHOLE, content_text="One < two.\n\nThree.").body == "<p>One &lt; two.</p><p>Three.</p>"
    assert item(content_text="One.").body is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"items": [], "kind": "videos"}, "JSON of another kind"),
        ({"version": "https://jsonfeed.org/version/1"}, "JSON of another kind"),
        ([{"id": 1}], "JSON of another kind"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": [{"id": "1"}', "broken JSON"),
        (b'{"items": ' + b"[" * 200_000, "broken JSON|nested too deep"),
        (b'{"n": ' + b"9" * 9_000 + b"}", "broken JSON"),
    ],
)
def test_jsonfeed_that_is_none_is_an_error(body: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        offer(body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_jsonfeed_in_whatever_coding_is_read(coding: str) -> None:
    text = json.dumps(feed({"title": "Færgen sejler"}), ensure_ascii=False).replace("sejler", "sejler\\u0000\x0b")
    (found,) = offer(text.encode(coding), headers={"Content-Type": f"text/plain; charset={coding}"}).entries
    assert (found.title or "").startswith("Færgen sejler")


def test_jsonfeed_keeps_what_is_an_item_and_says_what_is_none() -> None:
    found = offer(feed({"title": "A"}, None, "B", ["C"]))
    assert [entry.title for entry in found.entries] == ["A"]
    assert found.warnings == ("3 items are no objects",)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "url", "id"]), inner),
    max_leaves=8,
)
FIELDS = ["id", "url", "external_url", "title", "content_html", "content_text", "summary", "tags", "authors", "author"]
FIELDS += ["date_published", "date_modified", "language"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from([SOURCE, WHOLE]))
@settings(max_examples=200, deadline=None)
def test_jsonfeed_of_any_shape_gives_entries_that_can_be_stored(fields: dict[str, Any], source: Source) -> None:
    (found,) = offer(feed(fields), source).entries
    assert msgspec.json.decode(msgspec.json.encode(found), type=Entry) == found


def test_jsonfeed_of_a_poll_offers_what_the_other_format_of_the_poll_offers() -> None:
    with tarfile.open(shared("data/I_revisions/feed_polls/polls.tar.xz")) as polls:
        bodies = {each.name: polls.extractfile(each).read() for each in polls if each.name < "0150"}  # type: ignore[union-attr]
    both = [name.removesuffix(".json") for name in bodies if name.endswith(".json") and name[:-4] + "xml" in bodies]
    for name in both:
        ours, theirs = (
            {one.url: one.title or "" for one in offer(bodies[f"{name}.{kind}"]).entries} for kind in FORMATS
        )
        assert ours.keys() == theirs.keys(), name
        clear = [url for url, title in ours.items() if title.isascii()]  # other titles were encoded twice in JSON
        assert {url: ours[url] for url in clear} == {url: theirs[url] for url in clear}, name
    assert len(both) > 50


FORMATS = ("json", "xml")
