"""Says what a run would ask and fetch now, and writes nothing."""

from collections.abc import Iterable

from pipeline import ledger, polls, queue
from pipeline.stages.desk import NO_CONTACT, Desk
from pipeline.stages.discover import due
from pipeline.veil import shown


def preview(desk: Desk, names: Iterable[str], *, everything: bool) -> str:
    """A line for each source that would be asked, and for each entry that waits."""
    names = list(names)
    lines = []
    for name in due(desk, "", names, everything=everything):
        source = desk.sources[name]
        may = desk.may_ask(source, source.url)
        lines.append(f"would ask {name}: {shown(source.url)}" if may else f"would not ask {name}: {NO_CONTACT}")
    others = frozenset(ledger.open_runs(desk.store))
    for name in names or sorted(desk.queues):
        state, source = polls.read(desk.store, name), desk.source(name)
        if desk.looks_at(source):
            state = queue.look_again(state, desk.clock())
        fresh = name != polls.PASTED  # else left to the run that it was pasted for
        ready = [key for key, one in queue.ready(state, desk.clock(), others) if fresh or one.look or one.tries]
        lines += [f"would fetch for {name}: {shown(key)}" for key in ready[: source.limit]]
    return "\n".join(lines) or "nothing is due and nothing waits"
