"""JSON Feed 1.0 and 1.1 (jsonfeed.org), also where its rules are bent: numbers for ids, strings for authors."""

import json
from collections.abc import Iterator
from typing import Any

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.sources import Offer, absolute
from pipeline.sources.dates import instant
from pipeline.sources.markup import LONGEST, SUBSTANCE, is_article, names, paragraphs, plain, resolved

KIND = "application/feed+json"


def offer(source: Source, url: str, content_type: str, data: bytes) -> Offer:
    """Every item that is an object; `next_url` is not followed, for it leads to what older polls saw."""
    feed = parsed(data)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or not ("jsonfeed" in text(feed, "version").lower() or KIND in content_type.lower()):
        raise SourceError("no feed: it is JSON of another kind than JSON Feed")
    entries = tuple(entry(item, feed, source, url) for item in items if isinstance(item, dict))
    odd = len(items) - len(entries)
    return Offer(entries, (f"{odd} items are no objects",) if odd else ())


def parsed(data: bytes) -> Any:
    """What the JSON says; line breaks inside strings are let pass, for they harm nobody."""
    try:
        return json.loads(data, strict=False, parse_constant=nothing)
    except RecursionError:
        raise SourceError("no feed: JSON that is nested too deep") from None
    except ValueError as error:
        raise SourceError(f"no feed: broken JSON: {error}"[:200]) from None


def nothing(_: str) -> None:
    """What tables write as NaN where nothing is: as if it were null."""


def entry(item: dict[str, Any], feed: dict[str, Any], source: Source, base: str) -> Entry:
    """One item; what is missing, or of a type that it cannot have, is None."""
    language = text(item, "language") or text(feed, "language")
    return Entry(
        source=source.name,
        url=next((found for name in ("url", "external_url", "id") if (found := link(item, name, base))), None),
        guid=text(item, "id")[: LONGEST["guid"]].strip() or None,
        title=plain(text(item, "title"), "title", is_html=True),
        published_at=instant(text(item, "date_published")),
        updated_at=instant(text(item, "date_modified")),
        summary=plain(text(item, "summary"), "summary", is_html=True),
        body=whole(item, base) if source.full_text else None,
        fallback=None if source.full_text else whole(item, base, least=SUBSTANCE),
        authors=names(writers(item)) or names(writers(feed)),
        tags=names(listed(item, "tags")),
        language=language.lower().partition("-")[0].strip()[:3] or source.language,
    )


def text(item: dict[str, Any], name: str) -> str:
    """The value as text that can be stored anywhere; a number counts as one, nothing else does."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    try:
        return str(value).encode("utf-8", "replace").decode()
    except ValueError:  # a number with more digits than Python writes
        return ""


def link(item: dict[str, Any], name: str, base: str) -> str | None:
    """A URL of the item; an id is one only where it is written as one."""
    value = text(item, name)
    is_one = value and (name != "id" or value.startswith(("https://", "http://")))
    return absolute(value, base) if is_one else None


def listed(item: dict[str, Any], name: str) -> list[Any]:
    value = item.get(name)
    return value if isinstance(value, list) else [value]


def writers(item: dict[str, Any]) -> Iterator[Any]:
    """Names by version 1.1, else by 1.0."""
    for one in [*listed(item, "authors"), *([] if item.get("authors") else listed(item, "author"))]:
        yield text(one, "name") if isinstance(one, dict) else one


def whole(item: dict[str, Any], base: str, *, least: int = 0) -> str | None:
    """HTML of the article as the item carries it; with `least` only what has the look of a whole article."""
    markup, words = text(item, "content_html"), text(item, "content_text")
    if least and not is_article(markup if markup.strip() else words, least):
        return None
    return resolved(markup, base) if markup.strip() else paragraphs(words) if words.strip() else None
