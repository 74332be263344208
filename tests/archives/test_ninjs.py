"""ninjs 1, 2 and 3, also in other case: one article, said three ways."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.archives import wire
from pipeline.clean.worker import Page
from tests.archives.exports import PARAGRAPHS, cleaned, file_of, html, pages, reasons

GUID = "urn:newsml:tern.example:20261102:ferry"
COMMON = {"uri": GUID, "language": "en-GB", "slugline": "saltwick-ferry", "usageterms": "Not for <the> mainland"}
ONE = COMMON | {
    "type": "text", "pubstatus": "usable", "firstcreated": "2026-11-02T09:00:00+01:00",
    "versioncreated": "2026-11-02T10:30:00+01:00", "headline": "Saltwick keeps its ferry",
    "byline": "By Ada Holm, Tern",
    "copyrightholder": "Tern Herald", "copyrightnotice": "(c) Tern Herald 2026",
    "subject": [{"name": "transport"}, {"code": "x"}],
    "place": [{"name": "Saltwick"}], "infosource": [{"name": "Tern"}], "body_text": "never taken", "body_xhtml": html(),
    "associations": {"main": {"uri": "urn:x", "type": "picture", "body_text": "A caption"}},
}  # fmt: skip
TWO = COMMON | {
    "type": "text", "pubstatus": "usable", "firstcreated": "2026-11-02T09:00:00+01:00",
    "versioncreated": "2026-11-02T10:30:00+01:00", "by": "By Ada Holm, Tern",
    "headlines": [{"role": "short", "value": "Ferry"}, {"role": "main", "value": "Saltwick keeps its ferry"}],
    "copyrightholder": "Tern Herald", "copyrightnotice": "(c) Tern Herald 2026", "subjects": [{"name": "transport"}],
    "places": [{"name": "Saltwick"}], "infosources": [{"name": "Tern"}],
    "bodies": [{"contenttype": "text/plain", "value": "never taken"}, {"contenttype": "text/html", "value": html()}],
    "associations": [{"uri": "urn:x", "type": "picture", "bodies": [{"value": "A caption"}]}],
}  # fmt: skip
NITF = f"<nitf><body><body.content>{html()}</body.content></body></nitf>"
THREE = {name.replace("created", "Created").replace("status", "Status"): value for name, value in TWO.items()} | {
    "copyrightHolder": TWO["copyrightholder"],
    "bodies": [
        {
            "contentType": "text/vnd.IPTC.NITF",
            "value": f"<nitf><body><body.content>{html()}</body.content></body></nitf>",
        }
    ],
}


def only(folder: Path, item: Any) -> Page:
    (found,) = pages(wire, file_of(folder, "a.json", json.dumps(item)))
    return found


@pytest.mark.parametrize("item", [ONE, TWO, THREE], ids=["1", "2", "3"])
def test_ninjs_says_the_same_in_all_its_versions(tmp_path: Path, item: dict[str, Any]) -> None:
    page = only(tmp_path, item)
    entry, at = page.entry, datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert (entry.url, entry.guid, entry.path, entry.language) == (None, GUID, GUID, "en")
    assert (entry.published_at, entry.updated_at) == (datetime(2026, 11, 2, 8, tzinfo=UTC), at)
    assert entry.tags == ("transport", "Saltwick", "saltwick-ferry")
    document = cleaned(page)
    assert (document.title, document.authors) == ("Saltwick keeps its ferry", ("Ada Holm", "Tern"))
    assert (document.captured_at, document.captured_from, document.extraction.edition[0]) == (at, "item", "f")
    assert document.text.split("\n") == list(PARAGRAPHS)
    assert document.rights == {
        "copyright_holder": "Tern Herald",
        "copyright_notice": "(c) Tern Herald 2026",
        "usage_info": "Not for <the> mainland",
        "credit": "Tern",
    }


def test_ninjs_with_a_web_address_is_the_article_of_that_address(tmp_path: Path) -> None:
    page = only(tmp_path, ONE | {"uri": "https://tern.example/ferry"})
    assert page.entry.url == cleaned(page).url == "https://tern.example/ferry"


def test_ninjs_plain_text_keeps_its_paragraphs(tmp_path: Path) -> None:
    item = COMMON | {"headline": "Ferry", "body_text": "\n\n".join(PARAGRAPHS)}
    assert cleaned(only(tmp_path, item)).text.split("\n") == list(PARAGRAPHS)


def test_ninjs_under_embargo_is_published_when_that_ends(tmp_path: Path) -> None:
    for name in ("embargoed", "embargoedUntil"):
        entry = only(tmp_path, ONE | {name: "2026-11-04T06:00:00Z"}).entry
        assert entry.published_at == datetime(2026, 11, 4, 6, tzinfo=UTC)
        assert entry.rights["embargoed_until"] == "2026-11-04T06:00:00Z"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "picture"}, "not text: picture"),
        ({"type": "video"}, "not text: video"),
        ({"type": "event"}, "not text: event"),
        ({"eventDetails": {}}, "not text: event"),
        ({"pubstatus": "canceled"}, "withheld by its publisher"),
        ({"pubstatus": "withheld"}, "withheld by its publisher"),
        ({"body_xhtml": " ", "body_text": ""}, "no text in the item"),
        ({"uri": ""}, "no news item: JSON of another kind"),
        ({"uri": ["urn:x"]}, "no news item: JSON of another kind"),
    ],
)
def test_ninjs_of_other_kinds_is_rejected(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    assert reasons(wire, file_of(tmp_path, "a.json", json.dumps(ONE | change))) == [reason]


@pytest.mark.parametrize("name", sorted({"id", "guid", "eventDetails", *TWO} - {"uri"}))
@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_ninjs_null_and_nan_are_as_if_absent(tmp_path: Path, name: str, nothing: float | None) -> None:
    bare = {key: value for key, value in TWO.items() if key != name}
    null = file_of(tmp_path, "null.json", json.dumps(bare | {name: nothing}))
    absent = file_of(tmp_path, "absent.json", json.dumps(bare))
    assert [page.entry for page in pages(wire, null)] == [page.entry for page in pages(wire, absent)]
    assert reasons(wire, null) == reasons(wire, absent)


@pytest.mark.parametrize(
    "junk", [None, 7, "x", [], {}, [[{}]], {"value": 1}, {"name": []}, [None, 3, {"name": "x"}], "\ud800"]
)
def test_ninjs_with_fields_of_any_type_is_read(tmp_path: Path, junk: Any) -> None:
    for name in ONE | TWO:
        file = file_of(tmp_path, "a.json", json.dumps(ONE | {name: junk}))
        assert len(pages(wire, file)) + len(reasons(wire, file)) == 1
