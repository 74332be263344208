"""Whether the ledger of a closed run adds up: what was planned, what has a line, what the sums say, what still waits.

These four were written at different times and by different tasks, so a line that was lost or written twice shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from pipeline import ledger, polls
from pipeline.ledger import Run
from pipeline.model import Outcome, Taken
from pipeline.store import Store, read_json

SHOWN = 3
"""Entries that a sentence names."""


def differences(store: Store, run: Run) -> dict[str, str]:
    """What does not add up, by source; empty where all does. What is wrong with the run as a whole stands at ""."""
    lines = list(ledger.read_run(store, run.run))
    by_source, planned = defaultdict[str, list[Outcome]](list), plan_of(store, run.run)
    for line in lines:
        by_source[line.source].append(line)
    found = {}
    for name in sorted({*by_source, *run.sources, *(planned or ())}):
        own = by_source[name]
        plan = None if planned is None else planned.get(name, Counter())
        said = [*of_plan(own, plan), *of_sums(own, run, name), *of_queue(store, own, name)]
        if said:
            found[name] = "; ".join(said)
    counts = Counter(line.outcome for line in lines)
    if run.entries != len(lines) or run.outcomes != counts:
        found[""] = f"run.json has {run.entries} entries, {dict(run.outcomes)}; the ledger has {dict(counts)}"
    return found


def plan_of(store: Store, run: str) -> dict[str, Counter[str]] | None:
    """What each source's entries of the plan are called, and how often; None where the plan has been swept."""
    stored = read_json(store, f"work/{run}/plan.json", dict[str, list[Taken]])
    if stored is None:
        return None
    found = defaultdict[str, Counter[str]](Counter)
    for taken in (one for batch in stored.values() for one in batch):
        found[taken.entry.source][taken.queued_as] += 1
    return found


def of_plan(lines: list[Outcome], planned: Counter[str] | None) -> Iterator[str]:
    """Every entry that was taken up has one line, and no other has any."""
    if planned is None:
        return
    had = Counter(line.queued_as for line in lines)
    yield from counted("taken up without an outcome", planned - had)
    yield from counted("with an outcome too many", had - planned)


def of_sums(lines: list[Outcome], run: Run, name: str) -> Iterator[str]:
    """run.json counts what the ledger holds."""
    counted_once = run.sources[name].taken_up if name in run.sources else 0
    if counted_once != len(lines):
        yield f"run.json says {counted_once} taken up, the ledger has {len(lines)} lines"


def of_queue(store: Store, lines: list[Outcome], name: str) -> Iterator[str]:
    """What has its outcome is known or waits for another try, and no lease of the run is left."""
    if not lines:
        return
    state = polls.read(store, name)
    if state == polls.State(name=name):  # an archive has no queue
        return
    yield from counted("gone from the queue", {x.queued_as for x in lines} - {*state.known, *state.pending})
    left = (key for key, waiting in state.pending.items() if waiting.lease == lines[0].run)
    yield from counted("leased still by the closed run", set(left))


def counted(what: str, names: Counter[str] | set[str]) -> Iterator[str]:
    if names:
        more = ", …" if len(names) > SHOWN else ""
        yield f"{len(names)} {what}: {', '.join(sorted(names)[:SHOWN])}{more}"
