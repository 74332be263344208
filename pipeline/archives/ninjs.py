"""ninjs 1 to 3, the news item in JSON; also with the names in other case, as versions and agencies write them."""

from collections.abc import Iterator
from typing import Any

from pipeline.archives import trees
from pipeline.archives.told import Told, word
from pipeline.errors import Rejected
from pipeline.sources.jsonfeed import text
from pipeline.sources.markup import paragraphs

SIGNS = {"type", "versioncreated", "headline", "headlines", "title", "bodies", "body_html", "body_xhtml", "body_text"}


def told(found: dict[str, Any]) -> Told:
    """What an item says; what it is associated with is left alone. Raises `Rejected` for other JSON."""
    item = lower(found)
    guid = text(item, "uri") or text(item, "guid")
    if not guid or not SIGNS & item.keys():
        raise Rejected("no news item: JSON of another kind")
    return Told(
        guid=guid,
        kind="event" if "eventdetails" in item else text(item, "type"),
        status=text(item, "pubstatus"),
        changed=text(item, "versioncreated"),
        created=text(item, "firstcreated") or text(item, "contentcreated"),
        embargoed=text(item, "embargoed") or text(item, "embargoeduntil"),
        title=headline(item),
        authors=[text(item, "byline") or text(item, "by")],
        tags=[*named(item, "subject", "subjects", "place", "places"), text(item, "slugline")],
        language=text(item, "language"),
        rights={
            "copyright_holder": text(item, "copyrightholder"),
            "copyright_notice": text(item, "copyrightnotice"),
            "usage_info": text(item, "usageterms"),
            "credit": next(named(item, "infosource", "infosources"), ""),
        },
        body=body(item),
    )


def headline(item: dict[str, Any]) -> str:
    """The main one, else the first, else the title."""
    found = list(parts(item, "headlines"))
    main = [part for part in found if word(text(part, "role") or "main") == "main"]
    return text(item, "headline") or next(
        (said for part in main + found if (said := text(part, "value"))), text(item, "title")
    )


def body(item: dict[str, Any]) -> str:
    """The text: HTML before NITF and other XML, that before plain text."""
    said = [(text(part, "contenttype"), text(part, "value")) for part in parts(item, "bodies")]
    said += [(name, text(item, name)) for name in sorted(item) if name.startswith("body_")]
    found = {rank(kind.lower(), value): value for kind, value in reversed(said) if value.strip()}
    for form, value in sorted(found.items()):
        if form == 0:
            return value
        made = trees.body(trees.tree(value.encode("utf-8", "replace"), "utf-8")) if form == 1 else paragraphs(value)
        if made.strip():
            return made
    return ""


def rank(kind: str, value: str) -> int:
    is_marked = value.lstrip().startswith("<")
    if is_marked and ("nitf" in kind or "<nitf" in value[:500]):
        return 1
    return 0 if is_marked or "html" in kind else 2


def parts(item: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The objects of a list, with their names in lower case."""
    found = item.get(name)
    yield from (lower(part) for part in (found if isinstance(found, list) else [found]) if isinstance(part, dict))


def named(item: dict[str, Any], *fields: str) -> Iterator[str]:
    return (name for field in fields for part in parts(item, field) if (name := text(part, "name")))


def lower(found: dict[str, Any]) -> dict[str, Any]:
    """Its names in lower case; what is null is as if it were absent."""
    return {name.lower(): value for name, value in found.items() if value is not None}
