"""NewsML-G2 and NewsML 1: messages of many items, of which each is read by itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.archives import wire
from pipeline.clean.worker import Page
from tests.archives.exports import FILED, PARAGRAPHS, answers, cleaned, file_of, html, pages, reasons
from tests.archives.test_nitf import nitf

XHTML = f"""<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title>
</head><body><header>Menu</header>{html()}</body></html></inlineXML>"""
NITF = f"<inlineXML contenttype='application/nitf+xml'><nitf{nitf().partition('<nitf')[2]}</inlineXML>"
CDATA = f'<inlineData contenttype="text/html"><![CDATA[{html()}]]></inlineData>'
PLAIN = '<inlineData contenttype="text/plain">{}</inlineData>'.format("\n\n".join(PARAGRAPHS))
AWAY = '<remoteContent href="https://tern.example/ferry.jpg" contenttype="image/jpeg"/>'


def item(
    content: str = XHTML,
    *,
    kind: str = "ninat:text",
    status: str = "stat:usable",
    name: str = "newsItem",
    guid: str = "tag:tern.example,2026:ferry",
) -> str:
    return f"""<{name} guid="{guid}" version="3" standard="NewsML-G2" xml:lang="en-GB">
<rightsInfo><copyrightHolder qcode="x:t"><name>Tern Herald</name></copyrightHolder>
<copyrightNotice>(c) Tern</copyrightNotice><usageTerms>Not for the mainland</usageTerms></rightsInfo>
<itemMeta><itemClass qcode="{kind}"/><provider literal="Tern"/>
<versionCreated>2026-11-02T10:30:00+01:00</versionCreated>
<firstCreated>2026-11-02T09:00:00+01:00</firstCreated><pubStatus qcode="{status}"/></itemMeta>
<contentMeta><headline role="hld:sub">Council votes</headline><headline>Saltwick keeps its ferry</headline>
<by>By Ada Holm</by>
<creator><name>Bo Lind</name></creator><language tag="en"/>
<subject><name>transport</name><name xml:lang="de">Verkehr</name></subject>
<subject qcode="medtop:1"/><keyword>ferry</keyword><slugline>saltwick-ferry</slugline>
<creditline>Tern News</creditline></contentMeta>
<contentSet>{content}</contentSet></{name}>"""


def message(*items: str) -> str:
    inside = "".join(items)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/">'
        f"<header/><itemSet>{inside}</itemSet></newsMessage>"
    )


ONE = f"""<?xml version="1.0" encoding="iso-8859-1"?><NewsML><NewsItem xml:lang="en"><Identification><NewsIdentifier>
<ProviderId>tern.example</ProviderId><DateId>20261102</DateId><NewsItemId>ferry</NewsItemId><RevisionId>3</RevisionId>
<PublicIdentifier>urn:newsml:tern.example:20261102:ferry:3</PublicIdentifier></NewsIdentifier></Identification>
<NewsManagement><FirstCreated>20261102T090000+0100</FirstCreated>
<ThisRevisionCreated>20261102T103000+0100</ThisRevisionCreated>
<Status FormalName="Usable"/></NewsManagement><NewsComponent><NewsLines><HeadLine>Saltwick keeps its ferry</HeadLine>
<ByLine>By Ada Holm</ByLine><SlugLine>saltwick-ferry</SlugLine><CopyrightLine>(c) Tern</CopyrightLine></NewsLines>
<AdministrativeMetadata><Provider><Party FormalName="Tern News"/></Provider></AdministrativeMetadata>
<DescriptiveMetadata><Language FormalName="en"/><Property FormalName="Keyword" Value="ferry"/></DescriptiveMetadata>
<ContentItem><MediaType FormalName="Text"/><DataContent><p>A summary.</p></DataContent></ContentItem>
<ContentItem><MediaType FormalName="Text"/>
<DataContent><nitf><body><body.content>{html()}</body.content></body></nitf></DataContent></ContentItem>
<ContentItem><Format FormalName="CSS"/><DataContent>{"p {color: red} " * 100}</DataContent></ContentItem>
</NewsComponent></NewsItem></NewsML>"""


def only(folder: Path, content: str) -> Page:
    (found,) = pages(wire, file_of(folder, "a.xml", content))
    return found


@pytest.mark.parametrize(
    "content", [XHTML, NITF, CDATA, PLAIN, AWAY + XHTML], ids=["xhtml", "nitf", "cdata", "plain", "two"]
)
def test_newsml_g2_says_all_that_a_document_holds(tmp_path: Path, content: str) -> None:
    page = only(tmp_path, message(item(content)))
    assert (page.entry.guid, page.entry.path, page.entry.url) == (*["tag:tern.example,2026:ferry"] * 2, None)
    document = cleaned(page)
    assert (document.title, document.authors, document.language) == ("Saltwick keeps its ferry", ("Ada Holm",), "en")
    assert document.published_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert document.captured_at == document.modified_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert document.tags == ("transport", "ferry", "saltwick-ferry")
    assert document.text.split("\n") == list(PARAGRAPHS)
    assert document.rights == {
        "copyright_holder": "Tern Herald",
        "copyright_notice": "(c) Tern",
        "usage_info": "Not for the mainland",
        "credit": "Tern News",
    }


def test_newsml_g2_creators_are_authors_where_no_byline_is(tmp_path: Path) -> None:
    page = only(tmp_path, message(item().replace("<by>By Ada Holm</by>", "<creator><name>Tern</name></creator>")))
    assert page.entry.authors == ("Bo Lind",)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (item(AWAY, kind="ninat:picture"), "not text: picture"),
        (item(kind="http://cv.iptc.org/newscodes/ninature/video"), "not text: video"),
        (item(name="packageItem"), "not text: package"),
        (item(name="planningItem"), "not text: planning"),
        (item(name="conceptItem"), "not text: concept"),
        (item(AWAY), "no text in the item"),
        (item(status="stat:canceled"), "withheld by its publisher"),
        (item(status="stat:withheld"), "withheld by its publisher"),
    ],
)
def test_newsml_g2_of_other_kinds_is_rejected(tmp_path: Path, said: str, reason: str) -> None:
    file = file_of(tmp_path, "a.xml", message(said, item()))
    assert reasons(wire, file) == [reason]
    assert len(pages(wire, file)) == 1


def test_newsml_1_says_all_that_a_document_holds(tmp_path: Path) -> None:
    page = only(tmp_path, ONE)
    assert page.entry.guid == "urn:newsml:tern.example:20261102:ferry:3"
    assert page.entry.path == "urn:newsml:tern.example:20261102:ferry"
    document = cleaned(page)
    assert (document.title, document.authors, document.language) == ("Saltwick keeps its ferry", ("Ada Holm",), "en")
    assert document.published_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert document.captured_at == datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    assert document.tags == ("ferry", "saltwick-ferry")
    assert document.text.split("\n") == list(PARAGRAPHS)
    assert document.rights == {"copyright_notice": "(c) Tern", "credit": "Tern News"}


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("Usable", "Canceled", "withheld by its publisher"),
        ('<MediaType FormalName="Text"/>', '<MediaType FormalName="Photo"/>', "not text: photo"),
    ],
)
def test_newsml_1_of_other_kinds_is_rejected(tmp_path: Path, old: str, new: str, reason: str) -> None:
    assert reasons(wire, file_of(tmp_path, "a.xml", ONE.replace(old, new))) == [reason]


def test_newsml_of_a_thousand_items_is_a_thousand_items(tmp_path: Path) -> None:
    file = file_of(tmp_path, "a.xml", message(*(item(guid=f"urn:tern:{number}") for number in range(1_000))))
    items = list(wire.index(file))
    assert len({one.record for one in items}) == 1_000
    assert max(one.ref.length for one in items) < 3_000
    (page,) = wire.read(file, items[700:701], "tern-archive")
    assert isinstance(page, Page)
    assert page.entry.guid == "urn:tern:700"


def test_newsml_revisions_are_captures_of_one_article(tmp_path: Path) -> None:
    later = item().replace("10:30:00", "11:30:00").replace("winter", "year")
    first, second = pages(wire, file_of(tmp_path, "a.xml", message(item(), later)))
    assert cleaned(first).id == cleaned(second).id
    assert first.capture.record != second.capture.record


def test_newsml_with_prefixes_is_the_same(tmp_path: Path) -> None:
    said = message(item()).replace("<", "<g2:").replace("<g2:/", "</g2:").replace("<g2:?", "<?")
    assert cleaned(only(tmp_path, said)).text.split("\n") == list(PARAGRAPHS)


LAUGHS = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
ATTRIBUTES = " ".join(f'a{n}="x"' for n in range(20_000))
HOSTILE = {
    "entities": f'<!DOCTYPE x [<!ENTITY a0 "ha">{LAUGHS}]>{item(PLAIN.replace("ferry", "&a12;"))}',
    "files": f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{item(PLAIN.replace("ferry", "&f;"))}',
    "inside": item(f'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>{PLAIN.replace("ferry", "&f;")}'),
    "depth": item(f"<inlineXML>{'<b>' * 100_000}{PARAGRAPHS[0]}{'</b>' * 100_000}</inlineXML>"),
    "blocks": item(f"<inlineXML>{'<div>' * 5_000}{html()}{'</div>' * 5_000}</inlineXML>"),
    "unclosed": item(f"<inlineXML><p>{'<b>' * 50_000}</inlineXML>"),
    "characters": item(PLAIN.replace("ferry", "&#0;&#xFFFE;&#1114112;\x00\x0b")),
    "attributes": item(f"<inlineXML {ATTRIBUTES}>{html()}</inlineXML>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_newsml_of_bad_will_costs_itself(tmp_path: Path, name: str) -> None:
    file = file_of(tmp_path, "a.xml", message(item(guid="urn:tern:before"), HOSTILE[name], item(guid="urn:tern:after")))
    found = answers(wire, file)
    guids = [answer.entry.guid for _, answer in found if isinstance(answer, Page)]
    assert (guids[0], guids[-1], len(found)) == ("urn:tern:before", "urn:tern:after", 3)
    bodies = [answer.entry.body or "" for _, answer in found if isinstance(answer, Page)]
    assert all("root:" not in body and "hahaha" not in body and len(body) < 1_000_000 for body in bodies)


def test_newsml_without_a_time_is_of_its_file(tmp_path: Path) -> None:
    ((found, _),) = answers(wire, file_of(tmp_path, "a.xml", "<newsItem><contentSet/></newsItem>"))
    assert (found.at, found.at_from) == (FILED, "file")
