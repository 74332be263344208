"""RSS 0.9 to 2.0, RDF and Atom, through feedparser: what can be saved of a broken feed is kept."""

import html
import io
import re
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.sources import Offer, absolute
from pipeline.sources.dates import instant
from pipeline.sources.repair import utf8

CPU_SECONDS = 30
"""Time for one feed; 10 MB of ordinary ones take four, and some few bytes can be made to take hours."""

LONGEST = {"title": 1_000, "summary": 2_000, "guid": 2_000, "name": 200}
"""Characters kept; a summary is a teaser, and what is longer is the article."""

MOST_NAMES = 100  # authors or tags of an entry

MARKUP = re.compile(
    r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<!\[CDATA\[|\]\]>|</?[a-z][^<>]*>", re.IGNORECASE | re.DOTALL
)
INLINE = re.compile(r"</?(?:a|abbr|b|cite|em|font|i|mark|q|small|span|strong|sub|sup|u)\b[^<>]*>", re.IGNORECASE)
MAIL = re.compile(r"[<(]?[^\s<>()]+@[^\s<>()]+[>)]?")
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What feedparser is known to raise on bytes made up to break it."""


TRIPS = re.compile(
    rb"</?(?:textinput|image|width|height|svg|psc:[\w]+|media:[\w]+|georss:[\w]+|gml:[\w]+)\b[^<>]*>", re.IGNORECASE
)
"""Elements that say nothing of an article, and whose handlers fail where they stand in the wrong place."""


class TooLong(BaseException):
    """The time for a feed is up; no `except` of the parser may take it for one of its own."""


def read(
    source: Source, url: str, headers: Mapping[str, str], body: bytes, *, cpu_seconds: float = CPU_SECONDS
) -> Offer:
    """Every entry that feedparser finds, links resolved against `xml:base` or the feed's URL."""
    data, content_type, warning = utf8(body, headers.get("content-type", ""))
    try:
        with limited(cpu_seconds):
            parsed = parse(data, url, content_type)
            if not parsed.entries and not parsed.version:
                raise SourceError(f"no feed: it is {what_it_is(data, parsed.feed)}")
            entries = tuple(entry(dict(raw), parsed, source, url, data) for raw in parsed.entries)
    except TooLong:
        raise SourceError(f"reading it takes longer than {cpu_seconds} s of processor time") from None
    return Offer(entries, tuple(filter(None, (fault(parsed, data), warning))))


def parse(data: bytes, url: str, content_type: str) -> Any:
    """feedparser's result. It gets bytes in a stream: a string could be taken for an address or a file to open."""
    import feedparser

    headers = {"content-type": content_type, "content-location": url}
    for attempt in (data or b" ", TRIPS.sub(b"", data)):
        try:
            return feedparser.parse(
                io.BytesIO(attempt), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
            )
        except FAULTS as error:
            fault = f"it breaks the feed parser: {type(error).__name__}: {error}"
    raise SourceError(fault[:200])


@contextmanager
def limited(cpu_seconds: float) -> Iterator[None]:
    """Raises `TooLong` when the process has spent its CPU seconds; only the main thread can be stopped so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before or signal.SIG_DFL)


def what_it_is(data: bytes, feed: Any) -> str:
    """A word for what came instead of a feed, with the feed that an HTML page names."""
    start = data[:2000].lstrip().lower()
    if not start:
        return "empty"
    if start.startswith((b"{", b"[")):
        return "JSON"
    if b"<html" in start or start.startswith(b"<!doctype html"):
        named = [link.get("href") for link in feed.get("links", ()) if re.search("rss|atom", link.get("type", ""))]
        return f"an HTML page, which names as its feed {named[0]}" if named else "an HTML page"
    root = re.search(rb"<([a-z_][\w:.-]{0,50})", start)
    return f"XML of another kind, <{root[1].decode()}>" if root else "no XML"


def fault(parsed: Any, data: bytes) -> str | None:
    """What the parser complained of, and where."""
    error = parsed.get("bozo_exception") if parsed.bozo else None
    if error is None:
        return None
    if not hasattr(error, "getLineNumber"):
        return str(error)[:200]
    line = (error.getLineNumber() or 1) - (not data.startswith(b"<?xml"))  # feedparser puts a declaration before
    return f"not well-formed: {error.getMessage()} in line {line}, column {error.getColumnNumber()}"


def entry(raw: dict[str, Any], parsed: Any, source: Source, url: str, data: bytes) -> Entry:
    """One entry as feedparser has it; what is missing is None."""
    rss = not (parsed.version or "").startswith("atom")
    dated = next((name for name in ("published", "created") if raw.get(name)), "updated" if rss else "published")
    return Entry(
        source=source.name,
        url=link(raw, url, data),
        guid=(raw.get("id") or "")[: LONGEST["guid"]].strip() or None,
        title=plain(raw.get("title"), raw.get("title_detail"), "title", rss),
        published_at=instant(raw.get(dated), raw.get(f"{dated}_parsed")),
        updated_at=instant(raw.get("updated"), raw.get("updated_parsed")),
        summary=plain(raw.get("summary"), raw.get("summary_detail"), "summary", rss),
        body=whole(raw, url) if source.full_text else None,
        authors=names(writers(raw)),
        tags=names(tag.get("label") or tag.get("term") for tag in raw.get("tags", ())),
        language=language(raw, parsed.feed) or source.language,
    )


def link(raw: dict[str, Any], base: str, data: bytes) -> str | None:
    """Where the article is: what FeedBurner says it was before, the link, the guid where it is a URL, any alternate."""
    said = raw.get("link")
    if said and said == raw.get("id") and raw.get("guidislink") and not stands_in(said, data):
        said = None  # a guid such as "4711" that the parser took for a relative address
    others = (each.get("href") for each in raw.get("links", ()) if each.get("rel") == "alternate")
    candidates = (raw.get("feedburner_origlink"), said, *others)
    return next((found for each in candidates if each and (found := absolute(each, base))), None)


def stands_in(url: str, data: bytes) -> bool:
    return any(each.encode("utf-8", "replace") in data for each in (url, html.escape(url, quote=False)))


def plain(value: str | None, detail: Any, field: str, rss: bool) -> str | None:
    """Text without markup, white space folded, cut to what is kept. RSS doesn't say what is markup: tags are."""
    if not value:
        return None
    value = value[: 10 * LONGEST[field]]
    if rss or "html" in (detail or {}).get("type", "html"):
        value = html.unescape(MARKUP.sub(" ", INLINE.sub("", value)))
    value = " ".join(value.split())
    most = LONGEST[field]
    return value if len(value) <= most else f"{value[: most - 1]}…"


def writers(raw: dict[str, Any]) -> list[str | None]:
    """The names of the authors without their addresses; feedparser cuts "ada@tern.media (Ada)" in the wrong place."""
    found = [author.get("name") for author in raw.get("authors", ())]
    last = raw.get("author", "")[: 10 * LONGEST["name"]]
    if "@" in last:
        found[-1:] = [MAIL.sub("", last).strip(" ()")]
    return found


def names(values: Iterable[Any]) -> tuple[str, ...]:
    """Each name once, in order."""
    found = (plain(value, None, "name", rss=True) for value in values if isinstance(value, str))
    return tuple(dict.fromkeys(name for name in found if name))[:MOST_NAMES]


def whole(raw: dict[str, Any], base: str) -> str | None:
    """HTML of the article as the feed carries it: the longest content, else the description."""
    part = max(raw.get("content") or [raw.get("summary_detail", {})], key=lambda each: len(each.get("value", "")))
    value = part.get("value", "")
    if not value.strip():
        return None
    if part.get("type") == "text/plain":
        return "".join(f"<p>{html.escape(each, quote=False)}</p>" for each in re.split(r"\n\s*\n", value))
    return resolved(value, part.get("base") or base)


def resolved(markup: str, base: str) -> str:
    """The markup with its links resolved; as it is where it cannot be parsed."""
    from lxml.etree import LxmlError
    from lxml.html import fragment_fromstring, tostring

    try:
        tree = fragment_fromstring(markup, create_parent="div")
        tree.make_links_absolute(base, handle_failures="ignore")
        return str(tostring(tree, encoding="unicode"))
    except (LxmlError, ValueError):
        return markup


def language(raw: dict[str, Any], feed: Any) -> str | None:
    """ISO 639 code of the entry, else of the feed."""
    details = (*raw.get("content", ()), raw.get("title_detail", {}), raw.get("summary_detail", {}), feed)
    said = next((found for detail in details if (found := detail.get("language"))), "")
    code = re.match(r"[a-z]{2,3}(?![a-z])", said.strip().lower())
    return code[0] if code else None
