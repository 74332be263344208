"""Takes pending entries up: leases them to the run and parts them into batches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from msgspec.structs import replace

from pipeline import ledger, polls, queue
from pipeline.batches import decided
from pipeline.identity import article_id, normalise
from pipeline.model import Taken
from pipeline.polls import PASTED, Pending, State
from pipeline.stages.desk import Desk

BATCH = 250
"""Entries of a batch: a task costs half a second, a document a tenth."""

DANGEROUS = 2
"""An entry whose run died so often travels in a small batch."""

SMALL_BATCH = 5


def plan(desk: Desk, run: str, names: Iterable[str]) -> list[str]:
    """Writes the batches of the run; answers their names. A second try finds those of the first."""
    ledger.require_open(desk.store, run)

    def made() -> Iterator[list[Taken]]:
        queues = sorted(names)
        return batches(
            one for name in queues for one in leased(desk, run, name, fresh=name != PASTED or queues == [PASTED])
        )

    return decided(desk.store, run, made)


def leased(desk: Desk, run: str, name: str, *, fresh: bool) -> list[tuple[Taken, int]]:
    """Leases what is ready in the queue of a source, further looks too; answers entries and runs that died of them.

    Without `fresh` what was never tried is left: the run that it was pasted for is about to take it.
    """
    others = frozenset(ledger.open_runs(desk.store)) - {run}
    now, source = desk.clock(), desk.source(name)
    found: list[tuple[str, Pending]] = []

    def decide(state: State) -> State | None:
        if desk.looks_at(source):
            state = queue.look_again(state, now)
        ready = queue.ready(state, now, others)
        found[:] = [(key, one) for key, one in ready if fresh or one.look or one.tries][: source.limit]
        return queue.lease(state, run, (key for key, _ in found)) if found else None

    state = polls.update(desk.store, name, decide)
    if state is None:
        return []
    return [(taken_up(key, state.pending[key]), waiting.deaths) for key, waiting in found]


def taken_up(key: str, waiting: Pending) -> Taken:
    """A pending entry as a batch takes it up."""
    return Taken(
        entry=waiting.entry,
        queued_as=key,
        tries=waiting.tries,
        look=waiting.look,
        article=waiting.article,
        validators=waiting.validators,
    )


def batches(found: Iterable[tuple[Taken, int]]) -> Iterator[list[Taken]]:
    """All entries of a host stand in one batch, what has no room there stays pending.

    Entries that runs died of travel in small batches of their own.
    """
    ordinary: dict[str, list[Taken]] = defaultdict(list)
    dangerous: list[Taken] = []
    for one, deaths in twins(found):
        if deaths >= DANGEROUS:
            dangerous.append(one)
        else:
            ordinary[host(one)].append(one)
    yield from packed(group[:BATCH] for group in ordinary.values())
    for i in range(0, len(dangerous), SMALL_BATCH):
        yield dangerous[i : i + SMALL_BATCH]


def packed(groups: Iterable[list[Taken]]) -> list[list[Taken]]:
    """Groups, the largest first, each whole into the first batch that has room for it."""
    filled: list[list[Taken]] = []
    for group in sorted(groups, key=lambda g: (-len(g), g[0].queued_as)):
        room = next((batch for batch in filled if len(batch) + len(group) <= BATCH), None)
        if room is None:
            filled.append(list(group))
        else:
            room.extend(group)
    return filled


def twins(found: Iterable[tuple[Taken, int]]) -> Iterator[tuple[Taken, int]]:
    """Where several entries offer one article, all but the first name it as their twin.

    The first is the one whose source sorts first, as they come.
    """
    firsts: dict[str, str] = {}
    for taken, deaths in found:
        name = f"{taken.entry.source} {taken.queued_as}"
        first = firsts.setdefault(article_id(taken.entry.url), name) if taken.entry.url else name
        yield (taken if first == name else replace(taken, twin=first)), deaths


def host(taken: Taken) -> str:
    return urlsplit(normalise(taken.entry.url)).netloc if taken.entry.url else taken.entry.source
