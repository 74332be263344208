"""The queue of a source: what a run may take up, what settles it, and which pages are looked at again, and when.

Pure functions from state to state, as in `polls`.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from pipeline.model import Outcome
from pipeline.polls import Known, Pending, State, Watch

LAST_TRY = 5
"""The try after which an entry that fails goes to quarantine."""

MOST_WATCHED = 2_000
"""Pages of one source that are looked at again; more would make its state slow to read and write."""

DIED = "run died"
"""The reason of an entry whose run ended before its outcome was known."""

HELD = ("landed", "unchanged")


def ready(state: State, now: datetime, open_runs: frozenset[str]) -> Iterator[tuple[str, Pending]]:
    """The pending entries that a run may take up, oldest first; further looks after all that is new."""
    for key, waiting in sorted(state.pending.items(), key=lambda kv: (kv[1].look, kv[1].since, kv[0])):
        if waiting.lease not in open_runs and (waiting.not_before is None or waiting.not_before <= now):
            yield key, waiting


def lease(state: State, run: str, keys: Iterable[str]) -> State:
    """The run takes these entries up; their tries are counted."""
    pending = dict(state.pending)
    for key in keys:
        waiting = pending[key]
        pending[key] = replace(waiting, lease=run, tries=waiting.tries + (waiting.lease != run))
    return replace(state, pending=pending)


def settle(
    state: State, run: str, outcomes: Iterable[Outcome], now: datetime, looks: tuple[timedelta, ...] = ()
) -> State:
    """The ledger lines of a run settle the entries that they are about; leases of the run end.

    Pages that landed are looked at again so long after they were first seen as `looks` says.
    """
    known, pending = dict(state.known), dict(state.pending)
    watched = {one.article: key for key, one in known.items() if one.watch}
    for line in outcomes:
        waiting = pending.get(line.queued_as)
        if waiting is None or waiting.digest != line.digest or waiting.lease != run:
            continue
        if line.again_at is not None:
            deaths = waiting.deaths + (line.reason == DIED)
            pending[line.queued_as] = replace(waiting, lease=None, not_before=line.again_at, deaths=deaths)
            continue
        del pending[line.queued_as]
        elsewhere = watched.get(line.id) if line.id else None
        has_room = elsewhere or len(watched) < MOST_WATCHED
        known |= known_after(known, elsewhere, waiting, line, now, looks if has_room else ())
        if known[line.queued_as].watch:
            watched[known[line.queued_as].article] = line.queued_as
    for key, waiting in pending.items():
        if waiting.lease == run:  # leased, but no batch had room: that was no try
            pending[key] = replace(waiting, lease=None, tries=waiting.tries - 1)
    return replace(state, known=known, pending=pending, claim=None if state.claim == run else state.claim)


def known_after(
    known: dict[str, Known],
    elsewhere: str | None,
    waiting: Pending,
    line: Outcome,
    now: datetime,
    looks: tuple[timedelta, ...],
) -> dict[str, Known]:
    """What is known of an entry after its outcome, by key.

    Where its article was watched under the key `elsewhere` (all links say https now), the watch goes on under the new.
    """
    key = line.queued_as
    before = known.get(key)
    first = before or (known[elsewhere] if elsewhere else None)
    since = (first and first.since) or max(waiting.since, waiting.not_before or waiting.since)
    found = Known(
        digest=before.digest if before and waiting.look else line.digest,
        offered_at=before.offered_at if before and waiting.look else now,
        since=since,
        article=line.id or (first.article if first else None),
        watch=watch_after(first.watch if first else None, waiting, line, now, [since + pause for pause in looks]),
    )
    if elsewhere and elsewhere != key:
        return {elsewhere: replace(known[elsewhere], watch=None), key: found}
    return {key: found}


def watch_after(
    old: Watch | None, waiting: Pending, line: Outcome, now: datetime, looks: Iterable[datetime]
) -> Watch | None:
    """The next look at a page that we hold; None after the last one, and for what is no page of the web."""
    held, url = line.outcome in HELD, waiting.entry.url
    look_at = next((at for at in looks if at > now), None)
    if look_at is None or url is None or url.startswith("file:") or not (held or old):
        return None
    validators = line.validators
    if not held:  # with those of a page that is gone its return would be "not modified"
        validators = old.validators if old and line.outcome != "rejected" else {}
    return Watch(entry=replace(waiting.entry, body=None, fallback=None), look_at=look_at, validators=validators)


def look_again(state: State, now: datetime) -> State:
    """Pages whose next look is due wait in the queue, as entries do."""
    due = {
        key: Pending(
            entry=watch.entry, digest=watch.entry.digest, since=watch.look_at, look=True, article=one.article,
            validators=watch.validators,
        )
        for key, one in state.known.items()
        if (watch := one.watch) and watch.look_at <= now and key not in state.pending
    }  # fmt: skip
    return replace(state, pending=state.pending | due) if due else state


def try_again_at(now: datetime, tries: int, not_before: datetime | None = None) -> datetime | None:
    """When an entry that failed may be tried again; None after its last try."""
    if tries >= LAST_TRY:
        return None
    pause = timedelta(minutes=5 * 4 ** (tries - 1))
    return max(now + pause, not_before or now)
