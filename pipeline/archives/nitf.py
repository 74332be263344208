"""NITF, the news industry's text format: alone in a file, or inside NewsML."""

from typing import TYPE_CHECKING

from pipeline.archives.told import Told
from pipeline.archives.trees import LANG, body, every, said

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


TAGS = (("keyword", "key"), *(("tobject.subject", f"tobject.subject.{part}") for part in ("type", "matter", "detail")))


def told(root: "Element") -> Told:
    """What a `nitf` element says."""
    data, about = root.find("head/docdata"), root.find("body/body.head")
    name, source = value(data, "doc-id", "id-string"), value(data, "doc-id", "regsrc")
    return Told(
        guid=name,
        names=f"{source}:{name}" if source and name else "",
        kind="text",
        status=data.get("management-status", "") if data is not None else "",
        changed=value(data, "date.issue", "norm") or value(root, "head/pubdata", "date.publication"),
        created=value(data, "date.release", "norm") or value(data, "date.issue", "norm"),
        title=said(about, "hedline/hl1", "headline/hl1") or said(root, "head/title"),
        authors=bylines(about),
        tags=[tag for path, attribute in TAGS for tag in every(root, f"head//{path}", attribute)],
        language=root.get("baselang") or root.get(LANG) or "",
        rights={
            "copyright_holder": value(data, "doc.copyright", "holder") or said(about, "rights/rights.owner"),
            "usage_info": value(data, "doc.rights", "limitations"),
            "credit": said(about, "distributor"),
        },
        dateline=said(about, "dateline"),
        body=body(root),
    )


def value(root: "Element | None", path: str, attribute: str) -> str:
    found = root.find(path) if root is not None else None
    return found.get(attribute) or "" if found is not None else ""


def bylines(about: "Element | None") -> list[str]:
    """The bylines without the titles of people."""
    if about is None:
        return []
    for title in list(about.iterfind("byline//byttl")):
        title.text, title[:] = ",", []
    return every(about, "byline")
