"""Feeds to test with, and what is read of them."""

from pipeline.model import Entry, Source
from pipeline.sources import Offer, read

SOURCE = Source(name="tern", url="https://tern.example/section/feed.xml", language="en")
WHOLE = Source(name="tern", url=SOURCE.url, full_text=True)
NAMESPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
)


def offer(body: str | bytes, headers: dict[str, str] | None = None, source: Source = SOURCE) -> Offer:
    return read(source, SOURCE.url, headers or {}, body.encode() if isinstance(body, str) else body)


def rss(items: str, attributes: str = "") -> str:
    return f'<?xml version="1.0"?>\n<rss version="2.0" {NAMESPACES} {attributes}><channel>{items}</channel></rss>'


def atom(entries: str, attributes: str = "") -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>{entries}</feed>'


def item(inside: str, **more: Source) -> Entry:
    (found,) = offer(rss(f"<item>{inside}</item>"), **more).entries
    return found
