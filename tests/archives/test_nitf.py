"""NITF: tables, lists, lines broken for terminals, and datelines."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.archives import wire
from pipeline.clean.worker import Page
from tests.archives.exports import PARAGRAPHS, cleaned, file_of, html, pages, reasons

HEAD = """<head><title>Ferry slug</title>
<tobject><tobject.subject tobject.subject.type="Transport" tobject.subject.matter="Ferries"/></tobject>
<docdata management-status="usable"><doc-id id-string="tern-77" regsrc="TERN"/><date.issue norm="20261102T093000+0100"/>
<date.release norm="20261102T090000+0100"/><key-list><keyword key="saltwick-ferry"/></key-list>
<doc.copyright holder="Tern Herald" year="2026"/><doc.rights limitations="Not for the mainland"/></docdata></head>"""
ABOUT = """<hedline><hl1>Saltwick keeps its ferry</hl1><hl2>Council votes</hl2></hedline>
<byline>By <person>Ada Holm</person><byttl>Ferry Writer</byttl></byline><distributor>Tern News</distributor>"""


def nitf(content: str = "", *, about: str = ABOUT, head: str = HEAD, more: str = "") -> str:
    inside = content or html()
    return (
        f'<?xml version="1.0" encoding="utf-8"?><!DOCTYPE nitf SYSTEM "nitf.dtd"><nitf baselang="en-GB">{head}<body>'
        f"<body.head>{about}</body.head><body.content>{inside}{more}</body.content>"
        "<body.end><tagline>ada@tern.example</tagline></body.end></body></nitf>"
    )


def only(folder: Path, content: str | bytes) -> Page:
    (found,) = pages(wire, file_of(folder, "a.xml", content))
    return found


def test_nitf_says_all_that_a_document_holds(tmp_path: Path) -> None:
    page = only(tmp_path, nitf())
    assert (page.entry.guid, page.entry.path, page.entry.language) == ("tern-77", "TERN:tern-77", "en")
    document = cleaned(page)
    assert (document.title, document.authors) == ("Saltwick keeps its ferry", ("Ada Holm",))
    assert document.published_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert document.captured_at == document.modified_at == datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
    assert document.tags == ("saltwick-ferry", "Transport", "Ferries")
    assert document.text.split("\n") == list(PARAGRAPHS)
    rights = {"copyright_holder": "Tern Herald", "usage_info": "Not for the mainland", "credit": "Tern News"}
    assert document.rights == rights


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ("<table><tr><td>Gull Line</td><td>41 boats</td></tr></table>", "Gull Line"),
        ("<ul><li>A first ferry that is old</li></ul>", "A first ferry that is old"),
        ("<p>Lines broken <br/>as terminals need <br/>them.</p>", "Lines broken as terminals need them."),
        ("<p>An <em>inline</em> <org value='x'>Tern Line</org> word.</p>", "An inline Tern Line word."),
        ("<a:3>A name that is none</a:3>", "A name that is none"),
        ("<block><p>A block of its own.</p></block>", "A block of its own."),
        ("<p>&mdash; &nbsp; caf&eacute; &amp; &unknown;</p>", "— café & &unknown;"),
        ("<pre>A table of old, spaced out\n\nand a second line of it</pre>", "and a second line of it"),
    ],
)
def test_nitf_markup_becomes_text(tmp_path: Path, more: str, text: str) -> None:
    assert text in cleaned(only(tmp_path, nitf(more=more))).text


@pytest.mark.parametrize(
    "more", ["<media><media-caption>A caption</media-caption></media>", "<figure>A caption</figure>"]
)
def test_nitf_pictures_are_no_text(tmp_path: Path, more: str) -> None:
    text = cleaned(only(tmp_path, nitf(more=more))).text
    assert "caption" not in text
    assert "ada@tern.example" not in text


@pytest.mark.parametrize(
    ("dateline", "begins"),
    [
        ("<location>SALTWICK</location>, Nov 2 (TERN) -", "SALTWICK, Nov 2 (TERN) - The harbour"),
        ("<location><city>Ternby</city></location>", "Ternby – The harbour"),
        ("<story.date norm='20261102'>20261102T0900</story.date>", "The harbour"),
        ("Saltwick", "The harbour"),
        ("", "The harbour"),
    ],
)
def test_nitf_dateline_opens_the_text_unless_it_does(tmp_path: Path, dateline: str, begins: str) -> None:
    opening = html() if dateline == "Saltwick" else html().replace("Saltwick", "Gullport", 1)
    page = only(tmp_path, nitf(opening, about=f"{ABOUT}<dateline>{dateline}</dateline>"))
    assert cleaned(page).text.startswith(begins)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (nitf(head=HEAD.replace("usable", "canceled")), "withheld by its publisher"),
        (nitf("<media/>"), "no text in the item"),
        ("<nitf/>", "item has no end"),
        ("<rss><channel/></rss>", "no news item: <rss>"),
        ("nothing at all", "no news item: neither XML nor JSON objects"),
        ("", "empty"),
    ],
)
def test_nitf_that_is_none_says_why(tmp_path: Path, content: str, reason: str) -> None:
    assert reasons(wire, file_of(tmp_path, "a.xml", content)) == [reason]


@pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252", "utf-8", "utf-16"])
def test_nitf_is_read_in_its_encoding(tmp_path: Path, encoding: str) -> None:
    said = nitf(more="<p>Zoë Åkesson counted the gulls of Saltwick’s pier.</p>".replace("’", "'")).replace(
        'encoding="utf-8"', f'encoding="{encoding}"'
    )
    assert "Zoë Åkesson" in cleaned(only(tmp_path, said.encode(encoding))).text


def test_nitf_without_a_declared_encoding_is_guessed(tmp_path: Path) -> None:
    said = nitf(more="<p>Die Möwen zählte man über dem Hafen für uns.</p>").replace(' encoding="utf-8"', "")
    assert "Möwen zählte" in cleaned(only(tmp_path, said.encode("cp1252"))).text
