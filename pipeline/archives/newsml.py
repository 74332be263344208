"""NewsML-G2, and NewsML 1 before it: one item of each."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.archives import nitf
from pipeline.archives.told import Told
from pipeline.archives.trees import LANG, body, every, line, said

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def told(item: "Element") -> Told:
    """What an item of NewsML-G2 says; one that is no `newsItem` is of the kind that its name says."""
    texts = [one for one in item.iterfind("contentSet/*") if one.tag in ("inlineXML", "inlineData")]
    within = next((nitf.told(found) for one in texts if (found := one.find(".//nitf")) is not None), Told())
    provider = stated(item, "itemMeta/provider")
    return Told(
        guid=item.get("guid") or "",
        kind=coded(item, "itemMeta/itemClass") if item.tag == "newsItem" else item.tag.removesuffix("Item"),
        status=coded(item, "itemMeta/pubStatus"),
        changed=said(item, "itemMeta/versionCreated"),
        created=said(item, "itemMeta/firstCreated", "contentMeta/contentCreated"),
        embargoed=said(item, "itemMeta/embargoed"),
        title=headline(item) or within.title or said(item, "itemMeta/title"),
        authors=every(item, "contentMeta/by") or within.authors or creators(item, provider),
        tags=[
            *every(item, "contentMeta/subject/name[1]"),
            *every(item, "contentMeta/keyword"),
            said(item, "contentMeta/slugline"),
        ],
        language=language(item, texts),
        rights={
            "copyright_holder": stated(item, "rightsInfo/copyrightHolder"),
            "copyright_notice": said(item, "rightsInfo/copyrightNotice"),
            "usage_info": said(item, "rightsInfo/usageTerms"),
            "credit": said(item, "contentMeta/creditline") or provider,
        },
        dateline=within.dateline or said(item, "contentMeta/dateline"),
        body=next((found for one in texts if one.get("encoding") is None and (found := body(one))), ""),
    )


def headline(item: "Element") -> str:
    """The main one, else the first."""
    found = list(item.iterfind("contentMeta/headline"))
    main = [one for one in found if (one.get("role") or "main").rpartition(":")[2] == "main"]
    return next((text for one in main + found if (text := line(one))), "")


def creators(item: "Element", provider: str) -> list[str]:
    """People by their names; the agency itself is no author."""
    found = (one for one in item.iterfind("contentMeta/creator") if "org" not in (one.get("type") or ""))
    return [name for one in found if (name := said(one, "name")) and name != provider]


def language(item: "Element", texts: list["Element"]) -> str:
    declared = (one.get("tag") or "" for one in item.iterfind("contentMeta/language"))
    return next((tag for tag in (*declared, *(one.get(LANG) or "" for one in texts), item.get(LANG) or "") if tag), "")


def coded(item: "Element", path: str) -> str:
    found = item.find(path)
    return "" if found is None else found.get("qcode") or found.get("uri") or ""


def stated(item: "Element", path: str) -> str:
    """The name of a party, else its literal, else its code without the scheme."""
    found = item.find(path)
    if found is None:
        return ""
    return said(found, "name") or found.get("literal") or (found.get("qcode") or "").rpartition(":")[2]


def told1(item: "Element") -> Told:
    """What a `NewsItem` of NewsML 1 says: of several texts the longest is the article."""
    identity, managed = item.find("Identification/NewsIdentifier"), item.find("NewsManagement")
    parts = [said(identity, name) for name in ("ProviderId", "DateId", "NewsItemId")]
    texts = list(contents(item))
    return Told(
        guid=said(identity, "PublicIdentifier"),
        names=f"urn:newsml:{':'.join(parts)}" if all(parts) else "",
        kind="" if texts else named(item, ".//ContentItem/MediaType"),
        status=named(managed, "Status"),
        changed=said(managed, "ThisRevisionCreated"),
        created=said(managed, "FirstCreated"),
        embargoed=said(managed, "StatusWillChange/DateAndTime") if named(managed, "Status") == "Embargoed" else "",
        title=said(item, ".//NewsLines/HeadLine"),
        authors=every(item, ".//NewsLines/ByLine")
        or every(item, ".//AdministrativeMetadata/Creator/Party", "FormalName"),
        tags=[
            *every(item, ".//NewsLines/KeywordLine"),
            *every(item, ".//DescriptiveMetadata/Property[@FormalName='Keyword']", "Value"),
            said(item, ".//NewsLines/SlugLine"),
        ],
        language=named(item, ".//DescriptiveMetadata/Language") or item.get(LANG) or "",
        rights={
            "copyright_notice": said(item, ".//NewsLines/CopyrightLine"),
            "usage_info": said(item, ".//UsageRights/Limitations"),
            "credit": said(item, ".//NewsLines/CreditLine") or named(item, ".//AdministrativeMetadata/Provider/Party"),
        },
        dateline=said(item, ".//NewsLines/DateLine"),
        body=max(texts, key=len, default=""),
    )


def contents(item: "Element") -> Iterator[str]:
    """The texts that the item holds."""
    for one in item.iterfind(".//ContentItem"):
        kind = named(one, "MediaType") or named(one, "MimeType").partition("/")[0] or "text"
        content, form = one.find("DataContent"), named(one, "Format")
        if content is not None and kind.lower() == "text" and form != "CSS" and one.find("Encoding") is None:
            yield body(content)


def named(item: "Element | None", path: str) -> str:
    found = item.find(path) if item is not None else None
    return "" if found is None else found.get("FormalName") or ""
