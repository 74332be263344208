"""Whether the ledger of a closed run adds up: what was planned, what has a line, what the sums say, what still waits.

These four were written at different times and by different tasks, so a line that was lost or written twice shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress

from pipeline import batches, ledger, polls
from pipeline.errors import NotFound
from pipeline.ledger import Run
from pipeline.model import Outcome, Taken
from pipeline.store import Store

SHOWN = 3
"""Entries that a sentence names."""


class Books:
    """What plan, lines and queues say of a run's entries, by source: read batch by batch, kept where they differ."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.outcomes, self.taken_up = Counter[str](), Counter[str]()
        self.lost, self.extra, self.gone = (defaultdict[str, Counter[str]](Counter) for _ in range(3))
        self.queues = dict[str, polls.State]()

    def read(self, lines: list[Outcome], plan: list[Taken] | None) -> None:
        self.outcomes.update(line.outcome for line in lines)
        self.taken_up.update(line.source for line in lines)
        for line in lines:
            queue = self.queue(line.source)
            if queue and line.queued_as not in queue.known and line.queued_as not in queue.pending:
                self.gone[line.source][line.queued_as] = 1
        if plan is not None:
            had = Counter((line.source, line.queued_as) for line in lines)
            planned = Counter((taken.entry.source, taken.queued_as) for taken in plan)
            for found, names in ((self.lost, planned - had), (self.extra, had - planned)):
                for (source, name), times in names.items():
                    found[source][name] += times

    def queue(self, source: str) -> polls.State | None:
        """What waits for a source; None for an archive, which has no queue."""
        if source not in self.queues:
            self.queues[source] = polls.read(self.store, source)
        found = self.queues[source]
        return None if found == polls.State(name=source) else found


def differences(store: Store, run: Run) -> dict[str, str]:
    """What does not add up, by source; empty where all does. What is wrong with the run as a whole stands at ""."""
    books, planned = Books(store), batches.planned(store, run.run)
    for batch in sorted({*ledger.written(store, run.run), *planned}):
        books.read(*batch_of(store, run.run, batch, swept=not planned))
    found = {}
    for name in sorted({*books.taken_up, *books.lost, *run.sources}):
        said = [
            *counted("taken up without an outcome", books.lost[name]),
            *counted("with an outcome too many", books.extra[name]),
            *of_sums(books.taken_up[name], run, name),
            *of_queue(books, run, name),
        ]
        if said:
            found[name] = "; ".join(said)
    counts, entries = dict(books.outcomes), books.outcomes.total()
    if run.entries != entries or run.outcomes != counts:
        found[""] = f"run.json has {run.entries} entries, {dict(run.outcomes)}; the ledger has {counts}"
    return found


def batch_of(store: Store, run: str, batch: str, *, swept: bool) -> tuple[list[Outcome], list[Taken] | None]:
    """The lines of a batch and its plan, each empty where there is none; None for a plan that has been swept."""
    lines = list[Outcome]()
    with suppress(NotFound):
        lines = ledger.read_batch(store, run, batch)
    try:
        return lines, batches.read_taken(store, batches.work_key(run, batch, "plan"))
    except NotFound:
        return lines, None if swept else []


def of_sums(lines: int, run: Run, name: str) -> Iterator[str]:
    """run.json counts what the ledger holds."""
    counted_once = run.sources[name].taken_up if name in run.sources else 0
    if counted_once != lines:
        yield f"run.json says {counted_once} taken up, the ledger has {lines} lines"


def of_queue(books: Books, run: Run, name: str) -> Iterator[str]:
    """What has its outcome is known or waits for another try, and no lease of the run is left."""
    yield from counted("gone from the queue", books.gone[name])
    queue = books.queue(name) if books.taken_up[name] else None
    left = (key for key, waiting in queue.pending.items() if waiting.lease == run.run) if queue else ()
    yield from counted("leased still by the closed run", Counter(left))


def counted(what: str, names: Counter[str]) -> Iterator[str]:
    if names:
        more = ", …" if len(names) > SHOWN else ""
        yield f"{len(names)} {what}: {', '.join(sorted(names)[:SHOWN])}{more}"
