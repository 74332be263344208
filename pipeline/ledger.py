"""The record of all outcomes: what a run took up, what became of it, and the sums that close the run."""

import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from pipeline.errors import RunClosed, StoreError
from pipeline.model import Outcome, Taken
from pipeline.polls import Poll
from pipeline.store import Store, read_json

LINES = msgspec.json.Decoder(Outcome)


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


def lines(records: Iterable[Any]) -> bytes:
    """Records as JSON lines."""
    return msgspec.json.Encoder().encode_lines(records)


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


def read_batch(store: Store, run: str, batch: str) -> list[Outcome]:
    """The lines of a batch; raises `NotFound` while it has none."""
    return LINES.decode_lines(store.get(batch_key(run, batch)).body)


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
        name: msgspec.structs.replace(source_sum(polls.get(name)), taken_up=taken_up[name])
        for name in sorted({*polls, *taken_up})
    }
    ended = {"ended_at": now, "entries": counts.total(), "outcomes": dict(sorted(counts.items()))}
    return msgspec.structs.replace(run, **ended, sources=sources)


def source_sum(poll: Poll | None) -> SourceSum:
    """What became of a run's poll of a source; None where it made none."""
    if poll is None:
        return SourceSum()
    return SourceSum(status=poll.status, reason=poll.reason, silent=poll.silent, offered=poll.offered, known=poll.known)


def close(store: Store, run: Run) -> None:
    """Writes the sums, which closes the run for good."""
    store.put_new(run_key(run.run), msgspec.json.encode(run))
    store.delete(open_key(run.run))


def runs(store: Store) -> list[Run]:
    """Every run, closed and open, newest first."""
    names = (listed.key for listed in store.keys("ledger/") if listed.key.endswith("/run.json"))
    done = [msgspec.json.decode(store.get(key).body, type=Run) for key in names]
    return sorted([*done, *open_runs(store).values()], key=lambda run: run.run, reverse=True)


def seen(store: Store) -> Iterator[Outcome]:
    """Every line of the ledger, oldest run first."""
    for listed in store.keys("ledger/"):
        if listed.key.endswith(".jsonl"):
            yield from LINES.decode_lines(store.get(listed.key).body)
