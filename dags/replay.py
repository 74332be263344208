"""
Makes past days anew from what was kept, by the rules, steps, models and tables that are installed. Fetches nothing.

Give the days, leave "Dry run" on, and trigger: the log of `what_changes`, and a button in its tab Details, tell what
would change. Then trigger with "Dry run" off. "What is stale" takes documents of older rules, or of another version,
model or tables of a step; `newsroom steps` counts them by day. `clean`, or a step, takes all articles of these days.

`plan` finds and parts them, `portions` works each part out and writes it, `publish` closes the run, `verdict` fails it
when a part died. It may run beside `ingest`. After a failure trigger it anew: what is done is stale no more.
"""

from datetime import date
from typing import Any

from airflow.sdk import Param, TriggerRule, dag, task
from newsroom_plugin import WhatChanges
from tasks import CPU, DEFAULTS, desk_of, in_tasks, log, publish, trigger_of, verdict

from pipeline.steps import all_steps

STALE = "what is stale"
FIRST = Param(type="string", format="date", title="First day", description="Articles captured on this day (UTC) …")
LAST = Param(
    None, type=["null", "string"], format="date", title="Last day", description="… to this one. Empty: one day."
)
STEPS = [STALE, "clean", *(step.name for step in all_steps())]
START = Param(STALE, enum=STEPS, title="From", description="What to make anew, with all that reads it.")
DRY_RUN = Param(True, type="boolean", title="Dry run", description="Works all out and tells it; writes no document.")


@task
def plan(params: dict[str, Any] | None = None, dag_run: Any = None) -> list[list[str]]:
    """Opens the run, and parts the articles; one part is empty where there are none."""
    from pipeline.stages import lift, replay

    form = params or {}
    days = (date.fromisoformat(form["first"]), date.fromisoformat(form["last"] or form["first"]))
    wanted = lift.Wanted(*days, None if form["start"] == STALE else form["start"])
    with desk_of(dag_run) as (desk, run):
        return in_tasks(replay.plan(desk, run, wanted, trigger_of(dag_run), dry_run=form["dry_run"]))


@task(pool=CPU)
def portions(names: list[str], dag_run: Any = None) -> None:
    """Works out what the folders lack, and writes it."""
    from pipeline.stages.replay import portion

    with desk_of(dag_run) as (desk, run):
        for name in names:
            log.info("%s: %s", name, "\n".join(portion(desk, run, name).words()))


@task(trigger_rule=TriggerRule.ALL_DONE)
def what_changes(dag_run: Any = None, ti: Any = None) -> None:
    """Adds up, and shows a few documents as they were and are."""
    from pipeline.cli.replay import lines
    from pipeline.config import settings
    from pipeline.stages.replay import report, report_key

    with desk_of(dag_run) as (desk, run):
        log.info("%s", "\n".join(line.plain for line in lines(report(desk, run))))
        ti.xcom_push(key=WhatChanges.xcom_key, value=settings().browse(desk.store.url, report_key(run)))


@dag(
    schedule=None,
    max_active_runs=1,
    allowed_run_types=["manual"],
    params={"dry_run": DRY_RUN, "first": FIRST, "last": LAST, "start": START},
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["newsroom"],
)
def replay() -> None:
    told = what_changes()
    told.operator.operator_extra_links = (WhatChanges(),)
    portions.expand(names=plan()) >> told >> publish() >> verdict()


replay_dag = replay()
