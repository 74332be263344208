"""Says whether all was well with a run: it is green only then."""

from pipeline import audit, batches, ledger
from pipeline.stages import BATCH_STAGES, replay
from pipeline.stages.desk import Desk


def verdict(desk: Desk, run: str) -> str | None:
    """What was wrong with a closed run, in one line; None where nothing was.

    A page that is no article, or that cannot be had, is the world's; a batch that died, sums that differ and a
    sources file that is wrong are ours.
    """
    closed = ledger.closed(desk.store, run)
    if closed is None:
        return f"run {run} is not closed"
    complaints = list(desk.broken)
    for name, said in audit.differences(desk.store, closed).items():
        complaints.append(f"the ledger does not add up: {f'{name}: ' if name else ''}{said}")
    if not ledger.has(desk.store, batches.plan_key(run)) and replay.planned(desk, run) is None:
        complaints.append("nothing was planned: the log of `plan` says why")
    dead = [
        batch
        for batch in batches.planned(desk.store, run)
        if not ledger.has(desk.store, batches.work_key(run, batch, BATCH_STAGES[-1]))
    ]
    if dead:
        complaints.append(f"batches that died: {', '.join(dead)}")
    complaints += replay.complaint(desk, run)
    return "; ".join(complaints) or None
