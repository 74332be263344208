"""Fetches the pages of a batch, host by host, and keeps every response as WARC; known ones by conditional GET."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from time import monotonic
from typing import NamedTuple

from msgspec.structs import replace

from pipeline import captures, ledger
from pipeline.errors import EntryError, Rejected, Retryable, Skipped
from pipeline.identity import article_id
from pipeline.model import Entry, Exchange, Source, Taken, header
from pipeline.sources.files import file_exchange
from pipeline.stages.desk import NO_CONTACT, Desk, ended, put_off
from pipeline.stages.gone import REDIRECTED, leads_to_section
from pipeline.stages.plan import host
from pipeline.web.client import Client

HOST_SECONDS = 600
"""A host gets ten minutes a run, so that a slow one cannot hold the batch."""

PAGES = ("text/", "application/xhtml", "application/xml", "application/json")


class Fetched(NamedTuple):
    """What came for one entry: the exchanges on the way, and what went wrong; `late` where its host's time was up."""

    exchanges: tuple[Exchange, ...] = ()
    error: EntryError | None = None
    late: bool = False
    ms: int = 0
    url: str = ""
    status: int | None = None
    validators: dict[str, str] = {}  # noqa: RUF012 - never written to


VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
"""Header of a response to the one that a conditional GET sends."""

LONGEST_VALIDATOR = 200


def fetch(desk: Desk, run: str, batch: str, taken: list[Taken]) -> list[Taken]:
    """The entries with where their captures lie in raw/; what could not be fetched has its outcome."""
    got = asyncio.run(fetch_hosts(desk, taken))
    refs = keep(desk, run, batch, [(one.entry, fetched.exchanges) for one, fetched in zip(taken, got, strict=True)])
    return [conclude(desk, one, came, kept) for one, came, kept in zip(taken, got, refs, strict=True)]


async def fetch_hosts(desk: Desk, taken: list[Taken]) -> list[Fetched]:
    """All hosts at once, the entries of each one after the other."""
    lanes: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(taken):
        lanes[host(one)].append(number)
    got = [Fetched()] * len(taken)

    async def walk(numbers: list[int]) -> None:
        ends = monotonic() + HOST_SECONDS
        for number in numbers:
            got[number] = await fetch_one(desk, client, taken[number], ends)

    async with Client(desk.contact, now=desk.clock) as client:
        await asyncio.gather(*map(walk, lanes.values()))
    return got


async def fetch_one(desk: Desk, client: Client, taken: Taken, ends: float) -> Fetched:
    """The page of an entry; nothing for one whose article comes from elsewhere."""
    entry, source = taken.entry, desk.source(taken.entry.source)
    if taken.twin or (source.full_text and entry.body):
        return Fetched()
    if entry.url is None:
        return Fetched(error=Skipped("no link"))
    if not desk.may_ask(source, entry.url):
        return Fetched(error=Skipped(NO_CONTACT))
    if monotonic() > ends:
        return Fetched(late=True)
    began = desk.clock()
    if entry.url.startswith("file:"):
        came = Fetched(*file_exchange(source, entry.url, began))
    else:
        came = await ask(desk, client, source, entry.url, taken.validators)
    return came._replace(ms=round((desk.clock() - began).total_seconds() * 1000))


async def ask(desk: Desk, client: Client, source: Source, url: str, known: dict[str, str]) -> Fetched:
    """A page by a conditional GET; none of the source's secrets is in what it answers."""
    veil = desk.veil(source)
    answer = await client.get(
        veil.lifted(url),
        allow_hosts=desk.allowed_hosts(source, url),
        delay=source.per_host_delay,
        accepts=PAGES,
        login=desk.login_for(source),
        headers=known,
    )
    if answer.error:
        answer.error.reason = veil.url(answer.error.reason)
    return Fetched(
        exchanges=tuple(map(veil.exchange, answer.exchanges)),
        error=answer.error,
        url=veil.url(answer.url),
        status=answer.status,
        validators=validators(answer.headers),
    )


def validators(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """What a later conditional GET sends; hostile lengths and letters are left out."""
    found = {sent: header(headers, name) or "" for name, sent in VALIDATORS.items()}
    return {
        sent: value
        for sent, value in found.items()
        if value.isascii() and value.isprintable() and 0 < len(value) < LONGEST_VALIDATOR
    }


def is_elsewhere(taken: Taken, final: str) -> bool:
    """Whether a page that landed before now sends us to a section; an article may have had such an address always."""
    before, asked = taken.article, taken.entry.url
    return bool(before and asked and before != article_id(final) and leads_to_section(asked, final))


def keep(
    desk: Desk, run: str, batch: str, got: Iterable[tuple[Entry, tuple[Exchange, ...]]]
) -> list[captures.Kept | None]:
    """Writes the captures of the batch; where another try wrote first, what that one kept is what there is."""
    stem = f"raw/date={ledger.day(run)}/{run}-{batch}"
    entries = list(got)
    written = captures.write(entries, key=f"{stem}.warc.gz", now=desk.clock())
    if desk.store.put_new(f"{stem}.warc.gz", written.warc):
        desk.store.put(f"{stem}.cdxj", written.cdxj)
        return written.kept
    there = captures.scan(desk.store.get(f"{stem}.warc.gz").body, key=f"{stem}.warc.gz")
    by_entry = {entry.key: kept for kept, entry in there if entry}
    return [by_entry.get(entry.key) for entry, _ in entries]


def conclude(desk: Desk, taken: Taken, fetched: Fetched, kept: captures.Kept | None) -> Taken:
    """The entry after its fetch: with its capture, its outcome, or both."""
    now = desk.clock()
    taken = replace(taken, ms={**taken.ms, "fetch": fetched.ms})
    if taken.twin:
        return taken
    if kept:
        taken = replace(taken, capture=kept.ref, record=kept.record, captured_at=kept.at)
    if fetched.late:
        return put_off(taken, "host's time is up", "fetch", now)
    if fetched.error:
        return ended(taken, fetched.error, "fetch", now)
    if is_elsewhere(taken, fetched.url):
        return ended(taken, Rejected(f"{REDIRECTED}: {fetched.url}"), "fetch", now)
    asked = taken.validators if fetched.status == HTTPStatus.NOT_MODIFIED else {}
    taken = replace(taken, validators=asked | fetched.validators)
    if fetched.status == HTTPStatus.NOT_MODIFIED:
        return replace(taken, outcome="unchanged", stage="fetch", reason="not modified")
    if kept:
        return taken
    return ended(taken, Retryable("capture lost: an earlier try of this batch died"), "fetch", now)
