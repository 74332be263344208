"""The batches of a run under work/: what it took up, and what each stage made of it, for the next one."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import takewhile

import msgspec

from pipeline import ledger
from pipeline.model import Taken
from pipeline.store import Store, put_first, read_json

TAKEN = msgspec.json.Decoder(Taken)

KEPT = timedelta(days=7)
"""How long what tasks exchanged stays after the run is closed: for a look at what went wrong."""


def work_key(run: str, batch: str, stage: str) -> str:
    return f"work/{run}/{batch}.{stage}.jsonl"


def read_taken(store: Store, key: str) -> list[Taken]:
    return TAKEN.decode_lines(store.get(key).body)


def write_taken(store: Store, key: str, batch: Iterable[Taken]) -> list[Taken]:
    """Writes what a stage made of a batch; where another try wrote first, answers what that one made."""
    made = list(batch)
    if store.put_new(key, ledger.lines(made)):
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
        store.put(work_key(run, batch, "plan"), ledger.lines(taken))
    return list(found)


def parted(store: Store, run: str, make: Callable[[], Iterable[list[Taken]]]) -> dict[str, int]:
    """The same for what every try finds alike, and may be more than memory holds; answers how many each batch has."""
    found = read_json(store, plan_key(run), dict[str, int])
    if found is None:
        made = {}
        for number, batch in enumerate(make()):
            made[f"{number:04}"] = len(batch)
            store.put(work_key(run, f"{number:04}", "plan"), ledger.lines(batch))
        found = put_first(store, plan_key(run), made, dict[str, int])
    return found


def sweep(store: Store, now: datetime) -> None:
    """Removes the work of runs that have been closed for long."""
    old: dict[str, bool] = {}
    # Names of runs begin with the time: the listing ends at the first young one, and leaves the markers of open runs.
    young = f"work/{now - KEPT:%Y%m%dT%H%M%SZ}"
    for listed in list(takewhile(lambda one: one.key < young, store.keys("work/2"))):
        run = listed.key.split("/")[1]
        if run not in old:
            done = ledger.closed(store, run)
            old[run] = done is not None and done.ended_at is not None and now - done.ended_at > KEPT
        if old[run]:
            store.delete(listed.key)
