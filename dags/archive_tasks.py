"""The tasks of the DAGs over archives: a run takes some days of one, in shards that go through all stages at once."""

import os
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Param, chain, task
from airflow.sdk.exceptions import AirflowFailException
from newsroom_plugin import WhatLanded
from tasks import ALIAS, DEFAULTS, close, desk_of, in_tasks, log, the_end

from pipeline.ledger import run_name

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol

    from pipeline.archives.indexes import Wanted
    from pipeline.stages.desk import Desk

ARCHIVE_DEFAULTS = DEFAULTS | {
    "pool": "newsroom_archive",
    "retries": 3,  # a backfill takes days, in which more than one of its machines may go
    "weight_rule": "upstream",  # what is nearly done goes before what begins
}
GOES_SECOND = 10
"""Niceness: a live run on the same machine goes first."""

INDEXING = timedelta(hours=12)

FIRST, LAST = (
    Param(None, type=["null", "string"], format="date", title=f"{end} day", description=f"Of a single run: {said}.")
    for end, said in (
        ("First", "what was captured on this day and later. Empty: all days"),
        ("Last", "what was captured on this day and before. Empty: all days"),
    )
)

DRY_RUN = Param(
    False,
    type="boolean",
    title="Dry run",
    description="Says in the log of `plan` what is there and what it would take, by a sample. Nothing is written.",
)
FORM = {"first": FIRST, "last": LAST, "dry_run": DRY_RUN}


def day_of(dag_run: "DagRunProtocol") -> date | None:
    """The day that a backfill or the schedule asks for; None where a person triggers the DAG by its form."""
    by_form = dag_run.run_type == "manual" or dag_run.logical_date is None
    return None if by_form else dag_run.logical_date.date()  # type: ignore[union-attr]


def trigger_of(dag_run: "DagRunProtocol") -> str:
    """Who started it, such as "archive_rolls backfill 2019-03-04": no other run has it, and each clear of this one."""
    return f"{dag_run.dag_id} {dag_run.run_type.value} {(day_of(dag_run) or dag_run.run_after).isoformat()}"


def name_of(dag_run: "DagRunProtocol") -> str:
    """Its name in the ledger: another one after a clear, as a run that is closed takes nothing up again."""
    seed = f"{dag_run.dag_id} {dag_run.run_id} {dag_run.clear_number}"
    return run_name(dag_run.start_date or dag_run.run_after, seed)


@task.short_circuit(execution_timeout=INDEXING, outlets=[ALIAS])
def plan(
    source: str, params: dict[str, Any] | None = None, dag_run: Any = None, ti: Any = None, outlet_events: Any = None
) -> list[list[str]]:
    """Opens the run, indexes what is not indexed yet, and parts what was asked for into shards.

    A run of one shard, or of none, ends here, and no other task of it is started: a task costs more than a small day.
    """
    from pipeline import ledger
    from pipeline.stages.forecast import forecast
    from pipeline.stages.verdict import verdict

    os.nice(GOES_SECOND)
    with desk_of(dag_run, name_of(dag_run)) as (desk, run):
        asked = asked_of(desk, source, params or {}, day_of(dag_run))
        if asked is None:
            log.info("nothing to do: of the days asked for none is one of %s", source)
            return []
        if (params or {})["dry_run"]:
            log.info("%s", forecast(desk, asked).told())
            return []
        if not ledger.is_closed(desk.store, run):  # by a try that was killed when it had closed the run
            shards = shards_of(desk, run, asked, dag_run, ti)
            if len(shards) > 1 or (shards and desk.broken):  # a sources file that is wrong fails only `verdict`
                return in_tasks(shards)
            take(desk, run, shards)
        close(desk, run, ti, outlet_events)
        if complaint := verdict(desk, run):
            raise AirflowFailException(complaint)
    return []


def asked_of(desk: "Desk", source: str, form: dict[str, Any], day: date | None) -> "Wanted | None":
    """What a run is to take: a day of a backfill, else what its form says; None where no day can be meant."""
    from pipeline.stages import archive

    first, last = (day or (form[end] and date.fromisoformat(form[end])) for end in ("first", "last"))
    asked = archive.wanted(desk, source, [form["path"].strip()] if "path" in form else (), first, last)
    return None if asked.first and asked.last and asked.first > asked.last else asked


def shards_of(desk: "Desk", run: str, asked: "Wanted", dag_run: "DagRunProtocol", ti: Any) -> list[str]:
    """Opens the run, and answers the names of its shards once all is indexed."""
    from pipeline.stages import archive

    archive.begin(desk, trigger_of(dag_run), run)
    ti.xcom_push(key="run", value=run)  # so early for `publish`, which closes the run also where this task fails
    archive.index(desk, asked, turn=int(run[-4:], 16))  # each run begins with another file
    return list(archive.plan(desk, run, asked))


def take(desk: "Desk", run: str, names: list[str]) -> None:
    """Takes shards through all stages, one after the other."""
    from pipeline.stages import archive

    for name in names:
        outcomes = Counter(line.outcome for line in archive.shard(desk, run, name))
        log.info("shard %s: %s", name, ", ".join(f"{n} {what}" for what, n in outcomes.items()))


@task
def shard(names: list[str], run: str, dag_run: Any = None) -> None:
    """Takes shards through all stages; a record that kills it ends alone."""
    os.nice(GOES_SECOND)
    with desk_of(dag_run, run) as (desk, run):
        require_whole(desk, run)
        take(desk, run, names)


def require_whole(desk: "Desk", run: str) -> None:
    """Stops a task that was cleared alone, behind the end of its run."""
    from pipeline import ledger

    if ledger.is_closed(desk.store, run):
        raise AirflowFailException(
            f"run {run} is closed and its ledger is written: clear all tasks of this run, not one, "
            "or backfill its day with reprocess `failed`; what has landed costs little the second time"
        )


def story(source: str) -> None:
    """What a run of an archive does."""
    shards = plan(source)
    shards.operator.operator_extra_links = (WhatLanded(),)
    run = shards["run"]
    chain(shard.partial(run=run).expand(names=shards), *the_end(run))
