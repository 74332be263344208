"""Closes a run: every entry that it took up has an outcome, the tables follow the folders, the queues are settled."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

import msgspec
from msgspec.structs import replace

from pipeline import batches, landing, ledger, polls, queue, tables, vectors
from pipeline.documents import key_of
from pipeline.errors import NotFound, RunClosed
from pipeline.ledger import Run
from pipeline.model import Outcome, Taken, Verdict
from pipeline.polls import Poll
from pipeline.stages import BATCH_STAGES
from pipeline.stages.batch import left_reason
from pipeline.stages.desk import Desk
from pipeline.stages.land import landed


def publish(desk: Desk, run: str) -> Run:
    """Closes the run and answers its sums; those of the first closing where it was closed before."""
    found = ledger.closed(desk.store, run)
    return found or close_run(desk, run)


def close_run(desk: Desk, run: str) -> Run:
    """Missing ledger lines, then the rows, then the queues, and the sums last: each may be done again after a kill."""
    opened = ledger.open_runs(desk.store).get(run)
    if opened is None:
        raise RunClosed(
            f"run {run} is neither open nor closed in {desk.store.url}: the store was emptied, or is another one"
        )
    written = set(ledger.written(desk.store, run))
    for batch in batches.planned(desk.store, run):
        if batch not in written:
            ledger.write_batch(desk.store, run, batch, rescued(desk, run, batch))
    for batch in ledger.written(desk.store, run):
        rows(desk, run, batch)
    again = replayed(desk, run)
    tables.publish_articles(desk.store, again)
    found = settled(desk, run)
    closing = ledger.sums(opened, ledger.read_run(desk.store, run), found, desk.clock())
    ledger.close(desk.store, replace(closing, replayed=len(again)))
    batches.sweep(desk.store, desk.clock())
    closed = ledger.closed(desk.store, run)
    assert closed is not None  # noqa: S101 - just written
    return closed


def rows(desk: Desk, run: str, batch: str) -> None:
    """The rows of a batch: so much is in memory at once, and the articles of a day stand together."""
    lines = ledger.read_batch(desk.store, run, batch)
    tables.publish_outcomes(desk.store, run, lines)
    articles = [line.id for line in lines if line.id and line.key]
    tables.publish_articles(desk.store, articles, vectors.kept(desk.store, run, batch) if articles else None)


def replay_folder(run: str) -> str:
    """What a replay leaves for its other tasks, and for the closing of the run."""
    return f"work/{run}/replay/"


def replayed(desk: Desk, run: str) -> list[str]:
    """The articles that a replay set out to change."""
    found = (listed.key for listed in desk.store.keys(replay_folder(run)))
    touched = (key for key in found if key.endswith(".touched.json"))
    every = (one for key in touched for one in msgspec.json.decode(desk.store.get(key).body, type=list[str]))
    return list(dict.fromkeys(every))


def rescued(desk: Desk, run: str, batch: str) -> Iterator[Outcome]:
    """Lines of a batch that wrote none: what the folders show has landed, the rest failed and comes up again."""
    reason = left_reason(desk, run, batch)
    for taken in last_work(desk, run, batch):
        yield ledger.outcome_of(rescue(desk, taken, reason), run, batch)


def last_work(desk: Desk, run: str, batch: str) -> list[Taken]:
    """What the last stage left that got through."""
    for stage in (*reversed(BATCH_STAGES), "plan"):
        try:
            return batches.read_taken(desk.store, batches.work_key(run, batch, stage))
        except NotFound:
            continue
    return []


def rescue(desk: Desk, taken: Taken, reason: str) -> Taken:
    """The entry with the outcome that its article's folder shows, or with that of a failure."""
    if taken.outcome is not None:
        return landed(desk, taken)  # a page that is gone is to be said in its folder still
    if taken.document:
        key = key_of(taken.document)
        found = next((k for k in landing.history(desk.store, key.id) if k.moment == key.moment), None)
        if found:
            outcome: Verdict = "landed" if found.kind == "json" else "unchanged"
            return replace(taken, outcome=outcome, stage="land", key=str(found))
    again_at = desk.clock() if taken.tries < queue.LAST_TRY else None
    return replace(taken, outcome="failed", stage="land", reason=reason, again_at=again_at)


def settled(desk: Desk, run: str) -> dict[str, Poll]:
    """Settles the queues of all sources that the run touched; answers the polls that it made. Archives have none."""
    by_source = defaultdict[str, list[Outcome]](list)
    for line in ledger.read_run(desk.store, run):
        if line.source != polls.ARCHIVE and not desk.source(line.source).is_archive:
            by_source[line.source].append(line)
    found, now = {}, desk.clock()
    for name in sorted({*desk.queues, *by_source}):
        state = polls.read(desk.store, name)
        if state == polls.State(name=name):
            continue  # an archive that is declared no more, or nothing was ever asked
        if by_source[name] or state.claim == run or any(w.lease == run for w in state.pending.values()):
            looks = desk.looks_at(desk.source(name))
            decide = partial(queue.settle, run=run, outcomes=by_source[name], now=now, looks=looks)
            polls.update(desk.store, name, decide)
        if state.last_poll and state.last_poll.run == run:
            found[name] = state.last_poll
    return found
