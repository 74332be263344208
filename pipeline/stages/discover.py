"""Asks the due sources what they offer, and puts what is new or changed into their queues."""

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from http import HTTPStatus
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from pipeline import captures, ledger, pace, polls
from pipeline.errors import EntryError, Retryable, SourceError, UsageError
from pipeline.model import Entry, Source, header
from pipeline.pace import Wish
from pipeline.polls import PASTED, Poll, State
from pipeline.sources import read
from pipeline.stages import address
from pipeline.stages.desk import NO_CONTACT, Desk
from pipeline.veil import Veil
from pipeline.web.answers import Answer
from pipeline.web.client import Client

CHUNK = 50
"""Sources that one task asks: a poll waits most of its time for others."""


def due(desk: Desk, run: str, names: Iterable[str] = (), *, everything: bool = False) -> list[str]:
    """Names of the sources to ask now: those given, else all; without `everything` only those whose time has come.

    A source that has ended is asked only by name.
    """
    names = list(names)
    wanted = names or sorted(desk.polled)
    for name in wanted:
        if name not in desk.sources:
            raise UsageError(f"no source is named {name}: newsroom sources list shows the names")
        if desk.sources[name].is_archive:
            raise UsageError(f"{name} is an archive, which is not polled: the DAG archive_{name} reads it by days")
    others = frozenset(ledger.open_runs(desk.store)) - {run}
    now = desk.clock()
    states = {name: address.of(polls.read(desk.store, name), desk.sources[name]) for name in wanted}
    named = {name: replace(state, ended_at=None) if names else state for name, state in states.items()}
    return [
        name
        for name, state in named.items()
        if polls.is_due(replace(state, due_at=None) if everything else state, now, others)
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
    claimed = {name: state for name in names if (state := claimed_by(desk, run, name))}
    asked = asyncio.run(ask_all(desk, claimed))
    keep(desk, run, chunk, asked)
    for one in asked:
        take(desk, run, one)


def claimed_by(desk: Desk, run: str, name: str) -> State | None:
    """The state of the source where no other open run is at it; from now on none will."""

    def decide(state: State) -> State | None:
        taken = state.claim not in (None, run) and state.claim in ledger.open_runs(desk.store)
        return None if taken else replace(state, claim=run)

    return polls.update(desk.store, name, decide)


async def ask_all(desk: Desk, claimed: dict[str, State]) -> list[Asked]:
    async with Client(desk.contact, now=desk.clock) as client:
        return await asyncio.gather(*(ask(desk, client, desk.sources[name], state) for name, state in claimed.items()))


async def ask(desk: Desk, client: Client, source: Source, state: State) -> Asked:
    """A conditional GET, or a look at the file."""
    state = address.of(state, source)
    url = state.moved_to or source.url
    if not desk.may_ask(source, url):
        return Asked(source, None, error=NO_CONTACT)
    if source.url.startswith("file:"):
        return local(source)
    known = {"If-None-Match": state.etag, "If-Modified-Since": state.last_modified}
    answer = await client.get(
        url,
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
    answers = [(desk.veil(one.source), one.answer.exchanges) for one in asked if one.answer]
    got = [(None, tuple(map(veil.exchange, exchanges))) for veil, exchanges in answers if exchanges]
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
    poll, veil = Poll(run=run, at=now, status=status, reason=one.error), desk.veil(one.source)

    def decide(state: State) -> State | None:
        if state.claim != run:
            return None
        state = address.of(state, one.source)
        if one.error == NO_CONTACT:
            return replace(state, claim=None, last_poll=poll)
        taken = taken_in(state, one, now, poll, veil)
        due_at, because = pace.paced(taken.due_at or now, now, taken.pace, wish_of(one, now))
        return address.after(
            replace(taken, due_at=due_at, due_because=because),
            one.source,
            one.answer,
            readable=taken.failures == 0,
            now=now,
        )

    polls.update(desk.store, one.source.name, decide)


def taken_in(state: State, one: Asked, now: datetime, poll: Poll, veil: Veil) -> State:
    """The state after an answer: a failure, nothing new, or an offer."""
    if one.error:
        error = one.answer.error if one.answer else None
        return polls.take_failure(state, one.source, now, replace(poll, reason=veil.url(one.error)), pause_of(error))
    digest = hashlib.sha256(one.body).hexdigest()[:16] if one.body else None
    if poll.status == HTTPStatus.NOT_MODIFIED or (digest and digest == state.body_digest):
        return polls.take_nothing(state, one.source, now, poll)
    return offered(state, one, now, poll, digest, veil)


def wish_of(one: Asked, now: datetime) -> Wish | None:
    answer = one.answer
    return pace.wish(answer.status, {k.lower(): v for k, v in answer.headers}, now) if answer else None


def pause_of(error: EntryError | None) -> datetime | None:
    return error.not_before if isinstance(error, Retryable) else None


def offered(state: State, one: Asked, now: datetime, poll: Poll, digest: str | None, veil: Veil) -> State:
    """A readable offer becomes pending entries; an unreadable one is a failed poll."""
    headers = dict(one.answer.headers) if one.answer else {}
    try:
        offer = read(one.source, one.answer.url if one.answer else one.source.url, headers, one.body)
    except SourceError as error:
        return polls.take_failure(state, one.source, now, replace(poll, reason=veil.url(str(error))))
    taken = polls.take_offer(
        state,
        one.source,
        bounded(state, map(veil.entry, offer.entries)),
        now,
        replace(poll, reason=veil.url(offer.warnings[0]) if offer.warnings else None),
    )
    etag, changed = header(headers.items(), "etag"), header(headers.items(), "last-modified")
    if not offer.whole:  # the rest would never come: the server would say that nothing changed
        etag = changed = digest = None
    return replace(taken, etag=etag, last_modified=changed, body_digest=digest, pace=offer.pace)


MOST_WAITING = 5_000_000
"""Characters of bodies that may wait in one queue should pages not be had: it is read and written as a whole."""


def bounded(state: State, entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries; beyond the bound without the bodies that would stand in for their pages."""
    room = MOST_WAITING - sum(len(one.entry.fallback or "") for one in state.pending.values())
    for entry in entries:
        room -= len(entry.fallback or "")
        yield entry if room >= 0 or not entry.fallback else replace(entry, fallback=None)


def paste(desk: Desk, run: str, urls: Iterable[str]) -> None:
    """Puts URLs that a person pasted into the queue, also those that were seen before."""
    ledger.require_open(desk.store, run)
    now = desk.clock()
    entries = [Entry(source=PASTED, url=url) for url in dict.fromkeys(urls)]
    poll = Poll(run=run, at=now)
    source = desk.source(PASTED)
    polls.update(desk.store, PASTED, lambda state: polls.take_offer(state, source, entries, now, poll, again=True))
