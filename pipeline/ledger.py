"""The record of all outcomes: what a run took up, what became of it, and the sums that close the run."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import msgspec
from msgspec import Struct

from pipeline.errors import RunClosed, StoreError
from pipeline.model import Outcome, Taken
from pipeline.polls import Poll
from pipeline.store import Store, put_first, read_json

DIED = "run died"
"""The reason of an entry whose run ended before its outcome was known."""


class SourceSum(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run had to do with one source.

    `reason` says why it could not be polled, `silent` that it says nothing new beyond its habit.
    """

    status: int | None = None
    reason: str | None = None
    silent: str | None = None
    offered: int = 0
    known: int = 0
    taken_up: int = 0


class Run(Struct, frozen=True, kw_only=True):
    """A run: open while it has no sums, closed with them. `trigger` is who started it, such as "cli".

    A replay takes up no entries: `replayed` counts the articles that it made anew.
    """

    run: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None = None
    entries: int = 0
    outcomes: dict[str, int] = {}
    sources: dict[str, SourceSum] = {}
    replayed: int = 0


def run_name(now: datetime, seed: str | None = None) -> str:
    """`20261122T101500Z-ab12`: when the run began, and four hex digits that are drawn, or eight made from `seed`.

    Many days of a backfill may begin in one second.
    """
    suffix = hashlib.sha256(seed.encode()).hexdigest()[:8] if seed else secrets.token_hex(2)
    return f"{now:%Y%m%dT%H%M%SZ}-{suffix}"


def day(run: str) -> str:
    """The day that a run began, as in `date=2026-11-22`."""
    if not re.fullmatch(r"\d{8}T\d{6}Z-[0-9a-f]{4}([0-9a-f]{4})?", run):
        raise StoreError(f"not the name of a run: {run!r}")
    return f"{run[:4]}-{run[4:6]}-{run[6:8]}"


def open_key(run: str) -> str:
    return f"work/open/{run}.json"


def work_key(run: str, batch: str, stage: str) -> str:
    return f"work/{run}/{batch}.{stage}.jsonl"


def run_folder(run: str) -> str:
    return f"ledger/date={day(run)}/{run}/"


def batch_key(run: str, batch: str) -> str:
    return f"{run_folder(run)}{batch}.jsonl"


def run_key(run: str) -> str:
    return f"{run_folder(run)}run.json"


def open_run(store: Store, run: Run) -> bool:
    """Says that the run has begun: its leases are valid from now on. False where it had begun before."""
    return store.put_new(open_key(run.run), msgspec.json.encode(run))


def open_runs(store: Store) -> dict[str, Run]:
    """All runs that are not closed, by name, oldest first."""
    found = {}
    for listed in store.keys("work/open/"):
        run = read_json(store, listed.key, Run)
        if run and not is_closed(store, run.run):  # none where it was closed since the listing
            found[run.run] = run
    return found


def is_closed(store: Store, run: str) -> bool:
    return closed(store, run) is not None


def closed(store: Store, run: str) -> Run | None:
    """The sums of a closed run; None while it is open."""
    return read_json(store, run_key(run), Run)


def require_open(store: Store, run: str) -> None:
    """Raises `RunClosed` for a task that woke up, or was cleared, after its run was closed."""
    if is_closed(store, run):
        raise RunClosed(
            f"run {run} is closed and its ledger is written: trigger a new run instead of clearing this one"
        )


def write_taken(store: Store, key: str, batch: Iterable[Taken]) -> list[Taken]:
    """Writes what a stage made of a batch; where another try wrote first, answers what that one made."""
    made = list(batch)
    if store.put_new(key, lines(made)):
        return made
    return read_taken(store, key)


def plan_key(run: str) -> str:
    """What names the batches of a run, once all are decided."""
    return f"work/{run}/plan.json"


def planned(store: Store, run: str) -> list[str]:
    """The batches of a run; none before they are decided, and after they were swept."""
    return list(read_json(store, plan_key(run), dict[str, msgspec.Raw]) or ())


def decided(store: Store, run: str, make: Callable[[], Iterable[list[Taken]]]) -> list[str]:
    """The batches of a run, each written for its first stage: those of the first try, made where there was none.

    What was leased can be asked for once, so the plan holds all entries.
    """
    found = read_json(store, plan_key(run), dict[str, list[Taken]])
    if found is None:
        made = {f"{number:03}": batch for number, batch in enumerate(make())}
        found = put_first(store, plan_key(run), made, dict[str, list[Taken]])
    for batch, taken in found.items():
        store.put(work_key(run, batch, "plan"), lines(taken))
    return list(found)


def parted(store: Store, run: str, make: Callable[[], Iterable[list[Taken]]]) -> dict[str, int]:
    """The same for what every try finds alike, and may be more than memory holds; answers how many each batch has."""
    found = read_json(store, plan_key(run), dict[str, int])
    if found is None:
        made = {}
        for number, batch in enumerate(make()):
            made[f"{number:04}"] = len(batch)
            store.put(work_key(run, f"{number:04}", "plan"), lines(batch))
        found = put_first(store, plan_key(run), made, dict[str, int])
    return found


def read_taken(store: Store, key: str) -> list[Taken]:
    return [msgspec.json.decode(line, type=Taken) for line in store.get(key).body.splitlines()]


def lines(records: Iterable[Any]) -> bytes:
    """Records as JSON lines."""
    return b"".join(msgspec.json.encode(record) + b"\n" for record in records)


def outcome_of(taken: Taken, run: str, batch: str) -> Outcome:
    """The ledger line of an entry that has its outcome."""
    if taken.outcome is None or taken.stage is None:
        raise ValueError(f"{taken.queued_as} has no outcome yet")
    document = taken.document
    return Outcome(
        run=run,
        batch=batch,
        source=taken.entry.source,
        url=taken.entry.url,
        title=(document and document.title) or taken.entry.title,
        guid=taken.entry.guid,
        queued_as=taken.queued_as,
        digest=taken.entry.digest,
        outcome=taken.outcome,
        stage=taken.stage,
        reason=taken.reason,
        again_at=taken.again_at,
        captured_at=taken.captured_at,
        capture=taken.capture,
        id=document.id if document else taken.article,
        version=document.version if document else None,
        key=taken.key,
        look=taken.look,
        validators=taken.validators if taken.outcome in ("landed", "unchanged") else {},
        missing=taken.missing,
        ms=taken.ms,
    )


def write_batch(store: Store, run: str, batch: str, outcomes: Iterable[Outcome]) -> None:
    """Writes the lines of a batch; the first writer wins, and everything else derives from its lines."""
    store.put_new(batch_key(run, batch), lines(outcomes))


def has_batch(store: Store, run: str, batch: str) -> bool:
    return has(store, batch_key(run, batch))


def written(store: Store, run: str) -> list[str]:
    """The batches of a run that have their lines."""
    names = (listed.key.rpartition("/")[2] for listed in store.keys(run_folder(run)))
    return [name.removesuffix(".jsonl") for name in names if name.endswith(".jsonl")]


def has(store: Store, key: str) -> bool:
    return any(listed.key == key for listed in store.keys(key))


def read_batch(store: Store, run: str, batch: str) -> Iterator[Outcome]:
    """The lines of a batch; raises `NotFound` while it has none."""
    for line in store.get(batch_key(run, batch)).body.splitlines():
        yield msgspec.json.decode(line, type=Outcome)


def read_run(store: Store, run: str) -> Iterator[Outcome]:
    """All lines of a run, batch after batch."""
    for batch in written(store, run):
        yield from read_batch(store, run, batch)


def sums(run: Run, outcomes: Iterable[Outcome], polls: dict[str, Poll], now: datetime) -> Run:
    """The run with its sums: outcomes add up to entries, and every source that it polled or took from is named."""
    taken_up, counts = Counter[str](), Counter[str]()
    for line in outcomes:
        taken_up[line.source] += 1
        counts[line.outcome] += 1
    sources = {
        name: SourceSum(
            status=poll.status if (poll := polls.get(name)) else None,
            reason=poll.reason if poll else None,
            silent=poll.silent if poll else None,
            offered=poll.offered if poll else 0,
            known=poll.known if poll else 0,
            taken_up=taken_up[name],
        )
        for name in sorted({*polls, *taken_up})
    }
    ended = {"ended_at": now, "entries": counts.total(), "outcomes": dict(sorted(counts.items()))}
    return msgspec.structs.replace(run, **ended, sources=sources)


def close(store: Store, run: Run) -> None:
    """Writes the sums, which closes the run for good."""
    store.put_new(run_key(run.run), msgspec.json.encode(run))
    store.delete(open_key(run.run))


KEPT = timedelta(days=7)
"""How long what tasks exchanged stays after the run is closed: for a look at what went wrong."""


def sweep(store: Store, now: datetime) -> None:
    """Removes the work of runs that have been closed for long."""
    old: dict[str, bool] = {}
    # Names of runs begin with the time: the listing ends at the first young one, and leaves the markers of open runs.
    young = f"work/{now - KEPT:%Y%m%dT%H%M%SZ}"
    for listed in list(takewhile(lambda one: one.key < young, store.keys("work/2"))):
        run = listed.key.split("/")[1]
        if run not in old:
            done = closed(store, run)
            old[run] = done is not None and done.ended_at is not None and now - done.ended_at > KEPT
        if old[run]:
            store.delete(listed.key)


def runs(store: Store) -> list[Run]:
    """Every run, closed and open, newest first."""
    names = (listed.key for listed in store.keys("ledger/") if listed.key.endswith("/run.json"))
    done = [msgspec.json.decode(store.get(key).body, type=Run) for key in names]
    return sorted([*done, *open_runs(store).values()], key=lambda run: run.run, reverse=True)


def seen(store: Store) -> Iterator[Outcome]:
    """Every line of the ledger, oldest run first."""
    for listed in store.keys("ledger/"):
        if listed.key.endswith(".jsonl"):
            for line in store.get(listed.key).body.splitlines():
                yield msgspec.json.decode(line, type=Outcome)
