"""Entries that failed for good: which they are, what came for them, and how they are sent again."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from pipeline import captures, ledger, polls
from pipeline.errors import EntryError, NotFound
from pipeline.identity import article_id
from pipeline.model import Entry, Outcome
from pipeline.store import Store
from pipeline.web.coding import decoded

Name = tuple[str, str]
"""A source, and what its queue knows the entry by."""


class Evidence(NamedTuple):
    """What came for an entry; the body as far as it could be unpacked, `odd` where it could not."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    odd: str | None


def held(store: Store) -> list[Outcome]:
    """The lines of what failed for good: no later line of the entry says other, its article has not landed since by
    any other way, and it does not wait in its queue. A further look at a page that we hold is not among them. A capture
    of an archive is an entry of its own, whatever others of its article became.
    """
    failed, landed = dict[Name, Outcome](), dict[str, str]()
    for line in ledger.seen(store):
        failed.pop((line.source, line.queued_as), None)
        if line.outcome == "failed" and line.again_at is None and not line.look:
            failed[line.source, line.queued_as] = line
        elif line.url and line.outcome in ("landed", "unchanged"):
            landed[line.url] = line.run
    queues = {source: polls.read(store, source).pending for source, _ in failed}
    return [
        line
        for (source, key), line in failed.items()
        if key not in queues[source] and (in_archive(line) or landed.get(line.url or "", "") < line.run)
    ]


def chosen(
    lines: Iterable[Outcome], url: str | None = None, reason: str | None = None, source: str | None = None
) -> list[Outcome]:
    """Those of this URL (or guid, or id), whose reason begins so, of this source; what is None chooses nothing out."""
    return [
        line
        for line in lines
        if (url is None or names(line, url))
        and (reason is None or (line.reason or "").startswith(reason))
        and source in (None, line.source)
    ]


def names(line: Outcome, url: str) -> bool:
    if url in (line.url, line.guid, line.id, line.queued_as):
        return True
    return line.url is not None and article_id(line.url) in (url, article_id(url))


def in_archive(line: Outcome) -> bool:
    """Whether it lies in an archive, which has no queue."""
    return line.capture is not None and "://" in line.capture.key


def evidence(store: Store, line: Outcome) -> Evidence | None:
    """The capture of a line as it lies in raw/, also one that is not whole; None where nothing does."""
    kept = record(store, line)
    if kept is None:
        return None
    status, headers, payload = 200, captures.FROM_FEED, kept.block
    if kept.headers["WARC-Type"] == "response":
        status, headers, payload = captures.parsed(kept.block)
    cut = kept.headers.get("WARC-Truncated")
    odd = f"capture is not whole: {cut}" if cut else None
    try:
        payload = decoded(headers, payload)
    except EntryError as error:
        odd = odd or error.reason
    return Evidence(kept.headers["WARC-Target-URI"], status, headers, payload, odd)


def record(store: Store, line: Outcome) -> captures.Record | None:
    """The capture of a line with the entry beside it; None where there is none, or none any more."""
    if line.capture is None or in_archive(line):
        return None
    try:
        piece = store.get_range(line.capture.key, line.capture.offset, line.capture.length)
    except NotFound:
        return None
    return next(captures.records(piece), None)


def send(store: Store, lines: Iterable[Outcome], now: datetime) -> None:
    """Puts these entries back into the queues of their sources, one write each; the next run takes them."""
    by_source = defaultdict[str, dict[str, Entry]](dict)
    for line in lines:
        by_source[line.source][line.queued_as] = entry_of(store, line)
    for source, entries in by_source.items():
        polls.update(store, source, lambda state, entries=entries: polls.send_again(state, entries, now))  # type: ignore[misc]


def entry_of(store: Store, line: Outcome) -> Entry:
    """What the source said: beside the capture, else in the plan of the run, else what the ledger tells of it."""
    kept = record(store, line)
    if kept and kept.entry:
        return kept.entry
    try:
        planned = ledger.read_taken(store, ledger.work_key(line.run, line.batch, "plan"))
    except NotFound:
        planned = []
    found = next((taken.entry for taken in planned if taken.queued_as == line.queued_as), None)
    return found or Entry(source=line.source, url=line.url, guid=line.guid, title=line.title)
