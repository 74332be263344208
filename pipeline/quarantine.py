"""Entries that failed for good: which they are, what came for them, and how they are sent again."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from pipeline import batches, captures, ledger, polls
from pipeline.errors import EntryError, NotFound
from pipeline.identity import article_id
from pipeline.model import CaptureRef, Entry, Outcome
from pipeline.store import Store
from pipeline.web.coding import decoded

Name = tuple[str, str]
"""A source, and what its queue knows the entry by; of an archive its place alone, whoever takes it."""


ENDS_HERE = re.compile(r"broken record: broken (?:gzip|zstd):")
"""Why of a packed text nothing was read behind a place."""


class Evidence(NamedTuple):
    """What came for an entry; the body as far as it could be unpacked, `odd` where it could not."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    odd: str | None


class Archives:
    """What failed of archives so far, as a file that was mended since has it: by its place, or as the same capture."""

    def __init__(self) -> None:
        self._places = defaultdict[str, list[int]](list)  # offsets in each file, in their order
        self._ends = defaultdict[str, set[int]](set)  # those of them behind which nothing was read
        self._captures = dict[tuple[str | None, datetime | None], Name]()

    def add(self, line: Outcome, ref: CaptureRef) -> None:
        places = self._places[ref.key]
        at = bisect_left(places, ref.offset)
        if ref.offset not in places[at : at + 1]:
            places.insert(at, ref.offset)
        if ENDS_HERE.match(line.reason or ""):
            self._ends[ref.key].add(ref.offset)
        if line.url:
            self._captures[line.url, line.captured_at] = name_of(line)

    def same(self, line: Outcome, ref: CaptureRef) -> Iterator[Name]:
        """What failed where this now lies, for things of a file never overlap, or before it where nothing could follow;
        and what has its URL and time.
        """
        places = self._places.get(ref.key, [])
        begin, end = (bisect_left(places, at) for at in (ref.offset, ref.offset + ref.length))
        before = (place for place in self._ends.get(ref.key, ()) if place <= ref.offset)
        yield from (("", f"{ref.key}:{place}") for place in (*places[begin:end], *before))
        if name := self._captures.get((line.url, line.captured_at)):
            yield name


def held(store: Store) -> list[Outcome]:
    """The lines of what failed for good: no later line of the entry says other, its article has not landed since by
    any other way, and it does not wait in its queue. A further look at a page that we hold is not among them. A capture
    of an archive is an entry of its own, whatever others of its article became; a later run that could read what lies
    in its place, or the same capture elsewhere, says other.
    """
    failed, landed, archives = dict[Name, Outcome](), dict[str, str](), Archives()
    for line in ledger.seen(store):
        failed.pop(name_of(line), None)
        if line.outcome == "failed":
            if line.again_at is None and not line.look:
                failed[name_of(line)] = line
                if line.capture and in_archive(line):
                    archives.add(line, line.capture)
            continue
        if line.url and line.outcome in ("landed", "unchanged"):
            landed[line.url] = line.run
        for name in archives.same(line, line.capture) if line.capture and in_archive(line) else ():
            if name in failed and failed[name].run < line.run:
                del failed[name]
    queues = {source: polls.read(store, source).pending for source, _ in failed if source}
    return [
        line
        for (source, key), line in failed.items()
        if in_archive(line) or (key not in queues[source] and landed.get(line.url or "", "") < line.run)
    ]


def name_of(line: Outcome) -> Name:
    return "" if in_archive(line) else line.source, line.queued_as


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
        planned = batches.read_taken(store, batches.work_key(line.run, line.batch, "plan"))
    except NotFound:
        planned = []
    found = next((taken.entry for taken in planned if taken.queued_as == line.queued_as), None)
    return found or Entry(source=line.source, url=line.url, guid=line.guid, title=line.title)
