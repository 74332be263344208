"""
Takes an archive that the sources file declares: cleans, annotates and lands what was captured on the days you ask for.

**Backfill** (the button, `airflow backfill create`, or `POST /api/v2/backfills`) gives each day of a range a run,
several at once; a run is named by the midnight at which its day ends. Stopped at any point it goes on where it was.
With reprocess `failed` the days that failed are taken again, with `completed` all: what has landed already is
`unchanged`, and costs little. To take some days or all in a single run, trigger the DAG with the days of its form;
the logical date is of no matter then, as the form's days are of none in a backfill.

`plan` indexes the archive's files where that was not done, and parts the day into shards of 400 records. One alone it
takes itself, closes the run, and skips the other tasks, which cost more than a small day. `shard` takes one of several
through all stages; a record that kills it ends alone. `publish` closes the run and `verdict` fails it when a shard
died. An archive that reaches into the future grows: when its newest day ends, the schedule takes it.

Clear a whole run to do it again; a `shard` that is cleared alone stops, as the run's ledger is written.
"""

from datetime import UTC, datetime, time

from airflow.sdk import DAG, CronDataIntervalTimetable, dag
from archive_tasks import ARCHIVE_DEFAULTS, FORM, story

from pipeline.config import settings
from pipeline.model import Source
from pipeline.sources.declared import load
from pipeline.veil import shown


def dag_of(source: Source) -> DAG:
    """The DAG of one archive, with daily intervals from its first to its last day."""
    first, last = (datetime.combine(day, time(), UTC) for day in (source.first, source.last) if day)

    @dag(
        dag_id=f"archive_{source.name}",
        description=f"{source.kind} at {shown(source.url)}, {source.first} to {source.last}",
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        start_date=first,
        end_date=last,
        catchup=False,
        allowed_run_types=["backfill", "manual", "scheduled"],
        max_active_runs=16,  # the most that the form of a backfill lets one ask for
        params=FORM,
        default_args=ARCHIVE_DEFAULTS,
        doc_md=__doc__,
        tags=["newsroom", "archive"],
    )
    def archive() -> None:
        story(source.name)

    return archive()


archive_dags = [dag_of(source) for source in load(*settings().sources).sources if source.is_archive]
