"""The tasks that the DAGs are made of: each does one stage of the pipeline, on the desk of this Airflow."""

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, Connection, Param, TriggerRule, chain, task, task_group
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from newsroom_plugin import WhatLanded

from pipeline.errors import NewsroomError, StoreError
from pipeline.stages import BATCH_STAGES

if TYPE_CHECKING:
    from airflow.sdk.types import DagRunProtocol

    from pipeline.stages.desk import Desk

log = logging.getLogger(__name__)

DOCUMENTS = Asset("newsroom/documents")
ALIAS = AssetAlias("newsroom-documents")
WEB, CPU = "newsroom_web", "newsroom_cpu"
POOLS = {"fetch": WEB, "land": "default_pool"}
DEFAULTS = {"retries": 1, "retry_delay": timedelta(seconds=10), "execution_timeout": timedelta(minutes=30)}

MOST_TASKS = 1000
"""Tasks that one is mapped to; Airflow's limit is 1,024."""

DRY_RUN = Param(
    False,
    type="boolean",
    title="Dry run",
    description="Says in the log of `due` what would be asked and fetched. Nothing is fetched, nothing is written.",
)


@contextmanager
def desk_of(dag_run: "DagRunProtocol", run: str | None = None) -> Iterator[tuple["Desk", str]]:
    """The desk, and the name of the run in the ledger; an error of ours fails the task with its one line.

    `run` is that name where more than Airflow's run says it.
    """
    from pipeline.config import settings
    from pipeline.ledger import run_name
    from pipeline.stages.desk import open_desk

    try:
        desk = replace(open_desk(settings(), open_store()), login=login)
        yield desk, run or run_name(dag_run.run_after, f"{dag_run.dag_id} {dag_run.run_id}")
    except StoreError as error:
        raise AirflowException(str(error)) from None  # may pass: worth the second try
    except NewsroomError as error:
        raise AirflowFailException(str(error)) from None


def trigger_of(dag_run: "DagRunProtocol") -> str:
    """Who started the run, for the ledger, such as "ingest scheduled"."""
    return f"{dag_run.dag_id} {dag_run.run_type.value}"


def connection(name: str) -> Any:
    """An Airflow connection; None where there is none of this name."""
    try:
        return Connection.get(name)
    except AirflowException:
        return None


def open_store() -> Any:
    """The store of NEWSROOM_STORE, with endpoint and credentials of the connection `newsroom_store` if there is one."""
    from pipeline import store
    from pipeline.config import settings

    found = connection("newsroom_store")
    if not found:
        return store.open_store(settings().store)
    endpoint = found.extra_dejson.get("endpoint_url")
    return store.open_store(settings().store, endpoint=endpoint, key=found.login, secret=found.password)


def login(name: str) -> str | None:
    """The login that a source's `auth` names: of a connection, else of an environment variable."""
    from pipeline.config import settings

    found = connection(name)
    if not found:
        return settings().login(name)
    secret: str | None = f"{found.login}:{found.password}" if found.login else found.password  # alone it is a token
    return secret


def in_tasks(names: list[str]) -> list[list[str]]:
    """What each task does, one after the other; where there is nothing to do, one task has that."""
    size = -(-len(names) // MOST_TASKS) or 1
    return [names[at : at + size] for at in range(0, len(names), size)] or [[]]


@task(trigger_rule=TriggerRule.ALL_DONE)
def plan(only: list[str] | None = None, dag_run: Any = None) -> list[str]:
    """Leases what is pending to this run and parts it into batches, whatever became of the polls."""
    from pipeline.stages.plan import plan as make_plan

    with desk_of(dag_run) as (desk, run):
        return make_plan(desk, run, only or desk.queues)


@task
def work(batch: str, stage: str, dag_run: Any = None) -> None:
    """One batch through one stage."""
    from pipeline.stages.batch import work as work_stage

    with desk_of(dag_run) as (desk, run):
        made = work_stage(desk, run, batch, stage)
    outcomes = Counter(one.outcome or "on their way" for one in made)
    log.info("batch %s after %s: %s", batch, stage, ", ".join(f"{n} {what}" for what, n in outcomes.items()))


@task_group
def one_batch(batch: str) -> None:
    """What every batch goes through."""
    chain(*(work.override(task_id=stage, pool=POOLS.get(stage, CPU))(batch, stage) for stage in BATCH_STAGES))


@task(trigger_rule=TriggerRule.ALL_DONE, outlets=[ALIAS])
def publish(run: str | None = None, dag_run: Any = None, ti: Any = None, outlet_events: Any = None) -> dict[str, int]:
    """Closes the run: the ledger, the tables, the queues; says once that documents have landed."""
    from pipeline.ledger import require_open

    with desk_of(dag_run, run) as (desk, run):
        if ti.max_tries > ti.task.retries:  # cleared by a person, which a retry is not
            require_open(desk.store, run)
        return close(desk, run, ti, outlet_events)


def close(desk: "Desk", run: str, ti: Any, outlet_events: Any) -> dict[str, int]:
    """What `publish` does; a task that does it has ALIAS among its outlets."""
    from pipeline.config import settings
    from pipeline.ledger import run_folder
    from pipeline.stages.publish import publish as close_run

    closed = close_run(desk, run)
    for name, source in closed.sources.items():
        for said in filter(None, (source.reason, source.silent)):
            log.warning("%s: %s", name, said)
    ti.xcom_push(key=WhatLanded.xcom_key, value=settings().browse(desk.store.url, run_folder(run)))
    if closed.outcomes.get("landed"):
        outlet_events[ALIAS].add(DOCUMENTS, extra={"run": run, "landed": closed.outcomes["landed"]})
    return closed.outcomes


@task(trigger_rule=TriggerRule.ALL_DONE, retries=0)
def verdict(run: str | None = None, dag_run: Any = None) -> None:
    """Fails the run when a batch died, the sums differ, or the sources file is wrong: green means that all was well."""
    from pipeline.stages.verdict import verdict as complain

    with desk_of(dag_run, run) as (desk, run):
        complaint = complain(desk, run)
    if complaint:
        raise AirflowFailException(complaint)


def to_the_end(batches: Any) -> None:
    """All batches through their stages, then the closing of the run."""
    chain(one_batch.expand(batch=batches), *the_end())


def the_end(run: Any = None) -> tuple[Any, Any]:
    """The closing of a run, and what is thought of it."""
    closing = publish(run)
    closing.operator.operator_extra_links = (WhatLanded(),)
    return closing, verdict(run)
