"""
Asks the sources that are due, fetches what is new or changed, cleans and annotates it, and lands it in the store.

`due` opens the run and finds the sources whose time has come. `discover` asks them and puts what they offer that is
new or changed into their queues. `plan` takes pending entries up, in batches of up to 250. Each batch is fetched,
cleaned, enriched task after task, and landed. `publish` closes the run whatever happened: every entry has an outcome,
the tables follow, and the asset `newsroom/documents` says that something has landed. `verdict` fails the run when a
batch died: green means that all was well. A page that is no article is no failure: `newsroom why URL` says what
became of it.

To take sources before their time, or to see what would be asked, trigger the DAG with the form. To go on after a
failure trigger it anew: what failed is pending still. Cleared tasks of a closed run stop, as its ledger is written.
"""

from typing import Any

from airflow.sdk import Param, dag, task
from tasks import DEFAULTS, DRY_RUN, WEB, desk_of, log, plan, to_the_end, trigger_of

SOURCES = Param(
    None,
    type=["null", "array"],
    items={"type": "string", "pattern": r"^\s*[a-z0-9-]*\s*$", "maxLength": 100},
    maxItems=500,
    title="Sources",
    description="Names of the sources to take, one a line. Empty: all that are declared.",
)
NOT_DUE = Param(
    False,
    type="boolean",
    title="Poll although not due",
    description="Asks the sources now, also those whose time has not come.",
)


@dag(
    schedule="*/15 * * * *",
    max_active_runs=1,
    allowed_run_types=["scheduled", "manual"],
    params={"sources": SOURCES, "not_due": NOT_DUE, "dry_run": DRY_RUN},
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["newsroom"],
)
def ingest() -> None:
    @task.short_circuit(retries=0)
    def due(params: dict[str, Any] | None = None, dag_run: Any = None) -> list[list[str]]:
        """Opens the run; answers the sources to ask in chunks, one of them empty where none is due."""
        from pipeline.stages import begin, discover, preview

        form = params or {}
        names = sorted({name.strip() for name in form["sources"] or ()} - {""})
        with desk_of(dag_run) as (desk, run):
            if form["dry_run"]:
                log.info("%s", preview.preview(desk, names, everything=form["not_due"]))
                return []
            begin.begin(desk, trigger_of(dag_run), run=run)
            return discover.chunks(discover.due(desk, run, names, everything=form["not_due"])) or [[]]

    @task(pool=WEB)
    def discover(names: list[str], dag_run: Any = None, ti: Any = None) -> None:
        """Asks a chunk of sources at once."""
        from pipeline.stages.discover import discover as ask

        with desk_of(dag_run) as (desk, run):
            ask(desk, run, names, f"{ti.map_index:03}")

    batches = plan()
    discover.expand(names=due()) >> batches
    to_the_end(batches)


ingest_dag = ingest()
