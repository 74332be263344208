"""What the bucket knows of a source: when it was polled, what it offered, and the queue of its pending entries.

The functions that decide are pure: they take a state and give a new one. `update` carries a decision out by
compare-and-swap, so that polls, runs and closings of several processes never lose each other's changes.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from pipeline.errors import NotFound, StoreError
from pipeline.habit import Habit, failed, heard, silent
from pipeline.model import Entry, Source
from pipeline.pace import Pace
from pipeline.store import Store

PASTED = "pasted"
"""The reserved source of URLs that a person pasted."""

ARCHIVE = "archive"
"""The reserved source of archives that a person named by their path; it has no queue, as no archive has."""

SLOWEST = 8
"""A source that offers nothing new is polled at least once in this many times its `every`."""

FLOWING = ("feed", "sitemap")
"""Kinds of source that are expected to say something new: a list of URLs may stay as it is."""

LONGEST_PAUSE = timedelta(days=1)
CLOCKS = timedelta(minutes=10)  # how far a feed's clock may be before ours
FARTHEST = timedelta(days=30)  # what is dated after that is dated wrongly, and taken at once
FORGET_AFTER = timedelta(days=30)  # an entry that a feed has dropped for so long would be new again
SWAPS = 50  # a state that changes under us more often than this in a row is a fault


class Watch(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page that is looked at again: what the source said of it, without a body, and what a conditional GET sends."""

    entry: Entry
    look_at: datetime
    validators: dict[str, str] = {}


class Known(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry that is settled: what the source said of it, and when it was last offered; `since` was the first time.

    `article` is the id under which it landed.
    """

    digest: str
    offered_at: datetime
    since: datetime | None = None
    article: str | None = None
    watch: Watch | None = None


class Pending(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry that waits for its outcome; leased while `lease` names a run that is not closed."""

    entry: Entry
    digest: str
    since: datetime
    not_before: datetime | None = None
    tries: int = 0
    deaths: int = 0
    lease: str | None = None
    look: bool = False  # nobody said that it changed: we look at a known page again
    article: str | None = None
    validators: dict[str, str] = {}


class Poll(Struct, frozen=True, kw_only=True):
    """How the last poll went; `status` is the HTTP status, or None where there was none; `silent` beyond its habit."""

    run: str
    at: datetime
    status: int | None = None
    reason: str | None = None
    silent: str | None = None
    offered: int = 0
    known: int = 0


class State(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of one source, `sources/{name}.json`."""

    name: str
    url: str | None = None  # digest of the declared URL that all of this is about
    moved_to: str | None = None
    ended_at: datetime | None = None  # since then it is gone for good, and asked no more
    due_at: datetime | None = None
    due_because: str | None = None  # who asked for more than `every`
    pace: Pace = Pace()
    idle: int = 0  # polls in a row that offered nothing new
    failures: int = 0  # polls in a row that failed
    etag: str | None = None
    last_modified: str | None = None
    body_digest: str | None = None
    last_poll: Poll | None = None
    claim: str | None = None  # the run that is polling it
    habit: Habit = Habit()
    known: dict[str, Known] = {}
    pending: dict[str, Pending] = {}


def seconds(every: str) -> int:
    """Seconds of a duration such as "90s", "15m", "2h" or "1d"."""
    match = re.fullmatch(r"([1-9]\d*)([smhd])", every)
    if not match:
        raise ValueError(f'not a duration such as "15m": {every!r}')
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]


def is_due(state: State, now: datetime, open_runs: frozenset[str]) -> bool:
    """Whether the source may be polled now: its time has come and no open run is at it."""
    came = state.due_at is None or state.due_at <= now
    return came and state.ended_at is None and state.claim not in open_runs


def take_offer(
    state: State, source: Source, entries: Iterable[Entry], now: datetime, poll: Poll, *, again: bool = False
) -> State:
    """After a poll that could be read: new and changed entries are pending. `again` takes known ones too."""
    known, pending = dict(state.known), dict(state.pending)
    offered = old = 0
    for key, entry in named(entries):
        offered += 1
        waiting, settled = pending.get(key), known.get(key)
        if settled and settled.digest == entry.digest:
            known[key] = replace(settled, offered_at=now)
        asked = None if waiting and waiting.look else waiting
        last = asked or (None if again else settled)
        if last and last.digest == entry.digest:
            old += 1
            continue
        pending[key] = changed(settled, entry, now, conditional=not again)
    idle = 0 if offered > old else state.idle + 1
    habit = heard(state.habit, now, new=not idle)
    return replace(
        state,
        known={k: v for k, v in known.items() if v.watch or now - v.offered_at < FORGET_AFTER},
        pending=pending,
        idle=idle,
        failures=0,
        claim=None,
        habit=habit,
        due_at=now + timedelta(seconds=min(2**idle, SLOWEST) * seconds(source.every)),
        last_poll=replace(poll, offered=offered, known=old, silent=silent(habit) if source.kind in FLOWING else None),
    )


def named(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Entries by their keys in the queue; where one comes again, its guid tells them apart, else its digest."""
    keys = set[str]()
    for entry in entries:
        by_digest = f"{entry.key} {entry.digest}"
        by_guid = f"{entry.key} {entry.guid}" if entry.guid else by_digest
        key = next((one for one in (entry.key, by_guid) if one not in keys), by_digest)
        keys.add(key)
        yield key, entry


def held_until(entry: Entry, now: datetime) -> datetime | None:
    """The date of an entry that is dated in the future; None for what may be taken at once."""
    at = entry.published_at
    return at if at and CLOCKS < at - now <= FARTHEST else None


def changed(before: Known | None, entry: Entry, now: datetime, *, conditional: bool) -> Pending:
    """An entry of which the source says something new; what is known of its page goes with it."""
    article, watch = (before.article, before.watch) if before else (None, None)
    validators = watch.validators if watch and conditional else {}
    return Pending(
        entry=entry,
        digest=entry.digest,
        since=now,
        not_before=held_until(entry, now),
        article=article,
        validators=validators,
    )


def take_nothing(state: State, source: Source, now: datetime, poll: Poll) -> State:
    """After a poll that was answered with what we have already."""
    offered = state.last_poll.offered if state.last_poll else 0
    quiet = take_offer(state, source, (), now, poll)
    return replace(quiet, last_poll=replace(quiet.last_poll or poll, offered=offered, known=offered))


def take_failure(state: State, source: Source, now: datetime, poll: Poll, not_before: datetime | None = None) -> State:
    """After a poll that failed: the source backs off, with jitter, and comes back."""
    pause = min(timedelta(seconds=seconds(source.every)) * 2 ** min(state.failures, 10), LONGEST_PAUSE)
    jitter = random.Random(f"{source.name} {now}").uniform(1, 1.25)  # noqa: S311 - spreads polls, guards nothing
    due_at = max(now + pause * jitter, not_before or now)
    habit = failed(state.habit, now)
    return replace(state, failures=state.failures + 1, claim=None, due_at=due_at, last_poll=poll, habit=habit)


def send_again(state: State, entries: dict[str, Entry], now: datetime) -> State:
    """Entries that failed for good wait anew, as after a first try: any run takes them. What waits already is left."""
    fresh = {
        key: replace(changed(state.known.get(key), entry, now, conditional=False), tries=1)
        for key, entry in entries.items()
    }
    return replace(state, pending=fresh | state.pending)


def state_key(name: str) -> str:
    return f"sources/{name}.json"


def read(store: Store, name: str) -> State:
    """The state of a source; a fresh one where it was never polled."""
    return _read(store, name)[0]


def names(store: Store) -> set[str]:
    """The sources that have a state, declared or not."""
    return {listed.key.removeprefix("sources/").removesuffix(".json") for listed in store.keys("sources/")}


def _read(store: Store, name: str) -> tuple[State, str | None]:
    try:
        stored = store.get(state_key(name))
    except NotFound:
        return State(name=name), None
    try:
        return msgspec.json.decode(stored.body, type=State), stored.etag
    except msgspec.DecodeError as error:
        raise StoreError(f"{state_key(name)} in {store.url} is no state of a source: {error}") from error


def update(store: Store, name: str, decide: Callable[[State], State | None]) -> State | None:
    """Reads, decides and writes until nobody was between; None, and nothing written, where `decide` says None."""
    for _ in range(SWAPS):
        state, etag = _read(store, name)
        decided = decide(state)
        if decided is None:
            return None
        body = msgspec.json.encode(decided)
        if store.replace(state_key(name), body, etag) if etag else store.put_new(state_key(name), body):
            return decided
    raise StoreError(f"{state_key(name)} in {store.url} changes faster than it can be written")
