"""
Fetches, cleans, annotates and lands the pages at URLs that you paste.

It has its own queue and does not wait behind a poll. Every URL is fetched, also one that was fetched before: where
the page says what it said then, its outcome is `unchanged`. `publish` closes the run and `verdict` fails it when the
batch died; `newsroom why URL` says what became of a page.
"""

from typing import Any

from airflow.sdk import Param, dag, task
from tasks import DEFAULTS, DRY_RUN, desk_of, log, plan, to_the_end, trigger_of

URLS = Param(
    type="array",
    items={"type": "string", "pattern": r"^\s*(https?://\S+)?\s*$", "maxLength": 2000},
    minItems=1,
    maxItems=250,
    title="URLs",
    description="Addresses of articles, one a line, each beginning with http:// or https://; up to 250.",
)


@dag(
    schedule=None,
    max_active_runs=1,
    allowed_run_types=["manual"],
    params={"urls": URLS, "dry_run": DRY_RUN},
    default_args=DEFAULTS,
    doc_md=__doc__,
    tags=["newsroom"],
)
def ingest_urls() -> None:
    @task.short_circuit(retries=0)
    def paste(params: dict[str, Any] | None = None, dag_run: Any = None) -> bool:
        """Opens the run and puts the URLs into the queue of pasted ones."""
        from pipeline.stages import begin, discover

        form = params or {}
        urls = [url for line in form["urls"] if (url := line.strip())]
        with desk_of(dag_run) as (desk, run):
            if form["dry_run"]:
                log.info("would fetch %s pages: %s", len(urls), ", ".join(urls))
                return False
            begin.begin(desk, trigger_of(dag_run), run=run)
            discover.paste(desk, run, urls)
            return True

    batches = plan(["pasted"])
    paste() >> batches
    to_the_end(batches)


ingest_urls_dag = ingest_urls()
