"""RSS 0.9 to 2.0, RDF and Atom, through feedparser: what can be saved of a broken feed is kept. Else JSON Feed."""

import html
import io
import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pipeline.errors import SourceError
from pipeline.model import Entry, Source
from pipeline.pace import DAYS, MOST, Pace
from pipeline.sources import Offer, absolute, jsonfeed
from pipeline.sources.dates import instant
from pipeline.sources.markup import LONGEST, SUBSTANCE, is_article, names, paragraphs, plain, resolved
from pipeline.sources.repair import utf8

CPU_SECONDS = 30
"""Time for one feed; 10 MB of ordinary ones take four, and some few bytes can be made to take hours."""

MAIL = re.compile(r"[<(]?[^\s<>()]+@[^\s<>()]+[>)]?")
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What feedparser is known to raise on bytes made up to break it."""


TRIPS = re.compile(
    rb"</?(?:textinput|image|width|height|svg|psc:[\w]+|media:[\w]+|georss:[\w]+|gml:[\w]+)\b[^<>]*>", re.IGNORECASE
)
"""Elements that say nothing of an article, and whose handlers fail where they stand in the wrong place."""


BROKEN_OFF = re.compile(r"not well-formed: (?:no element found|unclosed )")
HOUR, DAY = rb"\s*<hour>\s*(\d{1,2})\s*</hour>", rb"\s*<day>\s*([a-z]+)\s*</day>"
PERIODS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, "monthly": 2_592_000, "yearly": 31_536_000}


class TooLong(BaseException):
    """The time for a feed is up; no `except` of the parser may take it for one of its own."""


def read(
    source: Source, url: str, headers: Mapping[str, str], body: bytes, *, cpu_seconds: float = CPU_SECONDS
) -> Offer:
    """Every entry that feedparser finds, links resolved against `xml:base` or the feed's URL."""
    data, content_type, warning = utf8(body, headers.get("content-type", ""))
    if data.startswith((b"{", b"[")):
        return jsonfeed.offer(source, url, headers.get("content-type", ""), data)
    try:
        with limited(cpu_seconds):
            parsed = parse(data, url, content_type)
            if not parsed.entries and not parsed.version:
                raise SourceError(f"no feed: it is {what_it_is(data, parsed.feed)}")
            entries = tuple(entry(dict(raw), parsed, source, url, data) for raw in parsed.entries)
    except TooLong:
        raise SourceError(f"reading it takes longer than {cpu_seconds} s of processor time") from None
    wrong = fault(parsed, data)
    return Offer(
        entries, tuple(filter(None, (wrong, warning))), pace(parsed.feed, data), not BROKEN_OFF.search(wrong or "")
    )


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


def pace(feed: Any, data: bytes) -> Pace:
    """How often the feed wants to be asked: RSS's ttl, skipHours and skipDays, and the module for syndication."""
    ttl, often = number(feed, "ttl"), number(feed, "sy_updatefrequency") or 1
    period = PERIODS.get(str(feed.get("sy_updateperiod", "")).strip().lower(), 0) // often
    least, says = max((ttl * 60, f"ttl {ttl} min"), (period, "updatePeriod"))
    days = {day.decode().lower() for day in skipped(b"skipDays", DAY, data)}
    return Pace(
        least=min(least, int(MOST.total_seconds())),
        says=says if least else "",
        skip_hours=tuple(sorted({int(hour) % 24 for hour in skipped(b"skipHours", HOUR, data)})),
        skip_days=tuple(n for n, day in enumerate(DAYS) if day in days),
    )


def number(feed: Any, name: str) -> int:
    """A whole number that the feed gives; 0 for anything else."""
    said = str(feed.get(name, "")).strip()
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else 0


def skipped(name: bytes, one: bytes, data: bytes) -> list[bytes]:
    """What a list of hours or days holds; feedparser keeps the last one alone."""
    found = re.search(rb"<%b>((?:%b)*)\s*</%b>" % (name, one.replace(b"(", b"(?:"), name), data, re.IGNORECASE)
    return re.findall(one, found[1], re.IGNORECASE) if found else []


def entry(raw: dict[str, Any], parsed: Any, source: Source, url: str, data: bytes) -> Entry:
    """One entry as feedparser has it; what is missing is None."""
    rss = not (parsed.version or "").startswith("atom")
    dated = next((name for name in ("published", "created") if raw.get(name)), "updated" if rss else "published")
    return Entry(
        source=source.name,
        url=link(raw, url, data),
        guid=(raw.get("id") or "")[: LONGEST["guid"]].strip() or None,
        title=plain(raw.get("title"), "title", is_html=rss or has_markup(raw.get("title_detail"))),
        published_at=instant(raw.get(dated), raw.get(f"{dated}_parsed")),
        updated_at=instant(raw.get("updated"), raw.get("updated_parsed")),
        summary=plain(raw.get("summary"), "summary", is_html=rss or has_markup(raw.get("summary_detail"))),
        body=whole(raw, url) if source.full_text else None,
        fallback=None if source.full_text else whole(raw, url, least=SUBSTANCE),
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
    path = ">/" + url.partition("://")[2].partition("/")[2]  # a guid that is a path is meant as one
    return any(each.encode("utf-8", "replace") in data for each in (url, html.escape(url, quote=False), path))


def has_markup(detail: Any) -> bool:
    """Whether a text of Atom is markup; RSS doesn't say: there, tags are."""
    return "html" in (detail or {}).get("type", "html")


def writers(raw: dict[str, Any]) -> list[str | None]:
    """The names of the authors without their addresses; feedparser cuts "ada@tern.media (Ada)" in the wrong place."""
    found = [author.get("name") for author in raw.get("authors", ())]
    last = raw.get("author", "")[: 10 * LONGEST["name"]]
    if "@" in last:
        found[-1:] = [MAIL.sub("", last).strip(" ()")]
    return found


def whole(raw: dict[str, Any], base: str, *, least: int = 0) -> str | None:
    """HTML of the article as the feed carries it: the longest content, else the description.

    With `least` only what has so many characters of text, and the look of a whole article.
    """
    part = max(raw.get("content") or [raw.get("summary_detail", {})], key=lambda each: len(each.get("value", "")))
    value = part.get("value", "")
    if not value.strip() or (least and not is_article(value, least)):
        return None
    if part.get("type") == "text/plain":
        return paragraphs(value)
    return resolved(value, part.get("base") or base)


def language(raw: dict[str, Any], feed: Any) -> str | None:
    """ISO 639 code of the entry, else of the feed."""
    details = (*raw.get("content", ()), raw.get("title_detail", {}), raw.get("summary_detail", {}), feed)
    said = next((found for detail in details if (found := detail.get("language"))), "")
    code = re.match(r"[a-z]{2,3}(?![a-z])", said.strip().lower())
    return code[0] if code else None
