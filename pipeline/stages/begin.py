"""Begins a run: store and models are there, dead runs are closed, and the run is open."""

from collections.abc import Callable

from pipeline import ledger
from pipeline.stages.desk import Desk
from pipeline.stages.publish import close_run
from pipeline.stages.ready import require_models


def begin(
    desk: Desk,
    trigger: str,
    *,
    run: str | None = None,
    take_over: bool = False,
    is_dead: Callable[[str], bool] | None = None,
) -> tuple[str, list[str]]:
    """Opens a run, under the given name where a second try must find the first; answers it and the other open runs.

    With a name those that are dead by their trigger are closed first: of the same DAG, as Airflow runs one at a time.
    `take_over` closes all others.
    """
    require_models(desk.parser)
    desk.store.check()
    if run:
        ledger.require_open(desk.store, run)
    is_dead = is_dead or (lambda other: other.split()[0] == trigger.split()[0])  # "ingest scheduled": a DAG, its start
    others = {name: other.trigger for name, other in ledger.open_runs(desk.store).items() if name != run}
    dead = [name for name, other in others.items() if take_over or (run and is_dead(other))]
    for name in dead:
        close_run(desk, name)
    return opened(desk, trigger, run), [name for name in others if name not in dead]


def opened(desk: Desk, trigger: str, run: str | None) -> str:
    """Under a clock that stands still the n-th run of a store always has the same name."""
    now = desk.clock()
    for attempt in range(10_000):
        name = run or ledger.run_name(now, f"{trigger} {attempt}" if desk.fixed else None)
        if ledger.is_closed(desk.store, name):
            continue
        if ledger.open_run(desk.store, ledger.Run(run=name, trigger=trigger, started_at=now)) or run:
            return name
    raise RuntimeError("no name was left for the run")
