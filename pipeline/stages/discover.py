"""Asks the due sources what they offer, and puts what is new or changed into their queues."""

import asyncio
import hashlib
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from pipeline import captures, ledger, polls
from pipeline.errors import EntryError, Retryable, SourceError, UsageError
from pipeline.model import Entry, Source, header
from pipeline.polls import PASTED, Poll, State
from pipeline.sources import read
from pipeline.stages.desk import NO_CONTACT, Desk
from pipeline.web.answers import Answer
from pipeline.web.client import Client

CHUNK = 50
"""Sources that one task asks: a poll waits most of its time for others."""


def due(desk: Desk, run: str, names: Iterable[str] = (), *, everything: bool = False) -> list[str]:
    """Names of the sources to ask now: those given, else all; without `everything` only those whose time has come."""
    wanted = list(names) or sorted(desk.sources)
    for name in wanted:
        if name not in desk.sources:
            raise UsageError(f"no source is named {name}: newsroom sources list shows the names")
    others = frozenset(ledger.open_runs(desk.store)) - {run}
    now = desk.clock()
    return [
        name
        for name in wanted
        if (state := polls.read(desk.store, name)).claim not in others
        and (everything or polls.is_due(state, now, others))
    ]


def chunks(names: list[str]) -> list[list[str]]:
    return [names[i : i + CHUNK] for i in range(0, len(names), CHUNK)]


class Asked(NamedTuple):
    """A source, and its answer; no answer where it may not be asked or is a local file."""

    source: Source
    answer: Answer | None
    body: bytes = b""
    error: str | None = None


def discover(desk: Desk, run: str, names: Iterable[str], chunk: str = "000") -> None:
    """Polls these sources at once: what came is kept as WARC, what is new or changed becomes pending."""
    ledger.require_open(desk.store, run)
    claimed = [name for name in names if claimed_by(desk, run, name)]
    asked = asyncio.run(ask_all(desk, claimed))
    keep(desk, run, chunk, asked)
    for one in asked:
        take(desk, run, one)


def claimed_by(desk: Desk, run: str, name: str) -> bool:
    """Whether no other open run is at the source; from now on none will."""
    others = frozenset(ledger.open_runs(desk.store)) - {run}
    return polls.update(desk.store, name, lambda s: None if s.claim in others else polls.claim(s, run)) is not None


async def ask_all(desk: Desk, names: list[str]) -> list[Asked]:
    async with Client(desk.contact, now=desk.clock) as client:
        return await asyncio.gather(*(ask(desk, client, desk.sources[name]) for name in names))


async def ask(desk: Desk, client: Client, source: Source) -> Asked:
    """A conditional GET, or a look at the file."""
    if not desk.may_ask(source, source.url):
        return Asked(source, None, error=NO_CONTACT)
    if source.url.startswith("file:"):
        return local(source)
    state = polls.read(desk.store, source.name)
    known = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    answer = await client.get(
        source.url,
        allow_hosts=frozenset(source.allow_hosts),
        delay=source.per_host_delay,
        headers={name: value for name, value in known.items() if value},
        login=desk.login_for(source),
    )
    return Asked(source, answer, answer.body, answer.error.reason if answer.error else None)


def local(source: Source) -> Asked:
    if source.kind == "files":
        return Asked(source, None)  # its reader looks into the folder
    try:
        return Asked(source, None, Path(unquote(urlsplit(source.url).path)).read_bytes())
    except OSError as error:
        return Asked(source, None, error=error.strerror or str(error))


def keep(desk: Desk, run: str, chunk: str, asked: Iterable[Asked]) -> None:
    """Writes the captures of the polls; a second try of the task writes its own beside them."""
    got = [(None, one.answer.exchanges) for one in asked if one.answer and one.answer.exchanges]
    for attempt in count() if got else ():
        stem = f"raw/date={ledger.day(run)}/{run}-poll-{chunk}-{attempt}"
        written = captures.write(got, key=f"{stem}.warc.gz", now=desk.clock())
        if desk.store.put_new(f"{stem}.warc.gz", written.warc):
            desk.store.put(f"{stem}.cdxj", written.cdxj)
            return


def take(desk: Desk, run: str, one: Asked) -> None:
    """Carries the poll into the state of the source, unless the run has lost its claim meanwhile."""
    now = desk.clock()
    status = one.answer.status if one.answer else None
    poll = Poll(run=run, at=now, status=status, reason=one.error)
    digest = hashlib.sha256(one.body).hexdigest()[:16] if one.body else None

    def decide(state: State) -> State | None:
        if state.claim != run:
            return None
        if one.error == NO_CONTACT:
            return replace(state, claim=None, last_poll=poll)
        if one.error:
            error = one.answer.error if one.answer else None
            return polls.take_failure(state, one.source, now, poll, pause_of(error))
        if status == 304 or (digest and digest == state.body_digest):
            return polls.take_nothing(state, one.source, now, poll)
        return offered(state, one, now, poll, digest)

    polls.update(desk.store, one.source.name, decide)


def pause_of(error: EntryError | None) -> datetime | None:
    return error.not_before if isinstance(error, Retryable) else None


def offered(state: State, one: Asked, now: datetime, poll: Poll, digest: str | None) -> State:
    """A readable offer becomes pending entries; an unreadable one is a failed poll."""
    headers = dict(one.answer.headers) if one.answer else {}
    try:
        offer = read(one.source, one.answer.url if one.answer else one.source.url, headers, one.body)
    except SourceError as error:
        return polls.take_failure(state, one.source, now, replace(poll, reason=str(error)))
    taken = polls.take_offer(
        state, one.source, offer.entries, now, replace(poll, reason=offer.warnings[0] if offer.warnings else None)
    )
    etag, changed = header(headers.items(), "etag"), header(headers.items(), "last-modified")
    return replace(taken, etag=etag, last_modified=changed, body_digest=digest)


def paste(desk: Desk, run: str, urls: Iterable[str]) -> None:
    """Puts URLs that a person pasted into the queue, also those that were seen before."""
    ledger.require_open(desk.store, run)
    now = desk.clock()
    entries = [Entry(source=PASTED, url=url) for url in dict.fromkeys(urls)]
    poll = Poll(run=run, at=now)
    source = desk.source(PASTED)
    polls.update(desk.store, PASTED, lambda state: polls.take_offer(state, source, entries, now, poll, again=True))
